"""The URLs of a source that still owe an outcome, and the pages that wait for ingest."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgpack

from config.records import known_fields
from crawler.page import Page, Visit
from workers import fault
from workers.state.connection import Client, key
from workers.state.coverage import Covered
from workers.state.numbers import url_number
from workers.state.scripts import Scripts, packed

_LINKS_A_CALL = 500
# A page that failed lets those go first that had to wait for it.
_BLAMED_PAUSE_SECONDS = 2.0


class Busy(Exception):
    """Too many pages wait for ingest: take no more for now."""


class Stale(Exception):
    """The lease ran out or was taken over: whoever holds it now goes on."""


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """A page that was fetched and is owed an outcome."""

    visit: Visit
    page: Page
    head: str | None
    """The id last found at this URL: set when the URL is looked at again."""
    reserved: str | None
    """The id that an earlier try reserved a place for."""
    begun: int = 0
    """How often a run had begun it before, whatever came of that; hand-backs left out."""
    cause: str = ""
    """Why its extraction failed last, if it did."""
    archived: str = ""
    """The record of the archive that holds the payload last found at this URL, as its commit noted it."""
    again: "Again | None" = None
    """Given: the page is an old one from the archive, which is extracted again."""
    span: tuple[str, str] | None = None
    """Given: a backfill has named it, that is after articles of this time (RFC 3339, since and until)."""


@dataclass(frozen=True, slots=True)
class Again:
    """What was known of a page before it was extracted again."""

    head: str | None
    """The id of the text that this URL has published: a changed one supersedes it."""
    beside: str | None
    """The id of a text that was read from it, and is another URL's: a changed one is compared with it."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of the links of a walk."""

    entered: int
    parked: int
    """Older than what a first crawl takes: left to backfill."""


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """Who was in a run that broke off."""

    blamed: str
    """Token of the page whose extraction was under way; empty where none was."""
    url: str
    others: tuple[str, ...]
    """Tokens of pages that nobody works on."""


def new_token() -> str:
    """A name for one lease, never used again."""
    return secrets.token_hex(8)


