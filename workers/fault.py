"""Where a test may kill or stop the service: named steps on the way of a page.

`COPYDESK_FAULT="after-reserve:3"` ends, as `kill -9` would, the process that is the third of its home
to reach that step; `after-reserve:3,after-commit:1,after-commit:9` does so at each of three moments.
`before-create:3:stop` stops it instead, until whoever set the fault has it go on.
What was reached is counted in the home, so that each fires once, whatever is started again.
"""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from config.settings import PREFIX, Settings, SettingsError

CrawlStep = Literal[
    "before-last-offer",
    "after-offer",
    "after-take",
    "after-fetch",
    "after-hand-in",
    "before-finish",
    "after-finish",
]
IngestStep = Literal[
    "after-start",
    "after-extract",
    "after-decide",
    "after-reserve",
    "before-create",
    "after-sidecar",
    "after-text",
    "after-write",
    "in-archive",
    "after-archive",
    "before-commit",
    "after-commit",
    "before-acknowledgement",
]
ReplayStep = Literal["before-readmit", "after-readmit", "before-noting"]
BackfillStep = Literal["after-enter-older", "before-note-older", "after-note-older"]
RemovalStep = Literal["before-remove"]
Step = CrawlStep | IngestStep | ReplayStep | BackfillStep | RemovalStep
CRAWL_STEPS: tuple[str, ...] = get_args(CrawlStep)
INGEST_STEPS: tuple[str, ...] = get_args(IngestStep)
REPLAY_STEPS: tuple[str, ...] = get_args(ReplayStep)
BACKFILL_STEPS: tuple[str, ...] = get_args(BackfillStep)
REMOVAL_STEPS: tuple[str, ...] = get_args(RemovalStep)
STEPS = CRAWL_STEPS + INGEST_STEPS
"""Those of every page's way."""

# Empty in every service but those of tests; a child that is forked has its parent's.
_armed: dict[str, tuple[Path, Mapping[int, signal.Signals]]] = {}


def arm(settings: Settings) -> None:
    """Have this process, and those it forks, end as the settings say; raises `SettingsError`."""
    for step, times in _times(settings.fault).items():
        if step not in (known := STEPS + REPLAY_STEPS + BACKFILL_STEPS + REMOVAL_STEPS):
            allowed = ", ".join(known)
            raise SettingsError(
                f"{PREFIX}FAULT = {settings.fault}: allowed is STEP:N or STEP:N:stop with one of {allowed}"
            )
        _armed[step] = (counter(settings.home, step), times)


def counter(home: Path, step: str) -> Path:
    """The file that has a byte for each time that a step was reached while a fault was set for it."""
    return home / "fault" / step


def _times(fault: str) -> Mapping[str, Mapping[int, signal.Signals]]:
    found: dict[str, dict[int, signal.Signals]] = {}
    for part in filter(None, fault.split(",")):
        step, number, *stop = part.split(":")
        found.setdefault(step, {})[int(number)] = signal.SIGSTOP if stop else signal.SIGKILL
    return found


def reached(step: Step) -> None:
    """Tell that a step is reached: nothing happens unless a test has set a fault there."""
    if step in _armed:
        _strike(*_armed[step])


def _strike(counts: Path, times: Mapping[int, signal.Signals]) -> None:
    counts.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(counts, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, b".")
        # Whoever appends is left where its own byte ends, so no two have one count.
        count = os.lseek(descriptor, 0, os.SEEK_CUR)
    finally:
        os.close(descriptor)
    if count in times:
        os.kill(os.getpid(), times[count])
