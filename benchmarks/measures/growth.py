"""What a page costs the whole service when a million documents are known, against an empty index."""

import resource
from contextlib import ExitStack
from pathlib import Path

from benchmarks.editions import SITE, check_outcomes, editions
from benchmarks.figure import Bench, Figure, median_figure
from benchmarks.index.filled import filled, write_append_only_file
from benchmarks.processes import processor_seconds
from evaluation.corpus import StoredPage
from evaluation.site import served
from rig.desk import Desk

_LONGEST = 1800.0


def measure(bench: Bench) -> list[Figure]:
    """See `benchmarks.figure.Measure`. Every round has pages of its own, the same for both sides."""
    known, rounds, a_round = bench.of(300, 1_000_000), bench.of(1, 5), bench.of(8, 362)
    pages = editions(bench, rounds * a_round)
    costs: dict[int, list[float]] = {0: [], known: []}
    with ExitStack() as stack:
        desks = {n: stack.enter_context(_desk(bench.folder / f"known-{n}")) for n in costs}
        for documents, desk in desks.items():
            known_there = stack.enter_context(filled(desk.home, documents))
            write_append_only_file(known_there.state)  # as the service has it
        for number in range(rounds):
            share = pages[number * a_round : (number + 1) * a_round]
            for documents, desk in desks.items():
                costs[documents].append(_cost(desk, share, number))
    how = f"{rounds} rounds of {a_round} pages, in turns; processor time of all processes"
    return [
        median_figure(
            f"a page through the service, {known:,} documents known against none",
            [full / empty for empty, full in zip(costs[0], costs[known], strict=True)],
            how=how,
        ),
        *(
            median_figure(
                f"a page through the service, {documents:,} documents known",
                [1e3 * seconds for seconds in measured],
                "ms",
                how="with its share of the start of a run",
            )
            for documents, measured in costs.items()
        ),
    ]


def _desk(folder: Path) -> Desk:
    folder.mkdir()
    return Desk(folder)


def _cost(desk: Desk, pages: list[StoredPage], number: int) -> float:
    """Processor seconds of a page, the server's among them, and not the site's."""
    with served({SITE: pages}) as addresses:
        listing = addresses[SITE].listing
        source = {"name": f"site-{number}", "feeds": [listing], "max_pages": len(pages)}
        desk.write_sources(source)
        before = _spent(desk)
        done = desk.run("once", "--json", timeout=_LONGEST)
        spent = _spent(desk) - before
    check_outcomes(done.json["totals"], len(pages), done.err)
    return spent / len(pages)


def _spent(desk: Desk) -> float:
    """Seconds that commands which have ended, and the server, have had of a processor so far."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    server = [pid for pid, line in desk.processes().items() if "valkey" in line]
    return ended.ru_utime + ended.ru_stime + processor_seconds(server)
