"""Namespaces of the kernel: a network, names and mounts that are a process's own. It takes no rights on most systems."""

import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path

NEW_USER, NEW_NET, NEW_MOUNTS, NEW_NAMES = 0x10000000, 0x40000000, 0x00020000, 0x04000000
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1


def call(name: str, *arguments: object) -> None:
    """A call of the C library that gives 0 where it went well; raises `OSError`."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def become_root_of_our_own(others: int = 0) -> None:
    """Have all rights in namespaces of our own, and `others` of them; raises `OSError`.

    The process has one thread yet.
    """
    user, group = os.getuid(), os.getgid()
    call("unshare", NEW_USER | others)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def raise_interface(name: str) -> None:
    """Have an interface of this thread's network carry packets."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", name.encode(), 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(control, _GET_FLAGS, request))[1]
        raised = struct.pack("16sh14x", name.encode(), flags | _UP)
        fcntl.ioctl(control, _SET_FLAGS, raised)
