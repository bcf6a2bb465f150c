"""Messages pass a full server: they are about what will free it."""

from collections.abc import Iterator

import pytest
from kombu import Connection

from config.settings import Settings
from workers.queue.broker import CRAWL, INGEST, KEY_PREFIX, Sender, make_app
from workers.state.state import State


@pytest.fixture
def full(state: State) -> Iterator[State]:
    state.client.config_set("maxmemory", 1)
    yield state
    state.client.config_set("maxmemory", 0)


@pytest.fixture
def broker(server_url: str) -> Iterator[Connection]:
    app = make_app(Settings(redis_url=server_url))
    with app.connection_for_write() as connection:
        yield connection


def test_messages_are_sent(full: State, server_url: str) -> None:
    settings = Settings(redis_url=server_url)
    app = make_app(settings)
    sender = Sender(app, settings)
    sender.ingest(["token"])
    sender.crawl([{"source": {}}])
    assert [full.client.llen(KEY_PREFIX + queue) for queue in (INGEST, CRAWL)] == [1, 1]
    app.close()


def test_messages_are_received_and_acknowledged(full: State, broker: Connection) -> None:
    queue = broker.SimpleQueue("a-queue")
    queue.put({"a": "message"})
    received = queue.get(timeout=10)
    assert received.payload == {"a": "message"}
    assert full.client.hlen(f"{KEY_PREFIX}unacked") == 1
    received.ack()
    assert full.client.hlen(f"{KEY_PREFIX}unacked") == 0
    queue.put({"another": "one"})
    queue.get(timeout=10).requeue()
    assert queue.get(timeout=10).payload == {"another": "one"}
    queue.close()
