"""From the extractor's element tree to the blocks of a body: paragraphs, lists, tables."""

import re
from collections.abc import Iterator

from lxml.etree import _Element

_CONTAINERS = frozenset({"div", "p", "head", "quote", "item", "cell", "row"})
_BULLET = "- "
# Soft hyphens, places where a line may or must not end. Joiners stay: they change letters.
_LAYOUT = re.compile("[\xad\u200b\u2060\ufeff]")


def blocks(element: _Element) -> list[str]:
    """The blocks of text in an element, in reading order; none is empty.

    A list is one block with a line `- x` an item, a table one with a line a row and cells parted
    by ` | `. One line break stays; two in a row part blocks, as old pages part paragraphs.
    A list or table that only lays paragraphs out gives them up as blocks of their own.
    """
    return [block for part in _parts(element) for block in _blocks_of(part)]


def _parts(element: _Element) -> Iterator[str | _Element]:
    """Runs of inline text and the block elements between them."""
    run = _inline(element.text)
    for child in element:
        if child.tag == "lb":
            run += "\n"
        elif child.tag in _CONTAINERS or child.tag in ("list", "table"):
            yield run
            yield child
            run = ""
        else:
            run += _inline("".join(child.itertext()))
        run += _inline(child.tail)
    yield run


def _inline(text: str | None) -> str:
    """White space in the source parts words and nothing else; what is there for layout goes."""
    if not text:
        return ""
    inner = " ".join(_LAYOUT.sub("", text).split())
    before = " " if text[0].isspace() else ""
    return f"{before}{inner} " if inner and text[-1].isspace() else f"{before}{inner}"


def _blocks_of(part: str | _Element) -> list[str]:
    if isinstance(part, str):
        return _paragraphs(part)
    if part.tag == "list":
        return _list(part)
    if part.tag == "table":
        return _table(part)
    return blocks(part)


def _paragraphs(run: str) -> list[str]:
    lines = "\n".join(" ".join(line.split()) for line in run.split("\n"))
    return [part for part in re.split("\n\n+", lines.strip("\n")) if part]


def _list(element: _Element) -> list[str]:
    items = [blocks(item) for item in element]
    if any(sum(not block.startswith(_BULLET) for block in item) > 1 for item in items):
        return [block for item in items for block in item]
    lines = [_item(block) for item in items for block in item]
    return ["\n".join(lines)] if lines else []


def _item(block: str) -> str:
    """A nested list brings its own lines."""
    return block if block.startswith(_BULLET) else _BULLET + block.replace("\n", " ")


def _table(element: _Element) -> list[str]:
    rows = [[blocks(cell) for cell in row] for row in element]
    if _is_layout(rows):
        return [block for row in rows for cell in row for block in cell]
    lines = (" | ".join(" ".join(cell).replace("\n", " ") for cell in row) for row in rows)
    return ["\n".join(line.strip(" |") for line in lines if line.strip(" |"))]


def _is_layout(rows: list[list[list[str]]]) -> bool:
    several_blocks = any(len(cell) > 1 for row in rows for cell in row)
    return several_blocks or sum(sum(map(bool, row)) > 1 for row in rows) < 2
