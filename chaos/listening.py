"""Which ports a process listens on, as the kernel tells (Linux)."""

import contextlib
import ipaddress
import re
import struct
from collections.abc import Iterator
from pathlib import Path

_TCP_LISTEN, _UDP_UNCONNECTED = "0A", "07"
_LISTENING = {
    "tcp": _TCP_LISTEN,
    "tcp6": _TCP_LISTEN,
    "udp": _UDP_UNCONNECTED,
    "udp6": _UDP_UNCONNECTED,
}


def listening(pid: int) -> list[str]:
    """`tcp 127.0.0.1 6379` for each port that the process holds open; empty where it has ended."""
    held = set(_sockets(pid))
    return [named for table in _LISTENING for inode, named in _open(pid, table) if inode in held]


def beyond_loopback(socket: str) -> bool:
    """Whether other machines can reach it."""
    return not ipaddress.ip_address(socket.split()[1]).is_loopback


def _sockets(pid: int) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if found := re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink())):
                    yield found[1]


def _open(pid: int, table: str) -> Iterator[tuple[str, str]]:
    """Inode and name of what listens, from the kernel's table."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING[table]:
                address, port = fields[1].split(":")
                yield fields[9], f"{table} {_address(address)} {int(port, 16)}"


def _address(digits: str) -> str:
    """The kernel writes an address as 32-bit words in the machine's own byte order."""
    words = (int(digits[i : i + 8], 16) for i in range(0, len(digits), 8))
    return str(ipaddress.ip_address(b"".join(struct.pack("=I", word) for word in words)))
