"""A server with an earlier state: what it does not know of is committed, and no number is given twice."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.agreement import disagreements
from rig.stories import Story
from tests.integration.ingesting import Desk, blocked, kill_self, story
from tests.integration.work import dump, key_of
from workers.housekeeping import keep_house
from workers.ingest import Ingest
from workers.recovery.rebuild import Rebuild
from workers.recovery.settle import StateLost, adopt_recent, settle, settle_soon
from workers.state.settlement import Unsettled
from workers.state.state import State
from workers.storage.places import Place


@pytest.fixture
def desk(server_url: str, state: State, tmp_path: Path) -> Desk:
    return Desk(server_url, state, tmp_path, page_seconds=30)


class Earlier:
    """The state as it was at a moment, to be put back as a server does that lost what came after."""

    def __init__(self, state: State) -> None:
        self._state = state
        client = state.client
        self._dumps = {name: client.dump(name) for name in client.scan_iter(count=1000)}

    def put_back(self) -> None:
        """Have it again, on a server that was started again."""
        self._state.client.flushall()
        for name, value in self._dumps.items():
            self._state.client.restore(name, 0, value)
        restart(self._state)


def restart(state: State) -> None:
    """To a settlement, another server's run is what it is after a start."""
    state.client.hset("copydesk:settled", "run", "0" * 40)


def wrong(desk: Desk) -> list[str]:
    """Whether files, marks and stream agree; the crawls of a test never end."""
    problems = disagreements(desk.folder / "store", desk.state)
    return [problem for problem in problems if not problem.endswith("leases")]


def less(whole: Story) -> Story:
    return replace(whole, paragraphs=whole.paragraphs[:-1])


def test_nothing_is_reserved_until_the_state_is_settled(desk: Desk) -> None:
    restart(desk.state)
    visit = desk.page("a", story(1))
    found = desk.service.state.frontier.start(visit.token, desk.time(), 0, alone=False)
    assert not isinstance(found, str)
    with pytest.raises(Unsettled):
        desk.state.index.reserve(visit, "0" * 16, found.page.fetched)
    with pytest.raises(Unsettled):
        desk.state.index.place_new(visit, "0" * 16, (), [], desk.time(), found.page.fetched)
    settle(desk.service)
    assert desk.state.index.reserve(visit, "0" * 16, found.page.fetched).place


