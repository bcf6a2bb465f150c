"""Which addresses are of the public internet, and which are somebody's own."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# All of IPv6 that has been given out for public use; outside lie loopback, local and multicast
# addresses, NAT64 within a network, and the old ways to write an IPv4 address as one of IPv6.
_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
_ISATAP = {b"\0\0\x5e\xfe", b"\2\0\x5e\xfe"}
"""Third quarter of an IPv6 address whose last one is the IPv4 address that it is a tunnel to."""
_NEVER = tuple(
    ip_network(text)
    for text in (
        "168.63.129.16/32",  # public by its number, and a cloud's metadata by its use (Azure)
        "192.0.0.0/24",  # protocol assignments, a cloud's metadata among them (Oracle)
        "192.88.99.0/24",  # relays for 6to4
        "2001::/32",  # Teredo, whose relays would carry it to any IPv4 address
        "3fff::/20",  # documentation
    )
)


def is_public(address: str) -> bool:
    """Whether an address, as `inet_ntop` writes it, is one of the public internet.

    An IPv4 address within one of IPv6 is what counts. What is no address is not public.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(_is_global(part) for part in _parts(ip))


def _parts(ip: IPv4Address | IPv6Address) -> Sequence[IPv4Address | IPv6Address]:
    """The addresses that traffic to `ip` may end at, or that carry it there."""
    if isinstance(ip, IPv4Address):
        return (ip,)
    if ip.ipv4_mapped:
        return (ip.ipv4_mapped,)
    last = IPv4Address(ip.packed[-4:])
    if ip in _NAT64:
        return (last,)
    if ip.sixtofour:
        return (ip.sixtofour,)
    if ip.packed[8:12] in _ISATAP:
        return (ip, last)
    return (ip,)


def _is_global(ip: IPv4Address | IPv6Address) -> bool:
    if ip.version == 6 and ip not in _GLOBAL_UNICAST:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NEVER)
