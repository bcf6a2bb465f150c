"""When sources are due, who crawls them, and the one crawl a host."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import chain
from typing import Any

from config.records import known_fields
from workers.state.connection import Client, key
from workers.state.scripts import Scripts

# A script can pass a command some thousands of arguments.
_A_WRITE = 1000


# Tokens of crawls that have begun start so (`buckets.lua` knows it, too). Times would not tell: clocks differ, and a
# tick's is old.
_BEGUN = "begun-"
HELD_SECONDS = 30.0
"""A crawl at work holds its source for so long, time and again: one whose worker died holds it up no longer."""


class Hold(IntEnum):
    """What the renewal of a lease came to."""

    LOST = 0
    """The crawl must end: another has the source or a host, or nobody wants it any more."""
    HELD = 1
    OUTDATED = 2
    """Held, but the source's settings are others now: the crawl should end soon."""


@dataclass(frozen=True, slots=True)
class SourceLease:
    """The right to crawl a source and its hosts, until it runs out or the token goes stale."""

    source: str
    token: str
    authorities: tuple[str, ...]
    walked: float | None
    """When its listings were last read to the end, or None: never."""
    last_request: float
    """When one of its hosts was last asked for anything; 0 where that is not known."""
    delay: float = 0.0
    """Seconds between two requests that one of its hosts was last asked for."""


@dataclass(frozen=True, slots=True)
class CrawlFacts:
    """How the last crawl of a source went, as `status` and `sources` show it."""

    started: float | None = None
    ended: float | None = None
    walked: float | None = None
    next: float | None = None
    walk_due: float | None = None
    every: float | None = None
    """Seconds between two walks as adapted."""
    error: str = ""
    failures: int = 0
    """Crawls in a row that failed as a whole."""
    links: int = 0
    new_links: int = 0
    pages: int = 0
    delay: float = 0.0
    """Seconds between requests as settings and robots.txt had it."""
    problems: str = "[]"
    """JSON: listings that the last walk could not read."""
    fallen: str = "[]"
    """JSON: listings that no longer do their work, as `crawler.desk.Fallen`."""
    moved: str = "[]"
    """JSON: `{"from", "to", "field", "value"}` of each listing that has moved to another host for good."""
    slack: float = 0.0
    """Seconds by which a revisit may be late."""
    passed_over: str = "{}"
    """JSON: links that the last walk met and no rule wanted, by reason."""
    backfill: str = ""
    """Names the backfill that is under way; empty for none."""
    answered: int = 0
    """Requests of the last crawl that its site answered."""
    refused: str = "{}"
    """JSON: requests that it refused, by reason: `http-429`, `challenge`, ..."""
    refusals: int = 0
    """Crawls in a row of whose requests it refused half or more."""
    refused_since: float = 0.0
    """When the first of them began; 0 where there is none."""
    paused_until: float = 0.0
    """Unix seconds until which it asked to be left alone; 0 where it did not."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a source stands just now."""

    facts: CrawlFacts
    timing: str
    """The schedule under which it was last brought in line with the file; empty where it never was."""
    edition: str
    """Names its settings in the file; empty where they were never noted."""
    rhythm: bytes
    """When it publishes, as `workers.pacing.rhythm` packs it; empty where that is not known."""


