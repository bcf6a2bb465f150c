"""Where the dashboard listens, and what it asks of those who come from elsewhere."""

import ipaddress
import secrets
import socket
from dataclasses import dataclass, field

from config.settings import Settings, SettingsError

_LEAST_TOKEN = 16
_BACKLOG = 64
_HOW = "python -c 'import secrets; print(secrets.token_urlsafe(32))' > FILE makes one"


@dataclass(frozen=True, slots=True)
class Listening:
    """A socket that takes connections, and the address that a browser finds it at."""

    socket: socket.socket
    address: str
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    """What its pages sign with: the same for every process that answers here, so that one may follow another."""


def listen(host: str, port: int) -> Listening:
    """Listen there; port 0 is a free one. Raises `OSError`: the port is taken, the host is not this machine."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    opened = socket.socket(family, kind)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(_BACKLOG)
    except OSError:
        opened.close()
        raise
    named = f"[{host}]" if ":" in host else host
    return Listening(opened, f"http://{named}:{opened.getsockname()[1]}/")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def token_of(settings: Settings, host: str) -> str | None:
    """The token that is asked for, None for none. Raises `SettingsError` where one is missing or is no good."""
    file = settings.dashboard_token_file
    if file is None:
        if is_loopback(host):
            return None
        raise SettingsError(
            f"the dashboard listens on {host}, where others reach it: COPYDESK_DASHBOARD_TOKEN_FILE"
            f" names a file with its token; {_HOW}"
        )
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is not UTF-8"
        raise SettingsError(
            f"COPYDESK_DASHBOARD_TOKEN_FILE = {file}: cannot be read: {said}"
        ) from None
    if len(token) < _LEAST_TOKEN or not token.isascii() or not token.isprintable():
        raise SettingsError(
            f"COPYDESK_DASHBOARD_TOKEN_FILE = {file}: allowed is a token of {_LEAST_TOKEN} or more"
            f" characters of ASCII on one line; {_HOW}"
        )
    return token
