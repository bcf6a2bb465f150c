"""Whether the hosts of sources answer, and what their robots.txt allows: asked once a host, for whoever checks a set-up."""

from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urljoin

from protego import Protego
from scrapy import Request
from scrapy.http import Response

from config.sources import Source
from crawler.authorities import named_urls
from crawler.desk import Assignment, CrawlReport, Desk
from crawler.fetching import MissKind, OtherHost, miss_from, miss_of
from crawler.politeness import robots_text
from crawler.reactor import KeptReactor
from crawler.spiders.news import NewsSpider
from crawler.urls import authority

_AT_ONCE = 50
_NO_RULES = 403


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """What became of asking a host for its robots.txt."""

    rules: str = ""
    """The text; empty where all is allowed."""
    problem: str = ""
    """Why nothing can be asked of it, for a person; empty where it answered."""
    reason: str = ""
    """The same in a word: `no-such-host`, `http-503`, ..."""
    ahead: float | None = None
    """Seconds by which its clock is ahead of ours; None where it does not say."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What robots.txt says of the addresses that a source names."""

    forbidden: tuple[str, ...]
    delay: float
    """Seconds between two requests that it asks for; 0 where it asks for none."""


def allowed(source: Source, answers: Mapping[str, HostAnswer], user_agent: str) -> Allowed:
    """What a crawl of the source would be allowed; hosts that did not answer forbid nothing."""
    forbidden, delay = [], 0.0
    for url in named_urls(source):
        rules = Protego.parse(answers.get(authority(url), HostAnswer()).rules)
        if not rules.can_fetch(url, user_agent):
            forbidden.append(url)
        delay = max(delay, float(rules.crawl_delay(user_agent) or 0.0))
    return Allowed(tuple(forbidden), delay)


def look_at_hosts(
    sources: Sequence[Source], user_agent: str, seconds: int
) -> dict[str, HostAnswer]:
    """What each host that the sources name answers, by its authority; one that takes longer is not waited for."""
    looks: list[_Look] = []
    taken: set[str] = set()
    for source in sources:
        hosts = {authority(url): url for url in named_urls(source) if authority(url) not in taken}
        taken |= hosts.keys()
        if hosts:
            looks.append(_Look(source, hosts))
    reactor = KeptReactor(user_agent, seconds)
    for start in range(0, len(looks), _AT_ONCE):
        some = looks[start : start + _AT_ONCE]
        patience = seconds * (1 + max(len(look.hosts) for look in some))
        wait([look.begin(reactor) for look in some], patience)
    missing = HostAnswer(problem="it did not answer in time", reason="timed-out")
    answers = {host: missing for look in looks for host in look.hosts}
    return answers | {host: one for look in looks for host, one in look.answers.items()}


@dataclass
class _Look:
    """As much of a desk as the spider uses."""

    source: Source
    hosts: Mapping[str, str]
    """An address at each, by authority."""
    answers: dict[str, HostAnswer] = field(default_factory=dict)
    report: CrawlReport = field(default_factory=CrawlReport)

    def begin(self, reactor: KeptReactor) -> "Future[None]":
        """Have it looked at; done when it was."""
        assignment = Assignment(self.source, walk=False)
        return reactor.begin(assignment, cast("Desk", self), lambda _: None, spider=RobotsSpider)


class RobotsSpider(NewsSpider):
    """Asks for robots.txt, and for nothing else."""

    name = "robots"

    async def start(self) -> AsyncIterator[Any]:
        """One host after the other."""
        look = cast("_Look", self.desk)
        for host, url in look.hosts.items():
            look.answers[host] = await self._ask(urljoin(url, "/robots.txt"))
        return
        yield  # Scrapy wants a generator, of which nothing comes here

    async def _ask(self, url: str) -> HostAnswer:
        assert self.crawler.engine
        # Its length does not matter, since only its beginning is read.
        meta = {"is_robots_txt": True, "download_maxsize": 0}
        try:
            response = await self.crawler.engine.download_async(
                Request(url, meta=meta, dont_filter=True)
            )
        except OtherHost:
            return HostAnswer()
        except Exception as error:  # noqa: BLE001 - whatever a download raises ends in a reason
            miss = miss_from(error, url)
            return HostAnswer(problem=str(miss), reason=miss.reason)
        ahead = self._ahead(response)
        miss_there = miss_of(response, self._now())
        if miss_there and miss_there.kind is MissKind.REFUSED and response.status != _NO_RULES:
            return HostAnswer(problem=str(miss_there), reason=miss_there.reason, ahead=ahead)
        coding = (response.headers.get("Content-Encoding") or b"").decode("latin-1")
        rules = robots_text(response.body, coding) if response.status == 200 else ""
        return HostAnswer(rules, ahead=ahead)

    def _ahead(self, response: Response) -> float | None:
        said = (response.headers.get("Date") or b"").decode("latin-1")
        try:
            return parsedate_to_datetime(said).timestamp() - self.clock()
        except (TypeError, ValueError, OverflowError):
            return None
