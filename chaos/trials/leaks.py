"""Leaks: many pages through one service, whose memory, keys, files and processes stay as they were."""

import contextlib
import resource
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis

from chaos.press import Press
from chaos.promise import Finding, Size
from cli.embedded import EmbeddedServer
from rig.desk import Desk, until
from workers.state.connection import PREFIX

_PAGES = {Size.SMALL: 600, Size.FULL: 100_000}
_SITES = {Size.SMALL: 2, Size.FULL: 4}
_LEAST_A_SECOND = 10.0
_BOUND = {Size.SMALL: 1.3, Size.FULL: 1.1}
"""How much more memory a process may have at the end than at a tenth of the way; less of a short
run is past its start."""
_SPARE_KEYS = 60
"""Hosts, counters by the hour, and whatever else comes and goes with time, not with pages."""
_GROWS = ("known", "texts", "heads", "near")
"""The index: what it costs is another promise."""
_KEPT_FOR_DAYS = ("documents", "duplicates")
"""Streams that a retention cuts, in days."""


@dataclass(frozen=True, slots=True)
class _Sample:
    """The service at one moment."""

    pages: int
    memory: dict[str, int]
    """Bytes resident in the largest process of each part."""
    descriptors: int
    temporary: int
    """Half-written files in the home, and files in the folder for temporary ones."""
    processes: int
    keys: int
    """Of Redis, without the index."""
    state: int
    """Bytes of Redis, without the index and the outbox."""


def trial(folder: Path, size: Size) -> list[Finding]:
    """Pages go through one `copydesk up`; what it holds at a tenth of them, and at the end."""
    pages, sites = _PAGES[size], _SITES[size]
    temporary = folder / "temporary"
    temporary.mkdir()
    with ExitStack() as stack:
        presses = [
            stack.enter_context(Press(i * pages, pages // sites, min(1000, pages // sites // 5)))
            for i in range(sites)
        ]
        desk = stack.enter_context(Desk(folder, tick_seconds=0.5, log_level="WARNING"))
        desk.environment["TMPDIR"] = str(temporary)
        desk.write_sources(*map(_source, presses))
        started = time.monotonic()
        desk.up()
        early = _sample_at(desk, temporary, pages // 10)
        late = _sample_at(desk, temporary, pages)
        seconds = time.monotonic() - started
    return [_finding(early, late, _BOUND[size], seconds)]


def _source(press: Press) -> dict[str, Any]:
    return {
        "name": f"press-{press.port}",
        "sitemaps": [press.url("/sitemap.xml")],
        "schedule": "every 1s",
        "adaptive": False,
        "max_pages": 1000,
    }


def _sample_at(desk: Desk, temporary: Path, pages: int) -> _Sample:
    with Redis.from_url(EmbeddedServer(desk.home).url) as client:
        until(lambda: _done(client) >= pages, 60 + pages / _LEAST_A_SECOND, f"{pages} pages")
        # What is under way is brought home by a moment without more.
        processes = desk.processes()
        return _Sample(
            pages=_done(client),
            memory=_memory(processes),
            descriptors=sum(map(_descriptors, processes)),
            temporary=len([*temporary.rglob("*"), *desk.home.rglob("*.part")]),
            processes=len(processes),
            keys=sum(not _grows(name) for name in client.scan_iter(count=1000)),
            state=_state(client),
        )


def _done(client: Any) -> int:
    totals = client.keys(f"{PREFIX}totals:*")
    return sum(int(count) for name in totals for count in client.hgetall(name).values())


def _grows(name: bytes) -> bool:
    return name.decode().removeprefix(PREFIX).split(":")[0] in _GROWS


def _state(client: Any) -> int:
    """Bytes of all data that is neither the index nor a stream kept for days."""
    names = [
        name
        for name in client.scan_iter(count=1000)
        if not _grows(name) and name.decode().removeprefix(PREFIX) not in _KEPT_FOR_DAYS
    ]
    with client.pipeline(transaction=False) as batch:
        for name in names:
            batch.memory_usage(name, samples=0)
        return sum(size or 0 for size in batch.execute())


def _memory(processes: dict[int, str]) -> dict[str, int]:
    """By part: the server's own is the state's, and is looked at there.

    What a process shares with the one that it was forked from counts for both: that less of it is
    shared as time goes on is no leak.
    """
    largest: dict[str, int] = {}
    for pid, line in processes.items():
        if "valkey" not in line:
            largest[_part(line)] = max(largest.get(_part(line), 0), _resident(pid))
    return largest


def _part(line: str) -> str:
    words = line.split()
    return words[-1] if "workers.run" in words else "up"


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize()
    return 0


def _descriptors(pid: int) -> int:
    with contextlib.suppress(OSError):
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return 0


def _finding(early: _Sample, late: _Sample, bound: float, seconds: float) -> Finding:
    growth = {part: late.memory.get(part, 0) / size for part, size in early.memory.items()}
    broken = [f"{part} has {times:.2f} times its memory" for part, times in growth.items()]
    broken = [line for line, times in zip(broken, growth.values(), strict=True) if times > bound]
    grown = {
        "open files": (early.descriptors, late.descriptors, 30),
        "temporary files": (early.temporary, late.temporary, 20),
        "processes": (early.processes, late.processes, 1),
        "keys of Redis beyond the index": (early.keys, late.keys, _SPARE_KEYS),
        "bytes of Redis beyond the index": (early.state, late.state, 4_000_000),
    }
    broken += [
        f"{what}: {before:,} at {early.pages:,} pages, {after:,} at {late.pages:,}"
        for what, (before, after, spare) in grown.items()
        if after > before + spare
    ]
    memory = ", ".join(f"{part} {times:.2f}" for part, times in growth.items())
    return Finding(
        promise="nothing leaks",
        tried=f"{late.pages:,} pages through one service in {seconds:.0f} s, looked at after"
        f" {early.pages:,} and at the end",
        found=f"memory times {memory}; "
        + "; ".join(
            f"{what} {before:,} to {after:,}" for what, (before, after, _) in grown.items()
        ),
        broken=tuple(broken),
    )
