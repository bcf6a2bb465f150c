"""Ingest puts what it has read into the archive before the server lets go of it."""

import shutil
import signal
from pathlib import Path

import pytest

from crawler.page import Visit
from tests.integration.archived import records
from tests.integration.ingesting import Desk, blocked, story
from workers import fault
from workers.archive.files import files, sweep, utc
from workers.housekeeping import trim
from workers.ingest import Ingest
from workers.state.state import State

HOUR = 3600.0


@pytest.fixture
def desk(server_url: str, state: State, tmp_path: Path) -> Desk:
    return Desk(server_url, state, tmp_path, has_archive=True)


def _archive(desk: Desk) -> Path:
    return desk.folder / "archive"


def test_every_page_that_is_read_is_archived_and_counted(desk: Desk) -> None:
    desk.run(
        desk.page("a", story(1)),
        desk.page("b", "<p>too short</p>"),
        desk.page("c", story(1)),
        desk.page("d", b"\x00\x01", content_type="application/pdf"),
    )
    assert sorted(records(_archive(desk))) == [
        ("response", "new", "a"),
        ("response", "rejected", "b"),
        ("response", "rejected", "d"),
    ]
    # Another page brought the same text in the same batch: it waits for that one's end.
    desk.later += 2
    desk.run(*_waiting(desk))
    assert ("response", "duplicate", "c") in records(_archive(desk))
    assert desk.outcomes() == {"new": 1, "rejected": 2, "duplicate": 1}
    day = desk.state.ledger.archived(desk.time())
    (path,) = files(_archive(desk))
    assert day["pages"] == 4
    assert day["revisits"] == 0
    # What opens the file is no page's.
    assert 0 < path.stat().st_size - day["bytes"] < 600
    assert desk.is_idle()


def _waiting(desk: Desk) -> list[Visit]:
    tokens = desk.state.frontier.overdue(desk.time() + 100, 10)
    return [Visit(token, "gazette", "", "") for token in tokens]


def test_a_page_that_has_not_changed_refers_to_the_one_that_is_kept(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    desk.run(desk.revisit(story(1), later=2 * HOUR))
    desk.run(desk.revisit(story(1), later=5 * HOUR))
    assert records(_archive(desk)) == [
        ("response", "new", "a"),
        ("revisit", "unchanged", "a"),
        ("revisit", "unchanged", "a"),
    ]
    desk.run(desk.revisit(story(2), later=24 * HOUR))
    assert records(_archive(desk))[-1] == ("response", "revision", "a")
    assert desk.outcomes() == {"new": 1, "unchanged": 2, "revision": 1}
    # Of the last 24 hours.
    day = desk.state.ledger.archived(desk.time())
    assert (day["pages"], day["revisits"]) == (1, 0)


def test_without_an_archive_nothing_is_written(
    server_url: str, state: State, tmp_path: Path
) -> None:
    desk = Desk(server_url, state, tmp_path)
    desk.run(desk.page("a", story(1)))
    assert desk.outcomes() == {"new": 1}
    assert not _archive(desk).exists()
    assert desk.state.ledger.archived(desk.time()) == {}


def test_pages_wait_for_an_archive_that_cannot_be_written(desk: Desk) -> None:
    good, bad = desk.page("a", story(1)), desk.page("b", "<p>too short</p>")
    with blocked(_archive(desk)):
        desk.run(good, bad)
        assert desk.outcomes() == {}
        assert desk.entries() == []
        assert desk.state.frontier.waiting() == 2
    desk.later += 31
    desk.run(good, bad)
    assert desk.outcomes() == {"new": 1, "rejected": 1}
    assert len(desk.texts()) == 1
    assert sorted(records(_archive(desk))) == [
        ("response", "new", "a"),
        ("response", "rejected", "b"),
    ]
    assert desk.is_idle()


def test_a_page_without_an_article_is_archived_while_the_store_is_full(desk: Desk) -> None:
    good, bad = desk.page("a", story(1)), desk.page("b", "<p>too short</p>")
    with blocked(desk.folder / "store" / "documents"):
        desk.run(good, bad)
    assert desk.outcomes() == {"rejected": 1}
    assert records(_archive(desk)) == [("response", "rejected", "b")]
    desk.later += 31
    desk.run(good)
    assert desk.outcomes() == {"new": 1, "rejected": 1}


@pytest.mark.parametrize("step", ["after-write", "in-archive", "after-archive", "before-commit"])
def test_a_kill_around_the_archive_loses_no_page_and_doubles_no_outcome(
    desk: Desk, step: str
) -> None:
    visits = [
        desk.page("a", story(1)),
        desk.page("b", "<p>too short</p>"),
        desk.page("c", story(3)),
    ]
    armed = desk.settings.model_copy(update={"fault": f"{step}:1"})

    def prepare(_: Ingest) -> None:
        fault.arm(armed)

    assert desk.run_and_be_killed(*visits, prepare=prepare) == signal.SIGKILL
    assert desk.outcomes() == {}
    desk.later += 20
    for visit in visits:
        desk.run(visit, alone=True)
    assert desk.outcomes() == {"new": 2, "rejected": 1}
    assert len(desk.entries()) == len(desk.texts()) == 2
    sweep(_archive(desk), utc(desk.time()), 30)
    found = records(_archive(desk))
    assert {name for _, _, name in found} == {"a", "b", "c"}
    # Archived a second time where the first record was whole already; no page's end was counted twice.
    twice = {"after-write": {3}, "in-archive": {3, 4, 5}}
    assert len(found) in twice.get(step, {6})
    assert desk.state.ledger.archived(desk.time())["pages"] == 3
    assert desk.is_idle()


def test_housekeeping_lets_go_of_what_is_old(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    shutil.move(next(_archive(desk).iterdir()), _archive(desk) / "2001-01-01")
    desk.service.archive._let_go()
    (path,) = files(_archive(desk))
    path.rename(path.with_name(path.name.removesuffix(".open")))
    trim(desk.service, desk.time())
    assert files(_archive(desk)) == []
