"""The hosts that a source is crawled on."""

from config.sources import Source
from crawler.urls import authority


def authorities_of(source: Source) -> tuple[str, ...]:
    """The hosts that a source names, each once, as `crawler.urls.authority` writes them.

    All of them are locked while it is crawled, and no other is asked.
    """
    named = (source.start, *source.feeds, *source.sitemaps, *source.sections)
    hosts = (f"https://{host}/" for host in source.hosts)
    return tuple(dict.fromkeys(authority(url) for url in (*named, *hosts) if url))
