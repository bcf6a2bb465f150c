"""The bar that everything long shows on a terminal."""

import sys

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.output import notes


def progress_bar() -> Progress:
    """What is counted, how far it is, and since when; nothing where nobody looks, and gone at its end."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=notes,
        disable=not sys.stderr.isatty(),
        transient=True,
    )
