"""What commands print: results on standard output, all else on standard error.

Colours are for terminals alone, and not where NO_COLOR is set. What draws tables takes a while to load, and
is loaded where there is one.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any, Literal, TextIO

WIDTH = 80
"""Columns of what is not written to a terminal."""
_WHOLE = 16
_COLOURS = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "cyan": 36}
Colour = Literal["bold", "dim", "red", "green", "yellow", "cyan"]


def harmless(text: str) -> str:
    """The text with whatever could command a terminal written out: addresses come from strangers."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def say(text: str) -> None:
    """A remark for the person at the terminal."""
    sys.stderr.write(harmless(text) + "\n")
    sys.stderr.flush()


def put(text: str, *, colour: Colour | None = None) -> None:
    """A line of the result."""
    sys.stdout.write(coloured(harmless(text), colour) + "\n")
    sys.stdout.flush()


def put_columns(*columns: tuple[str, Colour | None]) -> None:
    """A line of the result, of several parts with a colour of their own."""
    shown = (coloured(harmless(text), colour) for text, colour in columns)
    sys.stdout.write("  ".join(shown) + "\n")
    sys.stdout.flush()


def put_wrapped(text: str, indent: str = "  ") -> None:
    """A text of the result, in lines that fit; words stay whole, addresses among them."""
    for line in wrap(harmless(text), width(), initial_indent=indent, subsequent_indent=indent,
                     break_long_words=False, break_on_hyphens=False):  # fmt: skip
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


def put_whole(text: str, indent: str = "  ") -> None:
    """A line that may be long, such as an address: folded on a terminal, and whole for a program."""
    shown = harmless(text)
    room = max(width() - len(indent), 1) if sys.stdout.isatty() else max(len(shown), 1)
    for start in range(0, len(shown), room):
        sys.stdout.write(indent + shown[start : start + room] + "\n")
    sys.stdout.flush()


def width() -> int:
    """The columns that there are on standard output."""
    return get_terminal_size((WIDTH, 24)).columns if sys.stdout.isatty() else WIDTH


def has_colours(stream: TextIO) -> bool:
    """Whether a person looks at it, and wants colours."""
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not is_plain


def coloured(text: str, colour: Colour | None) -> str:
    """The text as it is written to standard output."""
    if colour is None or not has_colours(sys.stdout):
        return text
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


def put_json(value: Mapping[str, Any]) -> None:
    """One JSON object, on one line; what could command a terminal is spelt as JSON spells it."""
    line = json.dumps(value, ensure_ascii=False)
    # Most lines are: a text of a megabyte is not looked at letter by letter for nothing.
    if not line.isprintable():
        line = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def put_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, gap: int = 2) -> None:
    """A table that fits the terminal, or 80 columns: numbers to the right, what is short stays whole."""
    from rich.console import Console  # noqa: PLC0415 - takes a while to load
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    kept = [list(row) for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, gap, 0, 0))
    for number, column in enumerate(columns):
        cells = [row[number] for row in kept]
        is_number = bool(cells) and all(isinstance(cell, int) for cell in cells)
        longest = max([len(column), *(len(str(cell)) for cell in cells)])
        table.add_column(
            column,
            overflow="fold",
            justify="right" if is_number else "left",
            no_wrap=longest <= _WHOLE,
        )
    for row in kept:
        table.add_row(*(Text(harmless(str(cell))) for cell in row))
    console = Console(highlight=False, width=width())
    with console.capture() as drawn:
        console.print(table)
    # The last column is filled up with blanks, which a program has no use for.
    for line in drawn.get().splitlines():
        sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


def short(outcome: str) -> str:
    """An outcome as a table of all of them has room for it."""
    return outcome.replace("near-duplicate", "near-dup.")


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
