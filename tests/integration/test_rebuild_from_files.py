"""The state from the files alone: as it was, once, and with every damaged file named."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from chaos.agreement import marks
from chaos.picture import Picture, differences, picture
from crawler.document import Document, Sidecar
from rig.stories import Story, article_page
from tests.integration.ingesting import Desk, kill_self, story
from tests.integration.work import NOW, dump, key_of, page_of
from workers.ingest import Ingest
from workers.recovery.rebuild import Rebuild, Rebuilt
from workers.state.state import State
from workers.storage.bucket import BucketStore
from workers.storage.places import Place
from workers.storage.store import Kept, Store

TODAY = datetime.fromtimestamp(NOW, UTC).date().isoformat()


def less(whole: Story) -> Story:
    return replace(whole, paragraphs=whole.paragraphs[:-1])


@pytest.fixture
def desk(server_url: str, state: State, tmp_path: Path) -> Desk:
    """New, revised twice, dropped and kept near-duplicates, a duplicate, in three sources."""
    desk = Desk(server_url, state, tmp_path, page_seconds=30)
    desk.run(desk.page("a", story(1)))
    first, *rest = story(1).paragraphs
    for seconds, word in ((3600, "Corrected."), (21_600, "Corrected again.")):
        desk.run(
            desk.revisit(replace(story(1), paragraphs=(f"{first} {word}", *rest)), later=seconds)
        )
    desk.run(desk.page("b", story(2)), desk.page("c", story(3)))
    desk.run(desk.page("d", less(story(2))), desk.page("e", story(3)))
    desk.run(desk.page("f", less(story(3)), source="keeper"))
    desk.run(desk.page("g", story(4), source="plain"))
    assert desk.outcomes() == {"new": 3, "revision": 2, "near-duplicate": 1, "duplicate": 1}
    return desk


def seen(desk: Desk) -> Picture:
    return picture(desk.folder / "store", desk.state)


def rebuild(desk: Desk, *, outbox: bool = False, store: Store | None = None) -> Rebuilt:
    service = replace(desk.service, store=store or desk.store)
    return Rebuild(service, outbox=outbox).run()


def test_a_wiped_state_is_as_it_was(desk: Desk) -> None:
    before, files = seen(desk), contents(desk)
    desk.state.client.flushall()
    told = rebuild(desk)
    assert told == Rebuilt(documents=7, duplicates=1, entered=8, taken_over=True)
    assert differences(before, seen(desk), published=False) == []
    assert desk.entries() == []
    assert contents(desk) == files


def test_with_the_outbox_each_document_is_published_once_in_the_order_of_its_fetch(
    desk: Desk,
) -> None:
    before, entries = seen(desk), desk.entries()
    desk.state.client.flushall()
    assert rebuild(desk, outbox=True).published == 7
    assert differences(before, seen(desk), published=True) == []
    assert sorted(desk.entries(), key=str) == sorted(entries, key=str)
    fetched = [entry["fetched"] for entry in desk.entries()]
    assert fetched == sorted(fetched)
    twice = rebuild(desk, outbox=True)
    assert (twice.entered, twice.published) == (0, 0)
    assert sorted(desk.entries(), key=str) == sorted(entries, key=str)


@pytest.mark.parametrize("outbox", [False, True])
def test_a_state_that_is_whole_stays_as_it_is(desk: Desk, outbox: bool) -> None:
    before = dump(desk.state)
    assert rebuild(desk, outbox=outbox).entered == 0
    assert dump(desk.state) == before


def test_what_the_outbox_lacks_is_published_and_nothing_else(desk: Desk) -> None:
    entries = desk.entries()
    rows = desk.state.client.xrange("copydesk:documents")
    desk.state.client.xdel("copydesk:documents", rows[0][0], rows[3][0])
    assert rebuild(desk, outbox=True).published == 2
    assert sorted(desk.entries(), key=str) == sorted(entries, key=str)
    assert [entry["id"] for entry in desk.entries()[-2:]] == [entries[0]["id"], entries[3]["id"]]


def test_what_comes_after_is_told_apart_as_before(desk: Desk) -> None:
    desk.state.client.flushall()
    rebuild(desk)
    desk.works.clear()
    desk.later += 1
    again = desk.run(desk.page("again", story(2)), desk.page("near", less(story(1))))
    assert again is None
    assert desk.outcomes() == {"new": 3, "revision": 2, "near-duplicate": 2, "duplicate": 1}
    desk.run(desk.page("fresh", story(9)))
    assert numbers_are_unique(desk)
    desk.later += 86_400
    (visit,) = (v for v in desk.work().take(revisits=True) if v.key == key_of("a"))
    page = page_of(visit, article_page(story(10)).encode(), fetched=desk.time())
    assert desk.state.frontier.hand_in(visit, page, desk.time())
    desk.run(visit)
    versions = [entry for path in desk.texts() for entry in [desk.sidecar(path)]]
    chain = {v.id: v.supersedes for v in versions if v.url.endswith("/a")}
    assert len(chain) == 4
    assert len(set(chain.values())) == 4
    assert desk.entries()[-1]["supersedes"] in chain


def numbers_are_unique(desk: Desk) -> bool:
    numbered = [path.partition("_")[0] for path in desk.texts() if path.startswith("documents/")]
    return len(set(numbered)) == len(numbered)


def test_what_is_on_its_way_is_left_to_its_page(desk: Desk) -> None:
    visit = desk.page("h", story(8))
    assert desk.run_and_be_killed(visit, prepare=_dies_before_its_commit) == 9
    before = dump(desk.state)
    told = rebuild(desk)
    assert (told.entered, told.owed, told.problems) == (0, 1, [])
    assert dump(desk.state) == before
    desk.later += 120
    desk.run(visit, alone=True)
    assert desk.outcomes()["new"] == 4
    assert len({entry["id"] for entry in desk.entries()}) == len(desk.entries()) == 8


def _dies_before_its_commit(ingest: Ingest) -> None:
    ingest._commit = kill_self


def test_a_bucket_is_rebuilt_as_a_folder_is(desk: Desk) -> None:
    before = seen(desk)
    bucket = BucketStore(MemoryStore(), "memory")
    for path in desk.files():
        obstore.put(bucket._objects, path, (desk.folder / "store" / path).read_bytes())
    desk.state.client.flushall()
    assert rebuild(desk, store=bucket) == Rebuilt(documents=7, duplicates=1, entered=8)
    assert differences(before, seen(desk), published=False) == []


def test_many_texts_are_read_by_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.recovery.rebuild._FEW", 1)
    before = seen(desk)
    desk.state.client.flushall()
    assert rebuild(desk).entered == 8
    assert differences(before, seen(desk), published=False) == []


def contents(desk: Desk) -> dict[str, bytes]:
    return {path: (desk.folder / "store" / path).read_bytes() for path in desk.files()}


def _sidecar(change: Callable[[dict[str, object]], object]) -> Callable[[Path], Path]:
    def damage(text: Path) -> Path:
        path = text.with_suffix(".json")
        values = json.loads(path.read_text())
        change(values)
        path.write_text(json.dumps(values))
        return path

    return damage


def _written(path: Path, change: Callable[[bytes], bytes]) -> Path:
    path.write_bytes(change(path.read_bytes()))
    return path


def _unlinked(path: Path) -> Path:
    path.unlink()
    return path


DAMAGE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a word more": (lambda t: _written(t, lambda b: b.replace(b"\n\n---\n\n<", b" Not.\n\n---\n\n<")), "the text has changed: its id is"),
    "an end of line more": (lambda t: _written(t, lambda b: b + b"\n"), "the text"),
    "two blanks": (lambda t: _written(t, lambda b: b.replace(b"\n\n\n\n**", b"\n\n\n\n** ")), "not as it was written"),
    "cut off": (lambda t: _written(t, lambda b: b[: len(b) // 2]), "no document"),
    "emptied": (lambda t: _written(t, lambda _: b""), "no document"),
    "not UTF-8": (lambda t: _written(t, lambda b: b"\xff" + b), "not UTF-8"),
    "another title": (lambda t: _written(t, lambda b: b.replace(b"# *", b"# *A ")), "title is"),
    "no text": (_unlinked, "the text is missing"),
    "no sidecar": (lambda t: _unlinked(t.with_suffix(".json")), "the sidecar is missing"),
    "half a sidecar": (lambda t: _written(t.with_suffix(".json"), lambda b: b[:100]), "cannot be read"),
    "no sidecar's JSON": (lambda t: _written(t.with_suffix(".json"), lambda _: b"[" * 100_000), "cannot be read"),
    "a later schema": (_sidecar(lambda v: v.update(schema=2)), "schema"),
    "a field missing": (_sidecar(lambda v: v.pop("url")), "not a sidecar"),
    "another id": (_sidecar(lambda v: v.update(id="0" * 16)), "id is '0000000000000000' there"),
    "another source": (_sidecar(lambda v: v.update(source="other")), "source is 'other' there"),
    "another address": (_sidecar(lambda v: v.update(url="https://other.example/")), "url is"),
    "another layout": (_sidecar(lambda v: v.update(layout="plain")), "layout is"),
    "another day": (_sidecar(lambda v: v.update(fetched="2020-01-01T00:00:00Z")), "fetched is"),
    "no time": (_sidecar(lambda v: v.update(fetched=7)), "fetched is 7 there"),
    "no outcome": (_sidecar(lambda v: v.update(outcome="gone")), "outcome is 'gone' there"),
    "a strange link": (_sidecar(lambda v: v.update(supersedes="x")), "supersedes is 'x' there"),
    "a strange figure": (_sidecar(lambda v: v.update(similarity="much")), "similarity is"),
}  # fmt: skip


def kept(number: int) -> Kept:
    """A document as it stands in the store."""
    made = story(number)
    url = f"https://www.gazette.example{made.path}"
    document = Document("\n\n".join(made.paragraphs), made.title, url, "The Gazette")
    sidecar = Sidecar(
        id=document.id, outcome="new", url=url, title=document.title, site_name="The Gazette",
        source="gazette", layout="titled", language="en", published=None, modified=None,
        fetched=f"{TODAY}T00:00:0{number}Z", extractor={"name": "trafilatura"}, page_sha256="00",
    )  # fmt: skip
    return Place("gazette", date.fromisoformat(TODAY), document.id, number), document, sidecar


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_file_is_named_and_left_and_the_rest_is_rebuilt(
    server_url: str, state: State, tmp_path: Path, what: str
) -> None:
    desk = Desk(server_url, state, tmp_path, page_seconds=30)
    desk.store.write(kept(number) for number in range(3))
    state.client.flushall()
    damage, says = DAMAGE[what]
    damaged = damage(tmp_path / "store" / desk.texts()[1])
    files = contents(desk)
    told = rebuild(desk, outbox=True)
    (problem,) = told.problems
    assert Path(problem.path).stem == damaged.stem
    assert says in problem.problem
    assert (told.documents, told.entered, told.published) == (2, 2, 2)
    assert contents(desk) == files
    assert len(marks(state)) == len(desk.entries()) == 2
    before = dump(state)
    assert rebuild(desk, outbox=True).problems == told.problems
    assert dump(state) == before


@pytest.mark.parametrize(
    "path",
    [
        "documents/stray.txt",
        "documents/Gazette/2026-11-21/000_0123456789abcdef.txt",
        "documents/gazette/stray",
        "documents/gazette/yesterday/000_0123456789abcdef.txt",
        "documents/gazette/2026-02-30/000_0123456789abcdef.txt",
        "documents/gazette/2026-11-21/0123456789abcdef.txt",
        "documents/gazette/2026-11-21/00_0123456789abcdef.txt",
        "documents/gazette/2026-11-21/0001_0123456789abcdef.txt",
        "documents/gazette/2026-11-21/000_0123456789ABCDEF.txt",
        "documents/gazette/2026-11-21/000_0123456789abcdef.md",
        "documents/gazette/2026-11-21/deeper/000_0123456789abcdef.txt",
        "duplicates/gazette/2026-11-21/000_0123456789abcdef.txt",
    ],
)
def test_a_name_that_does_not_fit_is_named(
    server_url: str, state: State, tmp_path: Path, path: str
) -> None:
    desk = Desk(server_url, state, tmp_path, page_seconds=30)
    stray = tmp_path / "store" / path
    stray.parent.mkdir(parents=True)
    stray.write_text("stray")
    (problem,) = rebuild(desk).problems
    assert path.startswith(problem.path)
    assert problem.problem == "not a name of the store"


def test_hidden_files_are_nobody_s_business(desk: Desk) -> None:
    folder = (desk.folder / "store" / desk.texts()[0]).parent
    for name in (".DS_Store", ".000_0123456789abcdef.txt.1234.part"):
        (folder / name).write_text("")
    assert rebuild(desk).problems == []


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_text_in_two_paths_is_named_with_both(desk: Desk, is_lost: bool) -> None:
    path = Path(next(path for path in desk.texts() if path.startswith("documents/keeper")))
    copy = path.with_name(path.name.replace("000_", "001_"))
    for ending in (".txt", ".json"):
        there = desk.folder / "store" / path.with_suffix(ending)
        shutil.copyfile(there, desk.folder / "store" / copy.with_suffix(ending))
    if is_lost:
        desk.state.client.flushall()
    told = rebuild(desk)
    (problem,) = told.problems
    assert (problem.path, problem.problem) == (
        str(copy),
        f"the same text stands in {path} too",
    )
    assert told.documents == 7
    assert seen(desk).marks[path.stem.partition("_")[2]].text_path == str(path)


def test_a_file_that_was_moved_is_known_where_it_is(desk: Desk) -> None:
    path = desk.folder / "store" / next(p for p in desk.texts() if p.startswith("documents/plain"))
    moved = path.with_name(path.name.replace("000_", "007_"))
    path.rename(moved)
    path.with_suffix(".json").rename(moved.with_suffix(".json"))
    told = rebuild(desk)
    assert (told.problems, told.entered) == ([], 0)
    assert seen(desk).marks[moved.stem.partition("_")[2]].number == 7
    desk.run(desk.page("next", story(20), source="plain"))
    assert [path for path in desk.texts() if f"{moved.parent.name}/008_" in path]


def test_a_number_that_is_taken_is_not_given_again(desk: Desk) -> None:
    desk.state.client.delete(*desk.state.client.scan_iter(match="copydesk:numbers:*"))
    rebuild(desk)
    desk.run(desk.page("next", story(20)))
    assert len(desk.texts()) == 9
    assert numbers_are_unique(desk)


def test_versions_found_in_one_second_keep_their_order(
    server_url: str, state: State, tmp_path: Path
) -> None:
    desk = Desk(server_url, state, tmp_path, page_seconds=30)
    versions = [story(n) for n in (3, 1, 2)]
    desk.run(desk.page("a", versions[0]))
    for version in versions[1:]:
        state.client.zadd("copydesk:revisits:gazette", {key_of("a"): 0}, xx=True)
        (visit,) = desk.work().take(revisits=True)
        page = page_of(visit, article_page(version).encode(), fetched=NOW)
        assert state.frontier.hand_in(visit, page, NOW)
        desk.run(visit)
    assert desk.outcomes() == {"new": 1, "revision": 2}
    before = seen(desk)
    state.client.flushall()
    rebuild(desk)
    assert seen(desk).heads == before.heads
