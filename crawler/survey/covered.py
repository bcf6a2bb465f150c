"""Whether a source covers an address already. Pure."""

import re
from collections.abc import Iterable, Sequence

from config.sources import Source
from crawler.authorities import authorities_of
from crawler.discovery.links import fits
from crawler.urls import authority, printed_url, url_key


def keys_of(sources: Iterable[Source]) -> dict[str, str]:
    """The names of sources by the keys of all addresses that they name."""
    return {
        url_key(printed_url(url) or url): source.name
        for source in sources
        for url in (source.start, *source.feeds, *source.sitemaps, *source.sections)
        if url
    }


def covers(sources: Sequence[Source], url: str) -> str:
    """The name of the source that names this address, printed, or whose article is there; else empty."""
    if name := keys_of(sources).get(url_key(url)):
        return name
    for source in sources:
        is_article = source.article_urls and fits(re.compile(source.article_urls), url)
        if is_article and authority(url) in authorities_of(source):
            return source.name
    return ""


def covers_all(sources: Iterable[Source], listings: Sequence[str]) -> str:
    """The name of the source that reads all these listings already; empty where none does."""
    wanted = {url_key(url) for url in listings}
    for source in sources:
        named = (source.start, *source.feeds, *source.sitemaps, *source.sections)
        if wanted and wanted <= {url_key(url) for url in named if url}:
            return source.name
    return ""
