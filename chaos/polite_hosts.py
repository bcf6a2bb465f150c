"""Hosts that ask for things, each in its own way, and what they saw of who did not listen."""

import itertools
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from html import escape
from typing import Any

from rig.site import Reply, Request, Site
from rig.stories import Story, article_page, rss

CLOCK_SECONDS = 0.005
"""What two looks at a clock may differ by."""
_PAUSE_SECONDS = 2.0
_SLOW_SECONDS = 0.9


@dataclass
class Host:
    """A site, the pause that it or its source asks for, and what it noted beside its log."""

    name: str
    site: Site
    delay: float
    """Seconds between two requests, as the source's settings have it."""
    stories: Sequence[Story]
    feeds: Sequence[str] = ("/rss.xml",)
    """A source each."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    crawl_delay: float = 0.0
    forbidden: list[str] = field(default_factory=list)
    owed: dict[str, int] = field(default_factory=dict)
    """How often a path has to be asked for, before there is something to tell."""
    pauses: list[tuple[float, float]] = field(default_factory=list)
    """From when until when nobody may ask, on the monotonic clock."""

    def sources(self) -> Iterator[dict[str, Any]]:
        """The sources that are crawled on this host."""
        for number, feed in enumerate(self.feeds):
            yield {
                "name": f"{self.name}-{number}",
                "feeds": [self.site.url(feed)],
                "delay": self.delay,
                "schedule": "every 2s",
                "adaptive": False,
                "max_pages": 1000,
                **self.settings,
            }

    def missing(self) -> list[str]:
        """Paths that were not asked for as often as they have to be."""
        asked = Counter(self.site.paths())
        return [path for path, times in self.owed.items() if asked[path] < times]

    @property
    def gap(self) -> float:
        """Seconds that have to lie between two requests."""
        return max(self.delay, self.crawl_delay)

    def least_gap(self) -> float:
        """Seconds that lay between two requests at the least."""
        return min(self.site.gaps(), default=math.inf)

    def complaints(self) -> Iterator[str]:
        """What it has seen of impoliteness, a line each."""
        requests = sorted(self.site.requests, key=lambda request: request.at)
        if not self.stories or len(requests) < 3:
            yield f"{self.name}: {len(requests)} requests only"
        for before, after in itertools.pairwise(requests):
            gap = after.at - before.at
            if gap < self._least_after(before) - CLOCK_SECONDS:
                yield f"{self.name}: {gap:.3f} s from {before.path} to {after.path}"
            if before.path == after.path == "/robots.txt" and before.status == 200:
                yield f"{self.name}: robots.txt asked for twice in a row"
        for path in sorted({*self.forbidden} & {*self.site.paths()}):
            yield f"{self.name}: {path} is forbidden, and was asked for"
        for start, end in self.pauses:
            early = [r.path for r in requests if start < r.at < end - CLOCK_SECONDS]
            if early:
                yield f"{self.name}: asked for {early[0]} in a pause of {end - start:.1f} s"

    def _least_after(self, request: Request) -> float:
        """Seconds from a request to the next one: its answer comes first."""
        reply = self.site.routes.get(request.path)
        # What robots.txt asks for is known once it was read.
        delay = self.delay if request.path == "/robots.txt" else self.gap
        return max(delay, reply.delay if isinstance(reply, Reply) else 0.0)


def plain(host: Host) -> None:
    """Two feeds, a source each, and stories that take longer than the pause to answer."""
    for feed, stories in zip(host.feeds, (host.stories[::2], host.stories[1::2]), strict=True):
        host.site.put(feed, rss(stories, host.site.url()))
    host.owed |= dict.fromkeys((story.path for story in host.stories), 1)
    for story in host.stories[::4]:
        host.site.routes[story.path] = Reply(_page(story), delay=_SLOW_SECONDS)


def strict(host: Host) -> None:
    """A robots.txt with a group for us, wildcards, an exception, and a pause longer than the source's."""
    host.crawl_delay = 2 * host.delay
    host.site.put(
        "/robots.txt",
        "User-agent: *\nDisallow: /\n\n"
        "User-agent: copydeskbot\n"
        "Disallow: /private/\nAllow: /private/open-\nDisallow: /*.print$\nDisallow: /*?*session=\n"
        f"Disallow: /news/*hidden\nCrawl-delay: {host.crawl_delay}\n",
    )
    forbidden = ["/private/a-1234567", "/a/news-story-1234567.print", "/a/b-1234567?x=1&session=2"]
    host.forbidden += [*forbidden, "/news/1234567-a-hidden-story"]
    extra = [Story.numbered(n, section="private") for n in range(9000, 9002)]
    host.forbidden += [story.path for story in extra]
    opened = "/private/open-1234567-story"
    host.site.put(opened, article_page(host.stories[0]))
    paths = [*host.forbidden, opened, *(story.path for story in host.stories)]
    host.site.put("/rss.xml", _feed(map(host.site.url, paths)))
    host.owed |= dict.fromkeys([opened, *(story.path for story in host.stories)], 1)


