"""A switch that carries what hosts send each other, as a process of ours: its cables can be pulled.

Nothing leads out of it. What it loses, and how long it takes, is up to whoever made it.
"""

import heapq
import itertools
import os
import random
import select
import threading
import time
from dataclasses import dataclass, field

_FRAME = 1 << 16
_CARRIED = {b"\x08\x00", b"\x08\x06"}
"""IPv4, and who has which address."""
_TURN_SECONDS = 0.1
_FRAMES_A_TURN = 64


@dataclass(eq=False)
class _Port:
    """A host's cable."""

    host: str
    tap: int
    is_cut: bool = False
    address: bytes = b""
    """Of its card, once it was heard."""


@dataclass(frozen=True)
class Trap:
    """Cuts a host off in the middle of what it sends to another."""

    host: str
    to: str
    least: int
    """Bytes of the first frame that is lost: a connection that begins, or an answer that is confirmed, has fewer."""
    sprung: threading.Event = field(default_factory=threading.Event)


class Switch:
    """Carries frames until it is stopped."""

    def __init__(self) -> None:
        self.frames = 0
        """Carried so far."""
        self.lost = 0
        """Frames that were dropped by chance; those of a cut cable are not counted."""
        self.loss = 0.0
        """The share of frames that gets lost."""
        self.delay = 0.0
        """Seconds that a frame takes, and up to as many again."""
        self._ports: dict[int, _Port] = {}
        self._apart: set[frozenset[str]] = set()
        self._traps: list[Trap] = []
        self._late: list[tuple[float, int, int, bytes]] = []
        self._numbers = itertools.count()
        self._chance = random.Random(7)
        self._poll = select.epoll()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="switch", daemon=True)

    def start(self) -> None:
        """Begin to carry."""
        self._thread.start()

    def stop(self) -> None:
        """Carry nothing more, and let the cables go."""
        self._stopped.set()
        self._thread.join()
        self._poll.close()
        for tap in self._ports:
            os.close(tap)

    def plug_in(self, host: str, tap: int) -> None:
        """Take a host's end of its cable, which does not block."""
        self._ports[tap] = _Port(host, tap)
        self._poll.register(tap, select.EPOLLIN)

    def cut(self, *hosts: str) -> None:
        """Pull cables: what is sent on them is lost."""
        self._set(hosts, is_cut=True)

    def mend(self, *hosts: str) -> None:
        """Put cables back."""
        self._set(hosts, is_cut=False)

    def part(self, one: str, other: str) -> None:
        """Have two hosts not hear each other, while others hear both."""
        self._apart.add(frozenset((one, other)))

    def join(self, one: str, other: str) -> None:
        """Have them hear each other again."""
        self._apart.discard(frozenset((one, other)))

    def set_trap(self, host: str, to: str, least: int) -> Trap:
        """Cut a host off when it next sends another something of some length, which is lost."""
        trap = Trap(host, to, least)
        self._traps.append(trap)
        return trap

    def _set(self, hosts: tuple[str, ...], *, is_cut: bool) -> None:
        for port in self._ports.values():
            if port.host in hosts:
                port.is_cut = is_cut

    def _run(self) -> None:
        while not self._stopped.is_set():
            due = self._late[0][0] - time.monotonic() if self._late else _TURN_SECONDS
            for tap, _ in self._poll.poll(min(_TURN_SECONDS, max(0.0, due))):
                self._take(self._ports[tap])
            while self._late and self._late[0][0] <= time.monotonic():
                _, _, tap, frame = heapq.heappop(self._late)
                self._give(self._ports[tap], frame)

    def _take(self, port: _Port) -> None:
        for _ in range(_FRAMES_A_TURN):
            try:
                frame = os.read(port.tap, _FRAME)
            except OSError:  # that was all, or its host is gone
                return
            if frame[12:14] in _CARRIED:
                port.address = frame[6:12]
                self._carry(port, frame)

    def _carry(self, source: _Port, frame: bytes) -> None:
        to = frame[:6]
        known = [port for port in self._ports.values() if port.address == to]
        for target in known or [port for port in self._ports.values() if port is not source]:
            if self._is_trapped(source, target, frame):
                return
            if not self._reaches(source, target):
                continue
            self.frames += 1
            if self._chance.random() < self.loss:
                self.lost += 1
            elif self.delay:
                at = time.monotonic() + self.delay * (1 + self._chance.random())
                heapq.heappush(self._late, (at, next(self._numbers), target.tap, frame))
            else:
                self._give(target, frame)

    def _reaches(self, source: _Port, target: _Port) -> bool:
        is_apart = bool(self._apart) and frozenset((source.host, target.host)) in self._apart
        return not (source.is_cut or target.is_cut or is_apart)

    def _is_trapped(self, source: _Port, target: _Port, frame: bytes) -> bool:
        for trap in self._traps:
            if (source.host, target.host) == (trap.host, trap.to) and len(frame) >= trap.least:
                source.is_cut = True
                self._traps.remove(trap)
                trap.sprung.set()
                return True
        return False

    def _give(self, port: _Port, frame: bytes) -> None:
        if port.is_cut:
            return
        try:
            os.write(port.tap, frame)
        except OSError:  # it is slow, or gone: as on any wire, that is lost
            self.lost += 1
