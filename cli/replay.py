"""The command that extracts archived pages again: replay."""

import fcntl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands import command
from cli.completion import source_names
from cli.failure import Failure
from cli.operation import settled, void_leases
from cli.output import counted, put, put_json, say
from cli.progress import progress
from cli.session import Session, session
from config.settings import Settings, SettingsError, load_settings
from config.sources import SourcesError, load_sources
from workers.queue.process import stop_signal

if TYPE_CHECKING:
    from workers.replay.run import Replayed


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        replay,
        ("copydesk replay", "all that is archived"),
        ("copydesk replay --source example --since 2026-11-01", "some of it"),
    )


def replay(
    source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Only this source; may be given several times.",
            autocompletion=source_names,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="Only what was fetched on that UTC day (2026-11-27) or later."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on standard output.")
    ] = False,
) -> None:
    """Extract archived pages again: a text that has changed becomes a revision, all else stays.

    May be run while the service runs. What was interrupted goes on at the next run.
    """
    began = time.monotonic()
    settings = load_settings()
    names, moment, folder = _named(settings, source or []), _moment(since), _folder(settings)
    with _alone(folder), session(_quiet(settings)) as opened:
        if opened.is_own_server:
            void_leases(opened)
        settled(opened)
        told = _run(opened, folder, names, moment)
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        put_json(
            {"pages": told.tally.pages}
            | told.tally.to_json()
            | {"whole": told.is_whole, "went_on": told.went_on, "seconds": seconds}
        )
    else:
        _show(told, seconds)
    sys.exit(0 if told.is_whole and not told.tally.failed else 1)


def _run(opened: Session, folder: Path, names: list[str], since: datetime | None) -> "Replayed":
    from workers import fault  # noqa: PLC0415 - what it needs takes a while to load
    from workers.replay.run import Replay  # noqa: PLC0415

    fault.arm(opened.service.settings)
    stopped = stop_signal()
    with progress("files") as shown:

        def show(what: str, done: int, total: int) -> None:
            shown.show(done, total, what)

        told = Replay(opened.service, folder, names, since, progress=show).run(stopped)
    if told.tally.is_stuck:
        say("pages wait, and do not end: see the errors above; the next run goes on")
    elif stopped.is_set() and not told.is_whole:
        say("stopped; the next run goes on")
    return told


def _named(settings: Settings, names: list[str]) -> list[str]:
    """The sources asked for, paused ones too: their pages are there all the same."""
    known = [source.name for source in load_sources(settings.sources)]
    for name in names:
        if name not in known:
            allowed = ", ".join(known) or "none: the file has no source"
            raise SourcesError(
                f"{settings.sources}: no source {name!r}; allowed is one of {allowed}"
            )
    return list(dict.fromkeys(names)) or known


def _moment(since: str | None) -> datetime | None:
    if since is None:
        return None
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        raise SettingsError(
            f"--since {since}: allowed is a day, 2026-11-27, or a time, 2026-11-27T12:00:00Z"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _folder(settings: Settings) -> Path:
    folder = settings.archive_folder
    if folder is None:
        raise SettingsError("COPYDESK_ARCHIVE = off: no page is kept that could be extracted again")
    if not folder.is_dir():
        raise Failure(f"nothing is archived yet in {folder.absolute()}")
    return folder


def _quiet(settings: Settings) -> Settings:
    """Of single pages nothing is said but what goes wrong, unless a person asked for more."""
    if "log_level" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"log_level": "ERROR"})


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One replay an archive; a second one would do no harm, and no good."""
    with (folder / ".replay.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f"another replay is at work on {folder.absolute()}") from None
        yield


def _show(told: "Replayed", seconds: float) -> None:
    tally = told.tally
    if told.went_on:
        say("went on where the run before had ended; it is counted too")
    changed = ", ".join(f"{n} {outcome}" for outcome, n in sorted(tally.outcomes.items()) if n)
    put(
        f"{counted(tally.pages, 'page')} in {seconds:.0f} s: {tally.same} with the same text, "
        f"{changed or 'no other one'}"
    )
    kept = (
        (tally.known, "with another text that is kept already"),
        (tally.no_article, "without an article"),
        (tally.superseded, "of URLs that have a later text"),
        (tally.owed, "on their way in the service"),
        (tally.vanished, "gone with their file"),
    )
    for count, what in kept:
        if count:
            put(f"  {count} {what}")
    for problem in tally.failed:
        put(f"failed: {problem}")
