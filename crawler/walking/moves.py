"""A site that has moved: permanent redirects to another host, of its listings and its start."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from crawler.urls import authority

PERMANENT = {301, 308}
MOST_HOSTS = 3
"""Hosts that a source is followed to, those on the way among them."""
_MOST_TOLD = 10


@dataclass
class Moves:
    """What the redirects of one walk have shown."""

    to: dict[str, str] = field(default_factory=dict)
    """From the address that was asked for to the one that it led to."""
    hosts: dict[str, list[str]] = field(default_factory=dict)
    """The other hosts that were led to, by the address that was asked for."""

    def see(self, url: str, meta: Mapping[str, Any]) -> None:
        """A request that is about to be sent, with Scrapy's `meta` of how it came about."""
        urls, reasons = list(meta.get("redirect_urls", ())), meta.get("redirect_reasons", ())
        if not urls:
            return
        if url == urls[0] or urls[0] in urls[1:]:
            # It leads in a circle, and so nowhere.
            self.to.pop(urls[0], None)
            self.hosts.pop(urls[0], None)
            return
        if not PERMANENT.issuperset(reasons) or authority(urls[0]) == authority(url):
            return
        self.to[urls[0]] = url
        self.hosts.setdefault(urls[0], []).append(authority(url))

    def of(self, listings: Collection[str]) -> tuple[dict[str, str], tuple[str, ...]]:
        """The moves of these addresses, and the hosts that they lead to."""
        moved = [url for url in self.to if url in listings][:_MOST_TOLD]
        hosts = dict.fromkeys(host for url in moved for host in self.hosts[url])
        return {url: self.to[url] for url in moved}, tuple(hosts)[:MOST_HOSTS]


def moved_to(start: str, to: str) -> str:
    """A start on the host that a listing found from it has moved to."""
    place = urlsplit(to)
    return urlsplit(start)._replace(scheme=place.scheme, netloc=place.netloc).geturl()
