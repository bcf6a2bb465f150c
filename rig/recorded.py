"""What a server holds as commands, one a line: any server takes them, of whatever make and version.

A file of a server's own format can be read by that server, or a later one. These lines are text, so a
change in them can be read, and hold bytes: each character stands for one.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from workers.state.connection import Client

_A_LINE = 200
_IDLE_MS = 3_600_000
"""What was delivered and not acknowledged is taken to have been so for an hour."""

Command = list[bytes]


def write(client: Client, file: Path) -> int:
    """Write all that a server holds; how many lines."""
    lines = [
        json.dumps([part.decode("latin-1") for part in c], ensure_ascii=False) for c in held(client)
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)


def load(client: Client, file: Path) -> int:
    """Give a server what was written; how many commands."""
    # Not by `splitlines`: a byte may be what it takes for the end of a line.
    lines = file.read_bytes().decode().rstrip("\n").split("\n")
    with client.pipeline(transaction=False) as batch:
        for line in lines:
            batch.execute_command(*(part.encode("latin-1") for part in json.loads(line)))
        batch.execute()
    return len(lines)


def held(client: Client) -> Iterator[Command]:
    """The commands that make all keys as they are, in the order of their names."""
    for name in sorted(client.scan_iter(count=1000)):
        yield from _of_kind(client, name, client.type(name).decode())
        if (expires := client.pexpiretime(name)) > 0:
            yield [b"PEXPIREAT", name, b"%d" % expires]


def _of_kind(client: Client, name: bytes, kind: str) -> Iterator[Command]:
    match kind:
        case "string":
            yield [b"SET", name, client.get(name)]
        case "hash":
            pairs = sorted(client.hgetall(name).items())
            yield from _lines(b"HSET", name, (part for pair in pairs for part in pair))
        case "set":
            yield from _lines(b"SADD", name, sorted(client.smembers(name)))
        case "zset":
            scored = client.zrange(name, 0, -1, withscores=True)
            parts = (part for member, score in scored for part in (repr(score).encode(), member))
            yield from _lines(b"ZADD", name, parts)
        case "list":
            yield from _lines(b"RPUSH", name, client.lrange(name, 0, -1))
        case "stream":
            yield from _stream(client, name)
        case _:
            raise ValueError(f"{name!r} is a {kind}")


def _lines(command: bytes, name: bytes, parts: Iterable[bytes]) -> Iterator[Command]:
    flat = list(parts)
    for start in range(0, len(flat), _A_LINE):
        yield [command, name, *flat[start : start + _A_LINE]]


def _stream(client: Client, name: bytes) -> Iterator[Command]:
    for entry, fields in client.xrange(name):
        yield [b"XADD", name, entry, *(part for pair in fields.items() for part in pair)]
    groups = client.xinfo_groups(name)
    for group in groups:
        last, read = group["last-delivered-id"], group.get("entries-read")
        known = [b"ENTRIESREAD", b"%d" % read] if read is not None else []
        # A stream may have groups and no entry.
        yield [b"XGROUP", b"CREATE", name, group["name"], last, b"MKSTREAM", *known]
    about: dict[str, Any] = client.xinfo_stream(name)
    yield [b"XSETID", name, about["last-generated-id"]]
    for group in groups:
        for row in client.xpending_range(name, group["name"], "-", "+", 10_000):
            delivered = [b"IDLE", b"%d" % _IDLE_MS, b"RETRYCOUNT", b"%d" % row["times_delivered"]]
            claim = [name, group["name"], row["consumer"], b"0", row["message_id"]]
            yield [b"XCLAIM", *claim, *delivered, b"FORCE", b"JUSTID"]
