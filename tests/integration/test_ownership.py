"""Two servers and one store: it is one's, the other is told so, and takes it over by `rebuild` alone."""

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from cli.checks.finding import Verdict
from cli.checks.server import of_server
from cli.embedded import EmbeddedServer
from cli.once import Once
from cli.parts import Parts
from tests.integration.ingesting import Desk, story
from workers.alarms.watch import of_service
from workers.housekeeping import keep_house
from workers.recovery.ownership import keeps_store, take_over
from workers.recovery.rebuild import Rebuild
from workers.recovery.settle import StateLost, settle, settle_soon
from workers.replay.run import Replay
from workers.service import Service
from workers.state.connection import key
from workers.state.state import State, open_state
from workers.storage.folder import FolderStore
from workers.storage.owners import owner_of

OF_ANOTHER = "belongs to another service .*COPYDESK_REDIS_URL .*`copydesk rebuild` takes the store"


@pytest.fixture(scope="module")
def second_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = EmbeddedServer(tmp_path_factory.mktemp("second"))
    server.ensure()
    yield server.url
    server.stop()


@pytest.fixture
def desk(server_url: str, state: State, tmp_path: Path) -> Desk:
    """The first, to which the store belongs."""
    return Desk(server_url, state, tmp_path, page_seconds=30)


@pytest.fixture
def second(desk: Desk, second_url: str) -> Iterator[Service]:
    """Another, new, with the same store."""
    state = open_state(second_url, desk.settings, patience=0)
    state.client.flushall()
    yield replace(
        desk.service,
        state=state,
        settings=desk.settings.model_copy(update={"redis_url": second_url}),
    )
    state.client.flushall()
    state.client.close()


def keep(desk: Desk) -> None:
    """A minute later: what a tick does."""
    desk.state.is_time_again("owning")
    keep_house(desk.service, desk.time(), desk._send)


def alarms(service: Service) -> list[str]:
    return [alarm.kind for alarm in of_service(service, service.clock())]


def test_a_second_is_refused_though_there_is_no_text_yet(desk: Desk, second: Service) -> None:
    with pytest.raises(StateLost, match=OF_ANOTHER):
        settle(second)
    assert not settle_soon(second)
    assert alarms(second) == ["store-taken"]
    (told,) = (one for one in of_server(second.settings, []) if one.check == "state")
    assert told.verdict is Verdict.WRONG
    assert f"{desk.folder / 'store'} belongs to another service" in told.told
    # It left nothing behind, neither here nor there.
    assert second.state.settlement.service() == ""
    desk.run(desk.page("a", story(1)))
    with pytest.raises(StateLost, match="knows nothing of the documents"):
        settle(second)


