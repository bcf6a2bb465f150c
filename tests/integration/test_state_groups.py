"""Consumer groups: when each was last seen to read, what was put aside for it, and its end."""

from pathlib import Path

import pytest

from cli.completion import group_names
from tests.integration.work import NOW, dump
from workers.state.outbox import DEAD, STREAM, Entry
from workers.state.state import State

DAY = 86400.0


@pytest.fixture
def entries(state: State) -> list[Entry]:
    """Three that the group `g` was given, and has not acknowledged."""
    for number in range(3):
        state.client.xadd(STREAM, {"id": f"{number:016x}", "path": str(number)})
    state.outbox.join("g")
    return state.outbox.read("g", "c", 3, wait=False)


def seen(state: State, now: float) -> float | None:
    return state.groups.all(now)[0].seen


def test_a_group_that_nobody_reads_was_last_seen_when_it_last_moved(
    state: State, entries: list[Entry]
) -> None:
    for entry in entries:
        state.outbox.acknowledge("g", entry)
    state.outbox.leave("g", "c")
    assert seen(state, NOW) is None
    state.groups.note(NOW)
    state.groups.note(NOW + DAY)
    assert seen(state, NOW + DAY) == NOW
    state.client.xadd(STREAM, {"id": "9" * 16})
    state.groups.note(NOW + 2 * DAY)
    assert seen(state, NOW + 2 * DAY) == NOW
    state.outbox.read("g", "c", 1, wait=False)
    state.groups.note(NOW + 3 * DAY)
    state.client.xgroup_delconsumer(STREAM, "g", "c")
    assert seen(state, NOW + 3 * DAY) == NOW + 3 * DAY


def test_one_that_asks_in_vain_is_at_work(state: State, entries: list[Entry]) -> None:
    state.groups.note(NOW)
    assert seen(state, NOW + DAY) == pytest.approx(NOW + DAY, abs=60)


def test_what_was_put_aside_is_given_again_to_its_group_alone(
    state: State, entries: list[Entry]
) -> None:
    for number, entry in enumerate(entries[:2]):
        assert state.outbox.bury_entry("g", entry.stream_id, NOW, reason=f"HTTP 40{number}") == 1
    aside = list(state.groups.put_aside("g"))
    assert [(one.reason, one.document) for one in aside] == [
        ("HTTP 400", entries[0].fields), ("HTTP 401", entries[1].fields),
    ]  # fmt: skip
    assert list(state.groups.put_aside("other")) == []
    state.outbox.join("other")
    assert state.groups.give_again("other", aside) == 0
    assert state.groups.give_again("g", aside[1:]) == 1
    assert state.groups.give_again("g", aside[1:]) == 0
    assert [one.document["path"] for one in state.groups.put_aside()] == ["0"]
    again = state.outbox.again("g")
    (entry,) = again.read("g", "c", 9, wait=False)
    assert entry.fields == entries[1].fields
    assert state.groups.all(NOW)[0].again == 1
    again.acknowledge("g", entry)
    assert state.groups.all(NOW)[0].again == 0


def test_what_a_consumer_fails_on_in_its_own_stream_is_put_aside_again(
    state: State, entries: list[Entry]
) -> None:
    state.outbox.bury_entry("g", entries[0].stream_id, NOW)
    state.groups.give_again("g", list(state.groups.put_aside()))
    again = state.outbox.again("g")
    (entry,) = again.read("g", "c", 9, wait=False)
    state.client.xclaim(
        again.stream, "g", "c", 0, [entry.stream_id], idle=61_000, retrycount=5, force=True
    )
    assert state.outbox.bury(5, NOW, {"g"}) == 0
    assert state.outbox.bury(5, NOW) == 1
    assert [one.document for one in state.groups.put_aside()] == [entry.fields]


def test_a_group_that_is_dropped_leaves_nothing(state: State, entries: list[Entry]) -> None:
    state.outbox.bury_entry("g", entries[0].stream_id, NOW)
    state.groups.give_again("g", list(state.groups.put_aside()))
    state.outbox.bury_entry("g", entries[1].stream_id, NOW)
    state.outbox.join("other")
    state.groups.note(NOW)
    state.groups.drop("g")
    state.groups.note(NOW)
    assert state.outbox.names() == ["other"]
    assert state.client.xlen(DEAD) == 0
    assert sorted(state.client.hgetall("copydesk:groups")) == [b"other"]
    assert not any(b"again" in name for name in dump(state))


def test_names_that_are_no_utf8_are_written_out_and_do_no_harm(
    state: State, entries: list[Entry]
) -> None:
    client = state.client
    client.xgroup_create(STREAM, b"journ\xe9e", "0")
    client.xclaim(STREAM, "g", b"caf\xe9", 0, [entries[0].stream_id], retrycount=9, idle=61_000)
    assert r"caf\xe9" in state.outbox.consumers("g")
    assert state.outbox.bury(5, NOW) == 1
    assert [one.group for one in state.groups.put_aside()] == ["g"]
    state.outbox.trim(NOW, 7)
    state.groups.note(NOW)
    assert [one.name for one in state.groups.all(NOW)] == ["g", r"journ\xe9e"]
    assert state.outbox.names() == ["g"]
    state.groups.drop(r"journ\xe9e")
    assert [row["name"] for row in client.xinfo_groups(STREAM)] == [b"g"]


def test_a_shell_completes_their_names(
    state: State, server_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("mine", "most", "other"):
        state.outbox.join(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COPYDESK_REDIS_URL", server_url)
    assert group_names("m") == ["mine", "most"]
    monkeypatch.setenv("COPYDESK_REDIS_URL", f"unix://{tmp_path}/nobody.sock")
    assert group_names("m") == []
    monkeypatch.setenv("COPYDESK_REDIS_URL", "")
    assert group_names("m") == []
    assert not (tmp_path / "var").exists()
