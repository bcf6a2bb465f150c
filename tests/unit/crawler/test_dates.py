from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.dates import in_path, stated

FETCHED = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2021-12-16T09:12:00-05:00", "2021-12-16T09:12:00-05:00"),
        ("2021-12-16T09:12:00-0500", "2021-12-16T09:12:00-05:00"),
        ("2021-12-16T09:12-05", "2021-12-16T09:12:00-05:00"),
        ("2021-12-16T09:12:00.123Z", "2021-12-16T09:12:00Z"),
        (" 2021-12-16 09:12:00 UTC", "2021-12-16T09:12:00Z"),
        ("20211216T09:12:00+01:00", "2021-12-16T09:12:00+01:00"),
        ("Thu, 16 Dec 2021 09:12:00 -0500", "2021-12-16T09:12:00-05:00"),
        ("Thu, 16 Dec 2021 09:12:00 GMT", "2021-12-16T09:12:00Z"),
        ("Thu, 16 Dec 2021 09:12:00", "2021-12-16"),
        ("Thu, 16 Dec 2021 09:12:00 -0000", "2021-12-16"),
        ("Thu Dec 16 2021 09:12:00 GMT-0500 (EST)", "2021-12-16T09:12:00-05:00"),
        ("20211216T091200Z", "2021-12-16T09:12:00Z"),
        ("2021-12-16T09:12:00+01:00[Europe/Paris]", "2021-12-16T09:12:00+01:00"),
        ("2021-12-16 09:12:00 -0500", "2021-12-16T09:12:00-05:00"),
        ("2021-12-16 09:12:00 EST", "2021-12-16"),
        ("1639663920", "2021-12-16T14:12:00Z"),
        ("1639663920000", "2021-12-16T14:12:00Z"),
        ("4102444800", None),
        ("0000000000", None),
        ("2021121609", None),  # no seconds since 1970 that have come
        ("December 16, 2021", "2021-12-16"),
        ("Thursday, Dec. 16th 2021", "2021-12-16"),
        ("16 December 2021 09:12", "2021-12-16"),
        ("16.12.2021", "2021-12-16"),
        ("12/11/2021", None),  # of December or of November
        ("December 32, 2021", None),
        ("2021-12-16T09:12:00", "2021-12-16"),
        ("2021-12-16", "2021-12-16"),
        ("20211216", "2021-12-16"),
        ("2021/12/6", "2021-12-06"),
        ("2026-11-21T20:00:00Z", "2026-11-21T20:00:00Z"),
        ("2026-11-21T20:00:01Z", None),
        ("2026-11-22T09:00:00+13:00", "2026-11-22T09:00:00+13:00"),
        ("2026-11-22", "2026-11-22"),  # it is tomorrow in Auckland
        ("2026-11-23", None),
        ("2099-01-01T00:00:00+00:00", None),
        ("1970-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2021-13-45", None),
        ("2021-12-16T99:99:99Z", "2021-12-16"),
        ("16/12/2021", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_of_markup(value: str, expected: str | None) -> None:
    assert stated(value, FETCHED) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/news/2021/12/16/harbour-opens", "2021-12-16"),
        ("/2021-12-06-harbour", "2021-12-06"),
        ("/2021/12/", None),
        ("/noticias/280005-poutine", None),
        ("/2099/01/01/x", None),
    ],
)
def test_dates_of_addresses(path: str, expected: str | None) -> None:
    assert in_path(path, FETCHED) == expected


@given(st.text(max_size=60))
def test_no_text_is_an_error(value: str) -> None:
    stated(value, FETCHED)


@given(st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2060, 1, 1)))  # noqa: DTZ001
def test_nothing_lies_in_the_future(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    forms = (
        moment.isoformat(),
        f"{moment:%a, %d %b %Y %H:%M:%S +0000}",
        str(int(moment.timestamp())),
    )
    for found in filter(None, (stated(form, FETCHED) for form in forms)):
        assert datetime.fromisoformat(found) <= FETCHED


@given(st.datetimes(min_value=datetime(1991, 1, 1), max_value=datetime(2026, 1, 1)))  # noqa: DTZ001
def test_what_isoformat_writes_is_read(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    found = stated(moment.isoformat(), FETCHED)
    assert found is not None
    assert datetime.fromisoformat(found) == moment
