"""The blocks of a page that a reader copies, runs or compares. Pure.

A comment above a block says how it is run, where that is not "as it stands, to its end, without a failure":

    <!-- run: second terminal -->      it goes on while the page does; `third terminal`, ...
    <!-- run: fails -->                its exit code is not 0
    <!-- run: not here: WHY -->        a test cannot run it
    <!-- file: NAME -->                the reader saves it under that name

A comment `<!-- press Enter: second terminal -->` stands for what it says. A block of `text` that directly follows one of `sh`
is what that prints; a line `...` in it stands for any lines, and in a line for anything.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from textwrap import dedent

_COMMENT = re.compile(r"\s*<!-- (.+?) -->\s*")
_FENCE = re.compile(r"(\s*)```(\w*)\s*")
_ENTER = "press Enter: "
_ELSEWHERE = "terminal"


@dataclass(frozen=True, slots=True)
class Block:
    """What is done at one place of a page."""

    line: int
    """Of the page, from 1."""
    kind: str
    """`sh`, `python`, `text`, ... or `enter`."""
    text: str
    """To be run, or saved; of `enter`, the terminal."""
    how: str = ""
    """What the comment above says."""
    prints: str | None = None
    """What is shown of its output; None where nothing is."""

    @property
    def is_run(self) -> bool:
        """Whether it is a command."""
        return self.kind == "sh" and not self.why_not

    @property
    def why_not(self) -> str:
        """Why a test cannot run it; empty where it can."""
        return self.how.partition("run: not here: ")[2]

    @property
    def fails(self) -> bool:
        """Whether the page says that it fails."""
        return self.how == "run: fails"

    @property
    def terminal(self) -> str:
        """The terminal in which it goes on; empty where its end is waited for."""
        name = self.how.removeprefix("run: ")
        return name if name.endswith(_ELSEWHERE) else ""

    @property
    def file(self) -> str:
        """The name under which it is saved; empty where it is not."""
        return self.how.removeprefix("file: ") if self.how.startswith("file: ") else ""


def blocks(page: str) -> list[Block]:
    """The blocks of a page, in its order."""
    found: list[Block] = []
    follows = False
    for block in _raw(page):
        if follows and block.kind == "text" and not block.how:
            found[-1] = replace(found[-1], prints=block.text)
            follows = False
        elif block.kind:
            found.append(block)
            follows = block.is_run
        else:
            follows = False
    return found


def _raw(page: str) -> Iterator[Block]:
    """All blocks, and for each line of prose one without a kind."""
    how, lines = "", enumerate(page.splitlines(), start=1)
    for number, line in lines:
        if comment := _COMMENT.fullmatch(line):
            how = comment[1]
            if how.startswith(_ENTER):
                yield Block(number, "enter", how.removeprefix(_ENTER))
                how = ""
        elif fence := _FENCE.fullmatch(line):
            text = "\n".join(_until(f"{fence[1]}```", lines))
            yield Block(number, fence[2] or "text", dedent(text), how)
            how = ""
        elif line.strip():
            yield Block(number, "", "")
            how = ""


def _until(end: str, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _, line in lines:
        if line.rstrip() == end:
            return
        yield line
