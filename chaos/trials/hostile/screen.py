"""What commands and logs show of hostile pages: nothing in it may command a terminal."""

from collections.abc import Iterator

from rig.desk import Desk

_COMMANDS = ("status", "sources", "duplicates", "quarantine")


def commands_shown(desk: Desk, form: str) -> dict[str, str]:
    """What each command that shows something prints: as JSON for programs, else for people."""
    options = ("--json",) if form == "json" else ()
    shown = {}
    for command in _COMMANDS:
        result = desk.run(command, *options)
        shown[" ".join((command, *options))] = result.out + result.err
    return shown


def unfit(shown: dict[str, str]) -> Iterator[str]:
    """What holds a character that a terminal would obey, or that turns its lines around."""
    for name, text in shown.items():
        found = sorted({c for line in text.split("\n") for c in line if not c.isprintable()})
        if found:
            yield f"{name} shows {', '.join(map(ascii, found[:9]))}"
