"""What commands print: results on standard output, all else on standard error."""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

notes = Console(stderr=True, highlight=False, soft_wrap=True)
"""For progress and remarks."""


def harmless(text: str) -> str:
    """The text with whatever could command a terminal written out: addresses come from strangers."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def say(text: str) -> None:
    """A remark for the person at the terminal; what stands in it is never taken for markup."""
    notes.print(harmless(text), markup=False)


def put(text: str) -> None:
    """A line of the result."""
    sys.stdout.write(harmless(text) + "\n")
    sys.stdout.flush()


def put_json(value: Mapping[str, Any]) -> None:
    """One JSON object, on one line; what could command a terminal is spelt as JSON spells it."""
    line = json.dumps(value, ensure_ascii=False)
    # Most lines are: a text of a megabyte is not looked at letter by letter for nothing.
    if not line.isprintable():
        line = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def put_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A table that fits the terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Site names and addresses may hold brackets, which are not markup here.
        table.add_row(*(harmless(str(cell)).replace("[", r"\[") for cell in row))
    Console(highlight=False).print(table)


def counted(number: int, noun: str) -> str:
    """`1 page`, `2 pages`."""
    if number == 1:
        return f"{number} {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("try") else f"{number} {noun}s"


def moment(seconds: float | None) -> str:
    """A time for a person, in UTC to the second; empty for none."""
    if not seconds:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def stamp(seconds: float | None) -> str | None:
    """The same for a program: RFC 3339, or null."""
    if not seconds:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