def test_a_rebuild_takes_the_store_over_and_the_first_gives_no_place_any_more(
    desk: Desk, second: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.run(desk.page("a", story(1)))
    files = desk.files()
    keep(desk)
    told = Rebuild(second).run()
    assert (told.documents, told.entered, told.taken_over) == (1, 1, True)
    assert settle(second) == []
    keep(desk)
    assert "belongs to another service (owners/002.json, since " in capsys.readouterr().out
    waiting = desk.page("b", story(2))
    desk.run(waiting)
    assert desk.files() == files
    assert desk.outcomes() == {"new": 1}
    assert alarms(desk.service) == ["store-taken"]
    with pytest.raises(StateLost, match=OF_ANOTHER):
        settle(desk.service)

    assert Rebuild(desk.service).run().taken_over
    desk.later += 120
    desk.run(waiting, alone=True)
    assert desk.outcomes() == {"new": 2}
    assert alarms(desk.service) == []
    assert not keeps_store(second)
    assert not second.state.settlement.is_settled()
    assert not Rebuild(desk.service).run().taken_over


class _NoParts(Parts):
    """Nobody works; it is stopped at its first look after them."""

    def __init__(self) -> None:  # none is forked
        self.stopped = threading.Event()

    def look_after(self) -> None:
        self.stopped.set()


def test_a_crawl_of_each_source_without_a_service_notices_it_too(
    desk: Desk, second: Service
) -> None:
    """It may take hours, and has no ticks."""
    Rebuild(second).run()
    parts = _NoParts()
    Once(desk.service, ["plain"], parts).run(parts.stopped)
    assert not desk.state.settlement.is_settled()


def test_a_replay_notices_it_too(server_url: str, state: State, tmp_path: Path) -> None:
    desk = Desk(server_url, state, tmp_path, has_archive=True)
    desk.run(desk.page("a", story(1)))
    assert desk.store.create("owners/002.json", "somebody's")
    Replay(desk.service, desk.folder / "archive", ["gazette"], processes=1).run(threading.Event())
    assert not state.settlement.is_settled()


def test_a_file_that_does_not_say_whose_it_is_is_nobodys_own(desk: Desk, second: Service) -> None:
    """Least of all that of a state without a name."""
    store = FolderStore(desk.folder / "damaged")
    assert store.create("owners/001.json", "{")
    service = replace(second, store=store)
    with pytest.raises(StateLost, match=OF_ANOTHER):
        settle(service)
    assert Rebuild(service).run().taken_over
    assert settle(service) == []


def test_what_another_wrote_is_no_leftover_while_it_was_not_noticed_yet(
    desk: Desk, second: Service
) -> None:
    """The hourly look through the store removes second files of a text."""
    keep(desk)
    desk.run(desk.page("a", story(1)))
    (text,) = desk.texts()
    Rebuild(second).run()
    copy = text.replace("000_", "007_")
    for name in (text, text.replace(".txt", ".json")):
        shutil.copy(
            desk.folder / "store" / name, desk.folder / "store" / name.replace("000_", "007_")
        )
    desk.state.is_time_again("sweep")
    keep_house(desk.service, desk.time(), desk._send)
    assert copy in desk.files()


def test_what_an_earlier_release_left_gets_its_owner(desk: Desk, second: Service) -> None:
    shutil.rmtree(desk.folder / "store" / "owners")
    desk.state.client.delete(key("service"))
    # So has the second one, on the same store: of two, one goes on.
    second.state.settlement.settle(second.state.settlement.server_run(), 0.0)
    keep(desk)
    owner = owner_of(desk.store)
    assert owner
    assert (owner.number, owner.service) == (1, desk.state.settlement.service())
    keep(desk)
    assert desk.state.settlement.is_settled()
    keep_house(second, desk.time(), desk._send)
    assert not second.state.settlement.is_settled()
    assert owner_of(desk.store) == owner


def test_a_state_that_was_lost_takes_nothing(desk: Desk, second: Service) -> None:
    """Of a store whose owner has not marked it yet."""
    desk.run(desk.page("a", story(1)))
    shutil.rmtree(desk.folder / "store" / "owners")
    with pytest.raises(StateLost, match="knows nothing of the documents"):
        settle(second)
    keep_house(second, desk.time(), desk._send)
    assert owner_of(desk.store) is None
    keep(desk)
    assert owner_of(desk.store)


def test_a_store_that_does_not_answer_says_nothing_of_its_owner(
    desk: Desk, second: Service
) -> None:
    Rebuild(second).run()
    store = desk.folder / "store"
    store.rename(desk.folder / "away")
    store.write_text("in the way")
    keep(desk)
    assert desk.state.settlement.is_settled()
    store.unlink()
    (desk.folder / "away").rename(store)
    keep(desk)
    assert not desk.state.settlement.is_settled()


def test_a_server_that_was_emptied_takes_its_own_store_back(desk: Desk) -> None:
    desk.state.client.flushall()
    assert not settle_soon(desk.service)
    assert Rebuild(desk.service).run().taken_over
    assert settle_soon(desk.service)
    assert not Rebuild(desk.service).run().taken_over


def test_of_two_that_come_at_once_one_gets_it(desk: Desk, second: Service) -> None:
    for number in range(20):
        store = FolderStore(desk.folder / f"new-{number}")
        second.state.client.delete(key("settled"))
        both = [replace(service, store=store) for service in (desk.service, second)]
        assert sorted(_at_once(both, _is_settled)) == [False, True]
        assert owner_of(store)
        assert not list((desk.folder / f"new-{number}").rglob("*.part"))


def test_of_two_that_take_it_over_at_once_the_later_has_it(desk: Desk, second: Service) -> None:
    for number in range(10):
        store = FolderStore(desk.folder / f"taken-{number}")
        assert store.create("owners/001.json", "somebody's")
        both = [replace(service, store=store) for service in (desk.service, second)]
        assert _at_once(both, take_over) == [True, True]
        assert store.shelf("owners").files == ("001.json", "002.json", "003.json")


def _is_settled(service: Service) -> bool:
    try:
        settle(service)
    except StateLost:
        return False
    return True


def _at_once(services: list[Service], does: Callable[[Service], bool]) -> list[bool]:
    come = threading.Barrier(len(services))

    def comes(service: Service) -> bool:
        come.wait()
        return does(service)

    with ThreadPoolExecutor(len(services)) as threads:
        return list(threads.map(comes, services))
