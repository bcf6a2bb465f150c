"""The time that a person asks a backfill for: days are whole, in UTC; what makes no sense is refused with a word."""

from datetime import UTC, datetime

import pytest

from cli.backfill import span_of
from config.settings import SettingsError

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "span"),
    [
        ("2026-01-01", None, ("2026-01-01T00:00:00Z", None)),
        ("2026-01-01", "2026-01-31", ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")),
        ("2026-01-01", "2026-01-01", ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")),
        ("2026-01-01T12:30:00Z", None, ("2026-01-01T12:30:00Z", None)),
        ("2026-01-01T00:30:00+02:00", None, ("2025-12-31T22:30:00Z", None)),
        ("2026-01-01 06:00", "2026-01-01T12:00", ("2026-01-01T06:00:00Z", "2026-01-01T12:00:00Z")),
        ("2026-05-30", "2030-01-01", ("2026-05-30T00:00:00Z", "2030-01-02T00:00:00Z")),
        (None, None, None),
    ],
)
def test_what_is_meant(
    since: str | None, until: str | None, span: tuple[str, str | None] | None
) -> None:
    assert span_of(since, until, NOW) == span


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        ("yesterday", None, "--since yesterday: allowed is a day, 2026-01-31"),
        ("2026-02-30", None, "--since 2026-02-30: allowed is a day"),
        ("2026-01-01", "31/01/2026", "--until 31/01/2026: allowed is a day"),
        ("2026-06-02", None, "--since 2026-06-02: allowed is a time that has been"),
        ("2026-03-01", "2026-02-01", "--until 2026-02-01: allowed is a time after --since"),
        ("0001-01-01T00:00:00+05:00", None, "allowed is a day"),
        ("2026-03-01", "9999-12-31", "--until 9999-12-31: allowed is a day"),
        (None, "2026-02-01", "--since is needed with it"),
    ],
)
def test_what_makes_no_sense_is_refused(since: str | None, until: str | None, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        span_of(since, until, NOW)
