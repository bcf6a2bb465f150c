"""Which pages belong to one article, how they are kept as one, and what comes of reading that."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Response

from crawler.extraction.several import extract_all
from crawler.fetching import Miss, MissKind
from crawler.page import Article, Page
from crawler.several_pages import (
    WHOLE,
    Part,
    further,
    is_prose,
    joined,
    number_of,
    parted,
    says_the_same,
    starts_of,
)
from crawler.walking import gathering
from crawler.walking.gathering import Gathering
from rig.stories import Story, article_page

SITE = "https://news.example.org"
URL = f"{SITE}/2026/port-opens.html"


@pytest.mark.parametrize(
    ("first", "other", "number"),
    [
        ("/port-opens", "/port-opens?page=2", 2),
        ("/port-opens?id=7", "/port-opens?id=7&page=3", 3),
        ("/port-opens?id=7", "/port-opens?page=3&id=7", 3),
        ("/port-opens", "/port-opens/2", 2),
        ("/port-opens/", "/port-opens/page/4/", 4),
        ("/port-opens.html", "/port-opens-2.html", 2),
        ("/port-opens.html", "/port-opens_p3.html", 3),
        ("/port-opens,a.php", "/port-opens,a,5.php", 5),
        ("/port-opens", "/port-opens?page=all", WHOLE),
        ("/port-opens", "/port-opens?singlepage=true", WHOLE),
        ("/port-opens", "/port-opens/all", WHOLE),
        # None of it.
        ("/port-opens", "/port-opens?page=1", 0),
        ("/port-opens", "/port-opens?page=21", 0),
        ("/port-opens", "/port-opens?id=2", 0),
        ("/port-opens?id=7", "/port-opens?id=8", 0),
        ("/port-opens?id=7", "/port-opens?page=2", 0),
        ("/port-opens?id=7", "/port-opens?id=7&page=2&sort=new", 0),
        ("/port-opens", "/port-opens-2", 0),
        ("/port-opens", "/port-opens/comments/2", 0),
        ("/port-opens", "/port-opens/2/3", 0),
        ("/port-opens.html", "/port-opens-again-2.html", 0),
        ("/port-opens.html", "/port-opens-2.pdf", 0),
        ("/article/12", "/article/13", 0),
        ("/", "/2", 0),
        ("/port-opens", "//other.example.org/port-opens?page=2", 0),
    ],
)
def test_an_address_is_a_further_page_by_its_number_alone(
    first: str, other: str, number: int
) -> None:
    other = f"https:{other}" if other.startswith("//") else f"{SITE}{other}"
    assert number_of(f"{SITE}{first}", other) == number


def test_a_link_is_believed_that_is_a_number_or_the_next() -> None:
    body = b"""
    <link rel="next" href="https://news.example.org/2026/port-opens-2.html">
    <a href='port-opens-3.html'> 3 </a> <a class=x href=/2026/port-opens-4.html><b>4</b></a>
    <a href="port-opens-5.html">The port opens again</a> <a href="port-opens-6.html">7</a>
    <a href="?page=all&amp;utm_source=x">All on one page</a> <a href="/2026/other-2.html" rel="next">2</a>
    """
    assert further(URL, URL, body) == {
        2: f"{SITE}/2026/port-opens-2.html",
        3: f"{SITE}/2026/port-opens-3.html",
        WHOLE: f"{URL}?page=all",
    }


@pytest.mark.parametrize(
    ("url", "starts"),
    [
        ("/port-opens?id=7&page=2", ["/port-opens?id=7"]),
        ("/port-opens/2", ["/port-opens"]),
        ("/port-opens/page/3/", ["/port-opens/"]),
        ("/port-opens-2.html", ["/port-opens.html"]),
        ("/port-opens.html", []),
        ("/port-opens-2", []),
        ("/article/2026", []),
        ("/port-opens?page=1", []),
    ],
)
def test_where_an_article_may_begin(url: str, starts: list[str]) -> None:
    assert starts_of(f"{SITE}{url}") == tuple(f"{SITE}{start}" for start in starts)


@given(
    first=st.binary(max_size=50),
    bodies=st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=50)), max_size=5),
    is_cut=st.booleans(),
)
def test_pages_kept_as_one_come_apart_again(
    first: bytes, bodies: list[tuple[str, bytes]], is_cut: bool
) -> None:
    parts = tuple(
        Part(f"{URL}?page={number}", kind, body) for number, (kind, body) in enumerate(bodies, 2)
    )
    assert parted(URL, joined(first, parts, is_cut=is_cut)) == (first, parts, is_cut)


@pytest.mark.parametrize(
    "told",
    [
        b'{"url": "https://elsewhere.example/", "type": ""}',
        b'{"url": "https://news.example.org/2026/another.html", "type": ""}',
        b'{"url": 5}',
        b"{]}",
    ],
)
def test_a_page_that_marks_itself_names_no_other_article(told: bytes) -> None:
    body = b"one\n<!--copydesk:page " + told + b"-->\ntwo"
    assert parted(URL, body) == (body, (), False)


def test_a_scan_takes_no_longer_for_what_is_made_to_take_long() -> None:
    for piece in (b"<a ", b"<a href=", b"<p", b"<p>" + b"x" * 79, b"<a " + b"x" * 1990):
        body = piece * (5 * 2**20 // len(piece))
        assert further(URL, URL, body) == {}
        assert not is_prose(body)


def page(body: bytes) -> Page:
    return Page(URL, URL, 200, datetime(2026, 11, 28, tzinfo=UTC), "text/html", "", body)


def test_the_text_of_all_pages_is_one_without_what_each_repeats() -> None:
    story = Story.numbered(1, paragraphs=7)
    teaser, last = "A teaser that stands above the text on every page of it, in full.", "The end."
    pieces = [
        Story(story.path, story.title, (teaser, *story.paragraphs[begin:end], *more))
        for begin, end, more in ((0, 3, ()), (3, 6, ()), (6, 7, (last,)))
    ]
    first, *rest = [article_page(piece).encode() for piece in pieces]
    parts = [Part(f"{URL}?page={n}", "text/html; charset=utf-8", b) for n, b in enumerate(rest, 2)]
    found = extract_all(page(joined(first, parts)))
    assert isinstance(found, Article)
    assert found.body.split("\n\n") == [teaser, *story.paragraphs, last]
    assert found.title == story.title
    assert {f"{URL}?page=2", f"{URL}?page=3"} <= set(found.addresses)
    assert not found.partial


class Web:
    """An article over three pages, which takes its time, or has pages that cannot be had now."""

    def __init__(self, seconds: float = 0.0, failing: frozenset[str] = frozenset()) -> None:
        self.story = Story.numbered(1, paragraphs=6)
        self.seconds, self.failing = seconds, failing
        links = b'<a href="?page=2">2</a><a href="?page=3">3</a></body>'
        self.pages = {
            where: article_page(replace(self.story, paragraphs=self.story.paragraphs[n : n + 2]))
            .encode()
            .replace(b"</body>", links)
            for where, n in ((URL, 0), (f"{URL}?page=2", 2), (f"{URL}?page=3", 4))
        }

    async def fetch(self, url: str, _headers: Mapping[str, str]) -> Response:
        await asyncio.sleep(self.seconds)
        if url in self.failing:
            raise Miss(MissKind.REFUSED, "http-503", url)
        return Response(url, headers={"Content-Type": "text/html"}, body=self.pages[url])

    def read(self) -> Article:
        made = Gathering(self.fetch, delay=0.0, is_content=True)
        whole = asyncio.run(made.whole(page(self.pages[URL])))
        found = extract_all(whole)
        assert isinstance(found, Article)
        return found


@pytest.mark.parametrize(
    ("most", "seconds", "begun"), [(30.0, 0.0, 3), (0.9, 1.0, 2), (-1.0, 0.0, 1)]
)
def test_an_article_that_is_cut_for_want_of_time_is_partial(
    monkeypatch: pytest.MonkeyPatch, most: float, seconds: float, begun: int
) -> None:
    monkeypatch.setattr(gathering, "_MOST_SECONDS", most)
    web = Web(seconds=seconds)
    found = web.read()
    assert found.body.split("\n\n") == list(web.story.paragraphs[: 2 * begun])
    assert found.partial is (begun < 3)


def test_so_is_one_of_which_a_page_cannot_be_had() -> None:
    web = Web(failing=frozenset({f"{URL}?page=3"}))
    found = web.read()
    assert found.body.split("\n\n") == list(web.story.paragraphs[:4])
    assert found.partial


def test_one_page_alone_is_read_as_ever() -> None:
    story = Story.numbered(1)
    found = extract_all(page(article_page(story).encode()))
    assert isinstance(found, Article)
    assert found.body == "\n\n".join(story.paragraphs)


def test_pages_of_comments_say_the_same_and_those_of_a_text_do_not() -> None:
    one, other = (article_page(Story.numbered(number)).encode() for number in (1, 2))
    assert says_the_same(one, one.replace(b"</article>", b"<p>A comment.</p></article>"))
    assert not says_the_same(one, other)
    assert is_prose(one)
    assert not is_prose(b"<p>Short.</p>" * 9)
