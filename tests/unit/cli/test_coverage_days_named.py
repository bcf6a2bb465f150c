"""The days that `coverage` is asked for."""

from datetime import UTC, date, datetime

import pytest

from cli.coverage import _days
from config.settings import SettingsError

NOW = datetime(2026, 11, 28, 0, 5, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("day", "first", "count"),
    [
        (None, date(2026, 11, 22), 7),
        ("today", date(2026, 11, 28), 1),
        ("yesterday", date(2026, 11, 27), 1),
        ("2026-02-28", date(2026, 2, 28), 1),
    ],
)
def test_days(day: str | None, first: date, count: int) -> None:
    days = _days(day, NOW)
    assert (days[0], len(days)) == (first, count)


@pytest.mark.parametrize("day", ["", "2026-11-29", "2026-02-30", "monday", "\x1b[31m"])
def test_other_days_are_refused_with_what_is_allowed(day: str) -> None:
    with pytest.raises(SettingsError, match="today or yesterday"):
        _days(day, NOW)