def busy(host: Host) -> None:
    """Asks to be left alone for a while now and then: 429 in seconds, 503 by a date, robots.txt too."""
    lock = threading.Lock()
    answers = itertools.cycle([_later_in_seconds, _later_by_date])

    def busy_at(busy_time: int, answer: Reply) -> Callable[[Request], Reply]:
        times = itertools.count()

        def reply(request: Request) -> Reply:
            with lock:
                if next(times) != busy_time:
                    return answer
                until, later = next(answers)()
                host.pauses.append((request.at, request.at + until))
                return later

        return reply

    for story in host.stories[1::2]:
        host.site.routes[story.path] = busy_at(0, Reply(_page(story)))
    # A source that could not be read at all is left alone for a minute, which a small trial has not.
    host.site.routes["/robots.txt"] = busy_at(
        4 if len(host.stories) > 10 else -1, Reply(b"User-agent: *\nDisallow:\n")
    )


def _later_in_seconds() -> tuple[float, Reply]:
    return _PAUSE_SECONDS, Reply(b"", 429, {"Retry-After": str(int(_PAUSE_SECONDS))})


def _later_by_date() -> tuple[float, Reply]:
    now = time.time()
    moment = math.ceil(now + _PAUSE_SECONDS)
    return moment - now, Reply(b"", 503, {"Retry-After": formatdate(moment, usegmt=True)})


def resetting(host: Host) -> None:
    """Resets the connection at the first request for a story, and answers the second."""
    asked = Counter[str]()

    def reply(story: Story) -> Callable[[Request], Reply]:
        def answer(request: Request) -> Reply:
            asked[request.path] += 1
            return Reply(reset=True) if asked[request.path] == 1 else Reply(_page(story))

        return answer

    for story in host.stories:
        host.site.routes[story.path] = reply(story)
        host.owed[story.path] = 2


def redirecting(host: Host, target: Host) -> None:
    """Sends every story on, by turns to another path and to another host, which sends some back.

    Between them its feed names stories of the other host: whoever is sent there has asked it just now.
    """
    more = [Story.numbered(7000 + number) for number in range(len(host.stories))]
    for story in more:
        target.site.put(story.path, article_page(story))
        target.owed[story.path] = 1
    pairs = zip(host.stories, more, strict=True)
    both = ((host.site.url(a.path), target.site.url(b.path)) for a, b in pairs)
    host.site.put("/rss.xml", _feed(itertools.chain.from_iterable(both)))
    for number, story in enumerate(host.stories):
        moved = f"/moved{story.path}"
        place = (target if number % 2 else host).site
        host.site.routes[story.path] = Reply(status=302, headers={"Location": place.url(moved)})
        back = Reply(status=301, headers={"Location": host.site.url(f"/back{story.path}")})
        is_sent_back = number % 4 == 1
        host.owed[f"/back{story.path}" if is_sent_back else story.path] = 1
        place.routes[moved] = back if is_sent_back else Reply(_page(story))
        host.site.routes[f"/back{story.path}"] = Reply(_page(story))


def _feed(urls: Iterable[str]) -> str:
    """A feed without dates: what it names is visited in its order."""
    items = "".join(f"<item><link>{escape(url)}</link></item>" for url in urls)
    return f'<rss version="2.0"><channel><title>A</title>{items}</channel></rss>'


def _page(story: Story) -> bytes:
    return article_page(story).encode()
