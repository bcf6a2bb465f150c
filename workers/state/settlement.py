"""Whether this server's state is that of the store, or may be of an earlier time.

Every start of a server may bring back less than it had been told, and a new server has nothing. So
its state is *settled* with the store once a start, and until then no place is given to a text. Each
settlement has a name, its epoch: a process that knows another one has read the state before it.
"""

import secrets
from dataclasses import dataclass

from workers.state.connection import Client, key
from workers.state.scripts import Scripts

REBUILD_ADVICE = (
    "`copydesk rebuild` makes its state anew from them, with --outbox for consumers too; where another"
    " server knows them, COPYDESK_REDIS_URL has to name that one, since a store is one service's"
)

TAKE_OVER_ADVICE = (
    "COPYDESK_REDIS_URL has to name that one's server, or COPYDESK_STORE another store; where that service is"
    " gone for good, its server lost or emptied, `copydesk rebuild` takes the store over"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a state cannot be settled with a store."""

    told: str
    advice: str
    is_lost: bool = False
    """The server knows nothing of what stands there; else the store is another's."""

    def __str__(self) -> str:
        return f"{self.told}: {self.advice}"


class Unsettled(Exception):
    """The state may be older than the store: `workers.recovery.settle` comes first."""


class Settlement:
    """The last settlement, and what tells how far back the state may have gone."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts
        self.epoch = ""
        """The settlement that this process knows of; empty for none."""

    def server_run(self) -> str:
        """The name that the server gave to its present run."""
        return str(self._client.info("server")["run_id"])

    def is_settled(self) -> bool:
        """Whether the state was settled since the server was started."""
        return bool(self._present_epoch())

    def refresh(self) -> bool:
        """Learn the present epoch; whether the state was settled since the server was started."""
        epoch = self._present_epoch()
        self.epoch = epoch or self.epoch
        return bool(epoch)

    def _present_epoch(self) -> str:
        run, epoch = self._client.hmget(key("settled"), "run", "epoch")
        if run is None or run.decode() != self.server_run():
            return ""
        return str(epoch.decode())

    def settle(self, run: str, now: float) -> None:
        """Note that the state of this run of the server is that of the store."""
        epoch = secrets.token_hex(8)
        self._scripts.write(
            ("HSET", key("settled"), "run", run, "epoch", epoch, "at", now),
            ("DEL", key("rebuilding")),
            # The numbers of the files are looked up again: the state may have gone back behind them.
            ("DEL", key("rules")),
        )
        self.epoch = epoch

    def undo(self) -> None:
        """Note that the state is not that of the store any more: no place is given until it is settled again."""
        self._scripts.write(("DEL", key("settled")))

    def service(self) -> str:
        """The name of this state, by which a store says whose it is; empty where it has none yet."""
        return (self._client.get(key("service")) or b"").decode()

    def named_service(self) -> str:
        """The same, given to it for good where it has none."""
        name = secrets.token_hex(8)
        _, given = self._scripts.write(("SET", key("service"), name, "NX"), ("GET", key("service")))
        return str(given.decode())

    def begin_rebuild(self) -> None:
        """Note that a lost state is being made anew, and is not whole until it is settled."""
        self._scripts.write(("SET", key("rebuilding"), "1"), ("DEL", key("settled")))

    def is_lost(self) -> bool:
        """Whether the server knows of no text and no settlement: a new one, or one that was wiped."""
        if self._client.exists(key("settled")):
            return False
        return bool(self._client.exists(key("rebuilding")) or not self._client.exists(key("texts")))

    def latest(self) -> float | None:
        """When the state was last known to be that of the store (unix seconds); None where it cannot tell."""
        times = (self._client.get(key("committed")), self._client.hget(key("settled"), "at"))
        return max((float(t) for t in times if t is not None), default=None)
