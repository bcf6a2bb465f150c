"""Documents once more, for one group, from the files: all of them, once, and no other group sees any."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cli.consumer import Consumer
from config.settings import Settings
from tests.integration.ingesting import Desk, story
from tests.integration.work import NOW
from workers import redelivery
from workers.redelivery import Redelivery, WrongStore
from workers.state.connection import key
from workers.state.outbox import STREAM, again_of
from workers.state.state import State
from workers.storage.folder import FolderStore

DAY = 86400.0
TODAY = datetime.fromtimestamp(NOW, UTC).date()


@pytest.fixture
def desk(server_url: str, state: State, tmp_path: Path) -> Desk:
    """Two documents a day for three days, of two sources."""
    desk = Desk(server_url, state, tmp_path, page_seconds=30)
    for day in range(3):
        desk.later = day * DAY
        desk.run(desk.page(f"a{day}", story(2 * day)))
        desk.run(desk.page(f"p{day}", story(2 * day + 1), source="plain"))
    return desk


def room(desk: Desk, store: FolderStore | None = None) -> Redelivery:
    """As another process has it."""
    return Redelivery(desk.state, store or desk.store, Settings(), desk.time)


def taken(desk: Desk, group: str, *, fills: bool = True) -> list[str]:
    """What a consumer is given until there is no more: the source and day of each document."""
    own = room(desk)
    consumer = Consumer(desk.state.outbox, group, lambda: own.fill(group) if fills else 0)
    received = []
    for entry in consumer.entries(follow=False):
        received.append("/".join(entry.fields["path"].split("/")[1:3]))
        consumer.acknowledge(entry)
    consumer.leave()
    return received


def days(*back: int) -> list[str]:
    names = [str(TODAY + timedelta(days=day)) for day in back]
    return [f"{source}/{name}" for name in names for source in ("gazette", "plain")]


def forget_published(state: State) -> None:
    """The stream has long let go of its entries."""
    state.client.xtrim(STREAM, maxlen=0, approximate=False)


def test_a_group_has_once_more_what_came_since_a_day(desk: Desk) -> None:
    assert taken(desk, "g") == days(0, 1, 2)
    assert taken(desk, "other") == days(0, 1, 2)
    forget_published(desk.state)
    assert room(desk).ask("g", TODAY + timedelta(days=1))[1]
    assert taken(desk, "g") == days(1, 2)
    assert taken(desk, "g") == taken(desk, "other") == []
    assert desk.state.again.of("g") is None


def test_a_new_group_starts_from_the_files_and_misses_nothing_that_comes_meanwhile(
    desk: Desk,
) -> None:
    own = room(desk)
    forget_published(desk.state)
    assert own.ask("new", None)[1]
    # It was made with the plan: what comes now comes by the stream, though it stands in the store as well.
    desk.run(desk.page("late", story(9)))
    own.fill("new")
    assert taken(desk, "new", fills=False) == [
        *days(0, 1, 2),
        f"gazette/{TODAY + timedelta(days=2)}",
    ]


def test_a_new_group_since_a_day_is_given_no_more_than_that(desk: Desk) -> None:
    room(desk).ask("new", TODAY + timedelta(days=2))
    assert taken(desk, "new") == days(2)


def test_what_was_fetched_while_a_clock_was_ahead_comes_too(desk: Desk) -> None:
    desk.later = 9 * DAY
    desk.run(desk.page("ahead", story(9)))
    forget_published(desk.state)
    desk.later = 2 * DAY
    room(desk).ask("g", None)
    assert taken(desk, "g") == [*days(0, 1, 2), days(9)[0]]


def test_what_a_group_has_not_read_yet_comes_once(desk: Desk) -> None:
    desk.state.outbox.join("g")
    for entry in desk.state.outbox.read("g", "c", 4, wait=False):
        desk.state.outbox.acknowledge("g", entry)
    room(desk).ask("g", None)
    assert taken(desk, "g") == days(0, 1, 2)


def test_it_is_filled_no_further_than_it_is_read_and_goes_on_after_a_kill(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redelivery, "MOST_WAITING", 2)
    monkeypatch.setattr(redelivery, "_A_PIECE", 1)
    room(desk).ask("g", None)
    assert room(desk).fill("g") == 2
    assert room(desk).fill("g") == 0
    # Each process knows nothing of the one before.
    received = []
    for _ in range(4):
        received += taken(desk, "g", fills=False)
        assert list(room(desk).fill_all()) in ([], [("g", 6)])
    assert received == days(0, 1, 2)
    desk.state.outbox.trim(NOW, 7)
    assert desk.state.again.waiting("g") == 0


def test_two_that_fill_at_once_give_each_document_once(desk: Desk) -> None:
    own = room(desk)
    own.ask("g", None)
    held = desk.state.again.of("g")
    assert held
    entries = [{"id": "0" * 16, "path": "p"}]
    assert desk.state.again.fill("g", held, replace(held.plan, given=1), entries)
    assert not desk.state.again.fill("g", held, replace(held.plan, given=1), entries)
    assert desk.state.again.waiting("g") == 1


def test_another_request_is_refused_while_one_is_under_way_and_a_stop_ends_it(desk: Desk) -> None:
    own = room(desk)
    plan, is_begun = own.ask("g", TODAY)
    assert is_begun
    assert own.ask("g", None) == (plan, False)
    assert desk.state.again.stop("g")
    assert not desk.state.again.stop("g")
    assert own.ask("g", None)[1]


def test_the_same_request_sent_twice_is_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reply was lost on its way, and the script is sent again."""
    run = desk.state.again._scripts.run
    monkeypatch.setattr(desk.state.again._scripts, "run", lambda *what: (run(*what), run(*what))[1])
    assert room(desk).ask("g", TODAY)[1]


