"""How a source's hosts are treated: pace, robots.txt, and which hosts are asked at all."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from protego import Protego
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, StopDownload
from scrapy.extensions.throttle import AutoThrottle

from config.sources import Source
from crawler.address_guard import named_authorities
from crawler.decode import Undecodable, decompress
from crawler.fetching import MissKind, OtherHost, RobotsForbid, miss_of
from crawler.robots_kept import KeptRobots
from crawler.settings import AUTOTHROTTLE_MAX_DELAY, DOWNLOAD_HANDLERS
from crawler.urls import authority

# Timers and networks are not exact: a little more than asked for is never too little.
_MARGIN = 0.02
# A crawl that may make one request in more than this would never end.
LONGEST_DELAY = 120.0
_ROBOTS_BYTES = 500 * 2**10
"""What crawlers read of a robots.txt (RFC 9309)."""
# Of this process: its crawls come and go, and ask the same hosts.
_kept = KeptRobots()
ACCEPT_ENCODING = b"gzip, deflate, br, zstd"


def polite_settings(source: Source, user_agent: str) -> dict[str, Any]:
    """The Scrapy settings that differ from source to source."""
    settings: dict[str, Any] = {
        "USER_AGENT": user_agent,
        "GUARD_AUTHORITIES": sorted(named_authorities(source)),
        "GUARD_ALLOW_PRIVATE": source.allow_private,
    }
    if source.render:
        settings["DOWNLOAD_HANDLERS"] = DOWNLOAD_HANDLERS | dict.fromkeys(
            ("http", "https"), "crawler.rendering.handler.RenderingHandler"
        )
    if source.delay:
        delay = source.delay + _MARGIN
        settings |= {
            "DOWNLOAD_DELAY": delay,
            "AUTOTHROTTLE_START_DELAY": delay,
            "AUTOTHROTTLE_MAX_DELAY": max(delay, AUTOTHROTTLE_MAX_DELAY),
        }
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
    """Leaves hosts alone that the source does not name, at every hop; each has a pace of its own."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "NamedHostsMiddleware":
        """Scrapy's constructor."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise `OtherHost` for a request to a host that the source does not name."""
        named = getattr(self._crawler.spider, "authorities", ())
        host = authority(request.url)
        # A redirect brings along the slot of where it came from.
        request.meta["download_slot"] = host
        moves = getattr(self._crawler.spider, "moves", None)
        if moves is not None and "redirect_urls" in request.meta:
            moves.see(request.url, request.meta)
        if host not in named:
            raise OtherHost(f"leads to {host}: name it in the source's `hosts` if it is wanted")
        # A crawl has all of its hosts before it begins; who finds out which they are has each as it comes.
        hold_host = getattr(self._crawler.spider, "hold_host", None)
        if hold_host is not None:
            await hold_host(host)


class RobotsTxtMiddleware:
    """Obeys robots.txt, its Crawl-delay too (RFC 9309); crawls that read listings keep it for an hour.

    Without one all is allowed; where the host does not answer, or refuses to, nothing is asked of it:
    the request then fails as robots.txt did.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._user_agent: str = crawler.settings["USER_AGENT"]
        self._rules: dict[str, asyncio.Future[Protego]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsTxtMiddleware":
        """Scrapy's constructor."""
        made = cls(crawler)
        crawler.signals.connect(made.read_enough, signal=signals.bytes_received)
        return made

    def read_enough(self, data: bytes, request: Request) -> None:
        """Raise `StopDownload` where as much of a robots.txt has come as is read of one."""
        if request.meta.get("is_robots_txt"):
            request.meta["received"] = request.meta.get("received", 0) + len(data)
            if request.meta["received"] > _ROBOTS_BYTES:
                raise StopDownload(fail=False)

    async def process_request(self, request: Request) -> None:
        """Raise `RobotsForbid` where robots.txt asks not to."""
        if request.meta.get("is_robots_txt"):
            return
        rules = await self._rules_for(request)
        request.meta["robots"] = rules  # for what a rendered page asks for
        if not rules.can_fetch(request.url, self._user_agent):
            raise RobotsForbid(f"robots.txt asks not to read {request.url}")

    async def _rules_for(self, request: Request) -> Protego:
        url = urljoin(request.url, "/robots.txt")
        if url not in self._rules:
            self._rules[url] = asyncio.ensure_future(self._read(url))
        rules = await asyncio.shield(self._rules[url])
        self._keep_delay(request, rules)
        return rules

    async def _read(self, url: str) -> Protego:
        # Where no listing is read, its answer shows that the host is well, and a page that fails is at fault.
        is_asked = getattr(self._crawler.spider, "asks_for_robots", False)
        text = None if is_asked else _kept.get(url, time.monotonic())
        if text is None:
            text = await self._ask_for(url)
            if text is None:
                return Protego.parse("")
            _kept.put(url, text, time.monotonic())
        note_robots = getattr(self._crawler.spider, "note_robots", None)
        if note_robots:
            note_robots(url, text)
        return Protego.parse(text)

    async def _ask_for(self, url: str) -> str | None:
        """What the host answers; None where nothing may be asked of it. Raises the `Miss` of a refusal."""
        assert self._crawler.engine
        # Its length does not matter, since only its beginning is read.
        meta = {"is_robots_txt": True, "download_maxsize": 0}
        asked = Request(url, meta=meta, dont_filter=True)
        try:
            response = await self._crawler.engine.download_async(asked)
        except IgnoreRequest:
            return None
        clock = getattr(self._crawler.spider, "clock", time.time)
        miss = miss_of(response, datetime.fromtimestamp(clock(), UTC))
        if miss and miss.kind is MissKind.REFUSED and response.status != 403:
            raise miss
        note_answer = getattr(self._crawler.spider, "note_answer", None)
        if note_answer:
            note_answer()
        coding = (response.headers.get("Content-Encoding") or b"").decode("latin-1")
        return robots_text(response.body, coding) if response.status == 200 else ""

    def _keep_delay(self, request: Request, rules: Protego) -> None:
        asked = rules.crawl_delay(self._user_agent)
        if asked:
            self._slow_down(request, min(float(asked), LONGEST_DELAY) + _MARGIN)

    def _slow_down(self, request: Request, delay: float) -> None:
        assert self._crawler.engine
        downloader = self._crawler.engine.downloader
        slot = downloader.slots.get(downloader.get_slot_key(request))
        if slot:
            slot.delay = max(slot.delay, delay)
            slot.concurrency = 1
        throttle = self._crawler.get_extension(AutoThrottle)
        if throttle:
            throttle.mindelay = max(throttle.mindelay, delay)
            throttle.maxdelay = max(throttle.maxdelay, delay)
        report = getattr(self._crawler.spider, "report", None)
        if report is not None:
            report.delay = max(report.delay, delay)


def robots_text(body: bytes, content_encoding: str) -> str:
    """The rules of a robots.txt as it was sent, as far as it is read; none where it is packed wrongly."""
    try:
        rules = decompress(body, content_encoding)
    except Undecodable:
        return ""
    if len(rules) > _ROBOTS_BYTES:
        # Of a line that is cut, the rest might have said how little it forbids.
        rules = rules[:_ROBOTS_BYTES].rpartition(b"\n")[0]
    return rules.decode("utf-8-sig", errors="ignore")
