"""What an answer, or the lack of one, means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response

from crawler.fetching import Miss, MissKind, OtherHost, RobotsForbid, miss_from, miss_of
from crawler.retry_after import retry_at

URL = "https://a.example/1"
NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def _miss(status: int, retry_after: str | None = None) -> Miss | None:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return miss_of(Response(URL, status=status, headers=headers), NOW)


@pytest.mark.parametrize("status", [200, 201, 203, 206, 299, 304])
def test_an_answer_that_brings_a_page(status: int) -> None:
    assert _miss(status) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((s, MissKind.GONE) for s in (404, 410)),
        *((s, MissKind.REFUSED) for s in (403, 408, 425, 429, 500, 502, 503, 504, 520, 599, 999)),
        *((s, MissKind.UNFIT) for s in (300, 305, 400, 401, 402, 405, 406, 409, 411, 418, 451)),
    ],
)
def test_an_answer_that_brings_none(status: int, kind: MissKind) -> None:
    miss = _miss(status, "60")
    assert miss is not None
    assert (miss.kind, miss.reason) == (kind, f"http-{status}")
    assert str(status) in str(miss)
    assert miss.retry_at == (NOW + timedelta(minutes=1) if kind is MissKind.REFUSED else None)


@pytest.mark.parametrize(
    ("header", "later"),
    [
        ("0", timedelta()),
        ("120", timedelta(seconds=120)),
        (" 120 ", timedelta(seconds=120)),
        ("86401", DAY),
        ("9" * 5000, DAY),
        ("Sat, 21 Nov 2026 20:10:00 GMT", timedelta(minutes=10)),
        ("Sat, 21 Nov 2026 22:10:00 +0200", timedelta(minutes=10)),
        ("Sat, 21 Nov 2026 20:10:00", timedelta(minutes=10)),
        ("Sat, 21 Nov 2020 20:10:00 GMT", timedelta()),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("Fri, 31 Dec 9999 23:59:59 -2359", DAY),
    ],
)
def test_a_retry_after(header: str, later: timedelta) -> None:
    assert retry_at(header, NOW) == NOW + later


@pytest.mark.parametrize(
    "header", ["", "soon", "-5", "1.5", "²", "1e9", "Sat, 99 Nov 2026 20:10:00 GMT"]
)
def test_a_retry_after_that_says_nothing(header: str) -> None:
    assert retry_at(header, NOW) is None


@given(
    st.text(st.characters(max_codepoint=255))
    | st.from_regex(r"\A[A-Z][a-z]{2}, \d{1,3} (Jan|Nov) \d{1,6} \d\d:\d\d:\d\d [+-]?\d{1,12}\Z")
)
@example("Sat, 21 Nov 2026 20:10:00 +99999999999")
@example("Sat, 21 Nov 2026 20:10:00 +9999999999999999999999")
def test_no_header_breaks_it_or_reaches_further_than_a_day(header: str) -> None:
    moment = retry_at(header, NOW)
    assert moment is None or NOW <= moment <= NOW + DAY


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (CannotResolveHostError("x"), MissKind.UNREACHABLE, "no-such-host"),
        (DownloadConnectionRefusedError("x"), MissKind.UNREACHABLE, "refused"),
        (DownloadTimeoutError("x"), MissKind.UNREACHABLE, "timed-out"),
        (
            DownloadFailedError("SSL routines: certificate verify failed"),
            MissKind.UNREACHABLE,
            "tls",
        ),
        (DownloadFailedError("[<VerificationError: ...>]"), MissKind.UNREACHABLE, "tls"),
        (DownloadFailedError("connection lost"), MissKind.UNREACHABLE, "connection"),
        (OSError("anything else"), MissKind.UNREACHABLE, "connection"),
        (ResponseDataLossError("x"), MissKind.UNFIT, "cut-off"),
        (DownloadCancelledError("x"), MissKind.UNFIT, "too-large"),
        (UnsupportedURLSchemeError("x"), MissKind.UNFIT, "scheme"),
        (OtherHost("it led to b.example"), MissKind.UNFIT, "other-host"),
        (RobotsForbid("robots.txt forbids it"), MissKind.UNFIT, "robots"),
        (IgnoreRequest("max redirections reached"), MissKind.UNFIT, "redirects"),
        (IgnoreRequest("10.0.0.1 is private"), MissKind.UNFIT, "refused-address"),
    ],
)
def test_an_error_of_the_download(error: Exception, kind: MissKind, reason: str) -> None:
    miss = miss_from(error, URL)
    assert (miss.kind, miss.reason) == (kind, reason)
    assert str(miss).startswith(f"{URL}: ")
    assert len(str(miss)) > len(URL) + 2


def test_an_address_is_told_once() -> None:
    told = [
        str(miss_from(RobotsForbid(f"asks not to read {url}"), URL)) for url in (URL, "b.example")
    ]
    assert told == [f"{URL}: asks not to read it", f"{URL}: asks not to read b.example"]


def test_a_miss_stays_what_it_is() -> None:
    miss = Miss(MissKind.REFUSED, "http-503", "it answers 503")
    assert miss_from(miss, URL) is miss
