"""What does not agree is found: a home is damaged in every way that a kill could damage it."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chaos.agreement import disagreements, stuck_messages
from chaos.load import Load
from chaos.running import at_rest, outcomes
from chaos.verdict import what_is_wrong
from rig.desk import Desk
from workers.queue.broker import KEY_PREFIX
from workers.state.outbox import STREAM
from workers.state.state import State

Damage = Callable[[Path, State], str]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Load]]:
    """A home after a run that nothing disturbed."""
    with Load(sites=1, pages=9) as load, Desk(tmp_path_factory.mktemp("agreement")) as desk:
        desk.write_sources(*load.sources)
        done = desk.run("once", "--json")
        assert done.code == 0, done.err
        yield desk, load


def test_an_undisturbed_run_is_as_expected(desk: tuple[Desk, Load]) -> None:
    assert what_is_wrong(desk[0], desk[1].expected) == []


def test_outcomes_that_should_be_others_are_found(desk: tuple[Desk, Load]) -> None:
    expected = desk[1].expected
    expected.pages["site-0"] += 1
    expected.outcomes["gone"] += 1
    assert what_is_wrong(desk[0], expected) == [
        "site-0: 9 outcomes of 10 pages",
        "1 pages are gone, and should be 2",
    ]


def first(home: Path, ending: str = ".txt", top: str = "documents") -> Path:
    return min((home / top).rglob(f"*{ending}"))


def cut_a_text(home: Path, _: State) -> str:
    path = first(home)
    path.write_bytes(path.read_bytes()[:-3])
    return "text"


def lose_a_sidecar(home: Path, _: State) -> str:
    first(home, ".json").unlink()
    return "text without its whole sidecar"


def lose_a_text(home: Path, _: State) -> str:
    first(home).unlink()
    return "sidecar without its text"


def lose_a_dropped_text(home: Path, _: State) -> str:
    first(home, top="duplicates").unlink()
    return "mark without a file"


def keep_a_text_twice(home: Path, _: State) -> str:
    for path in (first(home), first(home, ".json")):
        shutil.copy(path, path.with_name(path.name.replace("000_", "900_")))
    return "id in two paths"


def give_a_number_twice(home: Path, _: State) -> str:
    path = first(home)
    other = path.with_name(path.name.replace("000_", "001_"))
    path.rename(other)
    path.with_suffix(".json").rename(other.with_suffix(".json"))
    return "number given twice"


def change_a_sidecar(home: Path, _: State) -> str:
    path = first(home, ".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"language": "xx"}))
    return "entry and sidecar differ"


def leave_a_stranger(home: Path, _: State) -> str:
    first(home).with_name("notes.txt").write_text("?")
    return "not a name of the store"


def publish_twice(_: Path, state: State) -> str:
    ((_, fields),) = state.client.xrange(STREAM, count=1)
    state.client.xadd(STREAM, fields)
    return "entry twice in the stream"


def forget_an_entry(_: Path, state: State) -> str:
    ((entry, _),) = state.client.xrange(STREAM, count=1)
    state.client.xdel(STREAM, entry)
    return "document that is not in the stream"


def forget_a_mark(_: Path, state: State) -> str:
    name = next(state.client.scan_iter(match="copydesk:texts:*"))
    state.client.hdel(name, min(state.client.hkeys(name)))
    return "file without a mark"


def leave_a_reservation(_: Path, state: State) -> str:
    state.client.hset("copydesk:reserved:0123456789abcdef", "by", "site-0 x")
    return "left behind: copydesk:reserved:"


@pytest.mark.parametrize(
    "damage",
    [
        cut_a_text,
        lose_a_sidecar,
        lose_a_text,
        lose_a_dropped_text,
        keep_a_text_twice,
        give_a_number_twice,
        change_a_sidecar,
        leave_a_stranger,
        publish_twice,
        forget_an_entry,
        forget_a_mark,
        leave_a_reservation,
    ],
)
def test_damage_is_found(tmp_path: Path, desk: tuple[Desk, Load], damage: Damage) -> None:
    shutil.copytree(desk[0].home, tmp_path / "home", ignore=shutil.ignore_patterns("*.sock"))
    with Desk(tmp_path) as copy, at_rest(copy) as state:
        assert disagreements(copy.home, state) == []
        problem = damage(copy.home, state)
        assert any(problem in line for line in disagreements(copy.home, state))


def test_a_message_of_a_worker_that_ended_is_found(tmp_path: Path, desk: tuple[Desk, Load]) -> None:
    shutil.copytree(desk[0].home, tmp_path / "home", ignore=shutil.ignore_patterns("*.sock"))
    with Desk(tmp_path) as copy, at_rest(copy) as state:
        assert outcomes(state).total() == 9
        assert stuck_messages(state, KEY_PREFIX) == []
        state.client.hset(f"{KEY_PREFIX}unacked", "tag", "message")
        assert len(stuck_messages(state, KEY_PREFIX)) == 1
