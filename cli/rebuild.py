"""The command that makes the state anew from the files: rebuild."""

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands import command
from cli.failure import Failure
from cli.output import counted, put, put_json, say
from cli.progress import progress
from cli.session import session

if TYPE_CHECKING:
    from workers.recovery.rebuild import Rebuilt


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        rebuild,
        ("copydesk rebuild", "after the loss of Redis"),
        ("copydesk rebuild --outbox", "and publish every document anew"),
    )


def rebuild(
    outbox: Annotated[
        bool,
        typer.Option("--outbox", help="Publish every document that the outbox does not hold."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on standard output.")
    ] = False,
) -> None:
    """Make marks, index, numbers and revisions anew from the files, after the loss of Redis.

    Every file is proven on the way; what is not as it was written is named, and left as it is. May be
    run at any time, and while the service runs. A store that was another service's is this one's from then on.
    """
    from workers.recovery.rebuild import Rebuild  # noqa: PLC0415 - what it needs takes a while to load
    from workers.recovery.settle import StateLost  # noqa: PLC0415 - as above

    began = time.monotonic()
    with session(migrates=True) as opened:
        settings = opened.service.settings
        spare = 0 if opened.is_own_server else settings.ingest_processes * settings.batch_pages
        with progress("texts") as shown:

            def show(done: int, total: int) -> None:
                shown.show(done, max(done, total))

            try:
                told = Rebuild(opened.service, outbox=outbox, spare=spare, progress=show).run()
            except StateLost as error:
                raise Failure(str(error)) from None
    seconds = time.monotonic() - began
    if as_json:
        put_json(asdict(told) | {"seconds": round(seconds, 1)})
    else:
        _show(told, seconds)
    sys.exit(1 if told.problems else 0)


def _show(told: "Rebuilt", seconds: float) -> None:
    for problem in told.problems:
        put(f"{problem.path}: {problem.problem}")
    put(
        f"{counted(told.documents, 'document')} and {counted(told.duplicates, 'dropped text')} "
        f"in {seconds:.0f} s; {told.entered} were unknown, {told.published} published"
    )
    if told.taken_over:
        say(
            "the store is this server's now; a service that works on it with another one stops within a minute or two"
        )
    if told.owed:
        say(f"{counted(told.owed, 'text')} on the way: the service ends them")
    if told.problems:
        say(f"{counted(len(told.problems), 'path')} left as they are: see above")
