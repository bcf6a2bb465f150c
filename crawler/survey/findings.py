"""What was found at a site."""

from dataclasses import dataclass, field
from enum import StrEnum

from crawler.discovery.listing import Link, ListingKind
from crawler.page import Article
from crawler.survey.rhythm import Rhythm
from crawler.survey.shapes import Pattern


class Asked(StrEnum):
    """What the address was that was asked for."""

    FRONT = "front page"
    SECTION = "section"
    FEED = "feed"
    SITEMAP = "sitemap"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True)
class Found:
    """A listing that was read."""

    kind: ListingKind
    url: str
    links: tuple[Link, ...] = ()
    """Its articles, newest first where it gives dates."""
    children: int = 0
    """Of a sitemap index: how many it names."""
    title: str = ""
    is_own: bool = True
    """Whether it is of what was asked for: a site's feed is none of one section's."""
    is_stale: bool = False
    """Its newest article is over a month old."""

    @property
    def newest(self) -> str:
        """When its newest article was published, or nothing."""
        return max((link.published or "" for link in self.links), default="")


@dataclass(frozen=True, slots=True)
class Sample:
    """A page that should be an article, and what came of it."""

    url: str
    article: Article | None = None
    problem: str = ""
    """Why there is no article."""
    is_shell: bool = False
    """The page shows nothing until its scripts have run."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found; what is empty was not."""

    asked: str
    what: Asked
    start: str
    feeds: tuple[Found, ...] = ()
    sitemaps: tuple[Found, ...] = ()
    sections: tuple[Found, ...] = ()
    front_articles: tuple[str, ...] = ()
    """Articles that the front page itself names."""
    pattern: Pattern | None = None
    samples: tuple[Sample, ...] = ()
    site_name: str = ""
    language: str = ""
    timezone: str = ""
    clock: str = ""
    """What was told of the time zone, or instead of it."""
    rhythm: Rhythm | None = None
    is_shell: bool = False
    """The front page shows nothing until its scripts have run."""
    moved_from: str = ""
    """The host that was asked for, where it led to another."""
    article_hosts: tuple[str, ...] = ()
    """Hosts of most articles, as `crawler.urls.authority` writes them."""
    problems: tuple[str, ...] = field(default=())
    """What could not be read, and why."""
