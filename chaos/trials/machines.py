"""Promise: hosts share work, a site is one crawl's at a time, and a host that is cut off and back does no harm.

Each host is a namespace of the kernel's on a switch of ours (`chaos.hosts`, `chaos.switch`): a server, a bucket, sites,
two crawl workers, two ingest workers, two beats and a consumer, some with clocks that are minutes wrong.
"""

import itertools
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaos.apart import findings_of, tell
from chaos.fleet import ADDRESSES, CLOCKS, PARTS, Fleet
from chaos.hosts import leave_this_machine
from chaos.load import Load
from chaos.promise import Finding, Size
from chaos.running import holds_within
from chaos.switch import Switch
from chaos.verdict import what_is_wrong_in
from rig.site import Site
from workers.state.outbox import STREAM
from workers.state.version import ALIVE_SECONDS

_PROMISE = "hosts share work, and one that is cut off and comes back does no harm"
_CLOCK_SECONDS = 0.005
_FAIR = 0.15
"""The least share of a worker, of two."""
_SPRUNG_WITHIN = 30.0
_BUSY = 1.3
"""So many ingest processes, of two, are at work all the time."""


@dataclass(frozen=True)
class Cut:
    """Hosts that are cut off for a while, and then are back."""

    seconds: float
    hosts: tuple[str, ...] = ()
    amid: tuple[tuple[str, str], ...] = ()
    """Hosts that are cut off while they send another something."""
    apart: tuple[tuple[str, str], ...] = ()
    """Pairs that do not hear each other, while others hear both."""
    loss: float = 0.0
    """The share of all frames that is lost instead."""
    delay: float = 0.0
    """Seconds that each takes, up to twice as many."""


@dataclass(frozen=True)
class Effort:
    """How much is tried."""

    sites: int
    pages: int
    """Of each."""
    delay: float
    before: float
    """Seconds without a cut."""
    cuts: Sequence[Cut]
    between: float
    patience: float
    """Seconds for what is owed after the last cut."""


EFFORTS: Mapping[Size, Effort] = {
    Size.SMALL: Effort(
        sites=4, pages=24, delay=1.0, before=8.0, between=1.0, patience=150,
        cuts=(
            Cut(36, hosts=("beat-1",), amid=(("crawl-1", "news"), ("ingest-1", "bucket"))),
            Cut(4, loss=0.03, delay=0.02),
            Cut(4, hosts=("server",)),
            Cut(4, hosts=("bucket",)),
        ),
    ),
    Size.FULL: Effort(
        sites=10, pages=900, delay=1.0, before=60.0, between=20.0, patience=1800,
        cuts=(
            *[Cut(45, amid=((host, "news"),)) for host in ("crawl-1", "crawl-2")],
            *[Cut(45, amid=((host, "bucket"),)) for host in ("ingest-1", "ingest-2") * 2],
            Cut(130, hosts=("beat-1",)),
            *[Cut(45, apart=((host, "server"),)) for host in ("crawl-1", "ingest-2")],
            Cut(45, apart=(("ingest-1", "bucket"),)),
            Cut(60, hosts=("crawl-2", "ingest-2", "beat-2")),
            Cut(45, hosts=("server",)),
            Cut(45, hosts=("bucket",)),
            Cut(120, loss=0.03, delay=0.02),
        ),
    ),
}  # fmt: skip


def trial(folder: Path, size: Size) -> list[Finding]:
    """Try it, in a process with networks of its own."""
    return findings_of(__name__, folder, size, _PROMISE)


def _inside(folder: Path, size: Size) -> list[Finding]:
    leave_this_machine()
    effort = EFFORTS[size]
    with Fleet(folder, Switch(), tick_seconds=0.5, batch_sources=1, ingest_processes=1) as fleet:
        with fleet.hosts["news"].inside():
            load = Load(sites=effort.sites, pages=effort.pages, host=ADDRESSES["news"])
        with load:
            return _tried(fleet, load, effort)


def _tried(fleet: Fleet, load: Load, effort: Effort) -> list[Finding]:
    began = time.monotonic()
    usual = {"allow_private": True, "delay": effort.delay}
    busy = _BUSY * effort.delay / effort.sites
    fleet.start([{**source, **usual} for source in load.sources], page_seconds=busy)
    expected = load.expected
    holds_within(lambda: fleet.ended() > 2 * effort.sites, 60)
    time.sleep(effort.before)
    shares = {"crawl": _by_crawl(load.sites), "ingest": fleet.by_ingest()}
    holds_within(lambda: not fleet.missing(), 30)
    missed = [f"{name}: nobody is told that it is there" for name in fleet.missing()]
    missed += [line for cut in effort.cuts for line in _cut(fleet, cut, effort.between)]
    pages = expected.pages.total()
    is_done = holds_within(lambda: fleet.ended() >= pages, effort.patience)
    seconds, ended = time.monotonic() - began, fleet.ended()
    entries = fleet.state.client.xlen(STREAM)
    holds_within(lambda: len(set(fleet.read())) >= entries, 30)
    late = fleet.stop()
    unfinished = [] if is_done else [f"{ended} of {pages} pages had ended when patience did"]
    wrong = what_is_wrong_in(fleet.fetch_documents(), fleet.state, expected)
    told = [*missed, *unfinished, *wrong, *_unread(fleet), *late]
    told += [f"{name}: a traceback was logged" for name in fleet.tracebacks()]
    return [
        _of_shares(shares, effort),
        _of_sites(load.sites, effort),
        Finding(
            _PROMISE,
            f"{_told(effort.cuts)}; {pages:,} pages of {effort.sites} sites into a bucket",
            f"{ended:,} outcomes in {seconds:.0f} s, {fleet.switch.frames:,} frames,"
            f" {fleet.switch.lost:,} of them lost; {len(wrong)} wrong in bucket, marks and stream",
            tuple(told),
        ),
    ]


