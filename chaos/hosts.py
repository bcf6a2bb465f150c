"""Hosts of our own: each has a network, a name and processes, and is plugged into a switch.

They are namespaces of the kernel's, made by a process that has one thread yet and is root of its own. All of a
host ends with that process.
"""

import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from chaos.namespaces import NEW_NAMES, NEW_NET, become_root_of_our_own, call, raise_interface
from chaos.switch import Switch
from rig.command import environment
from workers.queue.process import die_with_parent

_TUN = "/dev/net/tun"
_CARD = "eth0"
_MAKE_CARD, _IS_TAP_WITHOUT_HEADS = 0x400454CA, 0x1002
_SET_ADDRESS, _SET_MASK, _SET_LONGEST = 0x8916, 0x891C, 0x8922
_LONGEST = 9000
_STOP_SECONDS = 20.0


def leave_this_machine() -> None:
    """Leave this machine's network, once for the whole process, which has one thread yet; raises `OSError`."""
    become_root_of_our_own(NEW_NET | NEW_NAMES)


class Host:
    """One of them; what is begun while a thread is `inside` is on it."""

    def __init__(self, name: str, address: str, switch: Switch) -> None:
        self.name = name
        self.address = address
        self._processes: list[subprocess.Popen[bytes]] = []
        self._spaces: list[tuple[int, int]] = []
        # A thread of its own moves in, and leaves the place behind.
        maker = threading.Thread(target=self._make, args=(switch,))
        maker.start()
        maker.join()
        if not self._spaces:
            raise OSError(f"{name}: no network of its own")

    def _make(self, switch: Switch) -> None:
        call("unshare", NEW_NET | NEW_NAMES)
        socket.sethostname(self.name)
        raise_interface("lo")
        switch.plug_in(self.name, _card(self.address))
        self._spaces = _spaces()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """For the time of the block this thread is there: its sockets, and the processes that it starts."""
        before = _spaces()
        try:
            _move(self._spaces)
            yield
        finally:
            _move(before)
            for space, _ in before:
                os.close(space)

    def start(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        stdin: bytes = b"",
        out: Path | None = None,
    ) -> "subprocess.Popen[bytes]":
        """A process that ends with us; what it says goes to `log`, and what it prints to `out` where that is named."""
        parent = os.getpid()
        with self.inside(), log.open("ab") as said, (out or log).open("ab") as printed:
            process = subprocess.Popen(  # noqa: S603 - ourselves
                command,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=printed,
                stderr=said,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509 - one system call
            )
        assert process.stdin
        with process.stdin as told:
            told.write(stdin)
        self._processes.append(process)
        return process

    def ask_to_stop(self) -> None:
        """Ask all of its processes to end in order."""
        for process in self._processes:
            if process.poll() is None:
                process.terminate()

    def stopped(self) -> list[str]:
        """End what has not ended by itself within its time, and say what that was."""
        late = []
        for process in self._processes:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                late.append(f"{self.name}: {process.args!r} did not stop")
        self.end()
        return late

    def end(self) -> None:
        """End all of it at once."""
        for process in self._processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._processes = []


def _card(address: str) -> int:
    """A network card with an address, in this thread's network; the other end of its cable, which does not block."""
    tap = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(tap, _MAKE_CARD, struct.pack("16sH22x", _CARD.encode(), _IS_TAP_WITHOUT_HEADS))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for request, value in ((_SET_ADDRESS, address), (_SET_MASK, "255.255.255.0")):
            packed = socket.inet_aton(value)
            named = struct.pack("16sHH4s16x", _CARD.encode(), socket.AF_INET, 0, packed)
            fcntl.ioctl(control, request, named)
        fcntl.ioctl(control, _SET_LONGEST, struct.pack("16si20x", _CARD.encode(), _LONGEST))
    raise_interface(_CARD)
    return tap


def _spaces() -> list[tuple[int, int]]:
    """Where this thread is: files of its namespaces, with their kinds."""
    kinds = {"net": NEW_NET, "uts": NEW_NAMES}
    here = [(f"/proc/thread-self/ns/{name}", kind) for name, kind in kinds.items()]
    return [(os.open(path, os.O_RDONLY | os.O_CLOEXEC), kind) for path, kind in here]


def _move(spaces: Sequence[tuple[int, int]]) -> None:
    for space, kind in spaces:
        call("setns", space, kind)


def why_not() -> str:
    """Why this machine cannot have such hosts; empty where it can."""
    here = [sys.executable, "-m", "chaos.hosts"]
    done = subprocess.run(here, env=environment(), capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    return done.stdout.strip() if done.returncode == 0 else done.stderr.strip()[-500:]


def _try() -> str:
    if not Path(_TUN).exists():
        return f"no {_TUN} on this machine"
    try:
        leave_this_machine()
        switch = Switch()
        Host("one", "10.77.0.1", switch)
    except OSError as error:
        return f"this machine lets no process have hosts of its own: {error}"
    return ""


if __name__ == "__main__":
    print(_try())
