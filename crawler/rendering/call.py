"""How a crawl calls for a browser: a connection to the part `browser`, and the browser's way out.

What comes first over the connection is a listening socket, made where the browser is: it is all that the
browser reaches, be it in a network of its own that leads nowhere, and what is said to it is heard here.
"""

import contextlib
import socket
from pathlib import Path
from typing import NamedTuple

_ANSWER_SECONDS = 15.0
# Where the system has it.
_CLOSED_IN_CHILDREN = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class Call(NamedTuple):
    """Both are whose who called."""

    connection: socket.socket
    """Is the browser's DevTools pipe; the browser starts at what is first said."""
    way_out: socket.socket
    """Listens on the browser's loopback."""


def call(path: Path) -> Call:
    """Call at the door, and wait for its answer; raises `OSError` where there is none."""
    with contextlib.ExitStack() as undo:
        connection = undo.enter_context(socket.socket(socket.AF_UNIX))
        connection.settimeout(_ANSWER_SECONDS)
        connection.connect(str(path))
        _, descriptors, _, _ = socket.recv_fds(connection, 1, 1, _CLOSED_IN_CHILDREN)
        if not descriptors:
            raise ConnectionRefusedError("the door has no browser to give now")
        connection.settimeout(0)
        undo.pop_all()
        return Call(connection, socket.socket(fileno=descriptors[0]))


def answer(connection: socket.socket, way_out: socket.socket) -> None:
    """What the door says to a call; raises `OSError` where the caller has gone."""
    socket.send_fds(connection, [b"\0"], [way_out.fileno()])
