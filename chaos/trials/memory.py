"""A server whose memory runs out: the crawl waits, says so, and goes on; nothing is lost."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from chaos.load import Expected
from chaos.processes import tree
from chaos.promise import Finding, Size
from chaos.running import Running, holds_within
from chaos.verdict import what_is_wrong
from rig.desk import Desk, until
from rig.site import HTML, XML, Reply, Site
from rig.stories import Story, article_page, rss

_PAGE_BYTES = 100_000
_SAYS = "crawls.held"


@dataclass(frozen=True)
class _Extent:
    pages: int
    room: int
    """Bytes that the server is given for them, beyond what it holds already."""
    more: int
    """Pages that come later, at the wall."""
    waits: float
    """Seconds at the wall."""


_EXTENT = {
    Size.SMALL: _Extent(pages=75, room=6_000_000, more=25, waits=2.0),
    Size.FULL: _Extent(pages=1_500, room=20_000_000, more=500, waits=60.0),
}


def trial(folder: Path, size: Size) -> list[Finding]:
    """Two crawls of more than fits: before a server that is nearly full, and at the wall itself."""
    extent = _EXTENT[size]
    with Site() as site, Desk(folder) as desk:
        _publish(site, extent.pages)
        pages = extent.pages + extent.more
        desk.write_sources(
            {
                "name": "site",
                "feeds": [site.url("/rss.xml")],
                "article_urls": "/news/",
                "schedule": "every 1d",
                "revisit": [],
                "max_pages": pages,
            }
        )
        running = Running(desk)
        running.start()
        watch = _Watch(running, site, extent)
        findings = [watch.nearly_full(), watch.at_the_wall()]
        running.up.send_signal(signal.SIGTERM)
        running.up.wait(60)
        wrong = what_is_wrong(desk, Expected(Counter(site=pages), Counter(new=pages)))
        if "Traceback" in desk.err:
            wrong.append("a traceback: " + desk.err.partition("Traceback")[2][:500])
        sums = f"{pages:,} pages in {len(desk.documents()):,} documents"
        return [*findings[:-1], _with(findings[-1], sums, wrong)]


def _publish(site: Site, pages: int, delay: float = 0.0) -> None:
    stories = [Story.numbered(number) for number in range(pages)]
    for story in stories:
        page = article_page(story, head=f"<!--{'-=' * (_PAGE_BYTES // 2)}-->")
        # Browsers' scripts and styles weigh as much; what counts is that it is kept as it came.
        headers = {"Content-Type": HTML}
        site.routes.setdefault(story.path, Reply(page.encode(), headers=headers, delay=delay))
    site.put("/rss.xml", rss(stories, site.url()), content_type=XML)


def _with(finding: Finding, sums: str, wrong: list[str]) -> Finding:
    return replace(finding, found=f"{finding.found}; {sums}", broken=(*finding.broken, *wrong))


class _Watch:
    """The service under way, and a server whose limit is set while it runs."""

    def __init__(self, running: Running, site: Site, extent: _Extent) -> None:
        self._site = site
        self._running = running
        self._extent = extent
        self._state = running.state()

    def nearly_full(self) -> Finding:
        """Nobody ingests: pages pile up, and the crawl waits before the server refuses anything."""
        broken = []
        # It is ingest workers that take the ticks, so the crawl has to be under way.
        until(lambda: self._site.requests, 60, "a crawl is under way")
        with self._without_ingest():
            self._limit(self._state.memory().used + self._extent.room)
            if not holds_within(self._is_said, 60):
                broken.append("the log does not say that crawls wait")
            if not self._stands_still(self._extent.waits):
                broken.append("pages were fetched on a server that is nearly full")
            full = self._state.memory()
            waiting = self._state.frontier.waiting()
            if waiting + self._ended() >= self._extent.pages:
                broken.append("it stood still because every page was fetched")
            if full.share >= 1:
                broken.append(f"the wall was reached: {full}")
            if not self._is_alarmed():
                broken.append("status raises no alarm")
        if not self._running.finish(self._extent.pages, 600):
            broken.append(f"it did not go on by itself: {self._ended()} pages ended")
        return Finding(
            "a server that is nearly full holds crawls up, and nothing else",
            f"{self._extent.room / 2**20:.0f} MiB of room for {self._extent.pages:,} pages of 100 kB, "
            "while nobody ingests",
            f"{waiting:,} pages waited at {full.share:.0%} of maxmemory; alarm and log line; went on",
            tuple(broken),
        )

    def at_the_wall(self) -> Finding:
        """Less than what is held already: what was fetched is ended, and nothing is refused but new pages."""
        broken = []
        pages = self._extent.pages + self._extent.more
        self._limit(0)
        at_rest, asked = self._state.memory().used, len(self._site.requests)
        # Slow ones, or they have all come before the limit is set.
        _publish(self._site, pages, delay=0.5)
        self._running.desk.run("crawl", "site")
        until(lambda: len(self._site.requests) > asked + 2, 60, "the second crawl is under way")
        self._limit(at_rest // 2)
        drained = holds_within(lambda: not self._state.frontier.waiting(), 60)
        if not drained:
            broken.append(f"{self._state.frontier.waiting()} pages are stuck on a full server")
        if not self._stands_still(self._extent.waits):
            broken.append("pages came in on a full server")
        if not self._is_alarmed():
            broken.append("status raises no alarm")
        told = self._running.desk.run("consume", "--group", "g", "--count", "3")
        if len(told.lines) != 3:
            broken.append(f"consumers get nothing from a full server: {told.err}")
        left = pages - self._ended()
        self._limit(0)
        began = time.monotonic()
        if not self._running.finish(pages, 600):
            broken.append(f"{pages - self._ended()} pages never ended")
        return Finding(
            "at the wall nothing is lost, and it goes on as soon as there is room",
            f"maxmemory at half of what is held, for {self._extent.waits:.0f} s, {left:,} pages to go",
            f"all ended {time.monotonic() - began:.0f} s after CONFIG SET maxmemory",
            tuple(broken),
        )

    @contextmanager
    def _without_ingest(self) -> Iterator[None]:
        ingest = self._running.part("ingest")
        assert ingest
        stopped = tree(ingest)
        _signal(stopped, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(stopped, signal.SIGCONT)

    def _limit(self, limit: int) -> None:
        self._state.client.config_set("maxmemory", limit)

    def _is_said(self) -> bool:
        return _SAYS in self._running.desk.err

    def _is_alarmed(self) -> bool:
        told = self._running.desk.run("status", "--json").json
        return [a["kind"] for a in told["alarms"]] == ["memory"]

    def _ended(self) -> int:
        return self._running.ended() or 0

    def _stands_still(self, seconds: float) -> bool:
        """Whether no page comes in for so long, once those that were on their way have: in half a minute."""
        owed: Callable[[], int] = lambda: self._state.frontier.waiting() + self._ended()  # noqa: E731
        before, since = owed(), time.monotonic()
        latest = since + 30
        while time.monotonic() < since + seconds:
            time.sleep(0.2)
            if owed() != before:
                before, since = owed(), time.monotonic()
            if since > latest:
                return False
        return True


def _signal(pids: list[int], signum: int) -> None:
    for pid in pids:
        os.kill(pid, signum)
