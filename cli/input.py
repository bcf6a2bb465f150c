"""What a person gives a command: a file that is named, or standard input; the name of a group."""

import sys
from pathlib import Path
from typing import BinaryIO

from cli.failure import WrongCall


def opened(name: str) -> BinaryIO:
    """The file, or standard input for `-`; raises `WrongCall` where it cannot be read."""
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise WrongCall(f"{name}: {error.strerror}") from None


def check_group(name: str) -> None:
    """Raises `WrongCall` where no consumer group can have this name."""
    if not name.strip():
        raise WrongCall("--group: a name is needed")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise WrongCall("--group: allowed is a name in UTF-8") from None
