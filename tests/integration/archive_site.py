"""A site that is a year old: its articles by month in sitemaps."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

from rig.site import XML, Site
from rig.stories import Story, article_page, rss, sitemap

LAST = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


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


def put_articles(site: Site, stories: Iterable[Story]) -> None:
    """Each story at its path."""
    for story in stories:
        site.put(story.path, article_page(story))


def put_feed(site: Site, stories: Iterable[Story]) -> None:
    """`/rss.xml` with these."""
    site.put("/rss.xml", rss(stories, site.url()), content_type=XML)
