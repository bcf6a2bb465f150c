"""The command that follows how pages end."""

import select
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from redis.exceptions import RedisError

from cli.commands import command
from cli.completion import source_names
from cli.embedded import EmbeddedServer
from cli.output import Colour, put_columns, put_json, say, stamp
from config.settings import Settings, load_settings
from config.sources import SourcesError, load_sources
from config.wording import nearest
from crawler.outcome import Outcome
from workers.state.connection import StateUnavailable
from workers.state.endings import Ended
from workers.state.state import open_state

_LOOK_SECONDS = 1.0
_WIDEST_SOURCE = 20
_WIDEST_OUTCOME = max(map(len, Outcome))
_COLOURS: dict[str, Colour] = {
    Outcome.NEW: "green",
    Outcome.REVISION: "cyan",
    Outcome.REJECTED: "yellow",
    Outcome.FAILED: "red",
}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        tail,
        ("copydesk tail", "all pages, until Ctrl-C"),
        ("copydesk tail --source example", "those of one source"),
        ("copydesk tail --outcome rejected --outcome failed", "those that came to nothing"),
        ("copydesk tail --outcome new --json | my-program", "an object a line"),
    )


def tail(
    source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Only of this source; may be given several times.",
            autocompletion=source_names,
        ),
    ] = None,
    outcome: Annotated[
        list[Outcome] | None,
        typer.Option(
            metavar="OUTCOME",
            help=f"Only these: {', '.join(Outcome)}; may be given several times.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, one object a line.")] = False,
) -> None:
    """Follow how pages end, live: time (UTC), outcome, source, reason, address.

    Shows what ends from now on, until Ctrl-C. Where nothing runs it waits for `up` or `once`. What ends
    while it cannot reach the server is not shown: `status` and `sources` count all of it.
    """
    settings = load_settings()
    names = _named(settings.sources, source or [])
    longest = max((len(name) for name in names), default=0)
    wanted = _Wanted(source or (), outcome or ())
    with suppress(KeyboardInterrupt):
        for ended in _all(settings):
            if ended is None:
                _refuse_to_write_to_nobody()
            elif wanted.holds(ended):
                if as_json:
                    put_json(_as_json(ended))
                else:
                    _put(ended, min(longest, _WIDEST_SOURCE))


class _Wanted:
    """Which pages are shown."""

    def __init__(self, sources: Collection[str], outcomes: Collection[str]) -> None:
        self._sources = sources
        self._outcomes = outcomes

    def holds(self, ended: Ended) -> bool:
        is_named = not self._sources or ended.source in self._sources
        return is_named and (not self._outcomes or ended.outcome in self._outcomes)


def _named(file: Path, sources: Sequence[str]) -> list[str]:
    """The names that may come; raises `SourcesError` where one that is asked for is not in the file."""
    known = [source.name for source in load_sources(file)]
    for name in sources:
        if name not in known:
            raise SourcesError(f"{file}: there is no source {name!r}{nearest(name, known)}")
    return list(sources) or known


def _all(settings: Settings) -> Iterator[Ended | None]:
    """Pages as they end, and None now and then; for ever, whatever comes and goes meanwhile."""
    was_there = is_away = False
    while True:
        try:
            if url := settings.redis_url or _embedded(settings.home):
                for ended in _at(url, settings):
                    if is_away:
                        say("following" + ("; what ended meanwhile is not shown" * was_there))
                    was_there, is_away = True, False
                    yield ended
        except (RedisError, StateUnavailable):
            if settings.redis_url and not was_there:
                raise  # the address, or the password, is wrong
        if not is_away:
            say("the server is not there; waiting for it")
            is_away = True
        yield None
        time.sleep(_LOOK_SECONDS)


def _at(url: str, settings: Settings) -> Iterator[Ended | None]:
    """Pages as they end on a server; raises where it is lost."""
    # No patience: whoever waits is told at once.
    state = open_state(url, settings, patience=0)
    try:
        yield from state.endings.follow(_LOOK_SECONDS)
    finally:
        state.client.close()


def _embedded(home: Path) -> str | None:
    """The address of the server that runs in a home; None where none does."""
    server = EmbeddedServer(home)
    return server.url if server.is_running() else None


def _refuse_to_write_to_nobody() -> None:
    """Raise `BrokenPipeError` where whoever read the output has gone, and not only when there is more of it."""
    watched = select.poll()
    watched.register(sys.stdout, 0)
    if any(event & (select.POLLERR | select.POLLHUP) for _, event in watched.poll(0)):
        raise BrokenPipeError


def _put(ended: Ended, widest: int) -> None:
    original = ended.record.get("duplicate_of")
    reason = f"of {original}" if original else ended.reason
    put_columns(
        (datetime.fromtimestamp(ended.at, UTC).strftime("%H:%M:%S"), "dim"),
        (f"{ended.outcome:<{_WIDEST_OUTCOME}}", _COLOURS.get(ended.outcome)),
        (f"{ended.source:<{widest}}", None),
        *([(reason, None)] if reason else []),
        (ended.url, None),
    )


def _as_json(ended: Ended) -> dict[str, Any]:
    return {
        "at": stamp(ended.at),
        "source": ended.source,
        "outcome": ended.outcome,
        "reason": ended.record.get("reason") or ended.reason,
        "url": ended.url,
        "id": ended.text_id or ended.record.get("id") or None,
        "duplicate_of": ended.record.get("duplicate_of"),
        "original_url": ended.record.get("original_url"),
    }
