"""The dashboard: how long its pages take with a million documents and a thousand sources, and what the index takes."""

import json
import random
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.farm import sources_text
from benchmarks.figure import Bench, Figure, at_most, median_figure
from benchmarks.processes import memory
from cli.embedded import EmbeddedServer
from config.settings import Settings
from crawler.document import Sidecar, document_id
from crawler.outcome import Outcome
from dashboard.search.index import Copy, SearchIndex
from rig.desk import Desk
from workers.state.connection import key
from workers.state.quarantine import Quarantined
from workers.state.state import State, open_state

_SEED = 20261128
_BATCH = 500
_WORDS, _LENGTH = 60_000, 350
# To draw each word by lot would take longer than to enter it.
_PASSAGES, _PASSAGE = 20_000, 25
_A_PAGE_MS = 200.0
_NOW = datetime(2026, 11, 28, tzinfo=UTC)
_RARE, _SELDOM = "zzyzx", "quorum"
"""Words of one document in ten thousand, and in a hundred."""


def measure(bench: Bench) -> list[Figure]:
    """Build the index, fill a state, and ask the real command for each page."""
    documents, sources = bench.of(500, 1_000_000), bench.of(10, 1_000)
    home = bench.folder / "home"
    index = SearchIndex(home / "dashboard" / "search.sqlite3")
    index.prepare()
    began = time.monotonic()
    _fill_index(index, documents, sources)
    took = time.monotonic() - began
    size = sum(file.stat().st_size for file in index.file.parent.iterdir())
    how = f"{documents:,} documents of {_LENGTH} words out of {_WORDS:,}, {sources:,} sources"
    with _running(bench.folder, sources, bench.of(50, 5_000)) as board:
        pages = [_timed(bench, board, *page, how) for page in _pages()]
        held = memory(board.pids)
    return [
        Figure("the dashboard's index: a document", 1000 * took / documents, "ms", how=how),
        Figure("the dashboard's index: a document", size / documents, "bytes", how=how),
        *pages,
        Figure("the dashboard after these pages", held / 1e6, "MB", how="PSS of its process"),
    ]


def _pages() -> list[tuple[str, str]]:
    return [
        ("overview", "/"),
        ("sources, by name", "/sources"),
        ("sources, by what is new", "/sources?sort=-new"),
        ("a source", "/sources/site-1"),
        ("documents, no word", "/documents"),
        ("a rare word", f"/documents?q={_RARE}"),
        ("a word of every document", "/documents?q=the"),
        ("two words of every document", "/documents?q=the+of"),
        ("a common and a rare word", f"/documents?q=the+{_RARE}"),
        ("two words side by side", '/documents?q="the+of"'),
        ("a beginning", f"/documents?q={_SELDOM[:4]}*"),
        ("a word that is nowhere", "/documents?q=qqqqq"),
        ("a source and an outcome", "/documents?source=site-1&outcome=revision"),
        ("a word, a source, a day", f"/documents?q=the&source=site-1&day={_day(0)}"),
        ("a source on a day without it", f"/documents?source=site-1&day={_day(400)}"),
        ("half-way down", "/documents?q=the&before=500000"),
        ("duplicates", "/duplicates"),
        ("duplicates of a source", "/duplicates?source=site-1"),
        ("quarantine", "/quarantine"),
        ("coverage", "/coverage"),
    ]


def _timed(bench: Bench, board: "_Board", name: str, path: str, how: str) -> Figure:
    took = []
    for _ in range(bench.of(2, 9)):
        began = time.monotonic()
        with urllib.request.urlopen(  # noqa: S310 - our own
            board.address + path.lstrip("/"), timeout=60
        ) as answer:
            answer.read()
        took.append(1000 * (time.monotonic() - began))
    # The first finds nothing in the caches; it counts as the others do.
    return median_figure(f"dashboard, {name}", took, "ms", at_most(_A_PAGE_MS), how)


@dataclass(frozen=True)
class _Board:
    address: str
    pids: list[int]


