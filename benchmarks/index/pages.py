"""Pages brought from a listing to their outcome, call by call, as crawl and ingest do it."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from benchmarks.index.filled import Filled
from crawler.document import document_id
from crawler.outcome import Outcome
from crawler.page import Page, Visit
from workers.dedup.signature import signature
from workers.state.frontier import new_token
from workers.state.index import Commit, Known, TextMark
from workers.storage.places import Place

WORDS = 600
"""Of a made-up text: about those of a news story."""
_BODY_BYTES = 30_000
_A_BATCH = 20
_SOURCE = "gazette"
_HOUR = 3600.0
_T = TypeVar("_T")


@dataclass(slots=True)
class Costs:
    """Of some pages: seconds of processor, client's and server's together, by step, and what each call took."""

    pages: int = 0
    processor: dict[str, float] = field(default_factory=dict)
    server: dict[str, float] = field(default_factory=dict)
    """The server's share."""
    look_ups: list[float] = field(default_factory=list)
    entries: list[float] = field(default_factory=list)
    """Seconds of a clock: a page's commit."""

    def a_page(self, *steps: str) -> float:
        """Seconds of processor a page, of these steps."""
        return sum(self.processor[step] for step in steps) / self.pages

    def of_server(self) -> float:
        """Seconds of the server's processor a page, of all steps."""
        return sum(self.server.values()) / self.pages


def made_up_text(rng: random.Random, words: int = WORDS) -> str:
    """A text that is like no other: words of a vocabulary of 20,000."""
    return " ".join(f"word{rng.randrange(20_000)}" for _ in range(words))


class Line:
    """Pages of one source on a server, in batches as the ingest worker has them."""

    def __init__(self, filled: Filled) -> None:
        self._filled = filled
        self._state = filled.state
        self._rng = random.Random(filled.documents)
        self._count = 0
        self._token = new_token()
        self._state.schedule.add({_SOURCE: filled.now})
        until = filled.now + _HOUR
        if not self._state.schedule.lease(
            _SOURCE, ("gazette.example",), self._token, filled.now, until
        ):
            raise AssertionError("nobody else crawls this source")

    def run(self, pages: int) -> Costs:
        """Bring new pages to their outcome."""
        costs = Costs()
        for _ in range(0, pages, _A_BATCH):
            self._batch(costs)
        return costs

    def _batch(self, costs: Costs) -> None:
        texts = [made_up_text(self._rng) for _ in range(_A_BATCH)]
        visits = self._timed(costs, "wait", self._wait)
        signed = self._timed(
            costs, "sign", lambda: [(document_id(text), signature(text)) for text in texts]
        )
        work = list(zip(visits, signed, strict=True))
        found = self._timed(costs, "look-up", lambda: self._look_up(costs, work))
        self._timed(costs, "enter", lambda: self._enter(costs, work, found))
        costs.pages += _A_BATCH

    def _timed(self, costs: Costs, step: str, do: Callable[[], _T]) -> _T:
        server, client = self._server_seconds(), time.process_time()
        done = do()
        own, served = time.process_time() - client, self._server_seconds() - server
        costs.processor[step] = costs.processor.get(step, 0.0) + own + served
        costs.server[step] = costs.server.get(step, 0.0) + served
        return done

    def _server_seconds(self) -> float:
        facts = self._filled.facts("cpu")
        return float(facts["used_cpu_user"]) + float(facts["used_cpu_sys"])

    def _wait(self) -> list[Visit]:
        names = [f"gazette.example/{self._count + i}" for i in range(_A_BATCH)]
        self._count += _A_BATCH
        frontier, now = self._state.frontier, self._filled.now
        frontier.offer(
            _SOURCE,
            self._token,
            [(name, f"https://www.{name}") for name in names],
            now=now,
            most=None,
            settings="",
            listings={},
        )
        visits = frontier.take(
            _SOURCE,
            self._token,
            _A_BATCH,
            now=now,
            until=now + _HOUR,
            waiting_max=10 * _A_BATCH,
            with_revisits=False,
        )
        for visit in visits:
            frontier.hand_in(visit, self._page(visit), now + _HOUR)
        for visit in visits:
            frontier.start(visit.token, now, now + _HOUR, alone=False)
        return visits

    @property
    def _fetched(self) -> datetime:
        return datetime.fromtimestamp(self._filled.now, UTC)

    def _page(self, visit: Visit) -> Page:
        return Page(
            url=visit.url,
            requested=visit.url,
            status=200,
            fetched=self._fetched,
            content_type="text/html; charset=utf-8",
            content_encoding="gzip",
            body=self._rng.randbytes(_BODY_BYTES),
        )

    def _look_up(
        self, costs: Costs, work: Sequence[tuple[Visit, tuple[str, tuple[bytes, ...]]]]
    ) -> list[Known]:
        found = []
        for visit, (text_id, bands) in work:
            began = time.perf_counter()
            known = self._state.index.place_new(
                visit, text_id, (visit.key,), bands, self._filled.now, self._fetched
            )
            costs.look_ups.append(time.perf_counter() - began)
            found.append(known)
        return found

    def _enter(
        self,
        costs: Costs,
        work: Sequence[tuple[Visit, tuple[str, tuple[bytes, ...]]]],
        found: Sequence[Known],
    ) -> None:
        for (visit, (text_id, bands)), known in zip(work, found, strict=True):
            began = time.perf_counter()
            # Bands of a stranger are rare: it was new to nearly every look-up, and has its place from there.
            reserved = known.reserved or self._state.index.reserve(visit, text_id, self._fetched)
            place = reserved.place
            if place is None:
                raise AssertionError("no other page brings this text")
            text = TextMark(text_id, place, (visit.key,), bands, known.candidates, known.seen)
            self._commit(visit, text, place)
            costs.entries.append(time.perf_counter() - began)

    def _commit(self, visit: Visit, text: TextMark, place: Place) -> None:
        now = self._filled.now
        commit = Commit(
            visit,
            Outcome.NEW,
            text=text,
            entry=_entry(visit, text.id, place),
            revisits=tuple(now + hours * _HOUR for hours in (1, 6, 24)),
        )
        if self._state.index.commit(commit, now) != ("done",):
            raise AssertionError("nothing stands against this page's end")


def _entry(visit: Visit, text_id: str, place: Place) -> dict[str, Any]:
    filled = {"id": text_id, "outcome": "new", "url": visit.url, "title": "A title of some words"}
    filled |= {"site_name": "The Gazette", "source": _SOURCE, "language": "en", "schema": "1"}
    filled |= {"published": "2026-11-28T01:00:00Z", "fetched": "2026-11-28T01:00:00Z"}
    filled["path"] = place.text_path
    empty = ("supersedes", "duplicate_of", "similarity", "partial")
    return filled | dict.fromkeys(empty, "")
