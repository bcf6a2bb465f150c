"""Replies of the server that never arrive: whoever asked asks again, and nothing happens twice."""

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from chaos.load import Load
from chaos.promise import Finding, Size
from chaos.proxy import Proxy
from chaos.running import at_rest
from chaos.verdict import what_is_wrong
from cli.embedded import server
from config.settings import Settings
from rig.desk import Desk
from workers.state.outbox import STREAM
from workers.state.scripts import source_of

_SEED = 20261122
# What a message that is lost costs in time.
_SETTINGS = {"lease_seconds": 30, "log_level": "WARNING"}
_PATIENCE = 1800


@dataclass(frozen=True)
class _Extent:
    sites: int
    pages: int
    """Of each site."""
    lost: int
    """Replies to lose."""


_EXTENT = {Size.SMALL: _Extent(2, 40, 15), Size.FULL: _Extent(5, 600, 100)}


def trial(folder: Path, size: Size) -> list[Finding]:
    """Lose replies to what publishes; at full size to anything at all; and to what consumers ask."""
    extent = _EXTENT[size]
    findings = []
    with Load(sites=extent.sites, pages=extent.pages) as load, _desk(folder / "one") as desk:
        findings.append(_publish(desk, load, extent))
        findings.append(_consume(desk, extent))
    if size is Size.FULL:
        with Load(sites=extent.sites, pages=extent.pages) as load, _desk(folder / "two") as desk:
            findings.append(_anything(desk, load, extent))
    return findings


def _desk(folder: Path) -> Desk:
    folder.mkdir()
    return Desk(folder, **_SETTINGS)


@contextmanager
def _between(desk: Desk, loses: Callable[[bytes], bool]) -> Iterator[tuple[Proxy, str]]:
    """The embedded server behind a proxy, and the URL that leads through it."""
    with server(desk.home, None) as (url, _):
        parts = urlsplit(url)
        with Proxy(Path(parts.path), loses) as proxy:
            yield proxy, f"redis://:{parts.password}@127.0.0.1:{proxy.port}/0"


def _some(most: int, share: float, *marks: bytes) -> Callable[[bytes], bool]:
    """Choose, by chance, a share of the requests that name one of the marks, until there are enough."""
    chance = random.Random(_SEED)
    left = most

    def loses(piece: bytes) -> bool:
        nonlocal left
        named = not marks or any(mark in piece for mark in marks)
        chosen = named and left > 0 and chance.random() < share
        left -= chosen
        return chosen

    return loses


def _script(name: str) -> bytes:
    """What a call of a script names it by."""
    text = source_of(name, Settings().window_days)
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().encode()


def _publish(desk: Desk, load: Load, extent: _Extent) -> Finding:
    pages = extent.sites * extent.pages
    loses = _some(extent.lost, 3 * extent.lost / pages, _script("commit"))
    lost, broken = _crawl(desk, load, loses)
    if lost < extent.lost:
        broken += (f"only {lost} replies were lost of {extent.lost}",)
    return Finding(
        "a reply that is lost on publishing makes no entry twice",
        f"{lost} cut replies to commits, over {pages:,} pages",
        _sums(desk),
        broken,
    )


def _anything(desk: Desk, load: Load, extent: _Extent) -> Finding:
    lost, broken = _crawl(desk, load, _some(extent.lost, 1 / 200))
    return Finding(
        "nor does any other reply that is lost",
        f"{lost} cut replies to anything, Celery's included, over {extent.sites * extent.pages:,} pages",
        _sums(desk),
        broken,
    )


def _crawl(desk: Desk, load: Load, loses: Callable[[bytes], bool]) -> tuple[int, tuple[str, ...]]:
    desk.write_sources(*load.sources)
    with _between(desk, loses) as (proxy, url):
        # Not `run`, which minds tracebacks: Celery writes one of an acknowledgement that is cut.
        once = desk.start("once", "--json", redis_url=url)
        once.communicate(timeout=_PATIENCE)
        lost = proxy.lost
    problems = what_is_wrong(desk, load.expected)
    if once.returncode:
        problems.append(f"once ended with {once.returncode}: {desk.err[-500:]}")
    return lost, tuple(problems)


def _sums(desk: Desk) -> str:
    with at_rest(desk) as state:
        ids = [fields[b"id"] for _, fields in state.client.xrange(STREAM)]
    twice = len(ids) - len(set(ids))
    return f"{len(ids):,} entries, {twice} twice; {len(desk.documents()):,} files"


def _consume(desk: Desk, extent: _Extent) -> Finding:
    """A reply with an entry in it is lost: the entry was given out, and nobody has it."""
    wanted = {document.id for document in desk.documents().values()}
    loses = _some(extent.lost, extent.lost / len(wanted), b"XREADGROUP", b"XACK")
    with _between(desk, loses) as (proxy, url):
        done = desk.run("consume", "--group", "g", redis_url=url, timeout=_PATIENCE)
        lost = proxy.lost
    received = Counter(line["id"] for line in done.lines)
    missing = len(wanted - received.keys())
    again = received.total() - len(received)
    broken = []
    if missing or again or done.code:
        broken = [f"{missing} documents missing, {again} twice; {done.err[-500:]}"]
    if lost < min(extent.lost, 5):
        broken.append(f"only {lost} replies were lost")
    return Finding(
        "a consumer gets what was in a reply that is lost",
        f"{lost} cut replies to a consumer of {len(wanted):,} documents",
        f"{missing} missing, {again} twice",
        tuple(broken),
    )
