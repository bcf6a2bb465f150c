"""Links in Markdown: where they lead, and where they shall lead instead. Pure."""

import re
from collections.abc import Callable, Iterator

# Links and pictures whose target is in round brackets, which is the only kind that the pages have.
_LINK = r"(?<=\]\()[^()\s]+(?=\))"
_FENCE = re.compile(r"\s*(```+|~~~+)")
_LINK_OR_CODE = re.compile(rf"(?P<link>{_LINK})|(`+)(?!`).+?(?<!`)\2(?!`)")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def is_foreign(target: str) -> bool:
    """Whether a link leads out of the repository: `https://...`, `mailto:...`."""
    return _SCHEME.match(target) is not None


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not in a fenced block, each with its number from 0."""
    fence = ""
    for number, line in enumerate(text.splitlines()):
        opening = _FENCE.match(line)
        if opening and not fence:
            fence = opening[1]
        elif opening and opening[1].startswith(fence):
            fence = ""
        elif not fence:
            yield number, line


def targets(text: str) -> Iterator[tuple[int, str]]:
    """The targets of all links, each with the number of its line from 1; none from a piece of code."""
    for number, line in prose(text):
        for found in _LINK_OR_CODE.finditer(line):
            if found["link"]:
                yield number + 1, found["link"]


def redirected(text: str, change: Callable[[str], str]) -> str:
    """The text with each target of a link changed, but for those in code."""

    def changed(found: re.Match[str]) -> str:
        return change(found["link"]) if found["link"] else found[0]

    lines = text.splitlines()
    for number, line in prose(text):
        lines[number] = _LINK_OR_CODE.sub(changed, line)
    return "\n".join(lines) + "\n"
