"""`copydesk extract`: a page in, the document out, to the byte."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.document import Document, document_id
from rig.desk import Desk, Result
from rig.site import Reply, Site
from rig.stories import Story, article_page, section_page

STORY = Story.numbered(1)
BODY = "\n\n".join(STORY.paragraphs)
PAGE = article_page(STORY, head='<meta property="og:site_name" content="A Site">')
URL = "https://example.org/news/1-a-story"


def titled(url: str, site_name: str) -> str:
    """Spelt out: this is what the service promises."""
    return f"\n\n# *{STORY.title}*\n\n---\n\n\n\n{BODY}\n\n---\n\n<{url}>\n\n\n\n**{site_name}**"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Without a sources file: `extract` needs none."""
    with Desk(tmp_path) as made:
        (tmp_path / "page.html").write_text(PAGE)
        yield made
        assert not made.home.exists()


def assert_none(done: Result, code: int, *words: str) -> None:
    assert done.code == code, done
    assert done.out == ""
    for word in words:
        assert word in done.err
    assert len(done.err.splitlines()) == 1, done.err


def test_a_file_in_both_layouts(desk: Desk) -> None:
    done = desk.run("extract", "page.html", "--url", URL)
    assert (done.code, done.out, done.err) == (0, titled(URL, "A Site"), "")
    done = desk.run("extract", "page.html", "--layout", "plain")
    assert (done.code, done.out, done.err) == (0, BODY, "")


def test_standard_input_and_a_site_name(desk: Desk) -> None:
    arguments = ("extract", "-", "--url", URL + "?utm_source=x#top", "--site-name", "Ours")
    done = desk.run(*arguments, stdin=PAGE.encode())
    assert (done.code, done.out) == (0, titled(URL, "Ours"))


def test_json(desk: Desk) -> None:
    told = desk.run("extract", "page.html", "--url", URL, "--json").json
    assert told["id"] == document_id(BODY)
    assert told["title"] == STORY.title
    assert told["url"] == URL
    assert told["site_name"] == "A Site"
    assert told["language"] == "en"
    assert told["text"] == titled(URL, "A Site")
    assert Document(BODY, STORY.title, URL, "A Site").id == told["id"]


def test_an_address(desk: Desk, site: Site) -> None:
    site.put(STORY.path, PAGE)
    site.routes["/moved"] = Reply(b"", 301, {"Location": STORY.path})
    done = desk.run("extract", site.url("/moved"), allow_private=1)
    assert (done.code, done.out) == (0, titled(site.url(STORY.path), "A Site"))


def test_a_private_address_is_refused(desk: Desk, site: Site) -> None:
    site.put(STORY.path, PAGE)
    assert_none(desk.run("extract", site.url(STORY.path)), 1, site.url(STORY.path), "127.0.0.1")
    assert site.requests == []


def test_a_private_address_that_a_source_names_is_read_as_a_page_of_it(
    desk: Desk, site: Site
) -> None:
    story = Story.numbered(1)
    site.publish(story)
    here = {"name": "here", "start": site.url("/"), "allow_private": True}
    elsewhere = {"name": "elsewhere", "start": "http://127.0.0.1:9/", "allow_private": True}
    desk.write_sources(here, elsewhere)
    done = desk.run("extract", site.url(story.path), "--source", "here")
    assert done.code == 0, done.err
    assert story.title in done.out
    refused = desk.run("extract", site.url(story.path), "--source", "elsewhere")
    assert_none(refused, 1, "name it in the source's `hosts`")
    assert len(site.requests) == 2  # robots.txt and the page


def test_robots_txt_is_obeyed(desk: Desk, site: Site) -> None:
    site.put(STORY.path, PAGE)
    site.put("/robots.txt", "User-agent: *\nDisallow: /\n")
    done = desk.run("extract", site.url(STORY.path), allow_private=1)
    assert_none(done, 1, "robots")
    assert site.paths() == ["/robots.txt"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://name.invalid/story", ["http://name.invalid/story", "does not resolve"]),
        ("http://127.0.0.1:1/story", ["http://127.0.0.1:1/story", "refuses connections"]),
    ],
)
def test_an_address_that_cannot_be_reached(desk: Desk, address: str, words: list[str]) -> None:
    assert_none(desk.run("extract", address, allow_private=1), 1, *words)


def test_a_page_that_is_gone(desk: Desk, site: Site) -> None:
    assert_none(desk.run("extract", site.url("/none"), allow_private=1), 1, "404")


@pytest.mark.parametrize("address", ["http://", "http://a b/", "http://[::1", "https://x:99999/"])
def test_an_address_that_is_none(desk: Desk, address: str) -> None:
    assert_none(desk.run("extract", address), 2, address)


def test_the_titled_layout_needs_an_address(desk: Desk) -> None:
    assert_none(desk.run("extract", "page.html"), 2, "--url", "--layout plain")
    assert_none(desk.run("extract", "-", stdin=PAGE.encode()), 2, "--url")


def test_a_file_that_is_not_there(desk: Desk) -> None:
    assert_none(desk.run("extract", "none.html", "--url", URL), 2, "none.html")


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (section_page([Story.numbered(n) for n in range(30)], "/"), "listing"),
        ("<html><body><p>Hello.</p></body></html>", ""),
        ("", "empty"),
        ("%PDF-1.7\x00\x01", "not-html"),
    ],
)
def test_a_page_that_is_no_article(desk: Desk, page: str, reason: str) -> None:
    done = desk.run("extract", "-", "--layout", "plain", stdin=page.encode())
    assert_none(done, 1, f"no article there: {reason}")
    told = desk.run("extract", "-", "--layout", "plain", "--json", stdin=page.encode())
    assert told.code == 1
    assert told.json["rejected"]["reason"].startswith(reason)


def test_a_page_of_a_source_is_read_as_its_selectors_say(desk: Desk) -> None:
    source = {"name": "gazette", "start": "https://example.org/", "site_name": "Ours"}
    desk.write_sources(source | {"body": "article > p", "drop": ["p:first-of-type"]})
    rest = "\n\n".join(STORY.paragraphs[1:])
    done = desk.run("extract", "page.html", "--source", "gazette", "--url", URL)
    assert (done.code, done.err) == (0, "")
    assert rest in done.out
    assert STORY.paragraphs[0] not in done.out
    assert done.out.endswith("**Ours**")

    desk.write_sources(source | {"body": ".nowhere", "layout": "plain"})
    done = desk.run("extract", "page.html", "--source", "gazette")
    assert (done.code, done.out) == (0, BODY)
    assert done.err == 'body = ".nowhere" matches no text on this page\n'

    done = desk.run("extract", "page.html", "--source", "gazete")
    assert_none(done, 2, "--source gazete", "did you mean gazette?")
