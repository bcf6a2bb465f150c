"""The findings as a table for the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from chaos.promise import Finding

_WIDTH = 120


def table(findings: Sequence[Finding]) -> str:
    """One row a promise: what is promised, what was tried, what was found, whether it held."""
    rows = Table(show_lines=True, expand=True)
    for heading, ratio in (("promise", 3), ("tried", 4), ("found", 4), ("held", 1)):
        rows.add_column(heading, ratio=ratio)
    for finding in findings:
        rows.add_row(
            finding.promise, finding.tried, finding.found, "yes" if finding.holds else "NO"
        )
    console = Console(width=_WIDTH, color_system=None, markup=False, highlight=False)
    with console.capture() as captured:
        console.print(rows)
    return captured.get()
