"""A server that follows another one takes no writes: it is refused at a start, and as good as gone later."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from config.settings import Settings
from rig.desk import until
from rig.server import RunningServer
from workers.state.connection import StateUnavailable, connect
from workers.state.state import open_state


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with RunningServer(tmp_path / "server") as server:
        yield server


def test_a_name_that_leads_to_another_server_by_now_is_followed(
    server: RunningServer, tmp_path: Path
) -> None:
    """Whoever fails over behind one name may leave the connections to the former one as they are."""
    with RunningServer(tmp_path / "other") as other:
        state = open_state(server.url(), Settings(), patience=0)
        state.schedule.add({"a": 1.0})
        state.client.replicaof("127.0.0.1", other.port)
        # What is connected anew gets there from now on.
        (own,) = state.client.connection_pool._available_connections
        own.port = other.port
        with pytest.raises(RedisConnectionError):
            state.schedule.add({"b": 1.0})
        state.schedule.add({"c": 1.0})
        assert state.schedule.names() == {"c"}
        state.client.close()


def test_one_that_its_replicas_have_left_is_as_one_that_is_away(server: RunningServer) -> None:
    client = connect(server.url(), patience=0)
    client.config_set("min-replicas-to-write", 1)
    with pytest.raises(RedisConnectionError, match="NOREPLICAS"):
        client.set("a", "1")
    client.close()


def test_a_replica_is_refused(server: RunningServer, tmp_path: Path) -> None:
    replica = f"replicaof 127.0.0.1 {server.port}"
    with RunningServer(tmp_path / "replica", replica, "repl-diskless-sync-delay 0") as second:
        client = connect(second.url(), patience=0)
        until(lambda: client.info("replication")["master_link_status"] == "up", 20, "it follows")
        client.close()
        with pytest.raises(StateUnavailable, match="is a replica, and takes no writes"):
            open_state(second.url(), Settings(), patience=0)
