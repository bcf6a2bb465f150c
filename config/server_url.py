"""Where Redis or Valkey is: the forms of `COPYDESK_REDIS_URL`. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

ALLOWED = (
    "allowed is redis://HOST:PORT/0, rediss://HOST:PORT/0 for TLS, unix:///PATH?db=0, or"
    " redis+sentinel://HOST:PORT,HOST:PORT/SERVICE/0 (rediss+sentinel:// for TLS), each with"
    " :PASSWORD@ or USER:PASSWORD@ after the slashes where one is needed, percent-encoded (%40 for @)"
)
# Not `urlsplit`: its later versions know of one host alone, and what stands behind a `#` it would take off unseen.
_FORM = re.compile(
    r"(?P<scheme>[a-z]+)(\+(?P<kind>[a-z]+))?://(?P<place>[^/?#]*)(?P<path>/[^?#]*)?(\?(?P<query>[^#]*))?",
    re.IGNORECASE,
)
_PORT, _SENTINEL_PORT = 6379, 26379
_TLS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname")
_OF_SENTINELS = ("sentinel_username", "sentinel_password")
_FALSE = {"0", "f", "false", "n", "no"}
_CERTIFICATES = {"required", "none"}


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """A server, or the sentinels that know it."""

    hosts: tuple[tuple[str, int], ...] = ()
    """Of the server, or of its sentinels; none for a socket."""
    path: str = ""
    """Of its socket."""
    service: str = ""
    """The name under which sentinels know it; empty where there are none."""
    database: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Mapping[str, str | bool] | None = None
    """How redis-py is told of TLS, `ssl_ca_certs` and the like; None: without it."""
    sentinels: Mapping[str, str] = field(default_factory=dict, repr=False)
    """How sentinels are spoken to, `username` and `password`."""

    @property
    def shown(self) -> str:
        """The address for people: without what is secret."""
        if self.path:
            return f"unix://{self.path}"
        scheme = ("rediss" if self.tls is not None else "redis") + "+sentinel" * bool(self.service)
        hosts = ",".join(f"[{h}]:{p}" if ":" in h else f"{h}:{p}" for h, p in self.hosts)
        service = f"/{self.service}" if self.service else ""
        return f"{scheme}://{hosts}{service}/{self.database}"


def parse(text: str) -> ServerUrl:
    """The server that a URL names; a `ValueError` says what is allowed."""
    url = _match(text).groupdict("")
    scheme, kind, path = url["scheme"].lower(), url["kind"].lower(), url["path"]
    if scheme == "unix" and not kind:
        return _socket(url)
    if scheme not in {"redis", "rediss"} or kind not in {"", "sentinel"}:
        raise ValueError(ALLOWED)
    allowed = (*(_TLS if scheme == "rediss" else ()), *(_OF_SENTINELS if kind else ()))
    named = _options(url["query"], allowed)
    before, _, places = url["place"].rpartition("@")
    hosts = tuple(_host(one, _SENTINEL_PORT if kind else _PORT) for one in places.split(","))
    service, _, database = path.strip("/").partition("/") if kind else ("", "", path.strip("/"))
    if bool(kind) != bool(service) or (not kind and len(hosts) > 1):
        raise ValueError(ALLOWED)
    username, password = _secrets(before)
    return ServerUrl(
        hosts=hosts,
        service=unquote(service),
        database=_number(named.pop("db", "") or unquote(database)),
        username=username,
        password=password,
        tls=_tls(named) if scheme == "rediss" else None,
        sentinels={n.removeprefix("sentinel_"): named[n] for n in _OF_SENTINELS if n in named},
    )


def with_password(text: str, password: str) -> str:
    """The URL with a password, which is no part of it yet."""
    found = _match(text)
    user, _, host = found["place"].rpartition("@")
    start, end = found.span("place")
    place = f"{user.partition(':')[0]}:{quote(password, safe='')}@{host}"
    return found.string[:start] + place + found.string[end:]


def _match(text: str) -> re.Match[str]:
    if found := _FORM.fullmatch(text.strip()):
        return found
    raise ValueError(ALLOWED)


def _socket(url: Mapping[str, str]) -> ServerUrl:
    before, _, host = url["place"].rpartition("@")
    if host or not url["path"]:
        raise ValueError(ALLOWED)
    username, password = _secrets(before)
    database = _number(_options(url["query"], ()).get("db", ""))
    return ServerUrl(
        path=unquote(url["path"]), database=database, username=username, password=password
    )


def _secrets(text: str) -> tuple[str | None, str | None]:
    user, _, password = text.partition(":")
    return unquote(user) or None, unquote(password) or None


def _host(text: str, port: int) -> tuple[str, int]:
    try:
        one = urlsplit(f"//{text}")
        named = one.hostname, port if one.port is None else one.port
    except ValueError:
        raise ValueError(ALLOWED) from None
    if not named[0] or not named[1]:
        raise ValueError(ALLOWED)
    return unquote(named[0]), named[1]


def _number(text: str) -> int:
    text = text or "0"
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"after the last slash stands the number of a database; {ALLOWED}")
    return int(text)


def _options(query: str, allowed: tuple[str, ...]) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if not options.keys() <= {"db", *allowed}:
        # What stands there is not shown: it may be a part of a password.
        raise ValueError(f"after its `?` may stand {', '.join(('db', *allowed))}; {ALLOWED}")
    return options


def _tls(options: Mapping[str, str]) -> dict[str, str | bool]:
    told: dict[str, str | bool] = {n: options[n] for n in _TLS if options.get(n)}
    reqs = str(told.get("ssl_cert_reqs", "required")).lower().removeprefix("cert_")
    if reqs not in _CERTIFICATES:
        raise ValueError("ssl_cert_reqs is `required`, or `none`: then anybody may be the server")
    if "ssl_keyfile" in told and "ssl_certfile" not in told:
        raise ValueError("ssl_keyfile goes with ssl_certfile, the certificate that it is for")
    checked = str(told.get("ssl_check_hostname", "true")).lower() not in _FALSE
    return told | {"ssl_cert_reqs": reqs, "ssl_check_hostname": checked and reqs == "required"}
