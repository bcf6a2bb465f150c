"""A state that was written as commands is, given to a server again, what it was."""

from pathlib import Path

from rig.recorded import load, write
from tests.integration.work import dump
from workers.state.state import State


def test_what_is_written_is_what_is_read(state: State, tmp_path: Path) -> None:
    client, file = state.client, tmp_path / "state.jsonl"
    client.flushall()
    every_byte = bytes(range(256))
    client.set("text", every_byte)
    client.hset("hash", mapping={every_byte: b"\n\x85\x1c", b"b": b"{"})
    client.sadd("set", *range(500))
    client.zadd("sorted", {b"\xff": 1790000000.123456, b"b": float("inf")})
    client.rpush("list", b"b", b"a", every_byte)
    client.set("goes", "1", px=100_000)
    for number in range(3):
        client.xadd("stream", {"n": number})
    client.xgroup_create("stream", "g", "0")
    client.xreadgroup("g", "one", {"stream": ">"}, count=2)
    client.xgroup_create("empty", "g", "$", mkstream=True)
    before = dump(state)
    groups = [client.xinfo_groups(name) for name in ("stream", "empty")]
    pending = client.xpending("stream", "g")
    write(client, file)
    client.flushall()
    load(client, file)
    assert dump(state) == before
    assert [client.xinfo_groups(name) for name in ("stream", "empty")] == groups
    assert client.xpending("stream", "g") == pending
