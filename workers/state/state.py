"""Everything in Redis, over one connection."""

from socket import gethostname

from config.server_url import parse
from config.settings import Settings
from workers.state.adoption import Adoption
from workers.state.again import Again
from workers.state.alarms import Alarms
from workers.state.backfills import Backfills
from workers.state.clock import ServerClock
from workers.state.connection import Client, connect, key
from workers.state.counted import Counted
from workers.state.coverage import Coverage
from workers.state.endings import Endings
from workers.state.fitness import check
from workers.state.frontier import Frontier
from workers.state.groups import Groups
from workers.state.hosts import Hosts
from workers.state.index import Index
from workers.state.ledger import Ledger
from workers.state.machines import Machines
from workers.state.memory import Memory, memory_of
from workers.state.moves import Moves
from workers.state.outbox import Outbox
from workers.state.published import Publications
from workers.state.quarantine import Quarantine
from workers.state.readmission import Readmission
from workers.state.recurring import Recurring
from workers.state.schedule import Schedule
from workers.state.scripts import Scripts
from workers.state.settlement import Settlement
from workers.state.version import ALIVE_SECONDS, Found, PartSeen, admit, found_version, parts_seen


class State:
    """The rooms of the state, sharing a client."""

    def __init__(
        self, client: Client, window_days: int = 30, scripts: Scripts | None = None
    ) -> None:
        scripts = scripts or Scripts(client, window_days)
        self.client = client
        self._scripts = scripts
        self.clock = ServerClock.of(client)
        self.machines = Machines(client, scripts)
        self.ledger = Ledger(client, scripts)
        self.schedule = Schedule(client, scripts)
        self.hosts = Hosts(scripts)
        self.frontier = Frontier(client, scripts)
        self.moves = Moves(client, scripts)
        self.counted = Counted(client)
        self.coverage = Coverage(client, scripts)
        self.backfills = Backfills(client, scripts)
        self.readmission = Readmission(client, scripts)
        self.settlement = Settlement(client, scripts)
        self.index = Index(scripts, self.ledger, self.settlement)
        self.adoption = Adoption(client, scripts, self.ledger, window_days)
        self.endings = Endings(client)
        self.outbox = Outbox(client, scripts)
        self.groups = Groups(client, scripts)
        self.again = Again(client, scripts)
        self.publications = Publications(client)
        self.quarantine = Quarantine(client, scripts)
        self.recurring = Recurring(client, scripts)
        self.alarms = Alarms(client, scripts)

    def hold(self, what: str, token: str, seconds: int, dead: str = "") -> str:
        """Have one process at a time do something: the token that holds it now, for so many seconds; 0 lets it go."""
        return str(self._scripts.run("hold", what, token, seconds, dead).decode())

    def webhook_fails(self, problem: str, since: float) -> None:
        """Note that the webhook's receiver takes nothing, why, and since when (unix seconds), unless that is noted."""
        self._scripts.write(
            ("HSET", key("webhook"), "problem", problem), ("HSETNX", key("webhook"), "since", since)
        )

    def webhook_works(self) -> None:
        """Note that it does."""
        self._scripts.write(("DEL", key("webhook")))

    def webhook_trouble(self) -> dict[str, str]:
        """What was noted last: `problem` and `since`, or nothing."""
        raw = self.client.hgetall(key("webhook"))
        return {name.decode(): value.decode() for name, value in raw.items()}

    def alive(self, part: str, now: float, *, is_here: bool = True) -> None:
        """Note that a part was seen at work, on this host or another."""
        self._scripts.write(("HSET", key("alive"), part, now))
        if is_here:
            self.machines.note(part, gethostname(), now)

    def gone(self, part: str) -> None:
        """Note that a part has ended, on this host too, and is not missed."""
        self._scripts.write(("HDEL", key("alive"), part))
        self.machines.forget(part, gethostname())

    def forget_parts(self) -> None:
        """Note that no part is at work: right only where none can be."""
        self._scripts.write(("DEL", key("alive")))
        self.machines.forget_all()

    def is_time(self, what: str, seconds: float) -> bool:
        """Whether nobody has asked this of the same thing for so long: true for one of all processes."""
        asked, lasts = ("SET", key(what), "1"), round(seconds * 1000)
        is_first, left = self._scripts.write((*asked, "NX", "PX", lasts), ("PTTL", key(what)))
        if left > lasts:
            # The server's clock was set back meanwhile: it would be no time for as long as that.
            self._scripts.write((*asked, "PX", lasts))
        return bool(is_first)

    def is_time_again(self, what: str) -> None:
        """Let `is_time` be true at once."""
        self._scripts.write(("DEL", key(what)))

    def parts(self, now: float) -> dict[str, float]:
        """The parts seen at work within the last minutes, and when (unix seconds)."""
        return {p: at for p, at in sorted(self.seen().items()) if now - at < ALIVE_SECONDS}

    def version(self) -> Found:
        """The version of this state."""
        return found_version(self.client)

    def releases(self, now: float) -> dict[str, PartSeen]:
        """The parts seen at work within the last minutes, by `part@host`, with their releases."""
        return parts_seen(self.client, now)

    def is_busy(self) -> bool:
        """Whether a source is being crawled, or a page waits for its outcome or is brought to it."""
        return bool(self.schedule.crawling()) or self.frontier.waiting() > 0

    def memory(self) -> Memory:
        """How full the server is."""
        return memory_of(self.client)

    def seen(self) -> dict[str, float]:
        """When each part was last seen at work (unix seconds), however long ago."""
        return {p.decode(): float(at) for p, at in self.client.hgetall(key("alive")).items()}


def open_state(
    url: str,
    settings: Settings,
    *,
    patience: float = 60.0,
    at_first: float = 0.0,
    migrates: bool = False,
    is_alone: bool = False,
) -> State:
    """Connect and try the server once, or for `at_first` seconds; raises `StateUnavailable`.

    An older state becomes that of this release where the caller `migrates`, and is else refused. With `is_alone`
    nobody else can be using the server, whatever was seen there lately.
    """
    server = parse(url)
    first = connect(url, patience=at_first)
    try:
        check(first, server)
        clock = ServerClock.of(first)
        clock.keep()
        admit(first, server.shown, migrates=migrates, is_alone=is_alone, now=clock())
    finally:
        first.close()
    state = State(connect(url, patience=patience), settings.window_days)
    state.clock.keep()
    return state
