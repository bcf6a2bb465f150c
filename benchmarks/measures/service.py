"""Pages through the whole service, from the fetch to the outbox, against trafilatura alone."""

import multiprocessing
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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
class _Round:
    """Every side once."""

    alone: float
    """Pages per second."""
    service: Mapping[str, _Passed]


def measure(bench: Bench) -> list[Figure]:
    """See `benchmarks.figure.Measure`."""
    pages = editions(bench, bench.of(16, 3620))
    rounds = [_round(bench, pages, number) for number in range(bench.of(1, 5))]
    how = (
        f"{len(rounds)} rounds of {len(pages):,} pages, in turns; `once` from its start to its end"
    )
    ratios = [
        median_figure(
            f"pages through the service {archive}, against trafilatura alone",
            [one.service[archive].pages_a_second / one.alone for one in rounds],
            budget=at_least(_LEAST),
            how=how,
        )
        for archive in _ARCHIVE
    ]
    speeds = [
        median_figure(
            f"pages through the service {archive}",
            [one.service[archive].pages_a_second for one in rounds],
            "pages/s",
            how=f"{_cores()} cores, without what the site took of them",
        )
        for archive in _ARCHIVE
    ]
    alone = median_figure(
        "pages through trafilatura alone",
        [one.alone for one in rounds],
        "pages/s",
        how=f"{_cores()} processes, pages unpacked and in memory",
    )
    site = median_figure(
        "share of the cores that the site took",
        [passed.site for one in rounds for passed in one.service.values()],
        how="a process beside the service",
    )
    return [*ratios, *speeds, alone, site]


def _round(bench: Bench, pages: Sequence[StoredPage], number: int) -> _Round:
    """Every side once, each time another one first."""
    turns = [None, *_ARCHIVE]
    first = number % len(turns)
    alone, service = 0.0, dict[str, _Passed]()
    for archive in turns[first:] + turns[:first]:
        if archive is None:
            alone = len(pages) / seconds_alone([page.file for page in pages], _cores())
        else:
            folder = bench.folder / f"{number}-{archive.replace(' ', '-')}"
            service[archive] = _through_service(folder, pages, _ARCHIVE[archive])
    return _Round(alone, service)


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
