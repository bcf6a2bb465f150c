"""The hosts that a source is crawled on."""

from collections.abc import Iterable

from config.sources import Source
from crawler.urls import authority


def named_urls(source: Source) -> tuple[str, ...]:
    """The addresses that a source names: its start and its listings."""
    named = (source.start, *source.feeds, *source.sitemaps, *source.sections)
    return tuple(url for url in named if url)


def authorities_of(source: Source, moved_to: Iterable[str] = ()) -> tuple[str, ...]:
    """The hosts that a source names, each once, as `crawler.urls.authority` writes them, and those it has moved to.

    All of them are locked while it is crawled, and no other is asked.
    """
    hosts = (f"https://{host}/" for host in source.hosts)
    own = (authority(url) for url in (*named_urls(source), *hosts))
    return tuple(dict.fromkeys((*own, *moved_to)))
