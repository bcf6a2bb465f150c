"""A site that is a year old: its articles by month in sitemaps, and page after page in a section."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

from rig.site import XML, Site
from rig.stories import Story, article_page, rss, section_page, sitemap

LAST = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
A_PAGE = 10
"""Stories on a page of the section."""


def yearlings(count: int, days: float = 360.0) -> list[Story]:
    """So many stories, newest first, spread evenly over the days before the last one."""
    step = timedelta(days=days / count)
    return [replace(Story.numbered(n), published=LAST - n * step) for n in range(count)]


def put_sitemaps(site: Site, stories: Iterable[Story]) -> None:
    """`/index.xml`, with a sitemap for each month; the oldest stands first, as it often does."""
    entries = []
    oldest_first = sorted(stories, key=lambda story: story.published)
    for month, its in groupby(oldest_first, lambda story: f"{story.published:%Y-%m}"):
        path = f"/sitemap-{month}.xml"
        site.put(path, sitemap(list(its), site.url()), content_type=XML)
        entries.append(f"<sitemap><loc>{site.url(path)}</loc></sitemap>")
    site.put("/index.xml", f"<sitemapindex>{''.join(entries)}</sitemapindex>", content_type=XML)


def put_section(site: Site, stories: Sequence[Story], path: str = "/latest") -> None:
    """A section of many pages, which say nothing of time: `/latest`, `/latest?page=2`, ..."""
    pages = [stories[i : i + A_PAGE] for i in range(0, len(stories), A_PAGE)]
    for number, its in enumerate(pages, start=1):
        here = path if number == 1 else f"{path}?page={number}"
        after = f"{path}?page={number + 1}" if number < len(pages) else None
        site.put(here, section_page(its, site.url(), next_page=after))


def put_articles(site: Site, stories: Iterable[Story]) -> None:
    """Each story at its path."""
    for story in stories:
        site.put(story.path, article_page(story))


def put_feed(site: Site, stories: Iterable[Story]) -> None:
    """`/rss.xml` with these."""
    site.put("/rss.xml", rss(stories, site.url()), content_type=XML)
