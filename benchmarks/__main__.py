"""Measures the service against its budgets: `python -m benchmarks [NAME]... [--corpus FOLDER] [--json FILE]`.

Prints a table: what was measured, how, the figure, its budget. Exit 0 where every budget was kept, 1
where one was not, 2 where the call is wrong.
"""

import argparse
import importlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figure import Bench, Figure, Measure, Size
from benchmarks.peer import PeerError
from benchmarks.table import as_json, table
from evaluation.corpus import CorpusError

MEASURES: tuple[str, ...] = (
    "service",
    "growth",
    "peers",
    "index",
    "schedule",
    "quiet",
    "rest",
    "many",
    "dashboard",
    "told",
    "machines",
)
"""The modules of `benchmarks.measures`, in the order of the table."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for; the exit code says whether every budget was kept."""
    options = _options(arguments)
    # A shell that starts this in the background has it ignore Ctrl-C, and with it all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _keep_to_two_cores()
    figures: list[Figure] = []
    missed = []
    try:
        for name in options.measure or MEASURES:
            try:
                figures += _measured(name, options)
            except PeerError as error:
                missed.append(f"{name}: {error}")
            # Whoever breaks off an hour's work keeps what there is.
            _save(figures, options.json)
    except CorpusError as error:
        _say(f"--corpus: {error}")
        return 2
    except KeyboardInterrupt:
        return 130
    print(table(figures))
    for line in missed:
        _say(line)
    return 0 if not missed and all(figure.is_within for figure in figures) else 1


def _keep_to_two_cores() -> None:
    """The budgets are those of two; what is started from here keeps to the same ones."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "measure", nargs="*", help=f"one of {', '.join(MEASURES)}; all unless named"
    )
    parser.add_argument("--size", type=Size, choices=list(Size), default=Size.FULL)
    parser.add_argument("--corpus", type=Path, help="real pages; made-up ones without it")
    parser.add_argument("--json", type=Path, help="a file for the figures, as one JSON object")
    options = parser.parse_args(arguments)
    if unknown := set(options.measure) - set(MEASURES):
        parser.error(f"{', '.join(sorted(unknown))}: allowed are {', '.join(MEASURES)}")
    return options


def _measured(name: str, options: argparse.Namespace) -> list[Figure]:
    _say(f"{name}: under way")
    started = time.monotonic()
    measure: Measure = importlib.import_module(f"benchmarks.measures.{name}").measure
    with tempfile.TemporaryDirectory(prefix=f"copydesk-{name}-") as folder:
        figures = measure(Bench(Path(folder), options.size, options.corpus))
    _say(f"{name}: {time.monotonic() - started:.0f} s")
    return figures


def _save(figures: Sequence[Figure], file: Path | None) -> None:
    if file:
        told = as_json(figures, datetime.now(UTC))
        file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
