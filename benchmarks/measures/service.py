"""Pages through the whole service, from the fetch to the outbox, against trafilatura alone."""

import multiprocessing
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.alone import seconds_alone
from benchmarks.editions import SITE, editions
from benchmarks.figure import Bench, Figure, at_least, median_figure
from benchmarks.processes import processor_seconds
from evaluation.corpus import StoredPage
from evaluation.site import served
from rig.desk import Desk

_LEAST = 0.85
_LONGEST = 1800.0
_ARCHIVE: Mapping[str, str] = {"with the archive": "", "without the archive": "off"}


@dataclass(frozen=True, slots=True)
class _Round:
    """Pages per second of each side, in turns."""

    alone: float
    service: Mapping[str, float]
    site: float
    """The site's own time on a processor, as a share of what the cores had."""
    start: float
    """Seconds until the first page was asked for and after the last one had ended, as once says."""


def measure(bench: Bench) -> list[Figure]:
    """See `benchmarks.figure.Measure`."""
    pages = editions(bench, bench.of(40, 3620))
    rounds = [_round(bench, pages, number) for number in range(bench.of(1, 5))]
    how = f"{len(rounds)} rounds of {len(pages):,} pages in turns, `once` from its start to its end"
    return [
        *(
            median_figure(
                f"pages through the service {archive}, against trafilatura alone",
                [one.service[archive] / one.alone for one in rounds],
                budget=at_least(_LEAST),
                how=how,
            )
            for archive in _ARCHIVE
        ),
        *(
            median_figure(
                f"pages through the service {archive}",
                [one.service[archive] for one in rounds],
                "pages/s",
                how="the site's own time set apart",
            )
            for archive in _ARCHIVE
        ),
        median_figure(
            "pages through trafilatura alone",
            [one.alone for one in rounds],
            "pages/s",
            how=f"{_cores()} processes, pages unpacked in memory",
        ),
        median_figure(
            "the site's own time, of all that there is",
            [one.site for one in rounds],
            how="it runs on the same cores",
        ),
    ]


def _round(bench: Bench, pages: list[StoredPage], number: int) -> _Round:
    """Every side once, each time another one first."""
    names = [*_ARCHIVE]
    names = names[number % 2 :] + names[: number % 2]
    service, shares = {}, []
    alone = 0.0
    if number % 2:
        alone = _alone(pages)
    for name in names:
        folder = bench.folder / f"{number}-{len(service)}"
        service[name], share = _through_service(folder, pages, _ARCHIVE[name])
        shares.append(share)
    return _Round(alone or _alone(pages), service, max(shares), 0.0)


def _alone(pages: list[StoredPage]) -> float:
    return len(pages) / seconds_alone([page.file for page in pages], _cores())


def _through_service(folder: Path, pages: list[StoredPage], archive: str) -> tuple[float, float]:
    """Pages per second without what the site took, and what that was, as a share of all cores."""
    folder.mkdir()
    with served({SITE: pages}) as addresses, Desk(folder, archive=archive) as desk:
        (site,) = (child.pid for child in multiprocessing.active_children() if child.pid)
        desk.write_sources(
            {
                "name": SITE,
                "feeds": [addresses[SITE].listing],
                "max_pages": len(pages),
            }
        )
        before, began = processor_seconds([site]), time.monotonic()
        done = desk.run("once", "--json", timeout=_LONGEST)
        seconds, of_site = time.monotonic() - began, processor_seconds([site]) - before
    outcomes = done.json["totals"]
    assert sum(outcomes.values()) == len(pages), (outcomes, done.err[-2000:])
    print(outcomes, seconds, of_site)
    return len(pages) / (seconds - of_site / _cores()), of_site / seconds / _cores()


def _cores() -> int:
    return len(os.sched_getaffinity(0))