def test_what_no_one_committed_or_is_damaged_is_left_out(desk: Desk) -> None:
    paths = sorted((desk.folder / "store").glob("documents/*/*/*.txt"))
    paths[0].with_suffix(".json").write_text("{")
    uncommitted = paths[1].with_name("007_0123456789abcdef.txt")
    uncommitted.write_text("A text.")
    uncommitted.with_suffix(".json").write_text(paths[1].with_suffix(".json").read_text())
    room(desk).ask("g", None)
    assert taken(desk, "g") == days(0, 1, 2)[1:]


def test_the_wrong_store_is_told_of_and_ends_no_plan(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WrongStore, match="COPYDESK_STORE"):
        room(desk, FolderStore(tmp_path / "empty")).ask("g", None)
    assert "g" not in desk.state.outbox.names()
    room(desk).ask("g", None)
    with pytest.raises(WrongStore, match="COPYDESK_STORE"):
        room(desk, FolderStore(tmp_path / "empty")).fill("g")
    strange = tmp_path / "strange" / "documents" / "gazette" / str(TODAY)
    strange.mkdir(parents=True)
    for number in range(12):
        (strange / f"{number:03}_{number:016x}.txt").write_text("A text.")
    with pytest.raises(WrongStore, match="COPYDESK_STORE"):
        room(desk, FolderStore(tmp_path / "strange")).fill("g")
    assert taken(desk, "g") == days(0, 1, 2)


def test_a_small_store_of_another_ends_no_plan(desk: Desk, tmp_path: Path) -> None:
    forget_published(desk.state)
    room(desk).ask("g", None)
    strange = tmp_path / "strange" / "documents" / "gazette" / str(TODAY)
    strange.mkdir(parents=True)
    (strange / "000_0123456789abcdef.txt").write_text("A text.")
    with pytest.raises(WrongStore, match="COPYDESK_STORE"):
        room(desk, FolderStore(tmp_path / "strange")).fill("g")
    assert taken(desk, "g") == days(0, 1, 2)


def test_a_copy_of_the_store_that_has_fallen_behind_ends_no_plan(
    desk: Desk, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(desk.folder / "store", copy)
    desk.run(desk.page("late", story(9)))
    room(desk).ask("g", None)
    with pytest.raises(WrongStore, match="not the latest of them"):
        room(desk, FolderStore(copy)).fill("g")
    assert taken(desk, "g") == [*days(0, 1, 2), days(2)[0]]


def test_many_that_no_one_committed_hold_up_none_behind_them(desk: Desk) -> None:
    first = desk.folder / "store" / "documents" / "gazette" / "2020-01-01"
    first.mkdir()
    for number in range(120):
        (first / f"{number:03}_{number:016x}.txt").write_text("A text.")
    room(desk).ask("g", None)
    assert taken(desk, "g") == days(0, 1, 2)


def test_while_a_lost_state_is_made_anew_it_is_not_begun(desk: Desk) -> None:
    settlement = desk.state.settlement
    settlement.begin_rebuild()
    with pytest.raises(WrongStore, match="copydesk rebuild"):
        room(desk).ask("g", None)
    # Asked where no store is seen.
    desk.state.again.ask("g", date.min, TODAY + timedelta(days=9))
    with pytest.raises(WrongStore, match="copydesk rebuild"):
        room(desk).fill("g")
    settlement.settle(settlement.server_run(), NOW)
    assert taken(desk, "g") == days(0, 1, 2)


def test_one_that_is_not_acknowledged_holds_up_none_behind_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redelivery, "MOST_WAITING", 3)
    monkeypatch.setattr(redelivery, "_A_PIECE", 1)
    own, stream = room(desk), desk.state.outbox.again("g")
    own.ask("g", None)
    own.fill("g")
    (kept,) = stream.read("g", "c", 1, wait=False)
    received = []
    for _ in range(10):
        own.fill("g")
        for entry in stream.read("g", "c", 9, wait=False):
            received.append(entry.fields["path"])
            stream.acknowledge("g", entry)
    assert len({kept.fields["path"], *received}) == 6


def test_a_group_that_is_dropped_takes_its_plan_and_its_stream_along(desk: Desk) -> None:
    own = room(desk)
    own.ask("g", None)
    own.fill("g")
    desk.state.groups.note(NOW)
    desk.state.groups.drop("g")
    client = desk.state.client
    assert not client.exists(again_of("g"), key("again"), key("groups"))
    assert "g" not in desk.state.outbox.names()
    assert own.fill("g") == 0


def test_with_the_setting_the_text_comes_along(desk: Desk) -> None:
    own = Redelivery(desk.state, desk.store, Settings(outbox_text=True), desk.time)
    own.ask("g", date.min)
    own.fill("g")
    (entry, *_) = desk.state.outbox.again("g").read("g", "c", 9, wait=False)
    assert entry.fields["text"] == desk.store.text(entry.fields["path"])
