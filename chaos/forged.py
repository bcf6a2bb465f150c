"""Hosts that look as if they were anywhere, and lead to where no crawl may go."""

from collections import Counter
from collections.abc import Mapping, Sequence

PUBLIC = "93.184.216.34"
PUBLIC_6 = "2606:2800:220:1:248:1893:25c8:1946"
INTRANET = "10.1.2.3"

_LITERALS = """
    127.0.0.1 127.1 127.0.1 127.0.1.1 127.255.255.254 2130706433 0x7f000001 0x7F000001 0x7f.1 0x7f.0.1
    0x7F.0x0.0x0.0x1 0177.0.0.1 0177.0.1 017700000001 0000177.1 127.0.0x1 127.0x0.0.01 127.0.0.1. 127.1.
    0 0x0 00 0.0.0.0 0.0.0.1 １２７.０.０.１ ①②⑦.⓪.⓪.① 127。0。0。1 127．0．0．1 127｡0｡0｡1
    %31%32%37.0.0.1 127%2e0%2E0%2e1 1%3227.1 localhost. LocalHost ⓛⓞⓒⓐⓛⓗⓞⓢⓣ
    10.0.0.1 0xa000001 172.16.0.1 192.168.0.1 192.168.257 100.64.0.1 198.18.0.1 192.0.2.1 203.0.113.1
    192.88.99.1 240.0.0.1 255.255.255.255 224.0.0.1
    169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.43518 169.254.0.23
    100.100.100.200 168.63.129.16 0xa83f8110 192.0.0.192
    [::1] [::] [0:0:0:0:0:0:0:1] [0000::0001] [::127.0.0.1] [::7f00:1] [::ffff:127.0.0.1] [::ffff:7f00:1]
    [::FFFF:10.0.0.1] [0:0:0:0:0:ffff:169.254.169.254] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1]
    [64:ff9b::a9fe:a9fe] [64:ff9b:1::7f00:1] [64:ff9b:1:7f00:0:100::] [2002:7f00:1::] [2002:a9fe:a9fe::1]
    [2001:0:5db8:d822::80ff:fffe] [2606:2800::5efe:7f00:1] [2606:2800::200:5efe:10.0.0.1] [2001:db8::1]
    [3fff::1] [fd00:ec2::254] [fd20:ce::254] [fc00::1] [fe80::1] [fe80::1%25lo] [::1%25lo] [fe80::1%lo]
    [fec0::1] [ff02::1] [ff0e::1] [100::1] [5f00::1]
"""
LITERALS = _LITERALS.split()
"""Literals, in every notation that a browser, a resolver or a library reads as an address."""

DISGUISED = [
    "user@127.0.0.1",
    "user:password@127.0.0.1",
    "www.public.test@127.0.0.1",
    "www.public.test:80@127.0.0.1",
    "127.0.0.1#@www.public.test",
    "127.0.0.1\\@www.public.test",
    "127.0.0.1%00.public.test",
    "127.0.0.1:80",
    "127.0.0.1:443",
    "127.0.0.1:8080",
    "127.0.0.1:22",
    "[::1]:8080",
    "2130706433:6379",
    "www.public.test:8080",
    "www.public.test:22",
]
"""With a user, a port or a fragment that hides where they lead; the last two to a public address."""

_MIXED = [PUBLIC, "127.0.0.1", PUBLIC_6, "::1"]
NAMES: Mapping[str, Sequence[str]] = {
    "loopback.test": ["127.0.0.1"],
    "localhost": ["127.0.0.1"],
    "loopback6.test": ["::1"],
    "unspecified.test": ["0.0.0.0", "::"],  # noqa: S104 - an address in an answer
    "private.test": ["10.0.0.1"],
    "unique.test": ["fd00::1"],
    "shared.test": ["100.64.0.1"],
    "link.test": ["169.254.1.1", "fe80::1"],
    "metadata.test": ["169.254.169.254"],
    "metadata6.test": ["fd00:ec2::254"],
    "alibaba.test": ["100.100.100.200"],
    "azure.test": ["168.63.129.16"],
    "oracle.test": ["192.0.0.192"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "compatible.test": ["::127.0.0.1"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "local-nat64.test": ["64:ff9b:1::7f00:1"],
    "sixtofour.test": ["2002:7f00:1::1"],
    "teredo.test": ["2001:0:5db8:d822::80ff:fffe"],
    "isatap.test": ["2606:2800::5efe:7f00:1"],
    "multicast.test": ["224.0.0.1", "ff02::1"],
    "reserved.test": ["240.0.0.1"],
    "mixed.test": _MIXED,
    "mixed-last.test": _MIXED[::-1],
}
"""Names that lead there, the last two to public addresses too."""

REBINDING = [f"rebinding-{n}.test" for n in range(4)]
"""Names whose address is public at one look-up and loopback at the next."""

FORMS = [*LITERALS, *DISGUISED, *NAMES, *REBINDING]


class Names:
    """The names of the trial's internet; those that do not lead astray are on its public web."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()

    def __call__(self, name: str, version: int) -> Sequence[str]:
        """See `chaos.internet.Resolve`."""
        if name.endswith("intranet.test"):
            return [INTRANET]
        if name.startswith("rebinding-"):
            self._times[name] += version == 4
            return [PUBLIC if self._times[name] % 2 else "127.0.0.1"]
        if name in NAMES:
            return NAMES[name]
        return [PUBLIC, PUBLIC_6] if name.endswith(".test") else []