class Schedule:
    """What is due lives in a sorted set; taking is leasing."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def names(self) -> set[str]:
        """Every source that has a time at which it is due."""
        return {name.decode() for name in self._client.zrange(key("schedule"), 0, -1)}

    def count(self) -> int:
        """How many sources are scheduled."""
        return int(self._client.zcard(key("schedule")))

    def add(self, due: Mapping[str, float]) -> None:
        """Give sources that are not scheduled yet their first time."""
        times = list(due.items())
        for i in range(0, len(times), _A_WRITE):
            scored = [part for name, when in times[i : i + _A_WRITE] for part in (when, name)]
            self._scripts.write(("ZADD", key("schedule"), "NX", *scored))

    def remove(self, names: Iterable[str]) -> None:
        """Let sources go that are no longer in the file, or disabled; what they owe stays."""
        gone = list(names)
        for i in range(0, len(gone), _A_WRITE):
            self._scripts.write(("ZREM", key("schedule"), *gone[i : i + _A_WRITE]))

    def ask(self, names: Sequence[str], now: float) -> None:
        """Have sources crawled now, listings included; one whose crawl runs is left to it."""
        for i in range(0, len(names), _A_WRITE):
            some = names[i : i + _A_WRITE]
            self._scripts.write(
                *(("HSET", key("crawl", name), "walk_due", now) for name in some),
                *(("ZADD", key("schedule"), "XX", "LT", now, name) for name in some),
            )

    def due(self, now: float, most: int, *, after: float | None = None) -> list[str]:
        """Names of sources that are due (since `after`), the longest waiting first."""
        since = "-inf" if after is None else f"({after}"
        names = self._client.zrange(key("schedule"), since, now, byscore=True, offset=0, num=most)
        return [name.decode() for name in names]

    def due_among(self, names: Sequence[str], now: float) -> list[str]:
        """Those of `names` that are due."""
        if not names:
            return []
        scores = self._client.zmscore(key("schedule"), names)
        return [name for name, score in zip(names, scores, strict=True) if score and score <= now]

    def lease(
        self, source: str, authorities: Sequence[str], token: str, now: float, until: float
    ) -> SourceLease | None:
        """Take a due source with all its hosts; None where it is not due or a host is busy."""
        again = now + 1.0
        reply = self._scripts.run("lease_source", source, token, now, until, again, *authorities)
        if reply[0] != b"leased":
            return None
        walked = float(reply[1]) if reply[1] else None
        last_request, delay = float(reply[2]), float(reply[3])
        return SourceLease(source, token, tuple(authorities), walked, last_request, delay)

    def begin(self, lease: SourceLease, own_token: str, until: float) -> SourceLease | None:
        """Begin the crawl of a lease, under a token of its own; None where it is stale, or begun already."""
        own = _BEGUN + own_token
        is_begun = self._scripts.run(
            "begin_source", lease.source, lease.token, own, until, *lease.authorities
        )
        return replace(lease, token=own) if is_begun else None

    def unbegun(self, until: float) -> list[str]:
        """Sources whose leases run out no later than `until`, and of which no crawl has begun."""
        leases = self._client.hgetall(key("leases"))
        names = [n for n, token in leases.items() if not token.startswith(_BEGUN.encode())]
        ends = self._client.zmscore(key("schedule"), names) if names else []
        return [n.decode() for n, end in zip(names, ends, strict=True) if end and end <= until]

    def recall(self, source: str, authorities: Sequence[str], now: float, until: float) -> bool:
        """Take back a lease that runs out no later than `until`, unless a crawl has begun; whether it was."""
        return bool(self._scripts.run("recall_source", source, now, until, _BEGUN, *authorities))

    def renew(
        self,
        lease: SourceLease,
        until: float,
        last_request: float,
        delay: float = 0.0,
        edition: str = "",
    ) -> Hold:
        """Hold a lease for longer; `edition` names the settings under which it is crawled."""
        return Hold(
            self._scripts.run(
                "renew_source",
                *(lease.source, lease.token, until, last_request, delay, edition),
                *lease.authorities,
            )
        )

    def finish(
        self,
        lease: SourceLease,
        *,
        walk_due: float,
        not_before: float,
        last_request: float,
        facts: Mapping[str, float | str],
        delay: float = 0.0,
        host_not_before: float = 0.0,
        rhythm: bytes = b"",
    ) -> None:
        """End a crawl: the source is due at its walk or at the first URL it owes, never before `not_before`.

        `host_not_before` is what its hosts asked for, and holds for other sources of theirs too. Without a
        `rhythm`, what is known of it stays.
        """
        noted = chain.from_iterable(facts.items())
        hosts = lease.authorities
        self._scripts.run(
            "finish_source",
            *(lease.source, lease.token, walk_due, not_before, last_request),
            *(delay, host_not_before, rhythm, len(hosts)),
            *hosts,
            *noted,
        )

    def remember(self, name: str, settings: str) -> None:
        """Keep a source's settings, as JSON, with which it is crawled from now on."""
        self._scripts.write(("HSET", key("settings"), name, settings))

    def remembered(self, name: str) -> str | None:
        """The settings with which a source was crawled last; None for one that never was."""
        raw = self._client.hget(key("settings"), name)
        return None if raw is None else raw.decode()

    def timings(self, names: Sequence[str]) -> dict[str, str]:
        """The schedules under which sources were last brought in line, as text; without those never seen."""
        return self._noted("timings", names)

    def note_timings(self, timings: Mapping[str, str]) -> None:
        """Note the schedules of sources that were never seen before."""
        self._note("timings", timings)

    def editions(self, names: Sequence[str]) -> dict[str, str]:
        """The names of the settings with which sources stand in the file; without those never seen."""
        return self._noted("editions", names)

    def note_editions(self, editions: Mapping[str, str]) -> None:
        """Note the settings of sources: crawls that go on under others end soon."""
        self._note("editions", editions)

    def _noted(self, what: str, names: Sequence[str]) -> dict[str, str]:
        raw = self._client.hmget(key(what), names) if names else []
        return {name: text.decode() for name, text in zip(names, raw, strict=True) if text}

    def _note(self, what: str, texts: Mapping[str, str]) -> None:
        noted = list(texts.items())
        for i in range(0, len(noted), _A_WRITE):
            pairs = chain.from_iterable(noted[i : i + _A_WRITE])
            self._scripts.write(("HSET", key(what), *pairs))

    def followed(self) -> str:
        """Names the state of the sources file that the schedule was last brought in line with; empty for none."""
        return (self._client.get(key("followed")) or b"").decode()

    def note_followed(self, digest: str) -> None:
        """Note which it was."""
        self._scripts.write(("SET", key("followed"), digest))

    def retime(self, name: str, timing: str, walk_due: float) -> None:
        """Note another schedule of a source, whose next walk is due no later than given."""
        self._scripts.write(
            ("HSET", key("timings"), name, timing),
            ("HSET", key("crawl", name), "walk_due", walk_due),
            ("HDEL", key("crawl", name), "every"),
            ("ZADD", key("schedule"), "XX", "LT", walk_due, name),
        )

    def facts(self, name: str) -> CrawlFacts:
        """How the last crawl went."""
        return facts_of(self._client.hgetall(key("crawl", name)))

    def facts_of_all(self, names: Sequence[str]) -> dict[str, CrawlFacts]:
        """How the last crawl of each source went, in one round trip."""
        with self._client.pipeline(transaction=False) as batch:
            for name in names:
                batch.hgetall(key("crawl", name))
            return {n: facts_of(raw) for n, raw in zip(names, batch.execute(), strict=True)}

    def standing(self, name: str) -> Standing:
        """How the last crawl went, and how the source stands in the file, in one round trip."""
        with self._client.pipeline(transaction=False) as batch:
            batch.hgetall(key("crawl", name))
            batch.hget(key("timings"), name)
            batch.hget(key("editions"), name)
            batch.hget(key("rhythms"), name)
            facts, timing, edition, rhythm = batch.execute()
        named = (timing or b"").decode(), (edition or b"").decode()
        return Standing(facts_of(facts), *named, rhythm or b"")

    def next_due(self, name: str) -> float | None:
        """When a source is due; while it is crawled, when its lease runs out."""
        score = self._client.zscore(key("schedule"), name)
        return None if score is None else float(score)

    def next_due_of(self, names: Sequence[str]) -> dict[str, float | None]:
        """The same for several, in one round trip."""
        scores = self._client.zmscore(key("schedule"), names) if names else []
        return dict(zip(names, scores, strict=True))

    def ended_of(self, names: Sequence[str]) -> dict[str, float | None]:
        """When the last crawl of each source ended (unix seconds), in one round trip."""
        with self._client.pipeline(transaction=False) as batch:
            for name in names:
                batch.hget(key("crawl", name), "ended")
            ends = batch.execute()
        return {n: float(end) if end else None for n, end in zip(names, ends, strict=True)}

    def crawling(self) -> set[str]:
        """The sources whose crawl is in progress."""
        return {name.decode() for name in self._client.hkeys(key("leases"))}

    def void_leases(self, now: float) -> None:
        """Forget all leases and locks: right only where no worker can be alive.

        Times of last requests stay, so that politeness outlives a restart.
        """
        now_due = dict.fromkeys(self.crawling(), 1.0)
        with self._client.pipeline() as batch:
            batch.delete(key("leases"))
            if now_due:
                batch.zadd(key("schedule"), now_due, xx=True)
            for host in self._client.scan_iter(match=key("host", "*"), count=1000):
                if self._client.hexists(host, "owner"):
                    # Whoever held it may have asked for something just before it ended.
                    batch.hset(host, "last", now)
                batch.hdel(host, "owner", "until")
            batch.execute()


_KINDS: Mapping[str, type[str] | type[int]] = {
    "problems": str,
    "fallen": str,
    "moved": str,
    "passed_over": str,
    "backfill": str,
    "error": str,
    "failures": int,
    "links": int,
    "new_links": int,
    "pages": int,
    "answered": int,
    "refused": str,
    "refusals": int,
}


def facts_of(raw: Mapping[bytes, bytes]) -> CrawlFacts:
    """How a crawl went, from what is kept of it."""
    values = {field.decode(): value.decode() for field, value in raw.items()}
    named = known_fields(CrawlFacts, values)
    facts: dict[str, Any] = {f: _KINDS.get(f, float)(value) for f, value in named.items()}
    return CrawlFacts(**facts)