def _cut(fleet: Fleet, cut: Cut, between: float) -> Iterator[str]:
    """Cut, wait, mend; those whom nothing came to cut in the middle of are told."""
    switch = fleet.switch
    traps = [switch.set_trap(host, to, least=200) for host, to in cut.amid]
    limit = time.monotonic() + _SPRUNG_WITHIN
    for trap in traps:
        if not trap.sprung.wait(max(0.0, limit - time.monotonic())):
            yield f"{trap.host} sent nothing to {trap.to} that could be cut"
    switch.cut(*cut.hosts)
    for pair in cut.apart:
        switch.part(*pair)
    switch.loss, switch.delay = cut.loss, cut.delay
    time.sleep(cut.seconds)
    if cut.seconds > ALIVE_SECONDS and (unseen := {*cut.hosts} - {*fleet.missing()}):
        yield f"{', '.join(sorted(unseen))}: nobody is told that it is missing"
    switch.loss = switch.delay = 0.0
    for pair in cut.apart:
        switch.join(*pair)
    switch.mend(*cut.hosts, *(host for host, _ in cut.amid))
    time.sleep(between)


def _by_crawl(sites: Sequence[Site]) -> Counter[str]:
    names = {address: name for name, address in ADDRESSES.items()}
    return Counter(names[request.client] for site in sites for request in site.requests)


def _of_shares(shares: Mapping[str, Counter[str]], effort: Effort) -> Finding:
    broken = [
        f"{host} did {counts[host]} of {counts.total()}"
        for part, counts in shares.items()
        for host, runs in PARTS.items()
        if runs == part and counts[host] < _FAIR * counts.total()
    ]
    told = "; ".join(
        f"{host} {100 * count / counts.total():.0f} %"
        for counts in shares.values()
        for host, count in sorted(counts.items())
    )
    clocks = ", ".join(f"{host} {ahead:+} s" for host, ahead in CLOCKS.items())
    return Finding(
        "work is shared by hosts",
        f"2 crawl workers, 2 ingest workers, 2 beats, each on a host, with work for {_BUSY} of the ingest workers; clocks wrong by {clocks};"
        f" {effort.sites} sites, until the first cut",
        f"of requests and pages: {told}",
        tuple(broken),
    )


def _of_sites(sites: Sequence[Site], effort: Effort) -> Finding:
    gaps = [min(site.gaps()) for site in sites]
    handed_over = sum(len(list(_hosts_in_turn(site))) - 1 for site in sites)
    return Finding(
        "one crawl a site at a time, on all hosts",
        f"the same, through all cuts: a pause of {effort.delay} s",
        f"{sum(len(site.requests) for site in sites):,} requests, shortest pause {min(gaps):.3f} s;"
        f" sites went from host to host {handed_over} times",
        tuple(
            line
            for number, site in enumerate(sites)
            for line in _complaints(f"site-{number}", site, effort.delay)
        ),
    )


def _complaints(name: str, site: Site, delay: float) -> Iterator[str]:
    requests = sorted(site.requests, key=lambda request: request.at)
    for before, after in itertools.pairwise(requests):
        if after.at - before.at < delay - _CLOCK_SECONDS:
            gap = after.at - before.at
            yield f"{name}: {gap:.3f} s from {before.path} ({before.client}) to {after.path} ({after.client})"


def _hosts_in_turn(site: Site) -> Iterator[str]:
    requests = sorted(site.requests, key=lambda request: request.at)
    return (client for client, _ in itertools.groupby(request.client for request in requests))


def _unread(fleet: Fleet) -> Iterator[str]:
    rows = fleet.state.client.xrange(STREAM)
    entries = {fields[b"id"].decode() for _, fields in rows}
    read = Counter(fleet.read())
    if missing := entries - read.keys():
        yield f"{len(missing)} of {len(entries)} documents were not read by the consumer"
    if strangers := read.keys() - entries:
        yield f"{len(strangers)} documents were read that are not in the stream"


def _told(cuts: Sequence[Cut]) -> str:
    parts = Counter(_name(cut) for cut in cuts)
    return ", ".join(f"{count} x {name}" if count > 1 else name for name, count in parts.items())


def _name(cut: Cut) -> str:
    told = [
        *(f"{host} amid what it sends to {to}" for host, to in cut.amid),
        *(f"{one} from {other}" for one, other in cut.apart),
        *cut.hosts,
    ]
    if cut.loss:
        return f"{cut.loss:.0%} of frames lost and {1000 * cut.delay:.0f}-{2000 * cut.delay:.0f} ms each, {cut.seconds:.0f} s"
    return f"{' with '.join(told)} cut off for {cut.seconds:.0f} s"


if __name__ == "__main__":
    tell(_inside)
