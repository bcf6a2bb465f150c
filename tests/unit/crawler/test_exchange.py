"""When a host may be asked, and what is asked again."""

import asyncio
import time

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Response

from crawler.desk import CrawlReport
from crawler.exchange import StaleConnection, StaleConnectionMiddleware, while_held, why_not_now
from crawler.fetching import Miss, MissKind, miss_from

URL = "http://a.example/1"
NOW = 1000.0


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (CrawlReport(), None),
        (CrawlReport(not_before=NOW - 1, held_until=NOW + 1), None),
        (CrawlReport(not_before=NOW + 1), "asked-to-wait"),
        (CrawlReport(held_until=NOW - 1), "lease-lost"),
        (CrawlReport(held_until=0.0), "lease-lost"),
    ],
)
def test_why_not_now(report: CrawlReport, reason: str | None) -> None:
    miss = why_not_now(report, URL, NOW)
    assert (miss and miss.reason) == reason
    assert miss is None or miss.kind is MissKind.NOT_ASKED


def test_what_was_lost_on_a_kept_connection_is_asked_again_a_few_times() -> None:
    again = StaleConnectionMiddleware().process_exception
    request: Request | None = Request(URL, headers={"If-None-Match": "x"}, meta={"a": 1})
    asked = []
    while request := again(request, StaleConnection("gone")):
        asked.append(request)
    assert len(asked) == 3
    assert {(r.url, r.headers["If-None-Match"], r.meta["a"]) for r in asked} == {(URL, b"x", 1)}


def test_what_was_lost_on_a_new_connection_is_not() -> None:
    again = StaleConnectionMiddleware().process_exception
    assert again(Request(URL), DownloadFailedError("reset")) is None


def test_a_connection_that_stays_stale_is_one_that_broke() -> None:
    miss = miss_from(StaleConnection("gone"), URL)
    assert (miss.kind, miss.reason) == (MissKind.UNREACHABLE, "connection")


def _answer(report: CrawlReport, after: float, seen: list[str]) -> Response:
    async def answer() -> Response:
        try:
            await asyncio.sleep(after)
        except asyncio.CancelledError:
            seen.append("taken back")
            raise
        return Response(URL)

    return asyncio.run(while_held(answer(), report, URL, time.time))


def test_a_request_is_taken_back_when_its_host_may_be_anothers() -> None:
    seen: list[str] = []
    with pytest.raises(Miss) as raised:
        _answer(CrawlReport(held_until=time.time() + 0.05), 60, seen)
    assert (raised.value.kind, raised.value.reason) == (MissKind.NOT_ASKED, "lease-lost")
    assert seen == ["taken back"]


def test_a_request_has_the_time_for_which_its_host_is_held() -> None:
    seen: list[str] = []
    report = CrawlReport(held_until=time.time() + 0.05)

    async def hold_longer() -> Response:
        await asyncio.sleep(0.02)
        report.held_until = time.time() + 60
        await asyncio.sleep(0.1)
        return Response(URL)

    assert asyncio.run(while_held(hold_longer(), report, URL, time.time)).url == URL
    assert _answer(CrawlReport(), 0.01, seen).url == URL
    assert seen == []


def test_what_a_request_fails_with_is_raised() -> None:
    async def fail() -> Response:
        raise DownloadFailedError("reset")

    with pytest.raises(DownloadFailedError):
        asyncio.run(while_held(fail(), CrawlReport(held_until=time.time() + 60), URL, time.time))
