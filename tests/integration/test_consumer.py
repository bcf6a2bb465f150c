"""A consumer of `copydesk consume`: which entries it is given, and which again."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.consumer import Consumer
from cli.documents import _deliver
from cli.failure import Failure
from tests.integration.work import NOW
from workers.consumer_names import own_name
from workers.state.outbox import STREAM, Entry
from workers.state.state import State
from workers.storage.folder import FolderStore

ME = own_name()


@pytest.fixture
def ids(state: State) -> list[str]:
    published = [f"{int(NOW * 1000) + number}-0" for number in range(5)]
    for stream_id in published:
        state.client.xadd(STREAM, {"id": stream_id}, id=stream_id)
    return published


@pytest.fixture
def consumer(state: State) -> Consumer:
    return Consumer(state.outbox, "g")


def _all(consumer: Consumer) -> Iterator[str]:
    for entry in consumer.entries(follow=False):
        yield entry.stream_id
        consumer.acknowledge(entry)


def _pending(state: State) -> dict[str, tuple[str, int]]:
    """Whose each entry is that is not acknowledged, and how often it was delivered."""
    return {
        row["message_id"].decode(): (row["consumer"].decode(), row["times_delivered"])
        for row in state.client.xpending_range(STREAM, "g", "-", "+", 10)
    }


def test_one_at_a_time_and_each_once(state: State, consumer: Consumer, ids: list[str]) -> None:
    received = []
    for entry in consumer.entries(follow=False):
        received.append(entry.stream_id)
        assert _pending(state) == {entry.stream_id: (ME, 1)}
        consumer.acknowledge(entry)
    assert received == ids
    consumer.leave()
    assert state.outbox.consumers("g") == []


def test_what_it_was_given_and_never_received(
    state: State, consumer: Consumer, ids: list[str]
) -> None:
    state.outbox.read("g", ME, 2, wait=False)  # and the reply is lost
    assert list(_all(consumer)) == ids
    assert _pending(state) == {}


def test_a_reply_that_is_lost_on_the_way(state: State, consumer: Consumer, ids: list[str]) -> None:
    received = []
    for stream_id in _all(consumer):
        received.append(stream_id)
        if stream_id == ids[1]:
            state.outbox.read("g", ME, 1, wait=False)
    assert received == [ids[0], ids[1], ids[3], ids[4], ids[2]]


def test_what_it_cannot_deal_with_comes_once_and_stays(
    state: State, consumer: Consumer, ids: list[str]
) -> None:
    received = []
    for entry in consumer.entries(follow=False):
        received.append(entry.stream_id)
        consumer.keep(entry) if entry.stream_id in ids[1:3] else consumer.acknowledge(entry)
    assert received == ids
    consumer.leave()
    assert _pending(state) == {ids[1]: (ME, 1), ids[2]: (ME, 1)}


def test_what_the_dead_left_behind_comes_first_and_one_by_one(
    state: State, consumer: Consumer, ids: list[str]
) -> None:
    dead = f"{ME.rpartition(':')[0]}:{_ended()}"
    state.outbox.read("g", dead, 3, wait=False)
    first = next(iter(consumer.entries(follow=False)))
    # The others are not delivered for its sake: their count is their own.
    assert _pending(state) == {ids[0]: (ME, 2), ids[1]: (dead, 1), ids[2]: (dead, 1)}
    consumer.acknowledge(first)
    assert list(_all(consumer)) == ids[1:]
    assert state.outbox.consumers("g") == [ME]


def test_what_was_left_elsewhere_comes_once_it_was_left_for_long(
    state: State, consumer: Consumer, ids: list[str]
) -> None:
    state.outbox.read("g", "elsewhere:1", 2, wait=False)
    state.client.xclaim(STREAM, "g", "elsewhere:1", 0, ids[:1], idle=60_001, justid=True)
    assert list(_all(consumer)) == [ids[0], *ids[2:]]
    assert list(_pending(state)) == [ids[1]]


def test_a_process_of_another_container_is_not_taken_for_dead(
    state: State, consumer: Consumer, ids: list[str]
) -> None:
    """Its host has the same name, and no process of that number is here."""
    state.outbox.read("g", f"{socket.gethostname()}:{_ended()}", 2, wait=False)
    assert list(_all(consumer)) == ids[2:]


def test_deliveries_in_vain_are_taken_back(
    state: State, consumer: Consumer, ids: list[str]
) -> None:
    kept: list[Entry] = []
    for entry in consumer.entries(follow=False):
        consumer.keep(entry)
        kept.append(entry)
    consumer.set_back(kept)
    assert _pending(state) == dict.fromkeys(ids, (ME, 0))


def _ended() -> int:
    """The id of a process that has ended."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def test_an_entry_of_a_later_schema_is_left_to_a_later_release(
    state: State, consumer: Consumer, tmp_path: Path
) -> None:
    state.client.xadd(STREAM, {"id": "a", "path": "documents/a.txt", "schema": "7"})
    with pytest.raises(Failure, match=r"documents/a\.txt is of schema 7.*not acknowledged"):
        _deliver(FolderStore(tmp_path), consumer, follow=False, most=None)
    # It is delivered again, and this time did not count.
    assert [(owner, count) for owner, count in _pending(state).values()] == [(ME, 0)]
