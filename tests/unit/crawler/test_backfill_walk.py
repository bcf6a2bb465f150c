"""A backfill walks listings back in time, newest first, and ends where there is nothing more to find."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from scrapy.http import Response

from config.sources import Source
from crawler.discovery.days import Span
from crawler.discovery.listing import ListingKind
from crawler.fetching import Miss, MissKind, miss_of
from crawler.page import Visit
from crawler.walking.backfill import Backfill
from crawler.walking.cursor import (
    OLD_IN_A_ROW,
    Cursor,
    Road,
    covered_since,
    from_json,
    mark,
    to_json,
)
from crawler.walking.listing_state import ListingState
from crawler.walking.older import Leg, Step

HOST = "https://news.example"
SPAN = Span("2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z")


class Web:
    """Pages in memory, and a desk that keeps each step as the service would: as JSON."""

    def __init__(self, **source: object) -> None:
        self.source = Source.model_validate({"name": "news", **source})
        self.pages: dict[str, str] = {}
        self.failing: dict[str, Miss] = {}
        self.asked: list[str] = []
        self.left: dict[str, ListingState] = {}
        self.steps: list[Step] = []
        self.old: dict[int, int] = {}
        self.at: dict[int, str] = {}
        self.span = SPAN

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Response:
        path = url.removeprefix(HOST)
        self.asked.append(path)
        if path in self.failing:
            raise self.failing[path]
        body = self.pages.get(path)
        response = Response(url, status=404 if body is None else 200, body=(body or "").encode())
        if miss := miss_of(response, datetime.now(UTC)):
            raise miss
        return response

    async def listings(self) -> Mapping[str, ListingState]:
        return self.left

    async def take(self, count: int) -> list[Visit]:
        return []

    async def leg(self) -> Leg | None:
        if self.steps and self.steps[-1].is_over:
            return None
        kept = from_json(to_json(self.steps[-1].cursor)) if self.steps else None
        old, self.old = self.old, {}
        return Leg(kept, self.span, old, self.at)

    async def note(self, step: Step) -> None:
        self.steps.append(step)

    def go_on(self) -> bool:
        walk = Backfill(self.source, ["news.example"], self.fetch, self, self.listings)
        return asyncio.run(walk.go_on())

    def walk(self) -> list[str]:
        """To the end; the paths of the articles that were named, in their order."""
        for _ in range(1000):
            if not self.go_on():
                break
        return [x.url.removeprefix(HOST) for step in self.steps for x in step.links]

    @property
    def cursor(self) -> Cursor:
        return self.steps[-1].cursor

    @property
    def ends(self) -> list[str]:
        return [road.end for road in self.cursor.roads]

    def put_index(self, *children: tuple[str, str], path: str = "/index.xml") -> None:
        entries = "".join(
            f"<sitemap><loc>{HOST}{p}</loc>{_lastmod(d)}</sitemap>" for p, d in children
        )
        self.pages[path] = f"<sitemapindex>{entries}</sitemapindex>"

    def put_sitemap(self, path: str, *links: tuple[str, str]) -> None:
        entries = "".join(f"<url><loc>{HOST}{p}</loc>{_lastmod(day)}</url>" for p, day in links)
        self.pages[path] = f"<urlset>{entries}</urlset>"

    def put_page(self, path: str, links: Iterable[str], after: str = "", times: str = "") -> None:
        anchors = "".join(f'<a href="{HOST}{link}">a headline of five words</a>' for link in links)
        pager = f'<a rel="next" href="{after}">older</a>' if after else ""
        shown = "".join(f'<time datetime="{time}">then</time>' for time in times.split())
        self.pages[path] = f"<html><body>{anchors}{shown}{pager}</body></html>"

    def put_pages(self, pages: int, links: int = 5) -> list[str]:
        """A section of so many pages at `/s`; the articles, newest first."""
        named = [f"/news/{n}-a-story-of-many-words" for n in range(pages * links, 0, -1)]
        for number in range(1, pages + 1):
            path = "/s" if number == 1 else f"/s?page={number}"
            after = f"/s?page={number + 1}" if number < pages else ""
            self.put_page(path, named[(number - 1) * links : number * links], after)
        return named


def _lastmod(day: str) -> str:
    return f"<lastmod>{day}</lastmod>" if day else ""


def test_of_an_index_only_sitemaps_of_the_time_are_read_newest_first() -> None:
    web = Web(sitemaps=[f"{HOST}/index.xml"])
    months = [f"2025-{m:02}" for m in (11, 12)] + [f"2026-{m:02}" for m in range(1, 10)]
    web.put_index(*((f"/sitemap-{month}.xml", "") for month in months))
    for month in months:
        web.put_sitemap(f"/sitemap-{month}.xml", (f"/news/in-{month}-it-was", f"{month}-15"))
    named = web.walk()
    # The last day of a year, and the first of a month, are another day somewhere.
    assert web.asked[0] == "/index.xml"
    assert web.asked[1:] == [f"/sitemap-2026-{m:02}.xml" for m in range(7, 0, -1)] + [
        "/sitemap-2025-12.xml"
    ]
    assert named == [f"/news/in-2026-{m:02}-it-was" for m in range(7, 0, -1)]
    assert web.ends == ["all of it was read"]


def test_a_sitemap_that_changed_before_the_time_is_not_read() -> None:
    web = Web(sitemaps=[f"{HOST}/index.xml"])
    web.put_index(("/posts1.xml", "2025-12-30"), ("/posts2.xml", "2026-03-01"), ("/posts3.xml", ""))
    for name in ("posts1", "posts2", "posts3"):
        web.put_sitemap(f"/{name}.xml", (f"/news/of-{name}-and-more", ""))
    assert web.walk() == ["/news/of-posts2-and-more", "/news/of-posts3-and-more"]
    assert web.asked == ["/index.xml", "/posts2.xml", "/posts3.xml"]


def test_an_index_of_indexes_that_names_itself_comes_to_an_end() -> None:
    web = Web(sitemaps=[f"{HOST}/index.xml"])
    web.put_index(("/inner.xml", ""), ("/index.xml", ""))
    web.put_index(("/index.xml", ""), ("/posts.xml", ""), path="/inner.xml")
    web.put_sitemap("/posts.xml", ("/news/a-story-of-it", ""))
    assert web.walk() == ["/news/a-story-of-it"]
    assert web.asked == ["/index.xml", "/inner.xml", "/posts.xml"]


def test_of_a_sitemap_links_are_left_out_that_are_older_for_certain() -> None:
    web = Web(sitemaps=[f"{HOST}/all.xml"])
    web.put_sitemap(
        "/all.xml",
        ("/news/changed-before-it-all", "2025-12-30"),
        ("/news/changed-after-the-time", "2026-11-01"),  # it may be of the time all the same
        ("/2026/08/30/later-by-its-address", "2026-11-01"),
        ("/2025/02/01/earlier-by-its-address", "2026-03-01"),
        ("/2026/02/01/within-by-its-address", "2026-11-02"),
        ("/news/without-any-date-at-all", ""),
    )
    assert set(web.walk()) == {
        "/news/changed-after-the-time",
        "/2026/02/01/within-by-its-address",
        "/news/without-any-date-at-all",
    }


def test_a_section_is_walked_to_its_last_page() -> None:
    web = Web(sections=[f"{HOST}/s"])
    named = web.put_pages(7)
    assert web.walk() == named
    assert web.ends == ["its last page"]
    assert len(web.asked) == len(set(web.asked)) == 7


def test_a_page_that_is_not_there_is_the_end_of_a_section() -> None:
    web = Web(sections=[f"{HOST}/s"])
    web.put_pages(3)
    del web.pages["/s?page=3"]
    assert len(web.walk()) == 10
    assert web.ends == ["its last page"]
    assert web.cursor.problems == ()


@pytest.mark.parametrize("again", [1, 4])
def test_paging_that_shows_its_first_or_last_page_for_ever_ends(again: int) -> None:
    web = Web(sections=[f"{HOST}/s"])
    named = web.put_pages(4)
    shown = named[:5] if again == 1 else named[-5:]
    web.put_page("/s?page=4", named[-5:], "/s?page=5")
    for number in range(5, 50):
        web.put_page(f"/s?page={number}", shown, f"/s?page={number + 1}")
    assert web.walk()[:20] == named
    assert web.ends == ["its pages repeat"]
    assert web.asked[-1] == "/s?page=5"


def test_paging_in_a_circle_ends() -> None:
    web = Web(sections=[f"{HOST}/s"])
    named = web.put_pages(6)
    web.put_page("/s?page=6", named[-5:], "/s?page=3")
    assert web.walk() == named
    assert web.ends == ["its pages repeat"]


def test_a_section_ends_where_its_addresses_are_older_than_asked() -> None:
    web = Web(sections=[f"{HOST}/s"])
    box = "/news/what-is-read-most-of-all"
    days = [f"/2026/{m:02}/15/story-{i}" for m in range(7, 0, -1) for i in range(4)]
    older = [f"/2025/{m:02}/15/story-{i}" for m in range(12, 0, -1) for i in range(4)]
    pages = [*days, *older]
    for number in range(19):
        path = f"/s?page={number + 1}" if number else "/s"
        web.put_page(path, [box, *pages[4 * number : 4 * number + 4]], f"/s?page={number + 2}")
    named = web.walk()
    assert [path for path in named if path != box] == [d for d in days if "/2026/07" not in d]
    assert web.ends == ["older than asked"]
    assert web.asked[-1] == "/s?page=8"


def test_a_section_ends_where_the_times_that_it_shows_are_older() -> None:
    web = Web(sections=[f"{HOST}/s"])
    named = web.put_pages(9)
    for number, month in enumerate(("2026-03", "2026-01", "2025-12", "2025-11"), start=1):
        path = f"/s?page={number}" if number > 1 else "/s"
        times = " ".join(f"{month}-0{day}T10:00:00+01:00" for day in (1, 2, 3))
        web.put_page(path, named[5 * number - 5 : 5 * number], f"/s?page={number + 1}", times)
    assert web.walk() == named[:15]
    assert web.ends == ["older than asked"]


def test_a_section_ends_when_its_articles_prove_to_be_older() -> None:
    web = Web(sections=[f"{HOST}/s"])
    web.put_pages(9)
    for _ in range(4):
        assert web.go_on()
    web.old = {0: OLD_IN_A_ROW}
    web.walk()
    assert web.ends == ["older than asked"]
    assert len(web.asked) == 3
    assert [step.waiting for step in web.steps if step.waiting] == ["drop"]


def test_a_sitemap_in_no_order_is_tried_from_its_other_end_before_it_is_left() -> None:
    web = Web(sitemaps=[f"{HOST}/index.xml"])
    web.put_index(("/posts1.xml", ""), ("/posts2.xml", ""))
    for name in ("posts1", "posts2"):
        web.put_sitemap(f"/{name}.xml", *((f"/news/{name}-story-{i}", "") for i in range(100)))
    fates = []
    for _ in range(6):
        assert web.go_on()
        fates += [fate] if (fate := web.steps[-1].waiting) else []
        web.old = {0: OLD_IN_A_ROW} if len(web.asked) == 2 and len(fates) < 2 else {}
    assert fates == ["turn", "drop"]
    assert web.asked == ["/index.xml", "/posts1.xml", "/posts2.xml"]


def test_a_feed_goes_back_by_its_pages() -> None:
    web = Web(feeds=[f"{HOST}/feed"])
    dated = [
        (f"/news/story-{m}-{i}-it-is", f"2026-{m:02}-1{i}")
        for m in range(6, 0, -1)
        for i in range(5)
    ]
    dated += [(f"/news/older-story-{i}", f"2025-12-0{9 - i}") for i in range(5)] * 3
    for number in range(9):
        entries = "".join(
            f"<item><link>{HOST}{path}</link><pubDate>{day}</pubDate></item>"
            for path, day in dated[5 * number : 5 * number + 5]
        )
        path = f"/feed?paged={number + 1}" if number else "/feed"
        web.pages[path] = f"<rss><channel>{entries}</channel></rss>"
    assert len(web.walk()) == 30
    assert web.ends == ["older than asked"]
    assert web.asked[-1] == "/feed?paged=7"


def test_a_feed_that_has_no_pages_says_so() -> None:
    web = Web(feeds=[f"{HOST}/rss.xml"])
    web.pages["/rss.xml"] = f"<rss><item><link>{HOST}/news/a-story-of-the-feed</link></item></rss>"
    assert len(web.walk()) == 1
    assert web.ends == ["its last page"]


def test_what_is_newest_comes_first_over_all_listings() -> None:
    web = Web(sitemaps=[f"{HOST}/index.xml"], sections=[f"{HOST}/s"])
    web.put_index(("/sitemap-2026-05.xml", ""), ("/sitemap-2026-02.xml", ""))
    web.put_sitemap("/sitemap-2026-05.xml", ("/news/may-is-a-month", ""))
    web.put_sitemap("/sitemap-2026-02.xml", ("/news/february-is-a-month", ""))
    for number, month in enumerate((6, 4, 3, 1), start=1):
        path = f"/s?page={number}" if number > 1 else "/s"
        after = f"/s?page={number + 1}" if number < 4 else ""
        web.put_page(path, [f"/2026/{month:02}/10/story-{i}" for i in range(3)], after)
    web.walk()
    assert web.asked == [
        *("/index.xml", "/s", "/s?page=2", "/sitemap-2026-05.xml"),
        *("/s?page=3", "/s?page=4", "/sitemap-2026-02.xml"),
    ]


def test_a_section_without_dates_is_as_far_back_as_its_articles() -> None:
    web = Web(sitemaps=[f"{HOST}/index.xml"], sections=[f"{HOST}/s"])
    web.put_index(("/sitemap-2026-05.xml", ""))
    web.put_sitemap("/sitemap-2026-05.xml", ("/news/may-is-a-month", ""))
    web.put_pages(3)
    for _ in range(3):
        assert web.go_on()
    web.at = {1: "2026-03-01T00:00:00Z"}
    assert web.go_on()
    assert web.asked == ["/index.xml", "/s", "/sitemap-2026-05.xml"]


def test_a_listing_that_fails_is_tried_again_later_and_then_left() -> None:
    web = Web(sitemaps=[f"{HOST}/all.xml"], sections=[f"{HOST}/s"])
    named = web.put_pages(1)
    web.failing["/all.xml"] = Miss(MissKind.REFUSED, "http-503", f"{HOST}/all.xml answers 503")
    pauses = []
    for _ in range(10):
        web.go_on()
        pauses.append(web.steps[-1].pause)
    assert [pause for pause in pauses if pause] == [300.0, 600.0, 1200.0, 2400.0]
    assert web.cursor.problems == (f"{HOST}/all.xml answers 503",)
    assert [x.url.removeprefix(HOST) for step in web.steps for x in step.links] == named


def test_a_host_that_is_down_costs_no_listing() -> None:
    web = Web(sections=[f"{HOST}/s"])
    named = web.put_pages(1)
    web.failing["/s"] = Miss(MissKind.UNREACHABLE, "refused", "it refuses connections")
    for _ in range(20):
        web.go_on()
    web.failing.clear()
    assert web.walk() == named


def test_where_nothing_may_be_asked_now_nothing_changes() -> None:
    web = Web(sections=[f"{HOST}/s"])
    web.put_pages(1)
    assert web.go_on()
    for miss in (
        Miss(MissKind.NOT_ASKED, "lease-lost"),
        Miss(MissKind.REFUSED, "http-429", retry_at=datetime(2026, 1, 1, tzinfo=UTC)),
    ):
        web.failing["/s"] = miss
        assert not web.go_on()
        assert len(web.steps) == 1


@pytest.mark.parametrize("path", ["/not-there.xml", "/page.html"])
def test_what_is_no_listing_is_said(path: str) -> None:
    web = Web(sitemaps=[f"{HOST}{path}"])
    web.pages["/page.html"] = "<html><body>hello</body></html>"
    assert web.walk() == []
    (problem,) = web.cursor.problems
    assert f"{HOST}{path}" in problem


def test_from_a_start_the_found_listings_are_walked_and_the_sitemaps_of_the_site() -> None:
    web = Web(start=f"{HOST}/")
    web.left = {f"{HOST}/feed.xml": ListingState(ListingKind.FEED, found=True)}
    web.pages["/robots.txt"] = f"Sitemap: {HOST}/all.xml"
    web.put_sitemap("/all.xml", ("/news/a-story-of-it-all", "2026-02-01"))
    web.pages["/feed.xml"] = f"<rss><item><link>{HOST}/news/a-story-of-the-feed</link></item></rss>"
    web.put_page("/", ["/news/a-story-of-the-front-page"])
    assert len(web.walk()) == 3
    assert set(web.asked) == {"/robots.txt", "/all.xml", "/feed.xml", "/"}


def test_from_a_start_that_is_a_section_the_sitemap_of_the_whole_site_is_not_walked() -> None:
    web = Web(start=f"{HOST}/sport")
    web.put_page("/sport", ["/news/a-story-of-sport-alone"])
    assert web.walk() == ["/news/a-story-of-sport-alone"]
    assert web.asked == ["/sport"]


@pytest.mark.parametrize(
    ("end", "least", "at", "since"),
    [
        ("older than asked", "", "", SPAN.since),
        ("its last page", "2026-02-03", "", "2026-02-03"),
        ("its last page", "", "2026-02-03T10:00:00Z", "2026-02-03T10:00:00Z"),
        ("all of it was read", "2020-01-01", "2026-02-03", SPAN.since),
        ("its last page", "", "", None),
        ("its last page", "2026-08-01", "", None),
    ],
)
def test_what_of_the_time_a_walk_has_met(end: str, least: str, at: str, since: str | None) -> None:
    road = Road(ListingKind.SECTION, (), at=at, least=least, end=end, url="/news")
    bare = Road(ListingKind.FEED, (), end="its last page", url="/feed")
    assert covered_since(Cursor((bare, road)), SPAN, "/news") == since
    failed = Cursor((bare, road), problems=("it answers 503",))
    assert covered_since(failed, SPAN, "/news") is None
    for other in ("/feed", "/former"):
        assert covered_since(Cursor((bare, road)), SPAN, other) is None


def test_what_is_pinned_to_a_feed_is_not_how_far_back_it_goes() -> None:
    web = Web(feeds=[f"{HOST}/feed"])
    days = [*(f"2026-06-{day}" for day in range(29, 19, -1)), "2019-01-01", "2019-01-01"]
    items = "".join(
        f"<item><link>{HOST}/news/story-of-the-day-{n}</link><pubDate>{day}T00:00:00Z</pubDate></item>"
        for n, day in enumerate(days)
    )
    web.pages["/feed"] = f"<rss><channel>{items}</channel></rss>"
    web.walk()
    assert web.ends == ["its last page"]
    assert covered_since(web.cursor, SPAN, f"{HOST}/feed") == "2026-06-20T00:00:00Z"


@pytest.mark.parametrize("kind", [ListingKind.SECTION, ListingKind.FEED])
def test_how_far_back_one_subject_goes_says_nothing_of_another(kind: ListingKind) -> None:
    far = Road(kind, (), first=("b1", "b2"), least="2025-12-01", end="older than asked", url="/far")
    near = Road(kind, (), first=("a1", "a2"), least="2026-05-01", end="its last page", url="/near")
    whole = Road(
        ListingKind.SITEMAP, (), first=("a1", "a2"), least="2026-03-01", end="all of it was read"
    )
    assert covered_since(Cursor((far, near)), SPAN, "/near") == "2026-05-01"
    assert covered_since(Cursor((far, near)), SPAN, "/far") == SPAN.since
    assert covered_since(Cursor((near, far, whole)), SPAN, "/near") == "2026-03-01"
    assert covered_since(Cursor((near, whole)), SPAN, "/former") == "2026-03-01"
    other = replace(whole, first=("c1", "c2"), least="2026-01-01")  # of another subject
    assert covered_since(Cursor((near, other)), SPAN, "/near") == "2026-05-01"


def test_a_listing_that_names_all_that_another_does_goes_back_for_it() -> None:
    a, b, c, d, x, y, z = map(mark, "abcdxyz")
    feed = Road(ListingKind.FEED, (), first=(a, b, c, d), least="2026-06-20", url="/feed")
    front = Road(ListingKind.SECTION, (), first=(x, a, b, c), end="older than asked", url="/")
    assert covered_since(Cursor((feed, front)), SPAN, "/feed") == SPAN.since
    some = Road(ListingKind.SECTION, (), first=(a, x, y, z), end=front.end, url="/some")
    assert covered_since(Cursor((feed, some)), SPAN, "/feed") == "2026-06-20"
    ended = feed.ended("its last page")
    assert from_json(to_json(Cursor((ended,)))).roads == (ended,)


def test_what_a_sitemap_names_is_compared_with_the_feed_whose_gap_it_may_close() -> None:
    for dated in ("2026-06-{:02}", ""):
        web = Web(feeds=[f"{HOST}/feed"], sitemaps=[f"{HOST}/index.xml"])
        paths = [f"/news/story-of-the-day-{n}" for n in range(300)]
        items = "".join(f"<item><link>{HOST}{path}</link></item>" for path in paths[-9:])
        web.pages["/feed"] = f"<rss><channel>{items}</channel></rss>"
        web.put_index(("/a.xml", ""), ("/b.xml", ""))
        for name, some in (("/a.xml", paths[:200]), ("/b.xml", paths[200:])):
            urls = "".join(
                f"<url><loc>{HOST}{path}</loc>"
                f"<lastmod>{dated.format(1 + int(path.rpartition('-')[2]) // 11)}</lastmod></url>"
                for path in some
            )
            web.pages[name] = f"<urlset>{urls}</urlset>"
        web.walk()
        feed, sitemap = sorted(web.cursor.roads, key=lambda road: road.kind)
        assert set(feed.first) <= set(sitemap.first)


def test_an_index_of_every_day_since_long_is_walked_from_its_newest() -> None:
    web = Web(sitemaps=[f"{HOST}/index.xml"])
    days = [
        f"{y}-{m:02}-{d:02}" for y in range(2016, 2027) for m in range(1, 13) for d in range(1, 29)
    ]
    web.put_index(*((f"/sitemap-{day}.xml", "") for day in days))
    web.go_on()
    web.go_on()
    stops = web.cursor.roads[0].stops
    assert stops[0].at == "2026-07-01"
    assert stops[-1].at == "2026-01-01"
