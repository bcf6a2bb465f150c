"""The command `copydesk`, and the commands that it has."""

import os
import sys
from typing import Annotated

import typer

from cli.commands import LoadedWhenCalled, Place, written
from cli.output import harmless

_SETTING = "COPYDESK_"


class Copydesk(LoadedWhenCalled):
    """What there is, and where."""

    sections = {  # noqa: RUF012 - as its parent has it
        "The service": {
            "up": Place("cli.operation", "Run the whole service; Ctrl-C ends it."),
            "once": Place("cli.operation", "Crawl each source once, to the end."),
            "crawl": Place("cli.operation", "Ask the running service for a crawl."),
            "status": Place("cli.status", "How the service is, and the last day."),
            "tail": Place("cli.tail", "Follow how pages end, live."),
            "metrics": Place("cli.metrics", "The metrics, as Prometheus reads them."),
            "dashboard": Place("cli.dashboard", "Pages and buttons for a browser."),
        },
        "Sources": {
            "sources": Place("cli.sources", "Schedule, last crawl, yield, alarms."),
            "add": Place("cli.add", "Look at a site, and make a source of it."),
            "backfill": Place("cli.backfill", "Take in a source's older articles."),
            "coverage": Place("cli.coverage", "Per day: what was covered, and what was missed."),
            "import": Place("cli.lists", "Make sources of OPML, or of a list of addresses."),
            "export": Place("cli.lists", "Print the sources as OPML, or as a list of addresses."),
        },
        "Documents": {
            "consume": Place("cli.documents", "Take documents, as JSON lines."),
            "groups": Place("cli.groups", "How far consumer groups are; let one go."),
            "redeliver": Place("cli.redeliver", "Give a group documents once more."),
            "extract": Place("cli.documents", "Print the document of one page."),
            "duplicates": Place("cli.duplicates", "What was dropped or linked, and why."),
            "diff": Place("cli.diff", "What was changed between two revisions."),
        },
        "When something is wrong": {
            "doctor": Place("cli.doctor", "Check all that is needed, and say what to do."),
            "quarantine": Place("cli.quarantine", "What failed for good, why; try again."),
            "replay": Place("cli.replay", "Extract archived pages again."),
            "rebuild": Place("cli.rebuild", "Make the server's state anew from the files."),
        },
    }


app = typer.Typer(
    cls=Copydesk,
    help="Visits news sites on a schedule and hands each new article, once, to whoever consumes it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=written(
        ("copydesk add https://news.example.org/", "make a source of a site"),
        ("copydesk once", "crawl it, now, and see what comes"),
        ("copydesk up", "from then on by itself"),
        ("copydesk consume --group mine", "take the documents"),
        ("copydesk --install-completion", "names on TAB, in bash, zsh and fish"),
    ),
)


def _version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version  # noqa: PLC0415 - it takes as long as all else here

        sys.stdout.write(f"copydesk {version('copydesk')}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[  # noqa: ARG001 - it has been shown by then
        bool,
        typer.Option("--version", is_eager=True, callback=_version, help="Show which one this is."),
    ] = False,
) -> None:
    """What holds for every command: a variable that is like a setting, and is none, is said."""
    if any(name.upper().startswith(_SETTING) for name in os.environ):
        from config.settings import misspelt  # noqa: PLC0415 - few calls have such variables

        for line in misspelt(os.environ):
            sys.stderr.write(f"copydesk: {harmless(line)}\n")


def main() -> None:
    """Run a command. Exit 0 done, 1 something failed, 2 the call or the configuration is wrong."""
    try:
        app(prog_name="copydesk")
    except Exception as error:
        # What it takes to tell errors apart is loaded where there is one.
        from cli.ends import end_of  # noqa: PLC0415

        end = end_of(error)
        if end is None:
            raise
        for line in end.message.splitlines():
            sys.stderr.write(f"copydesk: {harmless(line)}\n")
        sys.exit(end.code)
    except KeyboardInterrupt:
        sys.exit(130)
