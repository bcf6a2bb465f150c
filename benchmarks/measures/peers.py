"""The service beside other projects: news-please on the same sites, trafilatura's command line on the same pages."""

import gzip
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.editions import editions
from benchmarks.figure import Bench, Figure, at_least, at_most, median_figure
from benchmarks.peer import NewsPlease, PeerError, trafilatura_command
from benchmarks.processes import Peak, descendants
from evaluation.corpus import StoredPage
from evaluation.site import Address, served
from rig.desk import Desk

_SPEED = 5.0
_MEMORY = 0.5
_LONGEST = 3600.0
_PROCESSES = 2
_LEAST_KEPT = 0.9
_MIB = 1024**2


@dataclass(frozen=True, slots=True)
class _Run:
    """What one command came to, from its start to its end."""

    pages: int
    seconds: float
    peak: int
    """Bytes of all its processes together."""


def measure(bench: Bench) -> list[Figure]:
    """See `benchmarks.figure.Measure`. Raises `PeerError` where news-please cannot be installed."""
    news_please = NewsPlease()
    pages = editions(bench, bench.of(4, 905))
    sites = {f"site-{i}": pages[i::_PROCESSES] for i in range(_PROCESSES)}
    sides: dict[str, Callable[[Path], _Run]] = {
        "copydesk": lambda folder: _copydesk(folder, sites),
        "news-please": lambda folder: _news_please(folder, sites, news_please),
        "trafilatura": lambda folder: _trafilatura(folder, sites),
    }
    rounds = [
        {side: run(_made(bench.folder / f"{number}-{side}")) for side, run in sides.items()}
        for number in range(bench.of(1, 5))
    ]
    how = (
        f"{len(rounds)} rounds of {len(pages)} pages on {len(sites)} sites, in turns,"
        " each command from its start to its end, news-please to its last file"
    )
    return [
        median_figure(
            "pages per second, against news-please",
            [_speed(one, "copydesk") / _speed(one, "news-please") for one in rounds],
            budget=at_least(_SPEED),
            how=how,
        ),
        median_figure(
            "peak memory, against news-please",
            [one["copydesk"].peak / one["news-please"].peak for one in rounds],
            budget=at_most(_MEMORY),
            how="all processes, the server with them; what they share counts once",
        ),
        median_figure(
            "pages per second, against trafilatura's command line",
            [_speed(one, "copydesk") / _speed(one, "trafilatura") for one in rounds],
            how=f"it reads the same pages from disk, in {_PROCESSES} processes",
        ),
        *(
            median_figure(f"{side}: peak memory", [one[side].peak / _MIB for one in rounds], "MiB")
            for side in sides
        ),
        *(
            median_figure(f"{side}: pages", [_speed(one, side) for one in rounds], "pages/s")
            for side in sides
        ),
    ]


def _speed(one: Mapping[str, _Run], side: str) -> float:
    return one[side].pages / one[side].seconds


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _copydesk(folder: Path, sites: Mapping[str, Sequence[StoredPage]]) -> _Run:
    with served(sites) as addresses, Desk(folder) as desk:
        desk.write_sources(*(_source(name, address) for name, address in addresses.items()))
        # The server is no child of the command that started it.
        run = _run(sites, lambda: desk.start("once", "--json"), lambda _: desk.processes())
        _check("copydesk", len(desk.documents()), run.pages)
    return run


def _source(name: str, address: Address) -> dict[str, object]:
    listing = {"feeds" if address.is_feed else "sitemaps": [address.listing]}
    return {"name": name, "max_pages": len(address.pages), **listing}


def _news_please(
    folder: Path, sites: Mapping[str, Sequence[StoredPage]], news_please: NewsPlease
) -> _Run:
    with served(sites) as addresses:
        urls = [list(address.pages) for address in addresses.values()]
        began = time.time()
        run = _run(sites, lambda: news_please.start(folder, urls), _and_its_own)
        texts = news_please.texts(folder)
        _check("news-please", len(texts), run.pages)
    # It looks every ten seconds only whether it is done.
    return replace(run, seconds=max(text.stat().st_mtime for text in texts) - began)


def _trafilatura(folder: Path, sites: Mapping[str, Sequence[StoredPage]]) -> _Run:
    unpacked, texts = _made(folder / "pages"), _made(folder / "texts")
    for page in (page for pages in sites.values() for page in pages):
        (unpacked / f"{page.id}.html").write_bytes(gzip.decompress(page.file.read_bytes()))
    command = trafilatura_command(unpacked, texts, _PROCESSES)
    run = _run(sites, lambda: subprocess.Popen(command), _and_its_own)  # noqa: S603 - its own command
    _check("trafilatura", len(list(texts.iterdir())), run.pages)
    return run


def _run(
    sites: Mapping[str, Sequence[StoredPage]],
    start: Callable[[], "subprocess.Popen[Any]"],
    processes: Callable[[int], Iterable[int]],
) -> _Run:
    """Run a command to its end, and look at what its processes hold."""
    began = time.monotonic()
    process = start()
    with Peak(lambda: processes(process.pid)) as peak:
        process.communicate(timeout=_LONGEST)
    return _Run(sum(map(len, sites.values())), time.monotonic() - began, peak.bytes)


def _and_its_own(pid: int) -> Iterable[int]:
    return descendants(pid)


def _check(side: str, kept: int, pages: int) -> None:
    """Who does less of the work is not quicker."""
    if kept < _LEAST_KEPT * pages:
        raise PeerError(f"{side} kept {kept} of {pages} pages: nothing to compare")
