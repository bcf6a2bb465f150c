"""Sees every call of a script, notes what came of it, and says at once where a promise is broken."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgpack

from workers.state.scripts import Scripts

MOST_SAID = 20


@dataclass
class Crawl:
    """One crawl of a source that began: its lease was renewed by whoever got the message."""

    source: str
    token: str
    walks: bool
    every_bounds: tuple[float, float] | None
    """Of an interval that adapts, as the crawl's own settings have it."""
    started: float
    ended: float | None = None
    facts: dict[str, str] = field(default_factory=dict)
    """As its end noted them."""

    @property
    def has_walked(self) -> bool:
        """Whether it read its listings, and its end was accepted."""
        return self.walks and self.ended is not None and not self.facts.get("error")


@dataclass
class Ended:
    """One outcome of one URL."""

    at: float
    outcome: str
    revisits: tuple[float, ...]


@dataclass
class Held:
    """Who holds a source or a host, and until when."""

    token: str
    until: float


class Watch:
    """What happened, and what was wrong with it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.broken: list[str] = []
        self.counts: Counter[str] = Counter()
        self.crawls: defaultdict[str, list[Crawl]] = defaultdict(list)
        self.by_token: dict[str, Crawl] = {}
        self.outcomes: defaultdict[str, list[Ended]] = defaultdict(list)
        self.offered: dict[str, str] = {}
        """Every URL that a walk brought, with its source."""
        self.leased: list[float] = []
        self.sources: dict[str, Held] = {}
        self.hosts: dict[str, Held] = {}

    def wrong(self, what: str) -> None:
        """Note how a promise was broken."""
        self.counts["broken"] += 1
        if len(self.broken) < MOST_SAID:
            self.broken.append(what)

    def began(self, crawl: Crawl) -> None:
        """A worker began a crawl that it holds."""
        self.crawls[crawl.source].append(crawl)
        self.by_token[crawl.token] = crawl

    def voided(self) -> None:
        """All leases were forgotten, since nobody is alive."""
        self.sources.clear()
        self.hosts.clear()

    def ran(self, name: str, arguments: tuple[Any, ...], reply: Any) -> None:
        """A script was run."""
        self.counts["scripts"] += 1
        note = getattr(self, f"_{name}", None)
        if note:
            note(arguments, reply)

    def _lease_source(self, arguments: tuple[Any, ...], reply: Any) -> None:
        if reply[0] != b"leased":
            return
        source, token, now, until, _, *hosts = arguments
        for kept, names, what in (
            (self.sources, [source], "source"),
            (self.hosts, hosts, "host"),
        ):
            for name in names:
                held = kept.get(name)
                if held and held.until > now:
                    self.wrong(f"two live crawls of {what} {name} at {now:.0f}")
                kept[name] = Held(token, until)
        self.leased.append(now)

    def _begin_source(self, arguments: tuple[Any, ...], reply: Any) -> None:
        source, token, own, until, *hosts = arguments
        if reply == 1:
            for held in (self.sources.get(source), *map(self.hosts.get, hosts)):
                if held and held.token in {token, own}:
                    held.token, held.until = own, until

    def _renew_source(self, arguments: tuple[Any, ...], reply: Any) -> None:
        source, token, until, _, _, _, *hosts = arguments
        if reply:
            for held in (self.sources.get(source), *map(self.hosts.get, hosts)):
                if held and held.token == token:
                    held.until = until

    def _recall_source(self, arguments: tuple[Any, ...], reply: Any) -> None:
        source, *_ = arguments
        held = self.sources.pop(source, None)
        if reply == 1 and held:
            self.counts["recalls"] += 1
            for host in [h for h, owner in self.hosts.items() if owner.token == held.token]:
                del self.hosts[host]
        elif held:
            self.sources[source] = held

    def _finish_source(self, arguments: tuple[Any, ...], reply: Any) -> None:
        source, token, *_ = arguments
        if reply in {b"", ""}:
            self.counts["stale ends"] += 1
            return
        count = int(arguments[8])
        noted = arguments[9 + count :]
        crawl = self.by_token[token]
        crawl.ended = self.now()
        crawl.facts = {noted[i]: str(noted[i + 1]) for i in range(0, len(noted), 2)}
        self._check_interval(crawl)
        for kept, names in ((self.sources, [source]), (self.hosts, arguments[9 : 9 + count])):
            for name in names:
                if name in kept and kept[name].token == token:
                    del kept[name]

    def _check_interval(self, crawl: Crawl) -> None:
        every = float(crawl.facts["every"])
        bounds = crawl.every_bounds
        if crawl.has_walked and bounds and every and not bounds[0] <= every <= bounds[1]:
            self.wrong(f"{crawl.source} has an interval of {every:.0f} s outside of {bounds}")

    def _offer(self, arguments: tuple[Any, ...], reply: Any) -> None:
        if reply[0] < 0:
            return
        plan = msgpack.unpackb(arguments[0])
        for _, url_key, _ in plan["links"]:
            self.offered.setdefault(url_key, plan["source"])

    def _commit(self, arguments: tuple[Any, ...], reply: Any) -> None:
        if reply[0] != b"done":
            self.counts[reply[0].decode()] += 1
            return
        plan = msgpack.unpackb(arguments[0], raw=True)
        name, now = plan[b"key"].decode(), plan[b"now"]
        ended = Ended(now, plan[b"outcome"].decode(), tuple(plan.get(b"revisits", ())))
        before = self.outcomes[name]
        if before and not _is_looked_at_again(before, now):
            self.wrong(f"{name} has a second outcome: {before[-1].outcome}, then {ended.outcome}")
        before.append(ended)
        self.counts[f"outcome {plan[b'source'].decode()} {ended.outcome}"] += 1


def _is_looked_at_again(before: list[Ended], now: float) -> bool:
    planned = next((one.revisits for one in before if one.revisits), ())
    return any(before[-1].at < moment <= now for moment in planned)


class WatchedScripts(Scripts):
    """Scripts whose calls are seen."""

    def __init__(self, client: Any, watch: Watch, window_days: int) -> None:
        super().__init__(client, window_days)
        self._watch = watch

    def run(self, name: str, *arguments: bytes | str | float) -> Any:
        """See `Scripts`."""
        reply = super().run(name, *arguments)
        self._watch.ran(name, arguments, reply)
        return reply
