"""The index, measured at a small size; and that an index filled in haste is the one that pages would make."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from benchmarks.figure import Bench, Size
from benchmarks.index.curve import picture
from benchmarks.index.filled import WINDOW, fill
from benchmarks.index.likeness import made_up_sample
from benchmarks.measures.index import measure
from benchmarks.table import as_json
from cli.embedded import server
from config.settings import Settings
from crawler.outcome import Outcome
from evaluation.measure import ALIKE
from tests.integration.work import NOW, Work, dump, key_of, url_of
from workers.dedup.signature import BANDS
from workers.state.adoption import KnownText
from workers.state.connection import key
from workers.state.index import Commit, TextMark
from workers.state.state import State, open_state

_DOCUMENTS = 250
_TABLES = ("known", "texts", "heads", "near")


@pytest.mark.timeout(300)
def test_figures_of_every_kind_come_out(tmp_path: Path) -> None:
    figures = measure(Bench(tmp_path, Size.SMALL))

    named = {figure.what: figure for figure in figures}
    assert len(named) == len(figures)
    together = named["signature, look-up and insertion of a text: 600 documents against 150"]
    assert together.budget is not None
    assert together.unit == ""
    budgets = {f.what: (f.unit, f.budget.bound) for f in figures if f.budget and f.unit}
    assert budgets == {
        "a known URL, 600 documents": ("bytes", 16),
        "a known text, 600 documents": ("bytes", 32),
        "a document in the window, 600 documents": ("bytes", 400),
    }
    for size in (150, 300, 600):
        assert named[f"look-ups, {size} documents, by one client"].unit == "/s"
        assert named[f"insertions, {size} documents, by one client"].value > 0
        assert named[f"look-ups, {size} documents, p99"].unit == "ms"
        assert named[f"a known text, {size} documents"].value > 0
    found = named["near-duplicates of made-up texts that are found, among 600 documents"]
    assert found.value > 0.5
    drawn = fromstring(picture(as_json(figures, datetime.now(UTC))["figures"]))
    assert len(drawn.findall(".//{*}polyline")) == 5
    assert len(drawn.findall(".//{*}circle")) == 15


def test_there_is_no_picture_of_other_figures() -> None:
    with pytest.raises(ValueError, match="no figures of the index: a document in the window"):
        picture([{"what": "something else, 600 documents", "value": 1.0}])


def test_made_up_pairs_are_alike_in_every_degree() -> None:
    likeness = [pair.jaccard for pair in made_up_sample(60).pairs]
    assert sum(j < ALIKE for j in likeness) > 10
    assert sum(j >= ALIKE for j in likeness) > 10


def test_an_index_filled_in_haste_is_the_one_that_pages_would_make(tmp_path: Path) -> None:
    with _state(tmp_path / "slow") as slow, _state(tmp_path / "fast") as fast:
        texts = _page_by_page(slow)
        fill(fast, iter(texts), NOW)

        assert len(_index(slow)) > 50
        assert _index(fast) == _index(slow)
        for name in _index(slow):
            assert fast.client.object("encoding", name) == slow.client.object("encoding", name)
            sizes = [state.client.memory_usage(name, samples=0) for state in (fast, slow)]
            # What was split in a row of calls may lie in a little more than it needs.
            assert max(sizes) <= 1.1 * min(sizes) + 64


@contextmanager
def _state(home: Path) -> Iterator[State]:
    with server(home, None) as (url, _):
        state = open_state(url, Settings())
        state.settlement.settle(state.settlement.server_run(), NOW)
        yield state
        state.client.close()


def _page_by_page(state: State) -> list[KnownText]:
    """Bring pages to their commit over the days of a window; the same documents as a store would have them."""
    rng = random.Random(2)
    work, index, texts = Work(state), state.index, []
    for number in range(_DOCUMENTS):
        name = f"story-{number}"
        work.now = NOW - WINDOW + WINDOW * number / _DOCUMENTS
        text_id, bands = rng.randbytes(8).hex(), tuple(rng.randbytes(5) for _ in range(BANDS))
        visit = work.waiting(name)
        known = index.look_up(text_id, (visit.key,), bands, work.now)
        place = index.reserve(visit, text_id, datetime.fromtimestamp(work.now, UTC)).place
        assert place
        text = TextMark(text_id, place, (visit.key,), bands, known.candidates, known.seen)
        assert index.commit(Commit(visit, Outcome.NEW, text=text), work.now) == ("done",)
        texts.append(KnownText(place, url_of(name), key_of(name), work.now, "new", bands=bands))
    return texts


def _index(state: State) -> dict[bytes, object]:
    """All that the state holds of the index."""
    starts = tuple(key(table).encode() for table in _TABLES)
    return {name: held for name, held in dump(state).items() if name.startswith(starts)}
