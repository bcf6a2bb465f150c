"""How a source's hosts are treated: pace, robots.txt, and which hosts are asked at all."""

from datetime import UTC, datetime
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware as ScrapyRobotsTxtMiddleware
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

from config.sources import Source
from crawler.address_guard import named_authorities
from crawler.decode import Undecodable, decompress
from crawler.fetching import OtherHost, miss_of
from crawler.urls import authority

# Timers and networks are not exact: a little more than asked for is never too little.
_MARGIN = 0.02
# A crawl that may make one request in more than this would never end.
LONGEST_DELAY = 120.0
ACCEPT_ENCODING = b"gzip, deflate, br, zstd"


def authorities_of(source: Source) -> tuple[str, ...]:
    """The hosts (with port where it is not the scheme's own) that a source names, each once."""
    named = [source.start, *source.feeds, *source.sitemaps, *source.sections]
    hosts = [f"https://{host}/" for host in source.hosts]
    return tuple(dict.fromkeys(authority(url) for url in (*named, *hosts) if url))


def polite_settings(source: Source, user_agent: str) -> dict[str, Any]:
    """The Scrapy settings that differ from source to source."""
    settings: dict[str, Any] = {
        "USER_AGENT": user_agent,
        "GUARD_AUTHORITIES": sorted(named_authorities(source)),
        "GUARD_ALLOW_PRIVATE": source.allow_private,
    }
    if source.delay:
        delay = source.delay + _MARGIN
        settings |= {"DOWNLOAD_DELAY": delay, "AUTOTHROTTLE_START_DELAY": delay}
    else:
        settings |= {
            "DOWNLOAD_DELAY": 0,
            "AUTOTHROTTLE_ENABLED": False,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
        }
    return settings


class AcceptEncodingMiddleware:
    """Asks for compressed bodies, and leaves them compressed: who reads one decodes it, with a cap."""

    def process_request(self, request: Request) -> None:
        """Name the codings that `crawler.decode` reads."""
        request.headers.setdefault("Accept-Encoding", ACCEPT_ENCODING)


class NamedHostsMiddleware:
    """Leaves hosts alone that the source does not name, at every hop."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "NamedHostsMiddleware":
        """Scrapy's constructor."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise `OtherHost` for a request to a host that the source does not name."""
        named = getattr(self._crawler.spider, "authorities", ())
        host = authority(request.url)
        if host not in named:
            raise OtherHost(f"leads to {host}: name it in the source's `hosts` if it is wanted")


class RobotsTxtMiddleware(ScrapyRobotsTxtMiddleware):
    """Scrapy's, for a robots.txt that may come compressed."""

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        coding = (response.headers.get("Content-Encoding") or b"").decode("latin-1")
        try:
            body = decompress(response.body, coding) if response.status == 200 else b""
        except Undecodable:
            body = b""
        note_answer = getattr(self.crawler.spider, "note_answer", None)
        if note_answer and miss_of(response, datetime.now(UTC)) is None:
            note_answer()
        await super()._parse_robots(response.replace(body=body), netloc, request)


class CrawlDelay:
    """Honours the Crawl-delay of robots.txt where it asks for more than the source does."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        crawler.signals.connect(self._robots_parsed, signal=signals.robots_parsed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "CrawlDelay":
        """Scrapy's constructor."""
        return cls(crawler)

    def _robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        rules = getattr(robotparser, "rp", None)
        asked = rules.crawl_delay(self._crawler.settings["USER_AGENT"]) if rules else None
        if asked:
            self._slow_down(request, min(float(asked), LONGEST_DELAY) + _MARGIN)

    def _slow_down(self, request: Request, delay: float) -> None:
        assert self._crawler.engine
        downloader = self._crawler.engine.downloader
        slots = [downloader.slots.get(downloader.get_slot_key(request))]
        for slot in filter(None, slots):
            slot.delay = max(slot.delay, delay)
            slot.concurrency = 1
        throttle = self._crawler.get_extension(AutoThrottle)
        if throttle:
            throttle.mindelay = max(throttle.mindelay, delay)
        _note_delay(self._crawler.spider, delay)


def _note_delay(spider: Spider | None, delay: float) -> None:
    report = getattr(spider, "report", None)
    if report is not None:
        report.delay = max(report.delay, delay)
