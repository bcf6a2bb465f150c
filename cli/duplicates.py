"""The command that says which documents were dropped or linked, and why."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.commands import command
from cli.output import put, put_json, put_whole, put_wrapped, say
from cli.session import session
from config.settings import SettingsError
from crawler.document import is_id


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        duplicates,
        ("copydesk duplicates", "all of the last weeks"),
        ("copydesk duplicates b8cf8cd10981ff62", "of one document"),
    )


def duplicates(
    text_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Only of this document.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, one object a line.")] = False,
) -> None:
    """Which documents were dropped or linked, to which original, and why."""
    if text_id is not None and not is_id(text_id):
        raise SettingsError(f"{text_id!r} is no id: allowed are 16 hex digits")
    with session() as opened:
        records = list(opened.service.state.ledger.duplicates(text_id))
    for record in records:
        if as_json:
            put_json(record)
        else:
            _show(record)
    if not records and not as_json:
        say("no duplicates are on record" if text_id is None else f"nothing on record of {text_id}")


def _show(record: Mapping[str, Any]) -> None:
    became = "queued, and linked" if record["queued"] else "dropped"
    put(f"{record['outcome']}, {became}: {record['source']}, {record['id']}", colour="bold")
    put_whole(record["url"])
    put(f"  of {record['duplicate_of']},")
    put_whole(record["original_url"])
    put_wrapped(record["reason"])
