"""Whether a source covers an address already. Pure."""

import re
from collections.abc import Iterable, Sequence

from config.sources import Source
from crawler.authorities import authorities_of
from crawler.urls import authority, printed_url, url_key


def covers(sources: Iterable[Source], url: str) -> tuple[str, str]:
    """The name of the source that has this address, printed, and as what; both empty where none has it."""
    key = url_key(url)
    for source in sources:
        for field in ("start", "feeds", "sitemaps", "sections"):
            value = getattr(source, field)
            if key in {
                url_key(printed_url(u) or u) for u in ([value] if field == "start" else value) if u
            }:
                return source.name, field
        is_article = source.article_urls and re.search(source.article_urls, url)
        if is_article and authority(url) in authorities_of(source):
            return source.name, "article_urls"
    return "", ""


def covers_all(sources: Iterable[Source], listings: Sequence[str]) -> str:
    """The name of the source that reads all these listings already; empty where none does."""
    wanted = {url_key(url) for url in listings}
    for source in sources:
        named = (source.start, *source.feeds, *source.sitemaps, *source.sections)
        if wanted and wanted <= {url_key(url) for url in named if url}:
            return source.name
    return ""
