"""A network of a process's own on which every address answers, with names that it makes up.

Loopback and private addresses, metadata services and public addresses all lead back to this process
and those that it starts; nothing else can be reached, and every attempt to open a connection is seen.
It takes a kernel that lets a process have namespaces of its own, which needs no rights on most.
"""

import contextlib
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path

from chaos.namespaces import NEW_MOUNTS, NEW_NET, become_root_of_our_own, call, raise_interface
from rig.command import environment

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a name, in lower case without a dot at its end, of IP version 4 or 6; others are left
out. None where there is no such name. Who looks a name up asks once for each version."""

_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000
_NAME_SERVER = "127.0.0.53"
_IP = (0x0800, 0x86DD)
_RECORDS = {1: 4, 28: 6}
"""Types of DNS records, and the IP version of the addresses in them."""


def enter(resolve: Resolve) -> "Wire":
    """Leave this machine's network for one where every address is this process; raises `OSError`.

    The process has one thread yet. Its names are resolved by `resolve` from now on.
    """
    become_root_of_our_own(NEW_NET | NEW_MOUNTS)
    call("mount", b"none", b"/", None, _RECURSIVE | _PRIVATE, None)
    _put_over("/etc/resolv.conf", f"nameserver {_NAME_SERVER}\noptions timeout:2\n")
    _put_over("/etc/nsswitch.conf", "hosts: files dns\n")
    raise_interface("lo")
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError):  # a kernel without IPv6
            _take_all_addresses(family)
    _serve_names(resolve)
    return Wire()


class Wire:
    """Everything that is sent on the network: which connections were asked for, and where datagrams went."""

    def __init__(self) -> None:
        self._asked: list[tuple[str, int]] = []
        self.datagrams: list[tuple[str, int]] = []
        """Address and port of each."""
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        threading.Thread(target=self._listen, daemon=True).start()

    def asked(self) -> list[tuple[str, int]]:
        """Address and port of every connection that anyone tried to open since the last call."""
        asked, self._asked = self._asked, []
        return asked

    def _listen(self) -> None:
        while True:
            packet, (_, ethertype, kind, *_) = self._socket.recvfrom(256)
            # Each is seen when it leaves and when it comes, be it to one or to many.
            if kind != socket.PACKET_OUTGOING and ethertype in _IP and (found := _headed(packet)):
                protocol, target, segment = found
                place = (target, int.from_bytes(segment[2:4]))
                if protocol == socket.IPPROTO_UDP:
                    self.datagrams.append(place)
                elif len(segment) > 13 and segment[13] & 0x12 == 2:
                    # The first packet of a connection.
                    self._asked.append(place)


def _headed(packet: bytes) -> tuple[int, str, bytes] | None:
    """Protocol, address and content of a packet of TCP or UDP; None of any other."""
    version = packet[0] >> 4
    if version == 4:
        protocol, length = packet[9], 4 * (packet[0] & 15)
        target = packet[16:20]
    else:
        protocol, length = packet[6], 40
        target = packet[24:40]
    segment = packet[length:]
    is_known = protocol in {socket.IPPROTO_TCP, socket.IPPROTO_UDP}
    return (protocol, str(ip_address(target)), segment) if is_known else None


def _put_over(path: str, text: str) -> None:
    """Have a file of the system read so, for this process and those that it starts."""
    if not Path(path).exists():
        return
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        Path(file.name).chmod(0o644)
        call("mount", file.name.encode(), path.encode(), None, _BIND, None)


def _take_all_addresses(family: int) -> None:
    """Make every address of a family one of this machine's: a local route, by netlink."""
    new_route, acknowledge_create = 24, 0x405
    local_table, by_boot, on_host, local = 255, 3, 254, 2
    route = struct.pack("BBBBBBBBI", family, 0, 0, 0, local_table, by_boot, on_host, local, 0)
    loopback = struct.pack("HHi", 8, 4, socket.if_nametoindex("lo"))
    body = route + loopback
    head = struct.pack("IHHII", 16 + len(body), new_route, acknowledge_create, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.send(head + body)
        (error,) = struct.unpack_from("i", netlink.recv(4096), 16)
    if error:
        raise OSError(-error, f"no route to all addresses: {os.strerror(-error)}")


def _serve_names(resolve: Resolve) -> None:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((_NAME_SERVER, 53))

    def answer() -> None:
        while True:
            question, asker = server.recvfrom(1024)
            server.sendto(_answer(question, resolve), asker)

    threading.Thread(target=answer, daemon=True).start()


def _answer(question: bytes, resolve: Resolve) -> bytes:
    """The answer to a DNS message with one question."""
    labels, at = [], 12
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length])
        at += 1 + length
    kind = int.from_bytes(question[at + 1 : at + 3])
    version = _RECORDS.get(kind, 0)
    addresses = [ip_address(a) for a in resolve(b".".join(labels).decode().lower(), version)]
    records = [ip.packed for ip in addresses if ip.version == version]
    flags = 0x8180 if addresses else 0x8183
    head = question[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
    parts = [struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(data)) + data for data in records]
    return head + question[12 : at + 5] + b"".join(parts)


def is_possible() -> bool:
    """Whether this machine lets a process have a network of its own."""
    here = [sys.executable, "-m", "chaos.internet"]
    return subprocess.run(here, env=environment(), check=False).returncode == 0  # noqa: S603 - ourselves


def _try() -> int:
    try:
        enter(lambda _name, _version: ())
    except OSError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_try())
