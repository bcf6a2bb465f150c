"""A server of its own whose index knows as many documents as are wanted."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.embedded import server
from config.settings import Settings
from workers.dedup.signature import BANDS
from workers.state.adoption import Answer, KnownText
from workers.state.state import State, open_state
from workers.storage.places import Place

WINDOW = 30 * 86400
GENERATION = 10 * 86400
GENERATIONS = 4
"""Of so many seconds, so many are in the window."""
_SOURCES = 50
_A_CALL = 100
_SEED = 20261128


@dataclass(frozen=True, slots=True)
class Filled:
    """A state, and what it was filled with."""

    state: State
    documents: int
    now: float
    """The time that it is there: in the middle of a generation, so that the window reaches into four."""
    empty: int
    """Bytes that the server used before it was filled."""
    full: int
    """Bytes that it used when it was."""

    def facts(self, section: str) -> dict[str, Any]:
        """What the server says of itself."""
        told: dict[str, Any] = self.state.client.info(section)
        return told


@contextmanager
def filled(folder: Path, documents: int) -> Iterator[Filled]:
    """A server whose documents are spread over the window.

    They are entered as `copydesk rebuild` enters what stands in a store, by `adopt.lua`: many in one
    call, and to the same state as page by page. There is no append-only file: what it costs is the same
    at any size, but for the fork by which it is made anew.
    """
    with server(folder, None) as (url, _):
        state = open_state(url, Settings())
        now = (time.time() // GENERATION + 0.5) * GENERATION
        state.settlement.settle(state.settlement.server_run(), now)
        state.client.config_set("appendonly", "no")
        empty = used(state)
        fill(state, made_up_documents(documents, now), now)
        full = used(state)
        yield Filled(state, documents, now, empty, full)
        state.client.close()


def used(state: State) -> int:
    """Bytes that the server has allocated."""
    return int(state.client.info("memory")["used_memory"])


def made_up_documents(count: int, now: float) -> Iterator[KnownText]:
    """Documents of which no two have a band in common: the most room that they can take.

    Keys of bands are hashes, so that they may be drawn by lot.
    """
    rng = random.Random(_SEED + count)
    for number in range(count):
        fetched = now - rng.random() * WINDOW
        source = f"site-{number % _SOURCES}"
        url = f"{source}.example/news/{number}"
        yield KnownText(
            place=Place(
                source, datetime.fromtimestamp(fetched, UTC).date(), rng.randbytes(8).hex(), number
            ),
            url=f"https://{url}",
            url_key=url,
            fetched=fetched,
            outcome="new",
            bands=tuple(rng.randbytes(5) for _ in range(BANDS)),
        )


def fill(state: State, texts: Iterator[KnownText], now: float) -> None:
    """Enter texts that are not known."""
    chunk: list[KnownText] = []
    for text in texts:
        chunk.append(text)
        if len(chunk) == _A_CALL:
            _enter(state, chunk, now)
            chunk = []
    _enter(state, chunk, now)


def _enter(state: State, chunk: list[KnownText], now: float) -> None:
    replies, _ = state.adoption.adopt(chunk, now)
    if not all(reply.answer is Answer.COMMITTED for reply in replies):
        raise AssertionError("the state knew a text that was made up just now")


def write_append_only_file(state: State) -> None:
    """Have the server make its append-only file anew, in a process that it forks."""
    state.client.config_set("appendonly", "yes")
    while True:
        facts = state.client.info("persistence")
        if not facts["aof_rewrite_in_progress"] and not facts["aof_rewrite_scheduled"]:
            return
        time.sleep(0.2)
