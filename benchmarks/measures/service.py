"""Pages through the whole service, from the fetch to the outbox, against trafilatura alone."""

import multiprocessing
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import harmonic_mean

from benchmarks.alone import seconds_alone
from benchmarks.editions import SITE, check_outcomes, editions
from benchmarks.figure import Bench, Figure, at_least, median_figure
from benchmarks.processes import processor_seconds
from evaluation.corpus import StoredPage
from evaluation.site import served
from rig.desk import Desk

_LEAST = 0.85
_LONGEST = 1800.0
_ARCHIVE: Mapping[str, str] = {"with the archive": "", "without the archive": "off"}


@dataclass(frozen=True, slots=True)
class _Passed:
    """What one run of the service came to."""

    pages_a_second: float
    """Without what the site took of the cores."""
    site: float
    """That, as a share of them."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """One run of the service, between two of trafilatura: a machine's speed changes within minutes."""

    archive: str
    service: _Passed
    alone: float
    """Pages per second, those of before and of after counted alike."""


def measure(bench: Bench) -> list[Figure]:
    """See `benchmarks.figure.Measure`."""
    pages = editions(bench, bench.of(16, 3620))
    rounds = bench.of(1, 5)
    turns = [turn for number in range(rounds) for turn in _round(bench, pages, number)]
    of = {archive: [turn for turn in turns if turn.archive == archive] for archive in _ARCHIVE}
    how = (
        f"{rounds} rounds of {len(pages):,} pages, each between two halves of them through trafilatura;"
        " `once` from its start to its end"
    )
    ratios = [
        median_figure(
            f"pages through the service {archive}, against trafilatura alone",
            [turn.service.pages_a_second / turn.alone for turn in of[archive]],
            budget=at_least(_LEAST),
            how=how,
        )
        for archive in _ARCHIVE
    ]
    speeds = [
        median_figure(
            f"pages through the service {archive}",
            [turn.service.pages_a_second for turn in of[archive]],
            "pages/s",
            how=f"{_cores()} cores, without what the site took of them",
        )
        for archive in _ARCHIVE
    ]
    alone = median_figure(
        "pages through trafilatura alone",
        [turn.alone for turn in turns],
        "pages/s",
        how=f"{_cores()} processes, pages unpacked and in memory",
    )
    site = median_figure(
        "share of the cores that the site took",
        [turn.service.site for turn in turns],
        how="a process beside the service",
    )
    return [*ratios, *speeds, alone, site]


def _round(bench: Bench, pages: Sequence[StoredPage], number: int) -> Iterator[_Turn]:
    """The service with and without the archive, each time another one first, and trafilatura before, between and after."""
    middle = len(pages) // 2
    halves = cycle([pages[:middle], pages[middle:]])
    before = _alone(next(halves))
    for archive in list(_ARCHIVE)[:: -1 if number % 2 else 1]:
        folder = bench.folder / f"{number}-{archive.replace(' ', '-')}"
        passed = _through_service(folder, pages, _ARCHIVE[archive])
        after = _alone(next(halves))
        yield _Turn(archive, passed, harmonic_mean([before, after]))
        before = after


def _alone(pages: Sequence[StoredPage]) -> float:
    return len(pages) / seconds_alone([page.file for page in pages], _cores())


def _through_service(folder: Path, pages: Sequence[StoredPage], archive: str) -> _Passed:
    folder.mkdir()
    with served({SITE: pages}) as addresses, Desk(folder, archive=archive) as desk:
        site = [child.pid for child in multiprocessing.active_children() if child.pid]
        listing = addresses[SITE].listing
        desk.write_sources({"name": SITE, "feeds": [listing], "max_pages": len(pages)})
        before, began = processor_seconds(site), time.monotonic()
        done = desk.run("once", "--json", timeout=_LONGEST)
        seconds, of_site = time.monotonic() - began, processor_seconds(site) - before
    check_outcomes(done.json["totals"], len(pages), done.err)
    share = of_site / (seconds * _cores())
    return _Passed(len(pages) / (seconds * (1 - share)), share)


def _cores() -> int:
    return len(os.sched_getaffinity(0))
