"""Pages as they end, for whoever follows: published by the commit itself, and kept nowhere.

With nobody there it costs the server a microsecond a page, and nothing to hold. Whoever is away misses what ends
meanwhile, and one that reads too slowly is cut off by the server, at its limit for such clients.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgpack

from workers.state.connection import Client, key

CHANNEL = key("ended")


@dataclass(frozen=True, slots=True)
class Ended:
    """How one page ended."""

    at: float
    """Unix seconds."""
    source: str
    outcome: str
    reason: str
    """Why there is no text, in a word or two; empty where there is one."""
    url: str
    text_id: str
    """The id of its text; empty where it has none, or the one that it had."""
    record: Mapping[str, Any] = field(default_factory=dict)
    """Of a duplicate, what `workers.pages.records.duplicate_record` says of it."""


class Endings:
    """Where they are heard of."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def follow(self, seconds: float) -> Iterator[Ended | None]:
        """Each page as it ends, from the first `None` on; then `None` whenever `seconds` went by without one.

        Never ends by itself; raises a `RedisError` where the server is lost.
        """
        with self._client.pubsub(ignore_subscribe_messages=False) as channel:
            channel.subscribe(CHANNEL)
            # What the server says of the subscription itself: it holds from now on.
            channel.get_message(timeout=None)
            yield None
            while True:
                message = channel.get_message(timeout=seconds)
                if message is None:
                    yield None
                elif message["type"] == "message":
                    yield _unpacked(message["data"])


def _unpacked(data: bytes) -> Ended:
    at, source, outcome, reason, url, text_id, record, *_ = msgpack.unpackb(data)
    told = json.loads(record) if record else {}
    return Ended(float(at), source, outcome, reason, url, text_id, told)
