"""`copydesk once` over every kind of listing: run, run again, and again with news."""

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from crawler.document import Layout
from crawler.outcome import Outcome
from rig.desk import Desk, Result
from rig.site import HTML, XML, Request, Site
from rig.stories import Story, article_page, rss, section_page, sitemap

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
STORIES = 6
"""Of each source in the beginning."""


def put_listing(site: Site, path: str, body: str | bytes, kind: str = XML) -> None:
    raw = body.encode() if isinstance(body, str) else body
    site.put(path, raw, content_type=kind, headers={"ETag": f'"{zlib.crc32(raw):08x}"'})


def publish_feed(site: Site, stories: Sequence[Story]) -> None:
    put_listing(site, "/latest.xml", rss(stories, site.url()))


def publish_sitemaps(site: Site, stories: Sequence[Story]) -> None:
    """An index of a compressed sitemap with the old stories, and a news sitemap with the new ones."""
    news = "".join(
        f"<url><loc>{site.url(s.path)}</loc><news:news><news:publication_date>"
        f"{s.published.isoformat()}</news:publication_date><news:title>{s.title}</news:title>"
        "</news:news></url>"
        for s in stories[:-3]
    )
    site.put("/old.xml.gz", gzip.compress(sitemap(stories[-3:], site.url()).encode(), mtime=0))
    put_listing(
        site, "/news.xml", f'<urlset xmlns="{NAMESPACE}" xmlns:news="{NEWS}">{news}</urlset>'
    )
    latest = max(s.published for s in stories).isoformat()
    children = "".join(
        f"<sitemap><loc>{site.url(path)}</loc><lastmod>{lastmod}</lastmod></sitemap>"
        for path, lastmod in (("/old.xml.gz", "2026-01-01"), ("/news.xml", latest))
    )
    put_listing(site, "/index.xml", f'<sitemapindex xmlns="{NAMESPACE}">{children}</sitemapindex>')


def publish_sections(site: Site, stories: Sequence[Story]) -> None:
    """A section of two stories a page."""
    pages = [stories[i : i + 2] for i in range(0, len(stories), 2)]
    for number, page in enumerate(pages, start=1):
        path = "/world" if number == 1 else f"/world?page={number}"
        older = f"/world?page={number + 1}" if number < len(pages) else None
        put_listing(site, path, section_page(page, site.url(), next_page=older), HTML)


def publish_all(site: Site, stories: Sequence[Story]) -> None:
    """Feed, sitemap and front page, each at a usual place."""
    site.publish(*stories)


def publish_declared_sitemap(site: Site, stories: Sequence[Story]) -> None:
    site.put("/robots.txt", f"Sitemap: {site.url('/maps/all.xml')}\n", content_type="text/plain")
    put_listing(site, "/", "<html><body><a href='/about'>About us</a></body></html>", HTML)
    put_listing(site, "/maps/all.xml", sitemap(stories, site.url()))


def publish_front_page(site: Site, stories: Sequence[Story]) -> None:
    put_listing(site, "/", section_page(stories, site.url()), HTML)


def publish_broken_feed(site: Site, stories: Sequence[Story]) -> None:
    head = '<link rel="alternate" type="application/rss+xml" href="/broken.xml">'
    put_listing(site, "/", f"<html><head>{head}</head><body><p>Welcome</p></body></html>", HTML)
    put_listing(site, "/broken.xml", b"\x00<rss><chan\xff")
    put_listing(site, "/sitemap.xml", sitemap(stories, site.url()))


Publish = Callable[[Site, Sequence[Story]], None]
SOURCES: dict[str, tuple[Publish, dict[str, list[str]]]] = {
    "feed": (publish_feed, {"feeds": ["/latest.xml"]}),
    "sitemaps": (publish_sitemaps, {"sitemaps": ["/index.xml"]}),
    "sections": (publish_sections, {"sections": ["/world"]}),
    "found-feed": (publish_all, {}),
    "found-sitemap": (publish_declared_sitemap, {}),
    "found-section": (publish_front_page, {}),
    "broken-feed": (publish_broken_feed, {}),
}
names = pytest.mark.parametrize("name", SOURCES)


@dataclass(frozen=True)
class Run:
    """One run, and what each site saw of it."""

    done: Result
    seen: dict[str, list[Request]]

    def paths(self, name: str) -> list[str]:
        return [request.path for request in self.seen[name]]


@dataclass(frozen=True)
class World:
    """Seven sites, and four runs over them."""

    desk: Desk
    sites: dict[str, Site]
    first: Run
    again: Run
    later: Run
    chosen: Run


def stories_of(name: str, count: int) -> list[Story]:
    """The newest first; each site has texts of its own."""
    first = 1000 * list(SOURCES).index(name)
    return [Story.numbered(first + number) for number in range(50 - count, 50)]


def publish(sites: dict[str, Site], count: int) -> None:
    for name, (build, _) in SOURCES.items():
        stories = stories_of(name, count)
        for story in stories:
            sites[name].put(story.path, article_page(story))
        build(sites[name], stories)


