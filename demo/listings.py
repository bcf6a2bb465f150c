"""Feeds and sitemaps, as the sample sites publish them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from demo.stories import Story

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


@dataclass(frozen=True, slots=True)
class Item:
    """A story at its full address."""

    url: str
    story: Story


def rss(title: str, url: str, items: Iterable[Item]) -> bytes:
    """RSS 2.0; the links carry the parameters by which a site follows its readers."""
    entries = "".join(
        f"<item><title>{escape(item.story.title)}</title>"
        f"<link>{escape(item.url + '?utm_source=rss&utm_medium=feed')}</link>"
        f"<guid>{escape(item.url)}</guid>"
        f"<pubDate>{format_datetime(item.story.published)}</pubDate>"
        f"<description>{escape(f'<p>{escape(item.story.summary)} …</p>')}</description></item>\n"
        for item in items
    )
    return (
        f'{_DECLARATION}<rss version="2.0"><channel><title>{escape(title)}</title>'
        f"<link>{escape(url)}</link><description>{escape(title)}</description>\n"
        f"{entries}</channel></rss>\n"
    ).encode()


def atom(title: str, url: str, items: list[Item]) -> bytes:
    """An Atom feed."""
    entries = "".join(
        f"<entry><title>{escape(item.story.title)}</title><id>{escape(item.url)}</id>"
        f'<link href="{escape(item.url)}"/>'
        f"<published>{item.story.published.isoformat()}</published>"
        f"<updated>{item.story.modified.isoformat()}</updated></entry>\n"
        for item in items
    )
    return (
        f'{_DECLARATION}<feed xmlns="http://www.w3.org/2005/Atom"><title>{escape(title)}</title>'
        f"<id>{escape(url)}</id><updated>{items[0].story.modified.isoformat()}</updated>\n"
        f"{entries}</feed>\n"
    ).encode()


def sitemap_index(urls: Iterable[str], modified: datetime) -> bytes:
    """The sitemap of the sitemaps."""
    entries = "".join(
        f"<sitemap><loc>{escape(url)}</loc><lastmod>{modified.isoformat()}</lastmod></sitemap>\n"
        for url in urls
    )
    return f'{_DECLARATION}<sitemapindex xmlns="{_SITEMAP}">\n{entries}</sitemapindex>\n'.encode()


def sitemap(urls: Iterable[str]) -> bytes:
    """A sitemap of plain pages."""
    entries = "".join(f"<url><loc>{escape(url)}</loc></url>\n" for url in urls)
    return f'{_DECLARATION}<urlset xmlns="{_SITEMAP}">\n{entries}</urlset>\n'.encode()


def news_sitemap(publication: str, items: Iterable[Item]) -> bytes:
    """A news sitemap: title, language and time of each story."""
    entries = "".join(
        f"<url><loc>{escape(item.url)}</loc><news:news><news:publication>"
        f"<news:name>{escape(publication)}</news:name>"
        f"<news:language>{item.story.language}</news:language></news:publication>"
        f"<news:publication_date>{item.story.published.isoformat()}</news:publication_date>"
        f"<news:title>{escape(item.story.title)}</news:title></news:news></url>\n"
        for item in items
    )
    return (
        f'{_DECLARATION}<urlset xmlns="{_SITEMAP}" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n'
        f"{entries}</urlset>\n"
    ).encode()
