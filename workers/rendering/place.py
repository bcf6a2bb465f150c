"""Where browsers are asked for: a socket that this user alone can open."""

import hashlib
import os
import tempfile
from pathlib import Path

from config.settings import Settings
from crawler.rendering.plan import Rendering

# The kernel's limit for a socket's path is 108 bytes.
_LONGEST_SOCKET = 100


def folder(settings: Settings) -> Path:
    """The browsers' own folder in the home: nothing in it is worth keeping."""
    return settings.home.absolute() / "browser"


def socket_path(settings: Settings) -> Path:
    """The socket of the part `browser`."""
    if settings.browser_socket:
        return settings.browser_socket.absolute()
    inside = folder(settings) / "browser.sock"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET:
        return inside
    return outside(settings) / "browser.sock"


def outside(settings: Settings) -> Path:
    """A folder of the same with a short name: for sockets, where the home's own name is long."""
    name = hashlib.sha256(os.fsencode(folder(settings))).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"copydesk-{os.getuid()}-{name}"


def is_own(path: Path) -> bool:
    """Whether the socket's folder belongs to this user, who alone may write in it."""
    try:
        status = path.parent.lstat()
    except OSError:
        return False
    return (
        not path.parent.is_symlink() and status.st_uid == os.getuid() and not status.st_mode & 0o022
    )


def rendering(settings: Settings) -> Rendering:
    """How crawls of this process have pages rendered."""
    return Rendering(socket_path(settings), settings.browsers, settings.render_seconds)
