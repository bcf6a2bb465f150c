"""What the sample sites hold, without a server."""

import gzip
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import unquote, urlsplit

import pytest

from demo import agency, broadcaster
from demo.edition import path_of
from demo.resource import Resource
from demo.stories import of_edition

ROOT = "http://127.0.0.1:1"
OPENED = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def radio() -> Mapping[str, Resource]:
    return broadcaster.resources(ROOT, OPENED)


def path(url: str) -> str:
    return unquote(urlsplit(unescape(url)).path)


@pytest.mark.parametrize("language", ["fr", "es", "en"])
def test_every_listing_of_an_edition_names_all_its_stories(
    radio: Mapping[str, Resource], language: str
) -> None:
    paths = {path_of(story) for story in of_edition(language, OPENED)}
    prefix = {"fr": "/fr", "es": "", "en": "/en"}[language]
    feed = radio["/es/rss" if language == "es" else f"{prefix}/rss.xml"].body.decode()
    assert {path(link) for link in re.findall("<link>(.*?)</link>", feed)[1:]} == paths

    pages = "".join(radio[f"{prefix}/noticias?page={n}"].body.decode() for n in (1, 2, 3))
    listed = re.findall(r'<h5 class="title_article"><a href="(.*?)"', pages)
    assert {path(link) for link in listed} == paths

    news = gzip.decompress(radio["/sitemaps/news.xml.gz"].body).decode()
    assert paths <= {path(link) for link in re.findall("<loc>(.*?)</loc>", news)}


def test_section_pages_lead_to_each_other(radio: Mapping[str, Resource]) -> None:
    def pager(page: str) -> list[str]:
        return re.findall(r'href="(/en/noticias\?page=\d)"', radio[page].body.decode())

    assert pager("/en/noticias") == ["/en/noticias?page=2"]
    assert pager("/en/noticias?page=2") == ["/en/noticias?page=1", "/en/noticias?page=3"]
    assert pager("/en/noticias?page=3") == ["/en/noticias?page=2"]


def test_every_internal_link_to_a_story_leads_somewhere(radio: Mapping[str, Resource]) -> None:
    links = {
        unescape(link)
        for resource in radio.values()
        if resource.content_type.startswith("text/html")
        for link in re.findall(r'href="(/[^"]*/noticias/[^"]*)"', resource.body.decode())
    }
    assert len(links) > 50
    assert all(link in radio for link in links)


def test_a_page_is_the_same_with_and_without_index_php(radio: Mapping[str, Resource]) -> None:
    found = [p for p in radio if "/noticias/" in p and not p.startswith("/index.php")]
    assert found
    assert all(radio[f"/index.php{p}"] == radio[p] for p in found)


def test_pages_that_are_none_answer_as_such_pages_do(radio: Mapping[str, Resource]) -> None:
    kinds = {
        story.kind: radio[path_of(story)]
        for lang in ("fr", "es", "en")
        for story in of_edition(lang, OPENED)
    }
    assert {kind: page.status for kind, page in kinds.items() if page.status != 200} == {
        "gone": 410,
        "missing": 404,
    }
    assert kinds["empty"].body == b""
    assert b'type="password"' in kinds["login"].body
    assert b"not found" in kinds["soft-404"].body
    assert kinds["listing"].body.count(b'class="section_block"') == 8
    assert b'"isAccessibleForFree": false' in kinds["teaser"].body


def test_what_robots_may_not_fetch_is_listed_all_the_same(radio: Mapping[str, Resource]) -> None:
    (closed,) = [story for story in of_edition("en", OPENED) if story.kind == "disallowed"]
    disallowed = re.findall("Disallow: (.*)", radio["/robots.txt"].body.decode())
    assert any(path_of(closed).startswith(prefix) for prefix in disallowed)
    assert any(path_of(closed) in page.body.decode() for p, page in radio.items() if "?page" in p)


def test_the_agency_lists_what_it_has() -> None:
    site = agency.resources(ROOT, OPENED, OPENED + timedelta(hours=1))
    feed = site["/atom.xml"].body.decode()
    links = [path(link) for link in re.findall('<link href="(.*?)"/>', feed)]
    assert len(links) == 8
    assert all(link in site for link in links)


def test_validators_change_with_what_is_said() -> None:
    page = Resource(b"a", OPENED)
    tag = page.headers["ETag"]
    assert page.known_by({"If-None-Match": tag})
    assert not Resource(b"b", OPENED).known_by({"If-None-Match": tag})
    assert page.known_by({"If-Modified-Since": "Fri, 20 Nov 2026 18:00:00 GMT"})
    later = Resource(b"a", OPENED + timedelta(seconds=1))
    assert not later.known_by({"If-Modified-Since": "Fri, 20 Nov 2026 18:00:00 GMT"})
    assert not page.known_by({})
    assert not Resource(b"", OPENED, status=410).known_by({})
    assert "ETag" not in Resource(b"", OPENED, status=410).headers
