"""The index at 10,000, 100,000 and 1,000,000 documents: what a look-up costs, and what a document takes."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from benchmarks.figure import Bench, Budget, Figure, at_most, median_figure
from benchmarks.index.bytes import HEADS, NEAR, TEXTS, URLS, Taken, taken
from benchmarks.index.filled import Filled, filled, write_append_only_file
from benchmarks.index.likeness import Sample, corpus_sample, judge, made_up_sample
from benchmarks.index.pages import WORDS, Costs, Line

_FULL = (10_000, 100_000, 1_000_000)
_SMALL = (150, 300, 600)
_SAME_AT_ANY_SIZE = 1.3
_TOGETHER = ("sign", "look-up", "enter")
_BYTES = {
    "known URL": at_most(16),
    "known text": at_most(32),
    "document in the window": at_most(400),
}


def measure(bench: Bench) -> list[Figure]:
    """An empty index and three sizes on a server each, page by page in turns; then what their tables take."""
    sizes = _FULL if bench.of(0, 1) else _SMALL
    rounds, pages = bench.of(2, 9), bench.of(20, 100)
    sample = made_up_sample(bench.of(12, 400))
    wire = corpus_sample(bench.corpus) if bench.corpus else None
    with ExitStack() as stack:
        indexes = [stack.enter_context(filled(bench.folder / str(n), n)) for n in (0, *sizes)]
        lines = [Line(index) for index in indexes]
        costs: dict[int, list[Costs]] = {index.documents: [] for index in indexes}
        for _ in range(rounds):
            for index, line in zip(indexes, lines, strict=True):
                costs[index.documents].append(line.run(pages))
        how = f"{rounds} rounds of {pages} pages, in turns"
        figures = [*_ratios(costs, how), *_of_each(costs, sizes, how)]
        figures += _fork(indexes[-1])
        figures += _likenesses(indexes[-1], sample, wire)
        for index in reversed(indexes[1:]):
            figures += _bytes(index, taken(index), _BYTES if index is indexes[-1] else {})
    return figures


def _ratios(costs: Mapping[int, list[Costs]], how: str) -> Iterator[Figure]:
    empty, least, *_, most = sorted(costs)
    together = [
        one.a_page(*_TOGETHER) / other.a_page(*_TOGETHER)
        for one, other in zip(costs[most], costs[least], strict=True)
    ]
    yield median_figure(
        f"signature, look-up and insertion of a text: {most:,} documents against {least:,}",
        together,
        budget=at_most(_SAME_AT_ANY_SIZE),
        how=f"{how}; processor time, client's and server's; texts of {WORDS} words",
    )
    whole = [
        one.of_server() / other.of_server()
        for one, other in zip(costs[most], costs[empty], strict=True)
    ]
    yield median_figure(
        f"a page on the server, from its listing to its commit: {most:,} documents against none",
        whole,
        how=f"{how}; the server's processor time; an empty index is looked through in one generation of four",
    )


def _of_each(costs: Mapping[int, list[Costs]], sizes: Sequence[int], how: str) -> Iterator[Figure]:
    for size in sizes:
        at, measured = f"{size:,} documents", costs[size]
        together = [1e3 * one.a_page(*_TOGETHER) for one in measured]
        yield median_figure(f"signature, look-up and insertion, {at}", together, "ms", how=how)
        server = [1e3 * one.of_server() for one in measured]
        yield median_figure(
            f"a page on the server, {at}", server, "ms", how="processor time, all calls"
        )
        looked, entered = [one.look_ups for one in measured], [one.entries for one in measured]
        yield from _calls(f"look-ups, {at}", looked, "one call each, with the place of a new text")
        yield from _calls(f"insertions, {at}", entered, "commit, one call each")


def _calls(what: str, rounds: Sequence[Sequence[float]], how: str) -> Iterator[Figure]:
    """By the clock, one client that waits for each answer: other work of the machine counts."""
    rates = [1 / statistics.fmean(seconds) for seconds in rounds]
    yield median_figure(f"{what}, by one client", rates, "/s", how=how)
    every = sorted(1e3 * second for seconds in rounds for second in seconds)
    yield Figure(
        f"{what}, p99", every[round(0.99 * (len(every) - 1))], "ms", how=f"of {len(every):,}"
    )


def _bytes(
    index: Filled, tables: Mapping[str, Taken], budgets: Mapping[str, Budget]
) -> Iterator[Figure]:
    """A document in the window has its bands and the text that its URL has at present."""
    rows = {"known URL": (URLS,), "known text": (TEXTS,), "document in the window": (NEAR, HEADS)}
    allocator = index.facts("memory")["mem_allocator"]
    for what, names in rows.items():
        by_difference = sum(tables[name].by_difference for name in names)
        by_key = sum(tables[name].by_key for name in names)
        how = f"what the server uses less without them ({allocator}); by its own word of each key {by_key:.1f}"
        if what == "document in the window":
            how += f"; {tables[HEADS].by_difference:.1f} of them for the text at its URL"
        name = f"a {what}, {index.documents:,} documents"
        yield Figure(name, by_difference, "bytes", budget=budgets.get(what), how=how)


def _fork(index: Filled) -> Iterator[Figure]:
    write_append_only_file(index.state)
    persistence, stats = index.facts("persistence"), index.facts("stats")
    at = f"{index.documents:,} documents"
    used = index.full / 2**20
    yield Figure(
        f"the server stands still to fork, {at}",
        stats["latest_fork_usec"] / 1e3,
        "ms",
        how=f"for an append-only file made anew, with {used:,.0f} MB used",
    )
    yield Figure(
        f"an append-only file made anew, {at}",
        persistence["aof_last_rewrite_time_sec"],
        "s",
        how=f"{persistence['aof_base_size'] / 2**20:,.0f} MB on the disk",
    )


def _likenesses(index: Filled, sample: Sample, wire: Sample | None) -> Iterator[Figure]:
    yield from _likeness(index, sample, "made-up texts")
    if wire:
        yield from _likeness(index, wire, "wire stories")


def _likeness(index: Filled, sample: Sample, name: str) -> Iterator[Figure]:
    judged = judge(index, sample)
    among = f"among {index.documents:,} documents"
    yield Figure(
        f"near-duplicates of {name} that are found, {among}",
        judged.found / judged.alike if judged.alike else 0.0,
        how=f"{judged.found} of {judged.alike} pairs with a Jaccard of word 5-grams of .5 or more",
    )
    yield Figure(
        f"near-duplicates of {name} that are right, {among}",
        judged.near / judged.reported if judged.reported else 0.0,
        how=f"{judged.near} of {judged.reported} reported pairs have a Jaccard or containment of .3 or more, "
        f"{judged.right} a Jaccard of .5; {judged.strangers} candidates were strangers",
    )
