"""What time an address speaks of, and what is of the time asked for."""

import pytest

from crawler.discovery.days import Days, Span, days_of_article, days_of_sitemaps

SPAN = Span("2026-03-10T12:00:00Z", "2026-04-01T00:00:00Z")


@pytest.mark.parametrize(
    ("path", "days"),
    [
        ("/2026/03/12/a-story", Days("2026-03-12", "2026-03-12")),
        ("/news/2026/3/2/a-story", Days("2026-03-02", "2026-03-02")),
        ("/2024/feb/a-story", Days("2024-02-01", "2024-02-29")),
        ("/2026/Mar/12/a-story", Days("2026-03-12", "2026-03-12")),
        ("/news/2026-03-12-a-story", Days("2026-03-12", "2026-03-12")),
        ("/20260312/a-story", Days("2026-03-12", "2026-03-12")),
        ("/news/a-story-2026-03-12", Days("2026-03-12", "2026-03-12")),
        ("/news/a-story-2026-03-12.html", Days("2026-03-12", "2026-03-12")),
        ("/2026/02/30/a-story", None),
        ("/2026/a-story", None),
        ("/news/the-budget-2026-in-figures", None),
        ("/news/how-2026-03-12-was", None),
        ("/news/20261234567-a-story", None),
        ("/news/12345", None),
        ("", None),
    ],
)
def test_the_day_of_an_article_is_taken_only_where_it_is_plain(
    path: str, days: Days | None
) -> None:
    assert days_of_article(f"https://2026-01-01.example{path}") == days


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("/sitemap-2026-03.xml", Days("2026-03-01", "2026-03-31")),
        ("/sitemap-202603.xml.gz", Days("2026-03-01", "2026-03-31")),
        ("/sitemaps/2026/03/12.xml", Days("2026-03-12", "2026-03-12")),
        ("/sitemap_2024.xml", Days("2024-01-01", "2024-12-31")),
        ("/sitemap.xml?yyyy=2026&mm=03&dd=12", Days("2026-03-12", "2026-03-12")),
        ("/sitemap.xml?year=2026&month=3", Days("2026-03-01", "2026-03-31")),
        ("/2019-look/sitemap-2026-03.xml", Days("2026-03-01", "2026-03-31")),
        ("/sitemap-post.xml", None),
        ("/sitemap-12.xml", None),
        ("/sitemap-20261.xml", None),
    ],
)
def test_the_name_of_a_sitemap_tells_its_time(name: str, days: Days | None) -> None:
    assert days_of_sitemaps([f"https://news.example{name}"]) == [days]


def test_sitemaps_that_are_counted_are_no_years() -> None:
    counted = [f"https://news.example/sitemap-{number}.xml" for number in range(1990, 2110)]
    assert days_of_sitemaps(counted) == [None] * len(counted)
    months = ["https://news.example/2026-03.xml", "https://news.example/posts-7.xml"]
    assert days_of_sitemaps(months) == [Days("2026-03-01", "2026-03-31"), None]


@pytest.mark.parametrize(
    ("at", "is_before", "is_after"),
    [
        ("2026-03-10T11:59:59Z", True, False),
        ("2026-03-10T12:00:00Z", False, False),
        ("2026-03-10", False, False),  # the day has an afternoon
        ("2026-03-09", True, False),
        ("2026-03-31T23:59:59Z", False, False),
        ("2026-04-01T00:00:00Z", False, True),
        ("2026-04-01", False, True),
    ],
)
def test_a_time_is_before_after_or_within(at: str, is_before: bool, is_after: bool) -> None:
    assert (SPAN.is_before(at), SPAN.is_after(at)) == (is_before, is_after)


def test_a_day_somewhere_on_earth_is_asked_for() -> None:
    held = [d for d in range(1, 32) if SPAN.holds(Days(f"2026-03-{d:02}", f"2026-03-{d:02}"))]
    assert held == list(range(9, 32))
    assert SPAN.holds(Days("2026-04-01", "2026-04-01"))
    assert not SPAN.holds(Days("2026-04-02", "2026-04-02"))
    assert SPAN.holds(Days("2026-01-01", "2026-12-31"))
    assert not SPAN.holds(Days("9999-12-31", "9999-12-31"))
    assert not SPAN.holds(Days("0001-01-01", "0001-01-01"))
