"""Whether what a page shows is what was printed. Pure."""

import re
from difflib import unified_diff

_ANY = "..."
# What differs from run to run: ports, times, days, the numbers of files, how long something took.
_VARIES = (
    (re.compile(r"127\.0\.0\.1:\d+"), "HOST"),
    (re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d| UTC)?)?"), "TIME"),
    (re.compile(r"\b\d\d-\d\d \d\d:\d\d\b"), "TIME"),
    (re.compile(r"\b\d{3}_(?=[0-9a-f]{16}\.)"), "NNN_"),
    (re.compile(r"\b\d+(\.\d+)? s\b"), "SECONDS"),
    (re.compile(r"/\S*/(?=(config|var)\b)"), "HERE/"),
    # How far a long command is, every few seconds.
    (re.compile(r"^(\d+ pages? done, .*|\w+: \d+( of \d+)?)\n", re.MULTILINE), ""),
)


def constant(text: str) -> str:
    """The text without what differs from run to run, and with single blanks."""
    for pattern, name in _VARIES:
        text = pattern.sub(name, text)
    return "\n".join(" ".join(line.split()) for line in text.strip("\n").splitlines())


def is_printed(shown: str, printed: str) -> bool:
    """Whether this was printed: a line `...` stands for any lines, and in a line for anything."""
    lines = (_line(line) for line in constant(shown).splitlines())
    return re.fullmatch("".join(lines), constant(printed) + "\n") is not None


def _line(line: str) -> str:
    if line == _ANY:
        return r"(?:.*\n)*?"
    return ".*?".join(map(re.escape, line.split(_ANY))) + r"\n"


def difference(shown: str, printed: str) -> str:
    """For a person: what a page shows, and what was printed instead."""
    page, output = constant(shown).splitlines(), constant(printed).splitlines()
    return "\n".join(unified_diff(page, output, "on the page", "printed", lineterm=""))
