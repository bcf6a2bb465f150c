"""Everything in Redis, over one connection."""

from config.settings import Settings, SettingsError
from workers.state.connection import Client, check, connect, key
from workers.state.frontier import Frontier
from workers.state.index import Index
from workers.state.ledger import Ledger
from workers.state.outbox import Outbox
from workers.state.schedule import Schedule
from workers.state.scripts import Scripts

ALIVE_SECONDS = 120.0
"""A part that was not seen for so long is taken for dead."""


class State:
    """The rooms of the state, sharing a client."""

    def __init__(self, client: Client, window_days: int = 30) -> None:
        scripts = Scripts(client, window_days)
        self.client = client
        self.ledger = Ledger(client)
        self.schedule = Schedule(client, scripts)
        self.frontier = Frontier(client, scripts)
        self.index = Index(scripts, self.ledger)
        self.outbox = Outbox(client, scripts)

    def alive(self, part: str, now: float) -> None:
        """Note that a part was seen at work."""
        self.client.hset(key("alive"), part, now)

    def parts(self, now: float) -> dict[str, float]:
        """The parts seen at work within the last minutes, and when (unix seconds)."""
        seen = {part.decode(): float(at) for part, at in self.client.hgetall(key("alive")).items()}
        return {part: at for part, at in sorted(seen.items()) if now - at < ALIVE_SECONDS}


def open_state(url: str, settings: Settings, *, patience: float = 60.0) -> State:
    """Connect and try the server once; raises `StateUnavailable`."""
    where = _without_password(url)
    try:
        check(connect(url, patience=0), where)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"COPYDESK_REDIS_URL = {where}: {error}") from None
    return State(connect(url, patience=patience), settings.window_days)


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return scheme + separator + rest.rpartition("@")[2]