@contextmanager
def _running(folder: Path, sources: int, failed: int) -> Iterator[_Board]:
    server = EmbeddedServer(folder / "server")
    server.ensure()
    state = open_state(server.url, Settings())
    try:
        _fill_state(state, sources, failed)
        with Desk(folder, redis_url=server.url, log_level="WARNING") as desk:
            named = [
                {"name": f"site-{number}", "start": f"https://site-{number}.example/"}
                for number in range(sources)
            ]
            desk.sources.write_text(sources_text(named))
            process = desk.start("dashboard", "--port", "0", "--json")
            yield _Board(_address(process), [process.pid])
    finally:
        state.client.close()
        server.stop()


def _address(process: "subprocess.Popen[str]") -> str:

    assert process.stdout
    return str(json.loads(process.stdout.readline())["address"])


def _fill_index(index: SearchIndex, documents: int, sources: int, first: int = 0) -> None:
    words = _Words()
    for start in range(first, documents, _BATCH):
        numbers = range(start, min(start + _BATCH, documents))
        index.add(
            (_document(number, documents, sources, words) for number in numbers),
            (_copy(number, sources) for number in numbers if number % 10 == 0),
            {},
        )


class _Words:
    """Made-up words of which few are frequent, as in every language."""

    def __init__(self) -> None:
        self._random = random.Random(_SEED)
        letters = "abcdefghijklmnoprstuvw"
        made = ["".join(self._random.choices(letters, k=3 + n % 8)) for n in range(_WORDS)]
        weights = [1 / rank for rank in range(1, len(made) + 3)]
        drawn = self._random.choices(["the", "of", *made], weights, k=_PASSAGES * _PASSAGE)
        self._passages = [
            " ".join(drawn[start : start + _PASSAGE]) for start in range(0, len(drawn), _PASSAGE)
        ]

    def text(self, number: int) -> str:
        words = self._random.choices(self._passages, k=_LENGTH // _PASSAGE)
        more = [word for word, every in ((_RARE, 10_000), (_SELDOM, 100)) if number % every == 0]
        return " ".join(["the of", *words, *more])


def _day(back: int) -> str:
    return f"{_NOW - timedelta(days=back):%Y-%m-%d}"


def _document(number: int, documents: int, sources: int, words: _Words) -> tuple[str, Sidecar, str]:
    body, source = words.text(number), f"site-{number % sources}"
    day = _day(int(365 * (1 - number / documents)))
    text_id = document_id(f"{number} {body[:50]}")
    outcome = Outcome.REVISION if number % 37 == 0 else Outcome.NEW
    sidecar = Sidecar(
        id=text_id,
        outcome=outcome.value,
        url=f"https://{source}.example/news/{number}",
        title=body[7:67],
        site_name=source,
        source=source,
        layout="titled",
        language="en",
        published=None,
        modified=None,
        fetched=f"{day}T12:00:00Z",
        extractor={},
        page_sha256="",
    )
    return f"documents/{source}/{day}/{number:03}_{text_id}", sidecar, body


def _copy(number: int, sources: int) -> Copy:
    ids = [document_id(f"copy {number + more}") for more in (0, -number % 50)]
    source = f"site-{number % sources}"
    url = f"https://{source}.example/copies/{number}"
    return Copy(
        at=float(number),
        id=ids[0],
        duplicate_of=ids[1],
        source=source,
        outcome="near-duplicate",
        url=url,
        original_url="",
        similarity=0.8,
        queued=False,
        reason="why",
    )


def _fill_state(state: State, sources: int, failed: int) -> None:
    now = time.time()
    state.settlement.settle(state.settlement.server_run(), now)
    names = [f"site-{number}" for number in range(sources)]
    with state.client.pipeline(transaction=False) as batch:
        for number, name in enumerate(names):
            facts = {"ended": now - number, "walked": now - number, "links": 20, "new_links": 1}
            batch.hset(key("crawl", name), mapping=facts)
            batch.zadd(key("schedule"), {name: now + number})
            batch.hset(key("coverage", name), mapping={"since": now - 1e6, "until": now})
        for back in range(40 * 24):
            hour = datetime.fromtimestamp(now - 3600 * back, UTC)
            counts = {f"{name} new": 1 + back % 3 for name in names[back % 2 :: 2]}
            batch.hset(key("outcomes", f"{hour:%Y%m%d%H}"), mapping=counts)
        for number in range(failed):
            record = Quarantined(
                "site-1", f"https://site-1.example/{number}", "k", "http-500", 3, now
            )
            batch.hset(key("quarantine"), f"{number:012x}", record.to_json())
        batch.execute()
