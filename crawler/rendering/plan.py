"""How the pages of a process are rendered."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Rendering:
    """Where browsers come from, and what they may take."""

    socket: Path
    """Where a connection gets a browser of its own."""
    browsers: int
    """At work at the same time in a process."""
    seconds: float
    """That a page may take."""
