"""How the demo lays out what it shows: plain text, 80 columns, the same on every terminal."""

import textwrap
from collections.abc import Mapping
from typing import Any

from crawler.document import parse
from crawler.outcome import Outcome
from demo.promise import Counts

WIDTH = 80
_HEADS = {Outcome.NEAR_DUPLICATE: "near-dup."}


def heading(text: str) -> str:
    """A line that opens a part."""
    return f"{f'== {text} ':=<{WIDTH}}"


def paragraph(text: str, indent: str = "") -> str:
    """Words, wrapped; an address is never broken."""
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def outcomes(counts: Counts) -> str:
    """The table of outcomes, a line a source and a sum that each page is in once."""
    heads = [_HEADS.get(outcome, outcome.value) for outcome in Outcome]
    total: dict[str, int] = {o: sum(of[o] for of in counts.values()) for o in Outcome}
    rows = [("source", [*heads, "pages"])]
    for source, of in {**counts, "total": total}.items():
        numbers = [of[outcome] for outcome in Outcome]
        rows.append((source, [str(n) if n else "." for n in [*numbers, sum(numbers)]]))
    widths = [len(head) for head in [*heads, "pages"]]
    return "\n".join(
        f"{name:<9}" + "".join(f" {c:>{w}}" for c, w in zip(cells, widths, strict=True))
        for name, cells in rows
    )


def file(path: str, text: str) -> str:
    """A file to the byte, between two rulers that are not part of it."""
    return f"{f'--8<-- {path} ':-<{WIDTH}}\n{text}\n{'-->8--':-<{WIDTH}}"


def duplicate(record: Mapping[str, Any]) -> str:
    """What was found to be known, of what, and why."""
    fate = "queued all the same" if record["queued"] else "not queued"
    return "\n".join(
        [
            f"{record['outcome']}, {fate}",
            f"  {record['url']}",
            f"  known from {record['original_url']}",
            paragraph(record["reason"], "  "),
        ]
    )


def delivery(entry: Mapping[str, Any]) -> str:
    """What a consumer received, of its text the first words only."""
    names = ("outcome", "source", "language", "title", "url", "published", "path")
    opening = textwrap.shorten(parse(entry["text"]).body, WIDTH - 14, placeholder=" ...")
    fields = [(name, entry[name]) for name in names] + [("text", opening)]
    return "\n".join(f"  {name:<10} {value}" for name, value in fields)


def reasons(source: str, counts: Mapping[str, int]) -> str:
    """Why pages of a source came to nothing, a line each: `rejected: listing`."""
    return "\n".join(
        f"  {source:<9} {count:>2}  {': '.join(reason.split(' ', 1))}"
        for reason, count in sorted(counts.items())
    )
