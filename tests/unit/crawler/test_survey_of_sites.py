"""Whole sites looked at, from memory: what is asked for, what is found, and which source comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.sources import Source
from crawler.extraction.extract import extract
from crawler.fetching import Miss, MissKind
from crawler.page import Page
from crawler.survey.findings import Asked
from crawler.survey.proposal import Proposal, propose
from crawler.survey.survey import survey
from crawler.urls import authority
from rig.stories import Story, article_page, rss, section_page, sitemap

ROOT = "https://www.example.org"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STORIES = [Story.numbered(number, section="world") for number in range(12)]
OLD = [
    Story(s.path, s.title, s.paragraphs, s.published - timedelta(days=90)) for s in STORIES
]  # fmt: skip


@dataclass
class Memory:
    """Pages by address; a text that is an address redirects. Hosts are asked only once they are admitted."""

    pages: dict[str, str]
    robots: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    admitted: set[str] = field(default_factory=set)

    def ask(self, url: str) -> Page:
        self.asked.append(url)
        assert not self.admitted or authority(url) in self.admitted, url
        at, seen = url, self.pages.get(url)
        while seen and seen.startswith("https://"):
            at, seen = seen, self.pages.get(seen)
        if seen is None:
            raise Miss(MissKind.GONE, "http-404", f"{url} answers 404")
        if seen == "down":
            raise Miss(MissKind.UNREACHABLE, "timed-out", f"{url}: it did not answer in time")
        return Page(at, url, 200, NOW, "", "", seen.encode())

    def admit(self, url: str) -> None:
        self.admitted.add(authority(url))

    def sitemaps(self, url: str) -> tuple[str, ...]:
        return tuple(filter(None, [self.robots.get(authority(url))]))


def articles(*stories: Story, root: str = ROOT, **more: Any) -> dict[str, str]:
    return {f"{root}{story.path}": article_page(story, **more) for story in stories}


def declaring(*feeds: str, body: str = "") -> str:
    heads = "".join(f'<link rel="alternate" type="application/rss+xml" href="{f}">' for f in feeds)
    return f"<html><head><title>Home | The Example</title>{heads}</head><body>{body}</body></html>"


def looked_at(web: Memory, url: str = f"{ROOT}/") -> tuple[Any, Proposal]:
    found = survey(web, extract, url, NOW)
    proposal = propose(found, ())
    Source.model_validate(proposal.fields)
    assert len(web.asked) == len(set(web.asked))
    return found, proposal


def test_a_feed_elsewhere_whose_articles_are_here() -> None:
    feed = "https://feeds.example.net/main"
    web = Memory({f"{ROOT}/": declaring(feed), feed: rss(STORIES, ROOT), **articles(*STORIES)})
    _, proposal = looked_at(web)
    assert proposal.fields["feeds"] == [feed]
    assert "hosts" not in proposal.fields  # the start names it
    assert len([a for a in web.asked if "/world/" in a]) == 3


def test_articles_on_another_host_make_it_one_of_the_sources() -> None:
    there = "https://stories.example.net"
    web = Memory(
        {
            f"{ROOT}/": declaring("/rss"),
            f"{ROOT}/rss": rss(STORIES, there),
            **articles(*STORIES, root=there),
        }
    )
    found, proposal = looked_at(web)
    assert proposal.fields["hosts"] == ["stories.example.net"]
    assert found.pattern.expression.startswith(r"^https?://(?:www\.)?stories\.example\.net/")
    assert all(sample.article for sample in found.samples)


def test_a_site_that_moved_is_named_where_it_is() -> None:
    web = Memory(
        {
            "https://old.example.com/": f"{ROOT}/",
            f"{ROOT}/": declaring("/rss"),
            f"{ROOT}/rss": rss(STORIES, ROOT),
            **articles(*STORIES),
        }
    )
    _, proposal = looked_at(web, "https://old.example.com/")
    assert proposal.fields["start"] == f"{ROOT}/"
    assert proposal.fields["name"] == "example"
    assert any("old.example.com leads to example.org" in note for note in proposal.notes)


def test_a_feed_that_is_dead_gives_way_to_a_sitemap() -> None:
    web = Memory(
        {
            f"{ROOT}/": declaring("/rss"),
            f"{ROOT}/rss": rss(OLD, ROOT),
            f"{ROOT}/news.xml": sitemap(STORIES, ROOT),
            **articles(*STORIES),
        },
        {"example.org": f"{ROOT}/news.xml"},
    )
    found, proposal = looked_at(web)
    assert (proposal.fields.get("feeds"), proposal.fields["sitemaps"]) == (
        None,
        [f"{ROOT}/news.xml"],
    )
    assert any("its newest article is of 2026-08" in note for note in proposal.notes)
    assert found.rhythm is not None
    assert proposal.fields["schedule"] == found.rhythm.schedule


def test_a_feed_that_names_little_of_the_front_page_is_not_enough() -> None:
    front = section_page(STORIES, ROOT).replace("<head>", "<head>" + declaring("/rss"))
    web = Memory({f"{ROOT}/": front, f"{ROOT}/rss": rss(STORIES[:3], ROOT), **articles(*STORIES)})
    _, proposal = looked_at(web)
    assert proposal.fields["feeds"] == [f"{ROOT}/rss"]
    assert proposal.fields["sections"] == [f"{ROOT}/"]


def test_an_index_is_read_as_far_as_its_likeliest_sitemaps() -> None:
    entry = "<sitemap><loc>{}</loc></sitemap>".format
    names = ["pages", "images", "tags", "news-latest"]
    index = "".join(entry(f"{ROOT}/{name}.xml") for name in names)
    web = Memory(
        {
            f"{ROOT}/": declaring(),
            f"{ROOT}/sitemap.xml": f"<sitemapindex>{index}</sitemapindex>",
            f"{ROOT}/news-latest.xml": sitemap(STORIES, ROOT),
            **articles(*STORIES),
        }
    )
    found, proposal = looked_at(web)
    assert proposal.fields["sitemaps"] == [f"{ROOT}/sitemap.xml"]
    assert (found.sitemaps[0].children, len(found.sitemaps[0].links)) == (4, 12)
    assert len([a for a in web.asked if a.endswith(".xml") and "sitemap" not in a]) < 8


def test_an_edition_takes_its_own_articles_alone() -> None:
    french = [Story(f"/fr{s.path}", s.title, s.paragraphs, s.published) for s in STORIES[:8]]
    english = [Story(f"/en{s.path}", s.title, s.paragraphs, s.published) for s in STORIES[:8]]
    page = section_page(french, ROOT).replace("<body>", '<body><a href="/en">English</a>')
    web = Memory(
        {
            f"{ROOT}/fr": page,
            f"{ROOT}/news.xml": sitemap([*french, *english], ROOT),
            **articles(*french, language="fr"),
        },
        {"example.org": f"{ROOT}/news.xml"},
    )
    found, proposal = looked_at(web, f"{ROOT}/fr")
    assert proposal.fields["name"] == "example-fr"
    assert "/fr/" in proposal.fields["article_urls"]
    assert found.pattern.wrong == 0
    assert not [url for url in web.asked if "/en" in url]
    assert any("is of the whole site" in note for note in proposal.notes)


def test_a_feed_by_itself_is_what_is_read_and_nothing_else_is_looked_for() -> None:
    web = Memory(
        {f"{ROOT}/rss": rss(STORIES, ROOT), f"{ROOT}/": declaring("/other"), **articles(*STORIES)}
    )
    found, proposal = looked_at(web, f"{ROOT}/rss")
    assert found.what is Asked.FEED
    assert proposal.fields["feeds"] == [f"{ROOT}/rss"]
    assert proposal.fields["start"] == f"{ROOT}/"
    assert len(web.asked) == 5  # the feed, its site, three articles


def test_what_is_no_article_is_told_and_no_pattern_is_proposed_from_it() -> None:
    empty = {f"{ROOT}{story.path}": "<html><body><p>Log in.</p></body></html>" for story in STORIES}
    web = Memory({f"{ROOT}/": declaring("/rss"), f"{ROOT}/rss": rss(STORIES, ROOT), **empty})
    found, proposal = looked_at(web)
    assert len(found.samples) == 5
    assert not any(sample.article for sample in found.samples)
    assert "article_urls" not in proposal.fields
    assert any("no article could be read" in note for note in proposal.notes)


def test_pages_that_need_scripts_are_to_be_rendered() -> None:
    shell = '<html><body><div id="app"></div><script src="/a.js"></script></body></html>'
    shells = {f"{ROOT}{story.path}": shell for story in STORIES}
    web = Memory({f"{ROOT}/": declaring("/rss"), f"{ROOT}/rss": rss(STORIES, ROOT), **shells})
    _, proposal = looked_at(web)
    assert proposal.fields.get("render") is True
    assert any("JavaScript" in note for note in proposal.notes)


def test_a_site_with_nothing_says_what_is_missing() -> None:
    web = Memory({f"{ROOT}/": "<html><body><p>Under construction.</p></body></html>"})
    _, proposal = looked_at(web)
    assert proposal.fields == {"name": "example", "start": f"{ROOT}/"}
    told = "\n".join(proposal.notes)
    for what in (
        "no feed",
        "no sitemap",
        "no section",
        "no listing",
        "no article",
        "site_name",
        "language",
    ):
        assert what in told
    assert len(web.asked) == 11  # itself, six usual feeds, four usual sitemaps


def test_a_folder_named_like_a_language_may_have_no_front_of_its_own() -> None:
    story = replace(STORIES[0], path="/es/despacho/504/lagoon-towns-replace-their-sea-wall")
    web = Memory(
        {f"{ROOT}/": declaring("/feed"), f"{ROOT}/feed": rss(STORIES, ROOT), **articles(story)}
    )
    _, proposal = looked_at(web, f"{ROOT}{story.path}")
    assert proposal.fields["start"] == f"{ROOT}/"
    assert proposal.fields["feeds"] == [f"{ROOT}/feed"]


@pytest.mark.parametrize("answer", [None, "down"])
def test_an_address_that_brings_nothing_is_a_miss(answer: str | None) -> None:
    web = Memory({} if answer is None else {f"{ROOT}/": answer})
    with pytest.raises(Miss):
        survey(web, extract, f"{ROOT}/", NOW)


def test_what_cannot_be_reached_is_told_and_the_rest_goes_on() -> None:
    web = Memory(
        {
            f"{ROOT}/": declaring("/rss", "/atom"),
            f"{ROOT}/rss": "down",
            f"{ROOT}/atom": rss(STORIES, ROOT),
            **articles(*STORIES),
        }
    )
    found, proposal = looked_at(web)
    assert proposal.fields["feeds"] == [f"{ROOT}/atom"]
    assert found.problems == (f"{ROOT}/rss: it did not answer in time",)
