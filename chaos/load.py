"""Sites for the trials whose pages must end in outcomes that are known beforehand."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from rig.site import HTML, XML, Reply, Request, Site
from rig.stories import Story, article_page, rss

_PDF = {"Content-Type": "application/pdf"}
_EVERY = 20
"""Of so many pages in a row, each of these is once something else than a new text:"""
_SAME_TEXT, _WIRE_COPY, _NEAR_COPY = 1, 3, 5
_NO_PAGES = {
    6: (Reply(b"no such page", 404, {"Content-Type": HTML}), "gone"),
    7: (Reply(b"%PDF-1.7 " + bytes(999), 200, _PDF), "rejected"),
    13: (Reply(b"not any more", 410, {"Content-Type": HTML}), "gone"),
}


@dataclass(frozen=True)
class Expected:
    """What must come of a load."""

    pages: Counter[str]
    """Addresses by source, each as often as it is visited: each visit ends once."""
    outcomes: Counter[str]
    """Of all sources together: which of two pages with one text comes first is left open."""

    def __add__(self, other: "Expected") -> "Expected":
        return Expected(self.pages + other.pages, self.outcomes + other.outcomes)


class Load:
    """Some sites of one source each, with as many pages each; on loopback unless a `host` is named, and stopped in the end.

    Of the pages that are `broken` each answers 500, whenever it is asked. Answers take `delay` seconds.

    with Load(sites=3, pages=20) as load:
        desk.write_sources(*load.sources)
    """

    def __init__(
        self,
        *,
        sites: int,
        pages: int,
        broken: int = 0,
        first: int = 0,
        delay: float = 0.0,
        host: str = "127.0.0.1",
    ) -> None:
        self._stack = ExitStack()
        self.sites = [self._stack.enter_context(Site(host)) for _ in range(sites)]
        self._pages = pages
        self._first = first
        self._broken = broken
        self._delay = delay
        self.outcomes: Counter[str] = Counter()
        for number in range(sites):
            self._publish(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def sources(self) -> list[dict[str, Any]]:
        """Lines for the sources file: crawled once, and to the end in one crawl."""
        return [
            {
                "name": self._name(number),
                "feeds": [site.url("/rss.xml")],
                "article_urls": "/news/",
                "schedule": "every 1d",
                "revisit": [],
                "max_pages": self._pages + self._broken,
            }
            for number, site in enumerate(self.sites)
        ]

    @property
    def expected(self) -> Expected:
        """What must come of it."""
        total = self._pages + self._broken
        by_source = {self._name(number): total for number in range(len(self.sites))}
        return Expected(Counter(by_source), self.outcomes.copy())

    @property
    def requests(self) -> int:
        """Requests so far: how far the crawls are."""
        return sum(len(site.requests) for site in self.sites)

    def _name(self, number: int) -> str:
        return f"site-{self._first + number}"

    def _story(self, site: int, page: int) -> Story:
        number = (self._first + site) * 100_000 + page
        return replace(
            Story.numbered(number, paragraphs=3),
            path=f"/news/{number}",
            # The newest are visited first: in this order.
            published=Story.published - timedelta(minutes=page),
        )

    def _publish(self, number: int) -> None:
        site = self.sites[number]
        stories = [self._story(number, page) for page in range(self._pages + self._broken)]
        for page, story in enumerate(stories):
            if page >= self._pages:
                self._put(site, story, Reply(b"not now", 500, {"Content-Type": HTML}), "failed")
            else:
                self._put(site, story, *self._page(number, page))
        site.put("/rss.xml", rss(stories, site.url()), content_type=XML)

    def _put(self, site: Site, story: Story, reply: Reply, outcome: str) -> None:
        site.routes[story.path] = replace(reply, delay=self._delay)
        self.outcomes[outcome] += 1

    def _page(self, site: int, page: int) -> tuple[Reply, str]:
        story, before = self._story(site, page), self._story(site, page - 1)
        kind = page % _EVERY
        if kind == _SAME_TEXT:
            return _html(replace(story, paragraphs=before.paragraphs)), "duplicate"
        if kind == _WIRE_COPY:
            other = self._story((site + 1) % len(self.sites), page - 1)
            return _html(replace(story, paragraphs=other.paragraphs)), "duplicate"
        if kind == _NEAR_COPY:
            return _html(_edited(story, before)), "near-duplicate"
        return _NO_PAGES.get(kind) or (_html(story), "new")


class Revised:
    """A site whose stories are looked at once more, some seconds after they were first fetched.

    Each has a new text from the moment that `revise` is called.
    """

    def __init__(self, pages: int, *, again_after: int) -> None:
        self.site = Site()
        self._again_after = again_after
        self._is_revised = False
        # A date that lies ahead counts for nothing, so that the time of the fetch does.
        published = datetime.now(UTC) + timedelta(days=365)
        self._stories = [
            replace(Story.numbered(10**8 + n, paragraphs=3), published=published)
            for n in range(2 * pages)
        ]

    def __enter__(self) -> Self:
        self.site.start()
        first = self._stories[::2]
        self.site.publish(*first)
        for story, second in zip(first, self._stories[1::2], strict=True):
            later = _html(replace(second, path=story.path))
            self.site.routes[story.path] = self._answer(_html(story), later)
        return self

    def __exit__(self, *_: object) -> None:
        self.site.stop()

    def _answer(self, now: Reply, later: Reply) -> Callable[[Request], Reply]:
        return lambda _: later if self._is_revised else now

    def revise(self) -> None:
        """From now on every story is another one."""
        self._is_revised = True

    @property
    def sources(self) -> list[dict[str, Any]]:
        """A line for the sources file."""
        return [
            {
                "name": "revised",
                "feeds": [self.site.url("/rss.xml")],
                "schedule": "every 1d",
                "revisit": [f"{self._again_after}s"],
            }
        ]

    @property
    def expected(self) -> Expected:
        """What must come of it, if every story has ended once before it is revised."""
        pages = len(self._stories) // 2
        return Expected(Counter({"revised": 2 * pages}), Counter({"new": pages, "revision": pages}))


def _html(story: Story) -> Reply:
    return Reply(article_page(story).encode(), headers={"Content-Type": HTML})


def _edited(story: Story, original: Story) -> Story:
    """The original's text with other words at its end: too little is new in it to be queued."""
    *same, last = original.paragraphs
    shortened = last.rsplit(". ", 1)[0]
    return replace(
        story, paragraphs=(*same, f"{shortened}. The editors cut the end of this story.")
    )
