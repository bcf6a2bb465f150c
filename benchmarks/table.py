"""The figures as a table for the terminal, and as JSON."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Budget, Figure

_WIDTH = 110
_PEERS_OF_NOTE = ("scrapy", "trafilatura", "celery", "redis", "lxml")


def table(figures: Sequence[Figure]) -> str:
    """One row a figure: what, how it was measured, the figure with its extremes, its budget, whether that is kept."""
    rows = Table(show_lines=True, expand=True)
    rows.add_column("what", ratio=5)
    rows.add_column("how", ratio=5)
    rows.add_column("measured", ratio=2, justify="right")
    rows.add_column("budget", ratio=2, justify="right")
    rows.add_column("kept", ratio=1)
    for figure in figures:
        rows.add_row(figure.what, figure.how, _measured(figure), *_judged(figure))
    console = Console(width=_WIDTH, color_system=None, markup=False, highlight=False)
    with console.capture() as captured:
        console.print(rows)
    return captured.get()


def as_json(figures: Sequence[Figure], now: datetime) -> dict[str, Any]:
    """The figures, when they were made, and on what."""
    return {
        "made": now.isoformat(timespec="seconds"),
        "machine": {
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
            "architecture": platform.machine(),
            "system": platform.system(),
            "python": platform.python_version(),
        },
        "versions": {name: version(name) for name in _PEERS_OF_NOTE},
        "figures": [asdict(figure) | {"is_within": figure.is_within} for figure in figures],
    }


def _measured(figure: Figure) -> str:
    told = _number(figure.value, figure.unit)
    if figure.low is None or figure.high is None:
        return told
    return f"{told}\n{_number(figure.low)} to {_number(figure.high)}"


def _judged(figure: Figure) -> tuple[str, str]:
    if figure.budget is None:
        return "", ""
    return _budget(figure.budget, figure.unit), "yes" if figure.is_within else "NO"


def _budget(budget: Budget, unit: str) -> str:
    return f"{'>=' if budget.is_least else '<='} {_number(budget.bound, unit)}"


def _number(value: float, unit: str = "") -> str:
    """Three digits, or as many as there are before the point."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()
