"""A host that is stopped before a write or a removal, and goes on when others have gone on, does no harm."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from chaos.agreement import disagreements, marks
from rig.stories import Story, article_page
from tests.integration.ingesting import Desk, story
from workers import fault
from workers.ingest import Ingest
from workers.recovery.settle import adopt_recent
from workers.state.state import State
from workers.storage.bucket import BucketStore
from workers.storage.store import Store

TEN_MINUTES = 600.0
KINDS = ("folder", "bucket")
CHANGES = ("before-create", "before-remove")


class Died(BaseException):
    """A process ended."""


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, server_url: str, state: State, tmp_path: Path) -> Desk:
    made = Desk(server_url, state, tmp_path, page_seconds=30)
    if request.param == "bucket":
        made.keep_in(BucketStore(MemoryStore(), "memory"))
    return made


def files_of(store: Store) -> dict[str, bytes]:
    """Every file of the store, by its path."""
    paths = [
        f"{folder}/{name}"
        for top in ("documents", "duplicates")
        for folder, names in store.walk(top)
        for name in names
    ]
    return {path: store.read(path) or b"" for path in paths}


def copy_into(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files of a store into a folder."""
    for path, raw in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)


def committed(desk: Desk) -> dict[str, bytes]:
    """The files of every text that the index knows."""
    places = marks(desk.state).values()
    paths = [path for place in places for path in (place.sidecar_path, place.text_path)]
    return {path: desk.store.read(path) or b"" for path in paths}


def wrong(desk: Desk, folder: Path) -> list[str]:
    """Whether files, marks and stream agree; a bucket's are copied into a folder first."""
    copy_into(folder, files_of(desk.store))
    problems = disagreements(folder, desk.state)
    return [problem for problem in problems if not problem.endswith("leases")]


class Pause:
    """Stops whoever comes to the n-th change of a file, for ten minutes in which others go on."""

    def __init__(self, desk: Desk, at: int, meanwhile: Callable[[], None]) -> None:
        self._desk, self._at, self._meanwhile = desk, at, meanwhile
        self._seen = 0
        self.kept: dict[str, bytes] = {}
        self.has_been = False

    def reached(self, step: str) -> None:
        if step not in CHANGES or self.has_been:
            return
        self._seen += 1
        if self._seen == self._at:
            self.has_been = True
            self._desk.later += TEN_MINUTES
            self._meanwhile()
            self.kept = committed(self._desk)


def less(whole: Story) -> Story:
    return replace(whole, paragraphs=whole.paragraphs[:-1])


def _say(desk: Desk, token: str, body: str) -> None:
    desk.state.client.hset(f"copydesk:page:{token}", "body", body.encode())


def _killed_before_its_commit(desk: Desk, token: str) -> None:
    def dies(*_: object) -> None:
        raise Died

    ingest = Ingest(desk.service, lambda *_, **__: None)
    ingest._commit = dies  # type: ignore[method-assign]
    with pytest.raises(Died):
        ingest.run([token], alone=True)
    desk.later += 120


NOTHING = "<html><body>Nothing here</body></html>"


class Meanwhile:
    """What others do in ten minutes, by name; `a` brings most of a story."""

    def __init__(self, desk: Desk, token: str) -> None:
        self._desk, self._token = desk, token

    def end_the_page(self) -> None:
        self._desk.run_tokens(self._token)

    def publish_a_fuller_text(self) -> None:
        self._desk.run(self._desk.page("b", story(1)))
        self._desk.run_tokens(self._token)

    def end_it_as_rejected(self) -> None:
        _say(self._desk, self._token, NOTHING)
        self._desk.run_tokens(self._token)

    def bring_its_text_from_elsewhere(self) -> None:
        self.end_it_as_rejected()
        self._desk.run(self._desk.page("c", less(story(1))))

    def have_another_copy_published(self) -> None:
        """By which a dropped text may have another original."""
        _publish_a_nearer_copy(self._desk, "e")
        self._desk.run_tokens(self._token)


def _fresh(desk: Desk) -> str:
    return desk.page("a", less(story(1))).token