def run(desk: Desk, sites: dict[str, Site], *arguments: str) -> Run:
    before = {name: len(site.requests) for name, site in sites.items()}
    done = desk.run("once", *arguments)
    return Run(done, {name: site.requests[before[name] :] for name, site in sites.items()})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with ExitStack() as stack:
        sites = {name: stack.enter_context(Site()) for name in SOURCES}
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("once")))
        desk.environment["TMPDIR"] = str(tmp_path_factory.mktemp("temporary"))
        desk.write_sources(
            *(
                {"name": name, "start": sites[name].url()}
                | {kind: [sites[name].url(p) for p in paths] for kind, paths in named.items()}
                for name, (_, named) in SOURCES.items()
            )
        )
        publish(sites, STORIES)
        first = run(desk, sites, "--json")
        again = run(desk, sites, "--json")
        publish(sites, STORIES + 1)
        later = run(desk, sites, "--json")
        publish(sites, STORIES + 2)
        chosen = run(desk, sites, "--source", "feed", "--source", "sections")
        yield World(desk, sites, first, again, later, chosen)


def test_the_summary_has_its_fixed_shape(world: World) -> None:
    for one in (world.first, world.again, world.later):
        assert one.done.code == 0, one.done.err
        summary = one.done.json
        assert list(summary) == ["sources", "totals", "errors", "owed", "seconds"]
        assert list(summary["sources"]) == list(SOURCES)
        outcomes = set(map(str, Outcome))
        assert len(outcomes) == 8
        for counts in (summary["totals"], *summary["sources"].values()):
            assert set(counts) == outcomes
            assert all(isinstance(count, int) for count in counts.values())
        for outcome in outcomes:
            of_sources = sum(counts[outcome] for counts in summary["sources"].values())
            assert summary["totals"][outcome] == of_sources
        assert summary["errors"] == {}
        assert summary["owed"] == 0
        assert summary["seconds"] > 0


@names
def test_the_first_run_takes_all_articles(world: World, name: str) -> None:
    counts = world.first.done.json["sources"][name]
    assert {o: n for o, n in counts.items() if n} == {"new": STORIES}
    for story in stories_of(name, STORIES):
        assert world.first.paths(name).count(story.path) == 1


@names
def test_the_second_run_finds_nothing_new_and_fetches_no_page_again(
    world: World, name: str
) -> None:
    assert not any(world.again.done.json["sources"][name].values())
    listings = [request for request in world.again.seen[name] if request.path != "/robots.txt"]
    assert listings
    assert {request.status for request in listings} == {304}


@names
def test_a_story_published_in_between_is_found_and_nothing_else_fetched(
    world: World, name: str
) -> None:
    counts = world.later.done.json["sources"][name]
    assert {o: n for o, n in counts.items() if n} == {"new": 1}
    fresh, *known = (story.path for story in stories_of(name, STORIES + 1))
    assert world.later.paths(name).count(fresh) == 1
    assert not set(known) & set(world.later.paths(name))


def test_only_the_chosen_sources_are_crawled(world: World) -> None:
    assert world.chosen.done.code == 0
    assert {name for name, seen in world.chosen.seen.items() if seen} == {"feed", "sections"}
    rows = {line.split()[0]: line.split()[1:] for line in world.chosen.done.out.splitlines()}
    assert rows == {"source": ["new"], "feed": ["1"], "sections": ["1"], "total": ["2"]}


def test_the_first_walk_of_a_section_follows_its_pages_and_later_ones_stop(world: World) -> None:
    pages = ["/world", "/world?page=2", "/world?page=3"]
    assert [path for path in world.first.paths("sections") if path in pages] == pages
    assert "/world?page=3" not in world.later.paths("sections")


def test_a_sitemap_that_did_not_change_is_not_read_again(world: World) -> None:
    assert world.first.paths("sitemaps").count("/old.xml.gz") == 1
    assert "/news.xml" in world.later.paths("sitemaps")
    assert "/old.xml.gz" not in world.later.paths("sitemaps")


def test_listings_are_found_feed_before_sitemap_before_section_page(world: World) -> None:
    found = world.first.paths("found-feed")
    assert "/rss.xml" in found
    assert "/sitemap.xml" not in found
    assert world.again.paths("found-feed") == ["/robots.txt", "/rss.xml"]
    assert "/maps/all.xml" in world.first.paths("found-sitemap")
    assert world.again.paths("found-sitemap") == ["/robots.txt", "/maps/all.xml"]
    assert world.again.paths("found-section") == ["/robots.txt", "/"]


def test_a_broken_feed_is_fallen_back_from(world: World) -> None:
    assert "/broken.xml" in world.first.paths("broken-feed")
    assert "/sitemap.xml" in world.first.paths("broken-feed")
    assert "/sitemap.xml" in world.again.paths("broken-feed")
    assert "/" not in world.again.paths("broken-feed")


def test_every_story_is_kept_word_for_word_and_once(world: World) -> None:
    extra = {"feed": 1, "sections": 1}
    stories = [
        (world.sites[name].url(story.path), story)
        for name in SOURCES
        for story in stories_of(name, STORIES + 1 + extra.get(name, 0))
    ]
    kept = {document.url: document for document in world.desk.documents().values()}
    assert sorted(kept) == sorted(url for url, _ in stories)
    assert len(world.desk.documents()) == len(stories)
    for url, story in stories:
        assert kept[url].layout is Layout.TITLED
        assert kept[url].title == story.title
        assert kept[url].body == "\n\n".join(story.paragraphs)


def test_nothing_runs_on_and_no_part_of_a_file_is_left(world: World) -> None:
    assert world.desk.processes() == {}
    assert {f.suffix for f in world.desk.home.glob("documents/**/*.*")} == {".txt", ".json"}
    # The server's socket may stand there, where a home's own path is too long for one.
    left = [path.name for path in Path(world.desk.environment["TMPDIR"]).iterdir()]
    assert not [name for name in left if not name.startswith("copydesk-")]