def test_ingest_settles_a_server_that_was_started_again(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    restart(desk.state)
    desk.run(desk.page("b", story(2)))
    assert desk.outcomes() == {"new": 2}
    assert wrong(desk) == []


def test_another_process_learns_of_a_settlement(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    restart(desk.state)
    settle(replace(desk.service, state=State(desk.state.client)))
    desk.run(desk.page("b", story(2)))
    assert desk.outcomes() == {"new": 2}


def test_a_process_that_idled_through_a_rebuild_knows_sources_by_their_new_numbers(
    desk: Desk,
) -> None:
    desk.state.ledger.source_number("keeper")
    desk.run(desk.page("a", story(1)))
    desk.state.client.flushall()
    Rebuild(replace(desk.service, state=State(desk.state.client)), outbox=True).run()
    desk.works.clear()
    # Its first task since is a tick, and not a page.
    assert settle_soon(desk.service)
    desk.run(desk.page("b", story(2)))
    assert all(path.startswith("documents/gazette/") for path in desk.texts())
    assert wrong(desk) == []


def test_what_was_committed_and_forgotten_is_committed_once_more(desk: Desk) -> None:
    desk.run(desk.page("z", story(9)))
    earlier = Earlier(desk.state)
    desk.run(desk.page("a", story(1)), desk.page("b", less(story(9))))
    desk.run(desk.page("c", less(story(1)), source="keeper"))
    entries, records, files = desk.entries(), desk.records(), desk.files()
    earlier.put_back()
    settle(desk.service)
    assert desk.entries() == entries
    assert sorted(desk.records(), key=str) == sorted(records, key=str)
    assert desk.files() == files
    assert wrong(desk) == []
    assert desk.outcomes() == {"new": 2, "near-duplicate": 1}
    assert desk.state.frontier.unknown("gazette", [key_of("a"), key_of("q")]) == {key_of("q")}
    before = dump(desk.state)
    adopt_recent(desk.service)
    assert dump(desk.state) == before


def test_a_page_that_was_ended_and_is_owed_again_has_the_place_it_had(desk: Desk) -> None:
    visit = desk.page("a", story(1))
    earlier = Earlier(desk.state)
    desk.run(visit)
    files = desk.files()
    earlier.put_back()
    desk.run(visit)
    assert desk.is_idle()
    assert desk.files() == files
    assert len(desk.entries()) == 1
    assert wrong(desk) == []
    assert desk.outcomes() == {"new": 1}


def test_a_page_that_is_on_the_frontier_again_is_not_fetched_again(desk: Desk) -> None:
    visit = desk.work().one("a")
    earlier = Earlier(desk.state)
    assert desk.work().hand_in(visit, _page(story(1)))
    desk.run(visit)
    earlier.put_back()
    settle(desk.service)
    assert desk.is_idle()
    assert desk.outcomes() == {"new": 1}
    assert not desk.work().hand_in(visit, _page(story(1)))


def _page(made: Story) -> bytes:
    from rig.stories import article_page

    return article_page(made).encode()


def test_a_revision_that_was_forgotten_is_the_present_text_again(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    earlier = Earlier(desk.state)
    desk.run(desk.revisit(story(2), later=3600))
    earlier.put_back()
    settle(desk.service)
    first, second = (entry["id"] for entry in desk.entries())
    owed = json.loads(desk.state.client.hget("copydesk:entries:gazette", key_of("a")))
    assert owed["head"] == second
    desk.run(desk.revisit(story(3), later=0))
    assert [entry["supersedes"] for entry in desk.entries()] == ["", first, second]
    assert wrong(desk) == []


def test_numbers_go_on_above_those_that_are_taken(desk: Desk) -> None:
    desk.run(desk.page("z", story(9)))
    earlier = Earlier(desk.state)
    desk.run(*(desk.page(str(n), story(n)) for n in range(3)))
    earlier.put_back()
    settle(desk.service, spare=10)
    desk.run(desk.page("next", story(5)))
    numbers = [Path(path).name[:3] for path in desk.texts()]
    assert numbers == ["000", "001", "002", "003", "014"]


def test_a_day_long_ago_is_looked_through_where_pages_of_it_wait(desk: Desk) -> None:
    desk.later = -20 * 86_400
    visit = desk.page("a", story(1))
    desk.later = 0
    earlier = Earlier(desk.state)
    desk.run(visit)
    earlier.put_back()
    desk.run(visit)
    assert len(desk.texts()) == len(desk.entries()) == 1
    assert wrong(desk) == []


def test_a_page_on_its_way_keeps_its_text(desk: Desk) -> None:
    visit = desk.page("a", story(1))
    assert desk.run_and_be_killed(visit, prepare=_killed_before_its_commit)
    restart(desk.state)
    settle(desk.service)
    assert adopt_recent(desk.service) == []
    assert desk.entries() == []
    desk.later += 120
    desk.run(visit, alone=True)
    assert desk.outcomes() == {"new": 1}
    assert wrong(desk) == []


def _killed_before_its_commit(ingest: Ingest) -> None:
    ingest._commit = kill_self


def test_a_page_whose_place_was_forgotten_gets_another_and_leaves_nothing(desk: Desk) -> None:
    """The server loses the reservation after its answer, and gives the number to another page."""
    visits = [desk.page(name, story(n)) for n, name in enumerate("ab")]
    earlier = Earlier(desk.state)
    ingest = Ingest(desk.service, lambda *_, **__: None)
    slow = ingest._begin(visits[0].token, alone=False)
    assert slow
    earlier.put_back()
    settle(desk.service)
    desk.run(visits[1])
    ingest._filing.write([slow])
    assert [Path(path).name[:3] for path in desk.texts()] == ["000", "000"]
    ingest._commit(slow)
    assert sorted(Path(path).name[:3] for path in desk.texts()) == ["000", "001"]
    assert desk.outcomes() == {"new": 2}
    assert wrong(desk) == []


def test_a_text_that_was_written_late_leaves_nothing(desk: Desk) -> None:
    """Two workers have one page, and the slower one writes after the other has ended it otherwise."""
    visit = desk.page("a", less(story(1)))
    ingest = Ingest(desk.service, lambda *_, **__: None)
    slow = ingest._begin(visit.token, alone=False)
    assert slow
    desk.run(desk.page("b", story(1)))
    desk.later += 120
    desk.run(visit, alone=True)
    assert desk.outcomes() == {"new": 1, "near-duplicate": 1}
    ingest._filing.write([slow])
    ingest._commit(slow)
    assert wrong(desk) == []
    assert len(desk.texts()) == 2


def test_files_that_are_being_taken_away_are_nobody_s(desk: Desk) -> None:
    """A worker was told that a former place goes; whoever else writes there cannot commit there."""
    visit = desk.page("a", less(story(1)))
    ingest = Ingest(desk.service, lambda *_, **__: None)
    slow = ingest._begin(visit.token, alone=False)
    assert slow
    assert slow.place
    ingest._filing.write([slow])
    desk.run(desk.page("b", story(1)))
    other = Ingest(desk.service, lambda *_, **__: None)
    removed: list[Place] = []
    desk.later += 120

    def pausing(place: Place) -> None:
        # The one that was told to remove sleeps; meanwhile the other tries to commit there.
        if not removed:
            removed.append(place)
            ingest._commit(replace(slow, compared=frozenset(desk.state.index.look_up(
                slow.reading.document.id, (), slow.reading.bands, desk.time()).candidates)))  # fmt: skip
        real(place)

    real = desk.store.remove
    desk.store.remove = pausing  # type: ignore[method-assign]
    other.run([visit.token], alone=True)
    desk.store.remove = real  # type: ignore[method-assign]
    assert removed == [slow.place]
    desk.later += 120
    desk.run(visit, alone=True)
    assert desk.outcomes() == {"new": 1, "near-duplicate": 1}
    assert wrong(desk) == []


@pytest.mark.parametrize("end", ["rejected", "duplicate"])
def test_a_page_that_ends_otherwise_takes_away_what_it_wrote(desk: Desk, end: str) -> None:
    visit = desk.page("a", story(1))
    assert desk.run_and_be_killed(visit, prepare=_killed_before_its_commit)
    assert len(desk.files()) == 2
    desk.run(desk.page("b", story(2)))
    body = b"<html><body>Nothing here</body></html>" if end == "rejected" else _page(story(2))
    desk.state.client.hset(f"copydesk:page:{visit.token}", "body", body)
    desk.later += 120
    desk.run(visit, alone=True)
    assert desk.outcomes() == {"new": 1, end: 1}
    assert len(desk.files()) == 2
    assert wrong(desk) == []


def test_a_second_file_of_a_text_goes(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    (path,) = desk.texts()
    text = desk.folder / "store" / path
    for file in (text, text.with_suffix(".json")):
        shutil.copyfile(file, file.with_name(file.name.replace("000_", "004_")))
    assert adopt_recent(desk.service) == []
    assert desk.texts() == [path]
    assert wrong(desk) == []


def test_a_second_file_stays_where_the_first_is_damaged(desk: Desk) -> None:
    desk.run(desk.page("a", story(1)))
    text = desk.folder / "store" / desk.texts()[0]
    for file in (text, text.with_suffix(".json")):
        shutil.copyfile(file, file.with_name(file.name.replace("000_", "004_")))
    text.write_text("damaged")
    assert adopt_recent(desk.service) == []
    assert len(desk.texts()) == 2


def test_what_is_damaged_is_not_committed(desk: Desk) -> None:
    desk.run(desk.page("z", story(9)))
    earlier = Earlier(desk.state)
    desk.run(desk.page("a", story(1)), desk.page("b", story(2)))
    earlier.put_back()
    (desk.folder / "store" / desk.texts()[1]).write_text("damaged")
    settle(desk.service)
    assert len(desk.entries()) == 2


@pytest.fixture
def lost(desk: Desk) -> Desk:
    """A desk whose server was wiped, with a page that waits."""
    desk.run(desk.page("a", story(1)))
    desk.state.client.flushall()
    desk.works.clear()
    return desk


def test_pages_wait_where_the_server_knows_nothing_of_the_store(lost: Desk) -> None:
    visit = lost.page("b", story(2))
    files = lost.files()
    for _ in range(3):
        lost.later += 120
        lost.run(visit, alone=True)
    assert lost.files() == files
    assert lost.outcomes() == {}
    assert lost.state.frontier.waiting() == 1
    assert lost.state.quarantine.records() == []
    with pytest.raises(StateLost, match="copydesk rebuild"):
        settle(lost.service)


def test_a_new_store_is_a_beginning(desk: Desk) -> None:
    desk.state.client.flushall()
    shutil.rmtree(desk.folder / "store")
    desk.works.clear()
    assert settle_soon(desk.service)
    desk.run(desk.page("a", story(1)))
    assert desk.outcomes() == {"new": 1}


def test_nothing_is_settled_while_the_store_cannot_be_written(desk: Desk) -> None:
    desk.run(desk.page("z", story(9)))
    restart(desk.state)
    visit = desk.page("a", story(1))
    with blocked(desk.folder / "store"):
        assert not settle_soon(desk.service)
        desk.run(visit)
        keep_house(desk.service, desk.time(), desk._send)
    assert desk.outcomes() == {"new": 1}
    desk.run(visit)
    assert desk.outcomes() == {"new": 2}
    assert wrong(desk) == []


def test_housekeeping_settles_and_finds_what_was_left(desk: Desk) -> None:
    desk.run(desk.page("z", story(9)))
    earlier = Earlier(desk.state)
    desk.run(desk.page("a", story(1)))
    earlier.put_back()
    keep_house(desk.service, desk.time(), desk._send)
    assert len(desk.entries()) == 2
    assert wrong(desk) == []
