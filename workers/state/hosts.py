"""The locks of hosts, for who asks them for something without being a source's crawl."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workers.state.scripts import Scripts


@dataclass(frozen=True, slots=True)
class HostsHeld:
    """Hosts that nobody else asks for anything meanwhile."""

    free_at: float
    """Unix seconds from which they may be asked: their last request by others, and the pause after it."""
    delay: float
    """Seconds between two requests that one of them was last asked for; 0 where that is not known."""


@dataclass(frozen=True, slots=True)
class HostPaused(Exception):
    """One of them asked to be left alone."""

    until: float
    """Unix seconds."""


class Hosts:
    """A crawl leases them with its source (`workers.state.schedule`); a command holds them by themselves."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def hold(self, hosts: Sequence[str], token: str, now: float, until: float) -> HostsHeld | None:
        """Hold hosts, as `crawler.urls.authority` writes them; None where another has one. Raises `HostPaused`.

        Held by the same token already, they are for longer.
        """
        reply = self._scripts.run("hold_hosts", token, now, until, *hosts)
        if reply[0] == b"paused":
            raise HostPaused(float(reply[1]))
        if reply[0] == b"busy":
            return None
        last, delay = float(reply[1]), float(reply[2])
        return HostsHeld(last + delay, delay)

    def free(self, hosts: Iterable[str], token: str, last_request: float) -> None:
        """Let hosts go, which were last asked at `last_request` (unix seconds)."""
        if names := list(hosts):
            self._scripts.run("free_hosts", token, last_request, *names)
