"""Whatever a site and its walks go through: what was published was met, or lies in a gap that is told."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.crawler.webs import HOST, HOUR, START, Web, down

FEED, SITEMAP, PAGED, START_PAGE = "/rss.xml", "/sitemap.xml", "/news", "/"
INDEX, NEWS = "/index.xml", "/news.xml"

sites = st.fixed_dictionaries(
    {
        "held": st.integers(1, 12),
        "pages": st.integers(1, 4),
        "pinned": st.integers(0, 6),
        "has_sitemap": st.booleans(),
        "is_dated": st.booleans(),
        "names": st.sampled_from(
            ["feed", "feed and section", "section", "feed and start", "start", "index"]
        ),
    }
)
steps = st.lists(
    st.tuples(
        st.integers(1, 30),
        st.sampled_from(
            [
                "walk",
                "walk",
                "walk",
                "lost",
                "feed down",
                "pages down",
                "all down",
                "outdated",
                "old copy",
            ]
        ),
    ),
    min_size=2,
    max_size=12,
)


class Site:
    """A story an hour; a feed, its older pages, a section with as many, and perhaps a sitemap."""

    def __init__(self, site: dict) -> None:
        self.site = site
        named = {
            "feed": {"feeds": [FEED]},
            "feed and section": {"feeds": [FEED], "sections": [PAGED]},
            "section": {"sections": [PAGED]},
            "feed and start": {"feeds": [FEED], "start": f"{HOST}/"},
            "start": {"start": f"{HOST}/"},
            "index": {"sitemaps": [INDEX]},
        }
        self.web = Web(dict(named[site["names"]]))
        self.shown = 0
        """The newest story that a walk has seen in the feed."""

    def publish(self, newest: int) -> None:
        held, pages = self.site["held"], self.site["pages"]
        for page in range(1, pages + 1):
            here = "" if page == 1 else f"?page={page}"
            is_last = page == pages
            older = "" if is_last else f"?page={page + 1}"
            stories = down(newest - held * (page - 1), held)
            # Two thirds of the others, and nobody can tell at first which of them are pinned.
            most = (2 * held - 1) // 3 if not self.site["is_dated"] else 2
            count = min(self.site["pinned"], most) if page == 1 else 0
            pinned = list(range(-500, -500 + count))
            head = f'<atom:link rel="next" href="{HOST}{FEED}{older}"/>' if older else ""
            self.web.feed(FEED + here, stories + pinned, head=head, dated=self.site["is_dated"])
            self.web.section(PAGED + here, stories, older=PAGED + older if older else "")
        self.web.index(INDEX, {NEWS: None, "/archive.xml": None})
        self.web.sitemap(NEWS, down(newest, held), dated=self.site["is_dated"])
        self.web.sitemap("/archive.xml", down(-800, 30))
        declared = '<link rel="alternate" type="application/rss+xml" href="/rss.xml">'
        self.web.section(START_PAGE, down(newest, held), head=declared)
        if self.site["has_sitemap"]:
            self.web.sitemap(SITEMAP, down(newest, newest + 600))

    def walk(self, hour: int, what: str) -> None:
        web = self.web
        down_now = {
            "feed down": [FEED, NEWS],
            "pages down": [p for p in web.pages if "page=" in p or p == SITEMAP],
            "all down": [*web.pages, "/robots.txt"],
        }
        web.statuses = dict.fromkeys(down_now.get(what, []), 503)
        if what == "outdated":
            web.outdate()
        if what == "old copy" and self.site["is_dated"] and self.shown:
            # Without dates nobody can tell one that overlaps with what came after it.
            back = down(self.shown - self.site["pinned"] - 1, self.site["held"])
            web.feed(FEED, back)
            web.sitemap(NEWS, back)
        web.walk(hour, is_lost=what == "lost")
        if what in {"walk", "outdated"}:
            self.shown = hour


@settings(max_examples=40)
@given(sites, steps)
def test_what_was_published_was_met_or_is_told(site: dict, steps: list) -> None:
    it = Site(site)
    hour, since, until = 100, None, None
    gaps: list[tuple[float, float]] = []
    for passed, what in steps:
        hour += passed
        it.publish(hour)
        it.walk(hour, what)
        reading = it.web.reading
        if what == "lost" or reading.error:
            continue
        since = hour if since is None else since
        assert reading.covered_until is not None
        assert until is None or reading.covered_until >= until
        until = reading.covered_until
        gaps += [(g.start, g.end) for g in reading.gaps if not g.closed]
    if since is None or until is None:
        return
    for number in range(since + 1, hour + 1):
        at = START + number * HOUR
        if at > until or any(start < at < end for start, end in gaps):
            continue
        url = f"{HOST}/news/2026/story-of-the-day-{10000 + number}"
        assert url in it.web.known, number
