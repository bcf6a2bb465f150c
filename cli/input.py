"""What commands read: a file that is named, or standard input."""

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
