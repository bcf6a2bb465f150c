"""When a host may be asked, and what is asked again."""

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadFailedError

from crawler.desk import CrawlReport
from crawler.exchange import StaleConnection, StaleConnectionMiddleware, why_not_now
from crawler.fetching import MissKind, miss_from

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
