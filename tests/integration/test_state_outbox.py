"""The outbox: every group gets everything, and nothing goes that anyone still needs."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from tests.integration.work import NOW, dump
from workers.state.outbox import DEAD, STREAM, Entry, Outbox
from workers.state.scripts import Scripts
from workers.state.state import State

DAY = 86400
RETENTION = 7
# Two entries that retention no longer keeps, two that it does.
DAYS_OLD = (9, 8, 6, 0)


@pytest.fixture
def outbox(state: State) -> Outbox:
    return state.outbox


def _publish(state: State, *days_old: float) -> list[str]:
    ids = [f"{int((NOW - days * DAY) * 1000)}-0" for days in days_old]
    for number, stream_id in enumerate(ids):
        state.client.xadd(STREAM, {"id": str(number)}, id=stream_id)
    return ids


def _left(state: State) -> list[str]:
    return [stream_id.decode() for stream_id, _ in state.client.xrange(STREAM)]


def _read(
    outbox: Outbox, group: str, most: int, consumer: str = "c", *, done: bool = True
) -> list[Entry]:
    outbox.join(group)
    entries = outbox.read(group, consumer, most, wait=False)
    for entry in entries if done else ():
        outbox.acknowledge(group, entry)
    return entries


def test_a_group_starts_at_the_beginning_however_late_it_joins(
    state: State, outbox: Outbox
) -> None:
    ids = _publish(state, 2, 1, 0)
    for group in ("first", "second"):
        outbox.join(group)
        outbox.join(group)
        assert [e.stream_id for e in outbox.read(group, "c", 10, wait=False)] == ids
        assert outbox.read(group, "c", 10, wait=False) == []


def test_a_group_may_join_before_anything_is_published(state: State, outbox: Outbox) -> None:
    outbox.join("g")
    assert outbox.read("g", "c", 10, wait=False) == []
    _publish(state, 0)
    assert len(outbox.read("g", "c", 10, wait=False)) == 1


def test_two_consumers_of_a_group_share_its_entries(state: State, outbox: Outbox) -> None:
    ids = _publish(state, *range(9, -1, -1))
    outbox.join("g")
    one = outbox.read("g", "one", 4, wait=False)
    other = outbox.read("g", "other", 10, wait=False)
    assert [e.stream_id for e in one + other] == ids
    assert outbox.consumers("g") == ["one", "other"]


def test_the_lag_of_a_group(state: State, outbox: Outbox) -> None:
    assert state.groups.all(NOW) == []
    _publish(state, 3, 2, 1, 0)
    _read(outbox, "g", 1)
    _read(outbox, "g", 2, done=False)
    (lag,) = state.groups.all(NOW)
    assert (lag.name, lag.consumers, lag.pending, lag.lag) == ("g", 1, 2, 1)
    assert outbox.length() == 4


def test_what_a_dead_consumer_held_is_taken_over_at_once(state: State, outbox: Outbox) -> None:
    _publish(state, 2, 1, 0)
    held = _read(outbox, "g", 2, "dead", done=False)
    assert outbox.abandoned("g", "alive", 10) == []
    assert outbox.take_over("g", "alive", "dead") == held[0]
    outbox.leave("g", "dead")
    assert "dead" in outbox.consumers("g")
    assert outbox.take_over("g", "alive", "dead") == held[1]
    assert outbox.take_over("g", "alive", "dead") is None
    assert outbox.consumers("g") == ["alive"]
    for entry in held:
        outbox.acknowledge("g", entry)
    outbox.leave("g", "alive")
    assert outbox.consumers("g") == []
    assert [e.fields for e in outbox.read("g", "new", 10, wait=False)] == [{"id": "2"}]


def test_a_consumer_that_owes_acknowledgements_is_not_forgotten(
    state: State, outbox: Outbox
) -> None:
    _publish(state, 0)
    held = _read(outbox, "g", 1, "slow", done=False)
    outbox.leave("g", "slow")
    assert outbox.consumers("g") == ["slow"]
    assert outbox.abandoned("g", "other", 10, idle_ms=0) == held


def _behind(acknowledged: int, pending: int | None) -> int:
    """The first of four entries that a group still needs."""
    return acknowledged if pending is None else min(acknowledged, pending)


# Of each group: how many entries it read, and which one of these it has not acknowledged.
_STANDS = [(read, held) for read in range(5) for held in (None, *range(read))]


@pytest.mark.parametrize(
    ("one", "other"), [*product(_STANDS, [None, (0, None), (2, 1), (3, None), (4, None)])]
)
def test_trimming_keeps_what_a_group_needs_and_what_retention_keeps(
    state: State, outbox: Outbox, one: tuple[int, int | None], other: tuple[int, int | None] | None
) -> None:
    ids = _publish(state, *DAYS_OLD)
    needed = []
    for group, stand in (("one", one), ("other", other)):
        if stand is None:
            continue
        read, held = stand
        outbox.join(group)
        for number, entry in enumerate(outbox.read(group, "c", read, wait=False) if read else []):
            if number != held:
                outbox.acknowledge(group, entry)
        needed.append(_behind(read, held))
    kept = min(2, *needed)
    assert outbox.trim(NOW, RETENTION) == kept
    assert _left(state) == ids[kept:]
    assert outbox.trim(NOW, RETENTION) == 0


def test_a_group_that_was_set_back_gets_everything_again(state: State, outbox: Outbox) -> None:
    ids = _publish(state, *DAYS_OLD)
    held = _read(outbox, "g", 3, done=False)
    outbox.acknowledge("g", held[0])
    state.client.xgroup_setid(STREAM, "g", "0")
    assert outbox.trim(NOW, RETENTION) == 0
    assert [e.stream_id for e in outbox.read("g", "c", 10, wait=False)] == ids


def test_without_a_group_retention_alone_decides(state: State, outbox: Outbox) -> None:
    assert outbox.trim(NOW, RETENTION) == 0
    ids = _publish(state, *DAYS_OLD)
    assert outbox.trim(NOW, RETENTION) == 2
    assert _left(state) == ids[2:]
    assert outbox.trim(NOW + 30 * DAY, RETENTION) == 2
    assert _left(state) == []


def test_a_consumer_that_stopped_for_weeks_loses_nothing(state: State, outbox: Outbox) -> None:
    ids = _publish(state, 40, 39, 38, 37)
    _read(outbox, "stopped", 1)
    _read(outbox, "quick", 10)
    assert outbox.trim(NOW, RETENTION) == 1
    assert [e.stream_id for e in _read(outbox, "stopped", 10)] == ids[1:]
    assert outbox.trim(NOW, RETENTION) == 3


def test_entries_of_one_millisecond_are_told_apart(state: State, outbox: Outbox) -> None:
    old = int((NOW - 9 * DAY) * 1000)
    for number in range(12):
        state.client.xadd(STREAM, {"id": str(number)}, id=f"{old}-{number}")
    _read(outbox, "g", 10)
    assert outbox.trim(NOW, RETENTION) == 10
    assert _left(state) == [f"{old}-10", f"{old}-11"]


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _fails_on(state: State, entry: Entry, deliveries: int, idle_ms: int = 61_000) -> None:
    """Have an entry stand as delivered so often, and untouched for so long."""
    state.client.xclaim(
        STREAM, "g", "c", 0, [entry.stream_id], idle=idle_ms, retrycount=deliveries, force=True
    )


def test_what_a_consumer_fails_on_again_and_again_is_put_aside(
    state: State, outbox: Outbox
) -> None:
    ids = _publish(state, 3, 2, 1, 0)
    hopeless, retried, at_work, untouched = _read(outbox, "g", 10, done=False)
    _fails_on(state, hopeless, 5)
    _fails_on(state, retried, 4)
    _fails_on(state, at_work, 9, idle_ms=1000)
    assert outbox.bury(5, NOW) == 1
    ((_, fields),) = state.client.xrange(DEAD)
    assert {name.decode(): value.decode() for name, value in fields.items()} == {
        "group": "g", "consumer": "c", "delivered": "5", "at": _stamp(NOW),
        "entry": hopeless.stream_id, "reason": "", "id": "0",
    }  # fmt: skip
    pending = state.client.xpending_range(STREAM, "g", "-", "+", 10)
    assert [row["message_id"].decode() for row in pending] == ids[1:]
    assert _left(state) == ids
    assert outbox.bury(5, NOW) == 0
    assert untouched.fields == {"id": "3"}


def test_what_stands_behind_a_thousand_others_is_put_aside_too(
    state: State, outbox: Outbox
) -> None:
    now = int(NOW * 1000)
    for number in range(2500):
        state.client.xadd(STREAM, {"id": str(number)}, id=f"{now}-{number}")
    entries = _read(outbox, "g", 3000, done=False)
    ids = [entry.stream_id for entry in entries]
    state.client.xclaim(STREAM, "g", "c", 0, ids, idle=61_000, retrycount=1)
    hopeless = entries[999:2500:500]
    for entry in hopeless:
        _fails_on(state, entry, 5)
    assert outbox.bury(5, NOW) == outbox.dead() == len(hopeless)
    assert state.client.xpending(STREAM, "g")["pending"] == 2500 - len(hopeless)


def test_what_was_acknowledged_or_delivered_since_it_was_looked_at_is_not_put_aside(
    state: State, outbox: Outbox
) -> None:
    _publish(state, 1, 0)
    done, at_work = _read(outbox, "g", 2, done=False)
    for entry in (done, at_work):
        _fails_on(state, entry, 5)
    outbox.acknowledge("g", done)
    outbox.abandoned("g", "other", 10, idle_ms=60_000)
    scripts = Scripts(state.client)
    for entry in (done, at_work):
        assert scripts.run("bury", STREAM, "g", entry.stream_id, 5, 60_000, _stamp(NOW), "") == 0
    assert outbox.dead() == 0
    assert state.client.xpending(STREAM, "g")["pending"] == 1


def test_put_aside_twice_over_is_put_aside_once(state: State, outbox: Outbox) -> None:
    """The reply was lost on its way, and the script is sent again."""
    _publish(state, 0)
    (entry,) = _read(outbox, "g", 1, done=False)
    _fails_on(state, entry, 5)
    scripts = Scripts(state.client)
    again = [
        scripts.run("bury", STREAM, "g", entry.stream_id, 5, 60_000, _stamp(NOW), "") for _ in "12"
    ]
    assert again == [1, 0]
    assert outbox.dead() == 1


def test_what_was_given_and_never_received_is_found(state: State, outbox: Outbox) -> None:
    _publish(state, 3, 2, 1)
    kept, lost, gone = _read(outbox, "g", 3, "me", done=False)
    state.client.xdel(STREAM, gone.stream_id)
    assert outbox.unreceived("g", "me", {kept.stream_id}) == lost
    outbox.acknowledge("g", lost)
    assert outbox.unreceived("g", "me", {kept.stream_id}) is None
    assert outbox.unreceived("g", "other", set()) is None
    assert [row["message_id"] for row in _owed(state)] == [kept.stream_id.encode()]


def test_a_delivery_in_vain_does_not_count(state: State, outbox: Outbox) -> None:
    _publish(state, 0)
    entries = _read(outbox, "g", 1, done=False)
    _fails_on(state, entries[0], 7)
    outbox.set_back("g", "c", entries)
    outbox.set_back("g", "c", [])
    (row,) = _owed(state)
    assert row["times_delivered"] == 0
    assert outbox.abandoned("g", "other", 1, idle_ms=0) == entries
    assert _owed(state)[0]["times_delivered"] == 1


def _owed(state: State) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = state.client.xpending_range(STREAM, "g", "-", "+", 10)
    return rows


def test_a_group_is_as_far_behind_as_its_oldest_entry(state: State, outbox: Outbox) -> None:
    _publish(state, 3, 2, 1)
    outbox.join("g")
    assert state.groups.all(NOW)[0].oldest == NOW - 3 * DAY
    first, second = _read(outbox, "g", 2, done=False)
    outbox.acknowledge("g", first)
    assert state.groups.all(NOW)[0].oldest == NOW - 2 * DAY
    outbox.acknowledge("g", second)
    assert state.groups.all(NOW)[0].oldest == NOW - DAY
    _read(outbox, "g", 1)
    assert state.groups.all(NOW)[0].oldest is None


def test_one_group_s_failure_is_not_another_s(state: State, outbox: Outbox) -> None:
    _publish(state, 0)
    (entry,) = _read(outbox, "g", 1, done=False)
    _fails_on(state, entry, 7)
    outbox.join("other")
    outbox.bury(5, NOW)
    assert outbox.read("other", "c", 10, wait=False) == [entry]


def test_what_is_buried_is_no_longer_needed(state: State, outbox: Outbox) -> None:
    _publish(state, 9, 8)
    first, second = _read(outbox, "g", 2, done=False)
    outbox.acknowledge("g", second)
    _fails_on(state, first, 5)
    assert outbox.trim(NOW, RETENTION) == 0
    outbox.bury(5, NOW)
    assert outbox.trim(NOW, RETENTION) == 2


def test_an_entry_that_is_gone_is_let_go_of(state: State, outbox: Outbox) -> None:
    ids = _publish(state, 0)
    (entry,) = _read(outbox, "g", 1, done=False)
    _fails_on(state, entry, 5)
    state.client.xdel(STREAM, ids[0])
    assert outbox.abandoned("g", "other", 10, idle_ms=0) == []
    outbox.bury(5, NOW)
    assert state.client.xpending(STREAM, "g")["pending"] == 0


def test_nothing_to_trim_or_bury_changes_nothing(state: State, outbox: Outbox) -> None:
    before = dump(state)
    assert outbox.trim(NOW, RETENTION) == outbox.bury(5, NOW) == 0
    assert dump(state) == before