def _to_be_dropped(desk: Desk) -> str:
    desk.run(desk.page("z", story(1)))
    return _fresh(desk)


def _tried_before(desk: Desk) -> str:
    """Another process died of it, when the text was new."""
    token = _fresh(desk)
    _killed_before_its_commit(desk, token)
    desk.run(desk.page("z", story(1)))
    return token


def _dropped_before(desk: Desk) -> str:
    """Another process died of it, when the text was to be dropped: it brings another now."""
    token = _to_be_dropped(desk)
    _killed_before_its_commit(desk, token)
    _say(desk, token, article_page(story(2)))
    return token


def _publish_a_nearer_copy(desk: Desk, name: str) -> None:
    part = less(story(1))
    copy = replace(part, paragraphs=(*part.paragraphs, "The ferry sailed at noon all the same."))
    desk.run(desk.page(name, copy, source="keeper"))


def _dropped_before_for_another_original(desk: Desk) -> str:
    """Another process died of it, when it resembled no other text as much as it does now."""
    token = _to_be_dropped(desk)
    _killed_before_its_commit(desk, token)
    _publish_a_nearer_copy(desk, "d")
    return token


MOMENTS = [
    *((begin, at) for begin in (_fresh, _to_be_dropped) for at in (1, 2)),
    *((begin, at) for begin in (_tried_before, _dropped_before) for at in (1, 2, 3, 4)),
    *((_dropped_before_for_another_original, at) for at in (1, 2, 3)),
]
"""Before the creation of each file, and where an earlier try has left some, before their removal."""
MEANWHILE = (
    "end_the_page",
    "publish_a_fuller_text",
    "end_it_as_rejected",
    "bring_its_text_from_elsewhere",
    "have_another_copy_published",
)


def test_a_text_that_was_dropped_for_another_original_ends_as_its_file_says(desk: Desk) -> None:
    token = _dropped_before_for_another_original(desk)
    before = files_of(desk.store)
    desk.run_tokens(token)
    assert files_of(desk.store) == before
    (record,) = (one for one in desk.records() if one["url"].endswith("/a"))
    dropped = desk.state.index.places([record["id"]], desk.time())[record["id"]]
    sidecar = desk.store.sidecar(dropped.text_path)
    assert sidecar
    assert (record["duplicate_of"], record["similarity"]) == (
        sidecar.duplicate_of,
        sidecar.similarity,
    )
    assert record["original_url"].endswith("/z")
    assert not record["queued"]
    assert "of its" in record["reason"]


def test_a_text_whose_one_path_was_let_go_is_kept_with_a_number(desk: Desk) -> None:
    token = _dropped_before(desk)
    desk.run_tokens(token)
    desk.run(desk.page("c", less(story(1))))
    assert desk.outcomes() == {"new": 2, "near-duplicate": 1}
    (record,) = (one for one in desk.records() if one["url"].endswith("/c"))
    assert record["queued"]
    assert [entry["outcome"] for entry in desk.entries()] == ["new", "new", "near-duplicate"]


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Pause], None]]:
    def set_up(pause: Pause) -> None:
        monkeypatch.setattr(fault, "reached", pause.reached)

    yield set_up
    monkeypatch.undo()


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize(("begin", "at"), MOMENTS)
def test_what_another_has_committed_stays_as_it_is(
    desk: Desk,
    begin: Callable[[Desk], str],
    meanwhile: str,
    at: int,
    paused: Callable[[Pause], None],
    tmp_path: Path,
) -> None:
    token = begin(desk)
    pause = Pause(desk, at, getattr(Meanwhile(desk, token), meanwhile))
    paused(pause)
    desk.run_tokens(token)
    assert pause.has_been
    for _ in range(3):
        desk.later += 120
        desk.run_tokens(token)
    adopt_recent(desk.service)
    now = files_of(desk.store)
    assert {path: now.get(path) for path in pause.kept} == pause.kept
    assert wrong(desk, tmp_path / "copy") == []
    assert desk.is_idle()
