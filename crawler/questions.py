"""What one thread asks of a crawl that runs on another: pages, one at a time."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue
from urllib.parse import urljoin

from crawler.decode import Undecodable, unpack
from crawler.desk import CrawlReport
from crawler.discovery.start import sitemaps_in_robots
from crawler.fetching import Miss, MissKind
from crawler.page import Page
from crawler.urls import authority, printed_url

_PATIENCE = 480.0
"""Seconds: longer than any delay, any download, and the end of a crawl that is on the host."""
_MOST = 60
"""Pages that are asked for at the most."""
_LONGEST = 600.0
"""Seconds after which no more is asked for: some sites want minutes between two requests."""

Hold = Callable[[str], float]
"""Waits until a host is nobody else's, and keeps others from it; unix seconds from which it may be asked. Raises `Miss`."""


def at_once(_host: str) -> float:
    """Where nobody else asks it."""
    return 0.0


@dataclass(frozen=True)
class Question:
    """An address, and where its page goes, or the `Miss`."""

    url: str
    answer: "Future[Page]" = field(default_factory=Future)


class Hosts:
    """The hosts that may be asked; at first any, for an address may lead to the host that a site is at now."""

    def __init__(self) -> None:
        self._named: set[str] = set()

    def __contains__(self, host: object) -> bool:
        return not self._named or host in self._named

    def add(self, host: str) -> None:
        """From the first one on, only those that were added."""
        self._named.add(host)


class Questions:
    """The desk of an `AskingSpider`, and where pages are asked for; see `crawler.survey.survey.Web`."""

    def __init__(self, tell: Callable[[str], None] = lambda _: None, hold: Hold = at_once) -> None:
        self.hold = hold
        self.report = CrawlReport()
        self.hosts = Hosts()
        self.robots: dict[str, str] = {}
        self.asked = 0
        self._tell = tell
        self._until = time.monotonic() + _LONGEST
        self._is_over = False
        self._open: Question | None = None
        self._queue: SimpleQueue[Question | None] = SimpleQueue()

    def next(self) -> Question | None:
        """The next one, when it comes; None where there are no more."""
        return self._queue.get()

    def end(self) -> None:
        """There are no more."""
        self._queue.put(None)

    def break_off(self) -> None:
        """The crawl is over: what is still asked for will not be answered."""
        self._is_over = True
        if self._open and not self._open.answer.done():
            miss = Miss(MissKind.NOT_ASKED, "broken-off", f"{self._open.url}: the crawl broke off")
            self._open.answer.set_exception(miss)

    def ask(self, url: str) -> Page:
        """The page at an address, unpacked; raises `Miss`."""
        if self.asked >= _MOST:
            raise Miss(MissKind.NOT_ASKED, "enough", f"{url}: not asked for, after {_MOST} pages")
        if time.monotonic() > self._until:
            minutes = f"{_LONGEST / 60:.0f} minutes"
            raise Miss(MissKind.NOT_ASKED, "enough", f"{url}: not asked for, after {minutes}")
        self.asked += 1
        self._tell(url)
        question = Question(url)
        self._open = question
        self._queue.put(question)
        if self._is_over:
            self.break_off()
        try:
            page = question.answer.result(_PATIENCE)
        except TimeoutError:
            raise Miss(MissKind.UNREACHABLE, "timed-out", f"{url}: no answer came") from None
        try:
            return unpack(page)
        except Undecodable as error:
            raise Miss(MissKind.UNFIT, error.reason, f"{url}: {error}") from None

    def admit(self, url: str) -> None:
        """Let the host of an address be asked, too: at a public address, on the web's own ports."""
        if printed := printed_url(url):
            self.hosts.add(authority(printed))

    def sitemaps(self, url: str) -> tuple[str, ...]:
        """What the robots.txt of an address's host names, if that was read."""
        place = urljoin(url, "/robots.txt")
        return sitemaps_in_robots(self.robots.get(place, "").encode(), place)
