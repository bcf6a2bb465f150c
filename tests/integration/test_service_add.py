"""`copydesk add`: a site looked at, and the source that comes of it, as a person sees it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.embedded import EmbeddedServer
from config.settings import Settings
from config.sources import load_sources
from demo import agency, broadcaster
from demo.site import SampleSite
from rig.desk import Desk, Result, until
from rig.site import HTML, XML, Reply, Request, Site
from rig.stories import Story, article_page, rss, section_page
from workers.state.state import State, open_state

STORIES = [Story.numbered(number, section="world") for number in range(8)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path) as made:
        yield made
        assert not made.home.exists()  # it needs no service


def add(desk: Desk, url: str, *options: str) -> Result:
    return desk.run("add", url, "--delay", "0", "--allow-private", *options)


def test_an_edition_of_the_broadcaster_is_written_beside_what_stood_there(desk: Desk) -> None:
    desk.sources.write_text("# Ours.\n")
    with SampleSite(broadcaster.resources) as radio:
        told = add(desk, f"{radio.url}/fr", "--json").json
        asked = [request.path for request in radio.requests]

    source, found = told["source"], told["found"]
    assert source["site_name"] == "Radio Bahía Clara"
    assert source["language"] == "fr"
    assert source["feeds"] == [f"{radio.url}/fr/rss.xml"]
    assert [one["url"] for one in found["sitemaps"]] == [f"{radio.url}/sitemap.xml"]
    assert {one["url"] for one in found["sections"]} >= {
        f"{radio.url}/fr/noticias/{section}" for section in ("nacionales", "cultura", "ciencias")
    }
    assert r"fr/noticias/[^/]+/\d+-" in source["article_urls"]
    assert told["article_urls"]["wrong"] == 0
    assert len([one for one in told["articles"] if one["letters"] > 500]) == 3
    assert len(asked) == len(set(asked)) == told["pages"] + 1  # and robots.txt
    assert not [path for path in asked if "search" in path]

    text = desk.sources.read_text()
    assert text.startswith("# Ours.\n\n# Found at ")
    assert text.endswith(told["toml"])
    (written,) = load_sources(desk.sources)
    assert written.name == source["name"]

    again = add(desk, f"{radio.url}/fr")
    assert (again.code, again.out) == (1, "")
    assert f"is covered by source '{written.name}'" in again.err


def test_a_dry_run_of_the_agency_prints_the_source_alone(desk: Desk) -> None:
    with SampleSite(agency.resources) as wire:
        done = add(desk, f"{wire.url}/atom.xml", "--dry-run", "--name", "wire")
    assert done.code == 0
    assert not desk.sources.exists()
    desk.sources.write_text(done.out)
    (source,) = load_sources(desk.sources)
    assert (source.name, source.site_name) == ("wire", "Agencia Litoral")
    assert source.feeds == (f"{wire.url}/atom.xml",)
    assert source.language == ""  # it has stories in three
    assert "in several" in " ".join(done.err.split())


def test_a_site_without_feed_is_read_by_its_sections_from_an_article_on(
    desk: Desk, site: Site
) -> None:
    sections = [f'<a href="/{name}">{name.title()}</a>' for name in ("world", "sport")]
    lists = {
        "/world": STORIES[:5],
        "/sport": [Story.numbered(n, section="sport") for n in range(20, 24)],
    }
    for path, stories in lists.items():
        site.put(path, section_page(stories, site.url()))
        for story in stories:
            site.put(story.path, article_page(story))
    site.put("/", f"<html><body>{''.join(sections)}</body></html>")
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\nCrawl-delay: 0.1\n")

    told = add(desk, site.url(STORIES[0].path), "--json").json

    assert told["is"] == "article"
    assert set(told["source"]["sections"]) == {site.url("/world"), site.url("/sport")}
    assert told["source"]["delay"] == 0.0
    assert any("no feed" in note for note in told["notes"])
    assert min(site.gaps()) >= 0.1


def test_beside_a_service_a_host_is_asked_by_one_at_a_time(tmp_path: Path, site: Site) -> None:
    site.publish(*STORIES)
    with Desk(tmp_path, allow_private=1) as desk, running_server(desk) as state:
        host = f"127.0.0.1:{site.port}"
        now = time.time()
        state.hosts.hold([host], "a-crawl", now, now + 600)
        adding = desk.start("add", site.url(), "--delay", "0", "--json")
        until(lambda: "is being crawled; waiting" in desk.err, 90)
        assert site.requests == []
        state.client.hset(f"copydesk:host:{host}", "delay", 1.5)
        ended = time.monotonic()
        state.hosts.free([host], "a-crawl", time.time())
        told, _ = adding.communicate(timeout=100)
        assert adding.returncode == 0, desk.err
        assert json.loads(told)["source"]["feeds"]
        assert site.requests[0].at - ended > 1.4

        added = len(site.requests)
        read = desk.run("extract", site.url(STORIES[0].path))
        assert read.code == 0
        assert min(site.gaps()[added - 1 :]) > 1.4
        assert set(state.client.hgetall(f"copydesk:host:{host}")) == {b"last", b"delay"}


@contextmanager
def running_server(desk: Desk) -> Iterator[State]:
    server = EmbeddedServer(desk.home)
    server.ensure()
    state = open_state(server.url, Settings(), patience=0)
    try:
        yield state
    finally:
        state.client.close()
        server.stop()


def test_a_server_that_is_named_and_not_there_is_said(desk: Desk, site: Site) -> None:
    site.put(STORIES[0].path, article_page(STORIES[0]))
    missing = "redis://127.0.0.1:9/0"
    done = desk.run("extract", site.url(STORIES[0].path), allow_private=1, redis_url=missing)
    assert done.code == 0
    assert "no server at 127.0.0.1:9" in done.err or "no server at redis://127.0.0.1:9" in done.err


def test_what_shows_nothing_without_scripts_is_said_and_not_written(desk: Desk, site: Site) -> None:
    shell = '<html><body><div id="root"></div><script src="/app.js"></script></body></html>'
    for story in STORIES:
        site.put(story.path, shell)
    site.put("/", shell)
    site.put("/feed", rss(STORIES, site.url()), content_type=XML)

    told = add(desk, site.url(), "--dry-run", "--json").json

    assert told["source"]["feeds"] == [site.url("/feed")]
    assert any("render = true" in note for note in told["notes"])


class _OfOnePage(Site):
    """Answers every address with its front page."""

    def answer(self, request: Request) -> Reply:
        links = "".join(
            f'<p><a href="/news/2026/the-story-of-day-{n}">The story of the day number {n}</a></p>'
            for n in range(40)
        )
        page = f"<html><head><title>Front</title></head><body>{links}</body></html>"
        return Reply(page.encode(), headers={"Content-Type": HTML})


def test_a_site_that_shows_one_page_for_all_is_not_written(desk: Desk) -> None:
    with _OfOnePage() as site:
        done = add(desk, site.url("/"))
    assert done.code == 1
    assert "nothing was written" in done.err.splitlines()[-1]
    assert not desk.sources.exists()


def test_an_article_whose_site_names_no_other_is_not_written(desk: Desk, site: Site) -> None:
    site.put(STORIES[0].path, article_page(STORIES[0]))
    done = add(desk, site.url(STORIES[0].path))
    assert done.code == 1
    assert "no feed, sitemap or page that names its articles" in done.err
    assert not desk.sources.exists()


def test_what_leads_to_private_addresses_is_not_followed(
    desk: Desk, make_site: Callable[[], Site]
) -> None:
    near, far = make_site(), make_site()
    far.put("/", article_page(STORIES[0]))
    lead = far.url("/rss.xml")
    near.put(
        "/",
        f'<html><link rel="alternate" type="application/rss+xml" href="{lead}">'
        f'<a href="{far.url("/world")}">World</a><a href="{far.url("/w/12345-a-story")}">A</a>',
    )
    near.put("/robots.txt", f"Sitemap: {far.url('/sitemap.xml')}\n")
    near.routes["/moved"] = Reply(b"", 302, {"Location": far.url("/")})

    done = add(desk, near.url())
    moved = add(desk, near.url("/moved"))

    assert far.requests == []
    assert (done.code, moved.code) == (1, 1)
    assert "neither 80 nor 443" in " ".join(done.err.split())
    told = done.err[: done.err.index("copydesk: ")].splitlines()
    assert max(len(line) for line in told if "://" not in line) <= 80
    assert not desk.sources.exists()


def test_what_cannot_be_read_is_named_once_with_what_to_do(desk: Desk, site: Site) -> None:
    missing = desk.run("add", site.url("/none"), "--allow-private", "--delay", "0")
    assert missing.code == 1
    assert f"{site.url('/none')} cannot be read: answers 404\n" in missing.err
    private = desk.run("add", site.url("/none"), allow_private=0)
    assert private.code == 1
    assert "--allow-private" in private.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("http://a b/",), "allowed is an http or https address"),
        (("https://example.org/", "--name", "taken"), "has a source of that name"),
    ],
)
def test_a_call_that_is_wrong_asks_for_nothing(
    desk: Desk, arguments: tuple[str, ...], words: str
) -> None:
    desk.write_sources({"name": "taken", "start": "https://example.org/a"})
    done = desk.run("add", *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert len(done.err.splitlines()) == 1
