"""Tries the ten promises on the real service: `python -m chaos [PROMISE]... [--size small|full]`.

Prints a table: what is promised, what was tried, what was found. Exit 0 where all held, 1 where one
did not, 2 where the call is wrong, 130 after Ctrl-C, with the table of what was tried until then.
"""

import argparse
import importlib
import json
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from chaos.promise import Finding, Size, Trial
from chaos.table import table

TRIALS: tuple[str, ...] = (
    "kills",
    "server",
    "rebuild",
    "stops",
    "poison",
    "replies",
    "consumers",
    "webhook",
    "memory",
    "year",
    "addresses",
    "politeness",
    "hostile",
    "doors",
    "leaks",
    "machines",
)
"""The modules of `chaos.trials`, in the order of the promises."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; the exit code says whether every promise held."""
    options = _options(arguments)
    # A shell that starts this in the background has it ignore Ctrl-C, and with it all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    findings: list[Finding] = []
    is_stopped = False
    try:
        for name in options.promise or TRIALS:
            findings += _told(name, options.size)
    except KeyboardInterrupt:
        is_stopped = True
    if options.json:
        print(json.dumps([asdict(finding) | {"holds": finding.holds} for finding in findings]))
    elif findings:
        print(table(findings))
    if is_stopped:
        return 130
    return 0 if all(finding.holds for finding in findings) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("promise", nargs="*", help=f"one of {', '.join(TRIALS)}; all unless named")
    parser.add_argument("--size", type=Size, choices=list(Size), default=Size.FULL)
    parser.add_argument("--json", action="store_true", help="the findings as one JSON array")
    options = parser.parse_args(arguments)
    if unknown := set(options.promise) - set(TRIALS):
        parser.error(f"{', '.join(sorted(unknown))}: allowed are {', '.join(TRIALS)}")
    return options


def _told(name: str, size: Size) -> list[Finding]:
    _say(f"{name}: under way")
    started = time.monotonic()
    try:
        found = _try(name, size)
    except Exception as error:  # noqa: BLE001 - whatever it is
        # The trials after it are worth their hours all the same.
        traceback.print_exc()
        found = [Finding(name, "a part of it", "it broke off", (f"{error!r}",))]
    for line in (line for finding in found for line in finding.broken):
        _say(f"{name}: {line}")
    _say(f"{name}: {time.monotonic() - started:.0f} s")
    return found


def _try(name: str, size: Size) -> list[Finding]:
    trial: Trial = importlib.import_module(f"chaos.trials.{name}").trial
    with tempfile.TemporaryDirectory(prefix=f"copydesk-{name}-") as folder:
        return trial(Path(folder), size)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
