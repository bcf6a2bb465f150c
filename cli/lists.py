"""The commands that bring lists of sources in and out: import, export."""

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands import command
from cli.failure import Failure
from cli.input import opened
from cli.output import counted, put, put_json, say
from config.logging import set_up_logging
from config.settings import SettingsError, load_settings
from config.sources import load_sources

if TYPE_CHECKING:
    from crawler.discovery.opml import Outline
    from crawler.survey.imported import Import

_LARGEST = 10 * 2**20
_PAUSE = 2.0


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(
        app,
        import_,
        ("copydesk import feeds.opml", "a source for each feed"),
        ("copydesk import addresses.txt --look", "look at each as `add` does"),
        ("copydesk import - --dry-run < feeds.opml", "print them, and change nothing"),
        name="import",
    )
    command(
        app,
        export,
        ("copydesk export > feeds.opml", "the feeds, for any reader"),
        ("copydesk export --urls --all", "a URL a line, paused sources too"),
    )


def import_(
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="OPML, or a URL a line; - is standard input.")
    ],
    look: Annotated[
        bool,
        typer.Option("--look", help="Look at each as `copydesk add` does, which takes its time."),
    ] = False,
    delay: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0, help="Between two requests of a look, and later."),
    ] = _PAUSE,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the sources, and change no file.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object; with --look, one for each source.")
    ] = False,
) -> None:
    """Append a source to the sources file for each feed or address of a list.

    Nothing is fetched: a feed is read as it is, and of an address the first crawl finds the listings. With
    --look each is looked at first, and comes with all that `copydesk add` finds. What a source covers
    already is passed over, and said.
    """
    settings = load_settings()
    set_up_logging(settings)
    outlines = _outlines(file, _read(file))
    there = load_sources(settings.sources) if settings.sources.exists() else ()
    from crawler.survey.imported import to_import  # noqa: PLC0415

    found = to_import(outlines, there)
    if look:
        failed = _look_at_each(found, delay, dry_run=dry_run, as_json=as_json)
    else:
        failed = []
        _put_in(settings.sources, found, dry_run=dry_run, as_json=as_json)
    for line in (*found.passed_over, *found.problems, *failed):
        say(line)
    if problems := len(found.problems) + len(failed):
        raise Failure(f"{counted(problems, 'entry')} of {file} could not be taken")


def _put_in(file: Path, found: "Import", *, dry_run: bool, as_json: bool) -> None:
    from config.sources_written import add_to_file, source_table  # noqa: PLC0415

    both = zip(found.sources, found.comments, strict=True)
    tables = [source_table(fields, comment=comment) for fields, comment in both]
    written = bool(tables) and not dry_run
    if written:
        add_to_file(file, tables)
    if as_json:
        told = {"passed_over": list(found.passed_over), "problems": list(found.problems)}
        put_json(
            {"sources": list(found.sources), **told, "written": str(file) if written else None}
        )
    elif dry_run:
        for line in "\n".join(tables).splitlines():
            put(line)
    if written:
        say(f"{counted(len(tables), 'source')} written to {file}")
    elif not tables:
        say(f"nothing new for {file}")


def _look_at_each(found: "Import", delay: float, *, dry_run: bool, as_json: bool) -> list[str]:
    """Each by a command of its own, so that no page ends more than its own; those that failed."""
    failed = []
    for number, fields in enumerate(found.sources, start=1):
        url = next(iter(fields.get("feeds", ())), "") or fields["start"]
        say(f"{number} of {len(found.sources)}: {url}")
        options = [
            "--name",
            fields["name"],
            "--delay",
            str(delay),
            *(["--dry-run"] if dry_run else []),
            *(["--json"] if as_json else []),
        ]
        done = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "cli", "add", url, *options], check=False
        )
        if done.returncode:
            failed.append(f"{url} was not added")
        time.sleep(delay)  # the next may be at the same host
    return failed


def _read(file: str) -> bytes:
    with opened(file) as readable:
        body = readable.read(_LARGEST + 1)
    if len(body) > _LARGEST:
        raise SettingsError(f"{file}: has over {_LARGEST >> 20} MiB")
    return body


def _outlines(file: str, body: bytes) -> "list[Outline]":
    from crawler.discovery.encoding import decoded, encoding_of  # noqa: PLC0415
    from crawler.discovery.opml import NotOpml, read_opml  # noqa: PLC0415
    from crawler.survey.imported import read_lines  # noqa: PLC0415

    text = "".join(decoded([body], encoding_of(body)))
    if not text.lstrip("\ufeff \t\r\n").startswith("<"):
        return read_lines(text)
    try:
        return read_opml(body)
    except NotOpml as error:
        raise SettingsError(f"{file}: this is no OPML that can be read: {error}") from None


def export(
    opml: Annotated[bool, typer.Option("--opml", help="As OPML, which is the default.")] = False,
    urls: Annotated[bool, typer.Option("--urls", help="As a list of addresses instead.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Those that are not enabled, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Print the enabled sources, in the order of the file: as OPML, or a URL a line.

    A source has an outline for each of its feeds; one without feeds is a link to its start. What else a
    source says has no place in OPML: copy the sources file to keep that.
    """
    if opml and urls:
        raise SettingsError("--opml, --urls: allowed is one of them")
    from crawler.discovery.opml import write_opml  # noqa: PLC0415
    from crawler.survey.imported import to_export  # noqa: PLC0415

    sources = [one for one in load_sources(load_settings().sources) if one.enabled or every]
    outlines = to_export(sources)
    if as_json:
        for source in sources:
            put_json(source.model_dump(mode="json", exclude_defaults=True))
    else:
        lines = (
            (one.feed or one.site for one in outlines) if urls else write_opml("Copydesk", outlines)
        )
        for line in lines:
            put(line)