class Frontier:
    """Sorted sets by the time a URL is next due; taking is a lease with a token, never a pop."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def offer(
        self,
        source: str,
        token: str,
        links: Sequence[tuple[str, str]],
        *,
        now: float,
        most: int | None,
        settings: str,
        listings: Mapping[str, str],
        covered: Covered | None = None,
        told: Mapping[str, str] | None = None,
    ) -> Offered:
        """Enter the unknown ones among `links` (key, URL), newest first, and save the walk's listings.

        The listings' state (JSON by URL) goes in with the last links, by the same script, and so does
        what is covered now, and what is `told` of the source (`CrawlFacts`, by field). `most` bounds what a
        first crawl takes. Raises `Stale`.
        """
        entered = parked = taken = 0
        chunks = [links[i : i + _LINKS_A_CALL] for i in range(0, len(links), _LINKS_A_CALL)] or [()]
        for position, chunk in enumerate(chunks):
            plan: dict[str, object] = {
                "source": source,
                "token": token,
                "now": now,
                "offset": position * _LINKS_A_CALL,
                "links": [(url_number(url_key), url_key, url) for url_key, url in chunk],
            }
            if most is not None:
                plan["most"] = most - taken
            if position == len(chunks) - 1:
                flat = [part for pair in listings.items() for part in pair]
                fault.reached("before-last-offer")
                plan["last"] = {"settings": settings, "listings": flat or ["", ""]}
                if told:
                    plan["told"] = [part for pair in told.items() for part in pair]
                if covered:
                    plan["covered"] = covered.for_script(now)
            reply = self._scripts.run("offer", packed(plan))
            if reply[0] < 0:
                raise Stale(source)
            entered += reply[0]
            parked += reply[1]
            taken += reply[2]
        return Offered(entered, parked)

    def listings(self, source: str, settings: str) -> dict[str, str]:
        """What the last whole walk left of each listing; nothing where the settings were others."""
        read_under, state = self.last_walk(source)
        return state if read_under == settings else {}

    def last_walk(self, source: str) -> tuple[str | None, dict[str, str]]:
        """The settings of the last whole walk, None where there was none, and what it left of each listing."""
        raw = self._client.hgetall(key("listings", source))
        state = {field.decode(): value.decode() for field, value in raw.items()}
        settings = state.pop("settings", None)
        state.pop("", None)
        return settings, state

    def unknown(self, source: str, url_keys: Sequence[str]) -> set[str]:
        """Those of the URLs that are neither owed nor known."""
        numbers = packed([url_number(url_key) for url_key in url_keys])
        flags = self._scripts.run("unknown", source, numbers, *url_keys)
        return {k for k, flag in zip(url_keys, flags, strict=True) if flag}

    def take(
        self,
        source: str,
        token: str,
        count: int,
        *,
        now: float,
        until: float,
        waiting_max: int,
        with_revisits: bool,
    ) -> list[Visit]:
        """Lease at most `count` due URLs, newest first. Raises `Busy` and `Stale`."""
        fresh = [new_token() for _ in range(count)]
        flag = "1" if with_revisits else ""
        reply = self._scripts.run("take", source, token, now, until, waiting_max, flag, *fresh)
        if reply == b"busy":
            raise Busy
        if reply == b"stale":
            raise Stale(source)
        rows = [reply[i : i + 5] for i in range(0, len(reply), 5)]
        return [
            Visit(t.decode(), source, k.decode(), u.decode(), int(a), v.decode())
            for t, k, u, a, v in rows
        ]

    def hand_in(self, visit: Visit, page: Page, send_again: float) -> bool:
        """Store a fetched page and move its URL to what waits; False where the visit is stale."""
        arguments = (
            visit.source,
            visit.key,
            visit.token,
            send_again,
            packed_head(page),
            page.body,
        )
        return bool(self._scripts.run("hand_in", *arguments))

    def give_up(self, visit: Visit, due: float, *, failed: bool) -> int | None:
        """End a lease without an outcome; failures so far, or None where the visit is stale."""
        count = self._scripts.run(
            "give_up", visit.source, visit.key, visit.token, due, 1 if failed else 0
        )
        return None if count < 0 else int(count)

    def start(
        self,
        token: str,
        now: float,
        busy_until: float,
        *,
        alone: bool,
        run: str = "",
        closed: str = "",
    ) -> WaitingPage | str:
        """Begin a page's extraction; or why not: `ended`, `busy`, `alone`.

        It counts against the page unless it is closed: by `close`, or by the start of the next page
        of the same run, with this one as `closed`.
        """
        flag = "1" if alone else ""
        reply = self._scripts.run("start", token, now, busy_until, flag, run, closed, new_token())
        if isinstance(reply, bytes):
            return reply.decode()
        source, url_key, head, body, attempts, raw_entry, begun, cause = reply
        entry = json.loads(raw_entry)
        fields = msgpack.unpackb(head)
        fields["fetched"] = datetime.fromtimestamp(fields["fetched"], UTC)
        return WaitingPage(
            visit=Visit(token, source.decode(), url_key.decode(), entry["url"], int(attempts)),
            page=Page(**known_fields(Page, fields) | {"body": body}),
            head=entry.get("head"),
            reserved=entry.get("reserved"),
            begun=int(begun),
            cause=cause.decode(),
            archived=entry.get("archived", ""),
            again=Again(**known_fields(Again, again)) if (again := entry.get("again")) else None,
            span=(back["since"], back["until"]) if (back := entry.get("back")) else None,
        )

    def close(self, token: str, run: str) -> None:
        """A page's extraction came to its end, and is not counted."""
        self._scripts.run("close", token, run)

    def break_off(self, run: str, tokens: Sequence[str], now: float, cause: str) -> BrokenOff:
        """A run broke off: the page that it had open is counted and due again later, the others at once."""
        due = now + _BLAMED_PAUSE_SECONDS
        blamed, url, *others = self._scripts.run("break_off", run, now, due, cause, *tokens)
        return BrokenOff(blamed.decode(), url.decode(), tuple(t.decode() for t in others))

    def hand_back(self, token: str, due: float) -> None:
        """A page waits again, for no fault of its own."""
        self._scripts.run("hand_back", token, due)

    def overdue(self, now: float, most: int) -> list[str]:
        """Tokens of pages that have waited too long for whoever was to ingest them."""
        tokens = self._client.zrange(key("waiting"), "-inf", now, byscore=True, offset=0, num=most)
        return [token.decode() for token in tokens]

    def postpone(self, tokens: Iterable[str], until: float) -> None:
        """Note that these were sent (again)."""
        scored = [part for token in tokens for part in (until, token)]
        if scored:
            self._scripts.write(("ZADD", key("waiting"), "XX", *scored))

    def waiting(self) -> int:
        """Pages that wait for ingest."""
        return int(self._client.zcard(key("waiting")))

    def owed(self, source: str) -> int:
        """URLs of a source without their outcome; those to be looked at again, and a backfill's, are left out."""
        with self._client.pipeline() as batch:
            batch.hlen(key("entries", source))
            batch.zcard(key("revisits", source))
            batch.zcard(key("older", source))
            entries, revisits, older = batch.execute()
        return int(entries) - int(revisits) - int(older)

    def owed_of(self, sources: Sequence[str]) -> dict[str, int]:
        """The same for several sources, in one round trip."""
        with self._client.pipeline(transaction=False) as batch:
            for source in sources:
                batch.hlen(key("entries", source))
                batch.zcard(key("revisits", source))
                batch.zcard(key("older", source))
            told = list(map(int, batch.execute()))
        triples = zip(told[::3], told[1::3], told[2::3], strict=True)
        return {
            s: all_of - back - old for s, (all_of, back, old) in zip(sources, triples, strict=True)
        }

    def owed_after(self, source: str, moment: float) -> int:
        """URLs of a source that are not due before a moment: they wait for a retry, or are leased."""
        return int(self._client.zcount(key("frontier", source), f"({moment}", "+inf"))

    def oldest_waiting(self) -> float | None:
        """When the longest fetched of the pages that wait was fetched (unix seconds); None where none waits."""
        oldest = None
        tokens = self._client.zrange(key("waiting"), 0, -1)
        for start in range(0, len(tokens), _LINKS_A_CALL):
            with self._client.pipeline(transaction=False) as batch:
                for token in tokens[start : start + _LINKS_A_CALL]:
                    batch.hget(key("page", token.decode()), "head")
                heads = [head for head in batch.execute() if head]
            times = [float(msgpack.unpackb(head)["fetched"]) for head in heads]
            oldest = min([*times, *([oldest] if oldest else [])], default=None)
        return oldest

    def waiting_of(self, source: str) -> int:
        """Pages of a source that were fetched and wait for ingest."""
        owed = self.owed(source)
        return owed - int(self._client.zcard(key("frontier", source)))

    def next_owed(self, source: str) -> float | None:
        """When the first URL of a source that was never seen is due; None where none is in the frontier."""
        first = self._client.zrange(key("frontier", source), 0, 0, withscores=True)
        return float(first[0][1]) if first else None

    def void_leases(self) -> None:
        """Make everything that was leased due again: right only where no worker can be alive."""
        for queue in ("frontier", "revisits", "older"):
            for name in self._client.scan_iter(match=key(queue, "*"), count=1000):
                self._scripts.run("due_at_once", queue, name.decode().rsplit(":", 1)[1])
        for token in self._client.zrange(key("waiting"), 0, -1):
            self._client.hdel(key("page", token.decode()), "busy")
            self._client.zadd(key("waiting"), {token: 0}, xx=True)


def packed_head(page: Page) -> bytes:
    """What is kept of a page that waits, beside its body."""
    return packed(
        {
            "url": page.url,
            "requested": page.requested,
            "status": page.status,
            "fetched": page.fetched.timestamp(),
            "content_type": page.content_type,
            "content_encoding": page.content_encoding,
            **({"validator": page.validator} if page.validator else {}),
            **({"seconds": round(page.seconds, 6)} if page.seconds else {}),
        }
    )
