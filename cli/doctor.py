"""The command that checks all that is needed."""

import sys
from collections import Counter
from collections.abc import Iterator
from textwrap import wrap
from typing import Annotated

import typer

from cli.checks import files, machine, server
from cli.checks.finding import Finding, Verdict, wrong
from cli.commands import command
from cli.completion import enabled_names
from cli.output import Colour, coloured, harmless, put_json, say, width
from config.settings import Settings, SettingsError, load_settings
from config.sources import Source
from config.wording import nearest

_COLOURS: dict[Verdict, Colour] = {
    Verdict.OK: "green",
    Verdict.WARNING: "yellow",
    Verdict.WRONG: "red",
}
_MISCONFIGURED = {"settings", "sources"}
_WIDEST = 14
_INDENT = " " * 9


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        doctor,
        ("copydesk doctor", "all of it"),
        ("copydesk doctor --source example", "of the sites that one alone"),
        ("copydesk doctor --offline", "no site is asked"),
        ("copydesk doctor --json", "for a program"),
    )


def doctor(
    source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Ask this source's hosts alone; may be given several times.",
            autocompletion=enabled_names,
        ),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no site.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Check all that the service needs, and say what to do where something is missing.

    Looks at Python, settings, the sources file, store, archive, disk, server, clock, Chromium where a source
    renders, network, and the robots.txt of each source. Starts nothing and changes nothing. Exit 0 where
    nothing is wrong, 1 where something is, 2 where settings or the sources file are.
    """
    found = []
    for finding in _findings(source or [], offline=offline):
        found.append(finding)
        if not as_json:
            _put(finding)
    counts = Counter(finding.verdict for finding in found)
    if as_json:
        checks = [
            {"check": one.check, "verdict": one.verdict, "told": one.told, "advice": one.advice}
            for one in found
        ]
        put_json(
            {"checks": checks, "counts": {verdict.value: counts[verdict] for verdict in Verdict}}
        )
    else:
        say(f"{counts[Verdict.WRONG]} wrong, {counts[Verdict.WARNING]} to know of")
    sys.exit(_code(found))


def _findings(names: list[str], *, offline: bool) -> Iterator[Finding]:
    yield from machine.of_python()
    try:
        settings = load_settings()
    except SettingsError as error:
        for line in str(error).splitlines():
            yield wrong(
                "settings", line, "see .env.example; all else is looked at when this is mended"
            )
        return
    yield from machine.of_settings(settings)
    about, sources = machine.of_sources(settings)
    yield from about
    asked = _chosen(sources, names, settings)
    yield from _readable("store", files.of_store(settings))
    yield from _readable("archive", files.of_archive(settings))
    yield from _readable("disk", files.of_disk(settings))
    yield from _readable("server", server.of_server(settings, sources))
    yield from machine.of_browser(settings, sources)
    if asked and not offline:
        from cli.checks import sites  # noqa: PLC0415 - Scrapy takes a second to load

        yield from sites.of_sites(settings, asked)


def _readable(check: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """What was found; that it cannot be looked at is a finding too."""
    try:
        yield from findings
    except OSError as error:
        told = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        told, _, advice = (told or str(error)).partition("; ")
        yield wrong(
            check, told, advice or "run this as the service's user, or name another COPYDESK_HOME"
        )


def _chosen(sources: list[Source], names: list[str], settings: Settings) -> list[Source]:
    known = [source.name for source in sources]
    for name in names:
        if sources and name not in known:
            raise SettingsError(
                f"{settings.sources}: no enabled source {name!r}{nearest(name, known)}"
            )
    return [source for source in sources if not names or source.name in names]


def _put(finding: Finding) -> None:
    verdict = coloured(f"{finding.verdict:<7}", _COLOURS[finding.verdict])
    check = f"{harmless(finding.check):<{_WIDEST}}"
    lines = _wrapped(f"{check} {harmless(finding.told)}")
    if finding.advice:
        lines += _wrapped(f"-> {harmless(finding.advice)}", " " * (_WIDEST + 1))
    sys.stdout.write(f"{verdict}  {lines[0].lstrip()}\n")
    for line in lines[1:]:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _wrapped(text: str, first: str = "") -> list[str]:
    rest = _INDENT + " " * (_WIDEST + 1)
    return wrap(
        text,
        width(),
        initial_indent=_INDENT + first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _code(found: list[Finding]) -> int:
    bad = {finding.check for finding in found if finding.verdict is Verdict.WRONG}
    if bad & _MISCONFIGURED:
        return 2
    return 1 if bad else 0
