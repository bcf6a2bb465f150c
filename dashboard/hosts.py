"""Under which names the dashboard answers: a page elsewhere must not reach it by a name of its own. Pure."""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit


def is_own_host(header: str, names: Collection[str]) -> bool:
    """Whether a Host header names this machine: an address, localhost, or one of the names of the settings.

    A name that a stranger owns may be made to lead here (DNS rebinding); an address cannot be.
    """
    host = _host_of(header)
    if host is None:
        return False
    if host == "localhost" or host in {name.lower() for name in names}:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_own_origin(origin: str, host: str) -> bool:
    """Whether an Origin header is that of the page that a Host header names, be it behind a proxy that speaks TLS."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and parts.netloc.lower() == host.lower()


def _host_of(header: str) -> str | None:
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname if header and parts.netloc == header and "@" not in header else None
