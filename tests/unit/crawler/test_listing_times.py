from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.times import timestamp

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=OFFSETS)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Tue, 20 Mar 2018 09:00:00 -0500", "2018-03-20T14:00:00Z"),
        ("20 Mar 2018 09:00:00 GMT", "2018-03-20T09:00:00Z"),
        ("Tue, 20 Mar 2018 09:00:00 EST", "2018-03-20T14:00:00Z"),
        ("2018-03-20T09:00:00.123Z", "2018-03-20T09:00:00Z"),
        (" 2018-03-20T23:00-05:00\n", "2018-03-21T04:00:00Z"),
        ("2018-03-20T09:00:00", "2018-03-20"),
        ("2018-03-20", "2018-03-20"),
        ("Tue, 20 Mar 2018 09:00:00 XYZ", "2018-03-20"),
        ("", None),
        ("20 mars", None),
        ("2018-13-45", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9" * 10_000, None),
    ],
)
def test_times_as_listings_write_them(written: str, expected: str | None) -> None:
    assert timestamp(written) == expected


@given(MOMENTS)
def test_both_forms_say_the_same(moment: datetime) -> None:
    expected = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert timestamp(moment.isoformat()) == expected
    assert timestamp(format_datetime(moment)) == expected


@given(MOMENTS, MOMENTS)
def test_times_sort_as_text(one: datetime, other: datetime) -> None:
    first, second = timestamp(one.isoformat()), timestamp(other.isoformat())
    assert first is not None
    assert second is not None
    if abs(one - other) >= timedelta(seconds=1):
        assert (first < second) == (one < other)


@given(st.text())
def test_no_text_raises(text: str) -> None:
    written = timestamp(text)
    assert written is None or timestamp(written) == written
