"""Radio Bahía Clara: an invented broadcaster of an invented archipelago, in three languages.

Its site is made as such sites are: section names stay Spanish in every language, addresses work
with and without `index.php`, and every tenth link leads to a page that is no article.
"""

import gzip
from collections.abc import Iterable, Mapping
from datetime import datetime

from demo import listings, stories, templates
from demo.edition import PREFIX, SITE_NAME, Edition
from demo.resource import XML, Resource

_ROBOTS = """User-agent: *
Disallow: /en/noticias/reservado/
Disallow: /especiales/search

Sitemap: {root}/sitemap.xml
"""


def resources(
    root: str, opened: datetime, updated: datetime | None = None
) -> Mapping[str, Resource]:
    """The site at *root* (`http://127.0.0.1:8000`), by path and query, not percent-encoded."""
    editions = [
        Edition(root, language, stories.of_edition(language, opened, updated))
        for language in PREFIX
    ]
    site = _sitemaps(root, editions, updated or opened)
    robots = _ROBOTS.format(root=root).encode()
    site["/robots.txt"] = Resource(robots, opened, "text/plain; charset=utf-8")
    for edition in editions:
        site |= edition.resources()
    return site


def _sitemaps(root: str, editions: Iterable[Edition], modified: datetime) -> dict[str, Resource]:
    items = [item for edition in editions for item in edition.items()]
    sections = [
        f"{root}{PREFIX[edition.language]}/noticias/{section}"
        for edition in editions
        for section in templates.words(edition.language)["sections"]
    ]
    news = gzip.compress(listings.news_sitemap(SITE_NAME, items), mtime=0)
    children = [f"{root}/sitemaps/news.xml.gz", f"{root}/sitemaps/sections.xml"]
    return {
        "/sitemap.xml": Resource(listings.sitemap_index(children, modified), modified, XML),
        "/sitemaps/news.xml.gz": Resource(news, modified, "application/gzip"),
        "/sitemaps/sections.xml": Resource(listings.sitemap(sections), modified, XML),
    }
