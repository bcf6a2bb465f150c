"""The command `quarantine`: pages that failed for good, and trying them again."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from cli.commands import Group, command, written
from cli.completion import source_names
from cli.output import counted, moment, put, put_json, say, stamp
from cli.session import session
from config.settings import Settings, load_settings
from config.sources import load_sources
from config.wording import shown
from workers.state.quarantine import Quarantined

_INDENT = "  "
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, one object a line.")]
Sources = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="NAME",
        help="Only of this source; may be given again.",
        autocompletion=source_names,
    ),
]


def add_to(root: typer.Typer) -> None:
    """Register the command, and its own."""
    listed = ("copydesk quarantine", "all that failed")
    of_one = ("copydesk quarantine --source example", "of one source")
    again = ("copydesk quarantine retry 5f3a", "by the beginning of its id")
    group = typer.Typer(
        cls=Group,
        callback=quarantine,
        invoke_without_command=True,
        rich_markup_mode=None,
        epilog=written(listed, of_one, again),
    )
    command(
        group,
        retry,
        again,
        ("copydesk quarantine retry --source example", "all of one source"),
        ("copydesk quarantine retry --all", "all"),
        does="Have pages tried again.",
    )
    root.add_typer(group, name="quarantine")


def quarantine(context: typer.Context, source: Sources = None, as_json: Json = False) -> None:
    """The pages that failed for good: id, time (UTC), reason, attempts, source, address.

    They are fetched no more until `copydesk quarantine retry` has them tried again.
    """
    context.obj = as_json
    if context.invoked_subcommand:
        if source:
            raise typer.BadParameter(f"--source goes behind `{context.invoked_subcommand}`")
        return
    with session() as opened:
        records = _of_sources(opened.service.state.quarantine.records(), source)
    for record in records:
        if as_json:
            put_json(_row(record))
        else:
            for line in _lines(record):
                put(line)
    if not as_json:
        say(
            f"{counted(len(records), 'page')} in quarantine; `copydesk quarantine retry ID...` tries again"
            if records
            else "nothing is in quarantine"
        )


def retry(
    context: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="As listed; its beginning will do."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is in quarantine.")] = False,
    source: Sources = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on standard output.")
    ] = False,
) -> None:
    """Try pages again: each is fetched anew, as if nothing had been tried before.

    The running service does so at once, else the next one does. The outcome `failed` that a page had
    stays counted; the new try ends in an outcome of its own. One that fails again comes back here,
    under the same id.
    """
    if sum(map(bool, (ids, everything, source))) != 1:
        raise typer.BadParameter("name pages by their ids, or say --all, or --source NAME")
    settings = load_settings()
    enabled = {one.name for one in load_sources(settings.sources) if one.enabled}
    with session(settings) as opened:
        room = opened.service.state.quarantine
        records = room.records()
        picked, errors = chosen(records, ids) if ids else (_of_sources(records, source), {})
        errors |= {r.id: _unwanted(r, settings) for r in picked if r.source not in enabled}
        wanted = [record for record in picked if record.source in enabled]
        found = room.retry([record.id for record in wanted], opened.service.clock())
    # Another call may have been quicker with some.
    retried = [record for record in wanted if record.id in found]
    if as_json or context.obj:
        pages = [{"id": r.id, "source": r.source, "url": r.url} for r in retried]
        put_json({"retried": pages, "errors": errors})
    elif retried or not errors:
        say(
            f"{counted(len(retried), 'page')} owed again; fetched by `copydesk up` or the next `once`"
        )
    for page_id, problem in errors.items():
        say(f"copydesk: {shown(page_id)}: {problem}")
    sys.exit(1 if errors else 0)


def _of_sources(records: Sequence[Quarantined], names: Sequence[str] | None) -> list[Quarantined]:
    return [record for record in records if not names or record.source in names]


def chosen(
    records: Sequence[Quarantined], ids: Sequence[str]
) -> tuple[list[Quarantined], dict[str, str]]:
    """The records with these ids or beginnings of one, each once; what is wrong with the others."""
    named: dict[str, Quarantined] = {}
    errors: dict[str, str] = {}
    for wanted in ids:
        found = [record for record in records if wanted and record.id.startswith(wanted.lower())]
        if len(found) == 1:
            named[found[0].id] = found[0]
        else:
            errors[wanted] = (
                f"{len(found)} ids in quarantine begin so; give more of it"
                if found
                else "nothing of this id is in quarantine; `copydesk quarantine` lists what is"
            )
    return list(named.values()), errors


def _unwanted(record: Quarantined, settings: Settings) -> str:
    return (
        f"its source {record.source!r} is not enabled in {settings.sources}; "
        "without it the page is fetched by nobody"
    )


def _row(record: Quarantined) -> dict[str, object]:
    return {
        "id": record.id,
        "source": record.source,
        "url": record.url,
        "reason": record.reason,
        "attempts": record.attempts,
        "when": stamp(record.at),
    }


def _lines(record: Quarantined) -> Iterator[str]:
    tries = counted(record.attempts, "attempt")
    yield f"{record.id}  {moment(record.at)}  {record.reason}, {tries}"
    text = f"{record.source}  {record.url}"
    # On a terminal an address is folded; elsewhere it stays on its line.
    width = shutil.get_terminal_size().columns - len(_INDENT) if sys.stdout.isatty() else len(text)
    for start in range(0, len(text), max(width, 1)):
        yield _INDENT + text[start : start + width]
