"""Archived pages are extracted again: by another extractor, past the window, and over kills."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.sources import Source
from crawler.extraction.recurring import Rules
from crawler.page import Rejection, Visit
from rig.stories import Story
from tests.integration.archived import records
from tests.integration.ingesting import Desk, blocked, story
from tests.integration.work import NOW, dump
from workers import fault
from workers.ingest import Ingest
from workers.pages import reading
from workers.pages.attempts import Read
from workers.pages.reading import Reading
from workers.replay.again import Rereader
from workers.replay.heads import heads_in_store
from workers.replay.plan import Item, plan, with_heads
from workers.replay.run import Replay
from workers.replay.tally import Tally
from workers.state.frontier import WaitingPage
from workers.state.state import State, open_state

HOUR, DAY = 3600.0, 86400.0


@pytest.fixture
def desk(server_url: str, state: State, tmp_path: Path) -> Desk:
    return Desk(server_url, state, tmp_path, has_archive=True)


def better(line: str = "Found by a better extractor.") -> Read:
    """An extractor that finds one line more."""

    def read(waiting: WaitingPage, source: Source, rules: Rules) -> Reading | Rejection:
        found = reading.read(waiting, source, rules)
        if isinstance(found, Rejection):
            return found
        article = replace(found.article, body=f"{found.article.body}\n\n{line}")
        again = reading.reading_of(waiting, source, waiting.page, article)
        return replace(again, page_sha256=found.page_sha256)

    return read


def strict(waiting: WaitingPage, source: Source, _rules: Rules) -> Reading | Rejection:
    """An extractor that finds no article anywhere."""
    return Rejection("too-short")


def ingest(desk: Desk, *visits: Visit, reader: Read) -> None:
    Ingest(desk.service, desk._send, reader=reader).run([visit.token for visit in visits])


def items(desk: Desk, *, names: tuple[str, ...] = ("gazette", "plain", "keeper")) -> list[Item]:
    return plan(desk.folder / "archive", names)


def again(desk: Desk, reader: Read = reading.read) -> Tally:
    """As one process would do it."""
    tally, found = Tally(), items(desk)
    for is_second in (False, True):
        some = [item for item in found if item.is_second is is_second]
        tally.add(Rereader(desk.service, reader).run(some))
    return tally


def test_the_same_extractor_changes_nothing(desk: Desk) -> None:
    desk.run(*(desk.page(str(n), story(n)) for n in range(5)), desk.page("r", "<p>too short</p>"))
    before, files = dump(desk.state), desk.files()
    tally = again(desk)
    assert (tally.same, tally.no_article, tally.pages) == (5, 1, 6)
    assert (dump(desk.state), desk.files()) == (before, files)


def test_another_text_is_a_revision_once(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)), desk.page("b", story(2)))
    first = {entry["url"]: entry["id"] for entry in desk.entries()}
    tally = again(desk, better())
    assert dict(tally.outcomes) == {"revision": 2}
    assert desk.outcomes() == {"new": 2, "revision": 2}
    for entry in desk.entries()[2:]:
        assert entry["outcome"] == "revision"
        assert entry["supersedes"] == first[entry["url"]]
        sidecar = desk.sidecar(entry["path"])
        assert sidecar.extractor["name"] == "trafilatura"
        assert sidecar.supersedes == first[entry["url"]]
        text = desk.store.text(entry["path"])
        assert text
        assert "Found by a better extractor." in text
    before, files = dump(desk.state), desk.files()
    assert again(desk, better()).known == 2
    assert (dump(desk.state), desk.files()) == (before, files)
    # What is extracted again is no news for the archive.
    assert len(records(desk.folder / "archive")) == 2
    assert desk.is_idle()


def test_a_third_extractor_supersedes_what_the_second_found(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    again(desk, better("Second."))
    again(desk, better("Third."))
    first, second, third = desk.entries()
    assert (second["supersedes"], third["supersedes"]) == (first["id"], second["id"])
    # Back at the first: that is known.
    assert again(desk).same == 1
    assert len(desk.entries()) == 3


def test_what_was_rejected_and_holds_an_article_now_is_new(desk: Desk) -> None:
    ingest(desk, desk.page("a", story(1)), reader=strict)
    assert desk.outcomes() == {"rejected": 1}
    assert dict(again(desk).outcomes) == {"new": 1}
    (entry,) = desk.entries()
    assert (entry["outcome"], entry["supersedes"]) == ("new", "")
    assert again(desk).known == 1
    assert desk.outcomes() == {"rejected": 1, "new": 1}
    assert desk.is_idle()


def test_what_would_be_rejected_now_stays(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    before = dump(desk.state)
    assert again(desk, strict).no_article == 1
    assert dump(desk.state) == before


def test_an_older_page_does_not_overwrite_a_later_text(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    visit = desk.revisit(story(2), later=2 * HOUR)
    Ingest(replace(desk.service, archive=None), desk._send).run([visit.token])
    assert desk.outcomes() == {"new": 1, "revision": 1}
    assert again(desk, better()).superseded == 1
    assert len(desk.entries()) == 2


def test_only_the_newest_page_of_a_url_is_extracted(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    desk.run(desk.revisit(story(2), later=2 * HOUR))
    ingest(desk, desk.revisit("<p>nothing here today</p>", later=5 * HOUR), reader=strict)
    (item,) = items(desk)
    assert item.fetched == datetime.fromtimestamp(NOW + 2 * HOUR, UTC)
    tally = again(desk, better())
    assert dict(tally.outcomes) == {"revision": 1}
    assert desk.entries()[-1]["supersedes"] == desk.entries()[1]["id"]


def test_what_is_to_be_looked_at_again_still_is(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    due = desk.state.client.zrange("copydesk:revisits:gazette", 0, -1, withscores=True)
    again(desk, better())
    assert desk.state.client.zrange("copydesk:revisits:gazette", 0, -1, withscores=True) == due
    ingest(desk, desk.revisit(story(1), later=2 * HOUR), reader=better())
    assert desk.outcomes() == {"new": 1, "revision": 1, "unchanged": 1}
    desk.later += 5 * HOUR
    assert len(desk.work().take(revisits=True)) == 1


def test_a_page_that_is_on_its_way_is_left_to_the_service(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    visit = desk.revisit(story(1), later=2 * HOUR)
    before = dump(desk.state)
    assert again(desk, better()).owed == 1
    assert dump(desk.state) == before
    ingest(desk, visit, reader=better())
    assert desk.outcomes() == {"new": 1, "revision": 1}


def test_two_copies_of_a_story_stay_one(desk: Desk) -> None:
    """The owner of the text is extracted first, and its copy is the copy of what it has now."""
    desk.run(desk.page("z", story(1)))
    desk.later += 2
    desk.run(desk.page("a", story(1), source="plain"))
    assert desk.outcomes("plain") == {"duplicate": 1}
    tally = again(desk, better())
    assert (dict(tally.outcomes), tally.known) == ({"revision": 1}, 1)
    assert len(desk.entries()) == 2


def test_a_copy_that_differs_now_is_compared_with_its_original_however_old(desk: Desk) -> None:
    desk.run(desk.page("z", story(1)))
    desk.run(desk.page("a", story(1), source="plain"))
    desk.later += 90 * DAY

    def better_at_copies(waiting: WaitingPage, source: Source, rules: Rules) -> Reading | Rejection:
        return (better() if source.name == "plain" else reading.read)(waiting, source, rules)

    tally = again(desk, better_at_copies)
    assert (dict(tally.outcomes), tally.same) == ({"near-duplicate": 1}, 1)
    (record,) = [r for r in desk.records() if r["outcome"] == "near-duplicate"]
    assert record["duplicate_of"] == desk.entries()[0]["id"]
    assert len([e for e in desk.entries() if e["outcome"] == "new"]) == 1
    assert again(desk, better_at_copies).known == 1


def test_a_near_duplicate_that_was_dropped_stays_dropped(desk: Desk) -> None:
    whole = story(1, paragraphs=12)
    desk.run(desk.page("a", whole))
    desk.run(desk.page("b", replace(whole, paragraphs=whole.paragraphs[:-1])))
    assert desk.outcomes() == {"new": 1, "near-duplicate": 1}
    tally = again(desk, better())
    assert dict(tally.outcomes) == {"revision": 1, "near-duplicate": 1}
    assert [entry["outcome"] for entry in desk.entries()] == ["new", "revision"]
    assert again(desk, better()).known == 2
    tally = again(desk, better("And another one."))
    assert dict(tally.outcomes) == {"revision": 1, "near-duplicate": 1}
    originals = {r["duplicate_of"] for r in desk.records() if r["outcome"] == "near-duplicate"}
    assert originals <= {entry["id"] for entry in desk.entries()}


def test_past_the_window_the_store_says_what_a_url_has(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    again(desk, better("Second."))
    desk.later += 90 * DAY
    for name in desk.state.client.scan_iter(match="copydesk:heads*"):
        desk.state.client.delete(name)
    found = items(desk)
    heads = heads_in_store(desk.store, "gazette", found[0].fetched.date())
    assert list(heads.values()) == [desk.entries()[1]["id"]]
    old = with_heads(found, heads, NOW + 60 * DAY)
    assert dict(Rereader(desk.service, better("Third.")).run(old).outcomes) == {"revision": 1}
    assert desk.entries()[2]["supersedes"] == desk.entries()[1]["id"]
    assert (
        heads_in_store(desk.store, "gazette", (datetime.now(UTC) + timedelta(days=9)).date()) == {}
    )


def test_a_store_that_cannot_be_written_stops_it_and_nothing_is_lost(desk: Desk) -> None:
    whole = story(1, paragraphs=12)
    less = replace(whole, paragraphs=whole.paragraphs[:-1])
    desk.run(desk.page("a", whole))
    ingest(desk, desk.page("b", less), reader=strict)
    with blocked(desk.folder / "store" / "duplicates"):
        tally = again(desk)
    assert (tally.is_stuck, tally.owed, tally.same, tally.outcomes.total()) == (True, 1, 1, 0)
    assert desk.state.frontier.waiting() == 1
    desk.later += 31
    assert dict(again(desk).outcomes) == {"near-duplicate": 1}
    assert desk.is_idle()


def test_a_store_that_cannot_be_read_is_told(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    kept = desk.folder / "store" / "documents"
    kept.rename(desk.folder / "elsewhere")
    kept.write_bytes(b"")
    (problem,) = again(desk, better()).failed
    assert "Not a directory" in problem
    # A text that someone took away stays away.
    kept.unlink()
    assert again(desk, better()).superseded == 1


def _killed(desk: Desk, step: str, reader: Read, count: int = 1) -> int:
    """Extract again in a process of its own, which is killed at a step; the signal that ended it."""
    child = os.fork()
    if not child:
        try:
            own = open_state(desk.server_url, desk.settings, patience=0)
            fault.arm(desk.settings.model_copy(update={"fault": f"{step}:{count}"}))
            Rereader(desk._service(own), reader).run(items(desk))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


@pytest.mark.parametrize(
    "step",
    ["before-readmit", "after-readmit", "after-start", "after-reserve", "after-write", "before-commit", "after-commit"],
)  # fmt: skip
def test_a_kill_at_any_step_and_the_next_run_ends_it(desk: Desk, step: str) -> None:
    desk.run(*(desk.page(str(n), story(n)) for n in range(4)))
    # Those of a batch are written together.
    count = 1 if step == "after-write" else 2
    assert _killed(desk, step, better(), count=count) == signal.SIGKILL
    # Whoever had begun a page is gone for good after a while.
    desk.later += 30
    again(desk, better())
    assert desk.outcomes() == {"new": 4, "revision": 4}
    assert len(desk.entries()) == len(desk.texts()) == 8
    assert desk.is_idle()
    assert again(desk, better()).known == 4


def test_a_page_left_by_a_kill_is_ended_by_the_service_too(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    assert _killed(desk, "after-readmit", better()) == signal.SIGKILL
    desk.later += 30
    (token,) = desk.state.frontier.overdue(desk.time(), 10)
    Ingest(desk.service, desk._send, reader=better()).run([token])
    assert desk.outcomes() == {"new": 1, "revision": 1}
    assert len(records(desk.folder / "archive")) == 1
    assert desk.is_idle()


def test_two_at_once_do_each_thing_once(desk: Desk) -> None:
    desk.run(*(desk.page(str(n), story(n)) for n in range(12)))
    children = []
    for _ in range(2):
        child = os.fork()
        if not child:
            try:
                own = open_state(desk.server_url, desk.settings, patience=0)
                Rereader(desk._service(own), better()).run(items(desk))
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    assert desk.outcomes() == {"new": 12, "revision": 12}
    assert len(desk.entries()) == len(desk.texts()) == 24
    assert desk.is_idle()


def _replay(desk: Desk, *, stop_after: int = 0) -> Callable[[], object]:
    stopped = threading.Event()

    def progress(what: str, done: int, total: int) -> None:
        if stop_after and what == "pages" and done >= stop_after:
            stopped.set()

    made = Replay(
        desk.service, desk.folder / "archive", ["gazette"], processes=1, progress=progress
    )
    return lambda: made.run(stopped)


def test_what_was_stopped_goes_on_where_it_was(desk: Desk) -> None:
    for start in range(0, 64, 16):
        desk.run(*(desk.page(str(n), story(n)) for n in range(start, start + 16)))
    desk.later += 1
    first = _replay(desk, stop_after=16)()
    assert not first.is_whole
    assert 16 <= first.tally.pages < 64
    second = _replay(desk)()
    assert second.is_whole
    assert second.went_on
    assert (second.tally.same, second.tally.pages) == (64, 64)
    third = _replay(desk)()
    assert not third.went_on
    assert third.tally.same == 64


def counting(views: int) -> Story:
    """A story beside a count of its readers."""
    return replace(story(1), paragraphs=(*story(1).paragraphs, f"{views} views"))


def test_a_page_on_which_counters_had_moved_is_one_of_the_text_that_stands(desk: Desk) -> None:
    desk.run(desk.page("a", counting(12)))
    desk.run(desk.revisit(counting(99), later=HOUR))
    assert desk.outcomes() == {"new": 1, "unchanged": 1}
    before, files = dump(desk.state), desk.files()
    assert again(desk).same == 1
    assert (dump(desk.state), desk.files()) == (before, files)
    assert dict(again(desk, better()).outcomes) == {"revision": 1}
    assert again(desk, better()).known == 1
