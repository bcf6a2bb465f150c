"""A page's word for its other addresses, and where it is not taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.same_article import is_of_same_article

TITLE = "L’été rouvre enfin le port"
SITE = "https://www.gazette.example"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("/print/120045", "/news/120045-port-opens"),
        ("/print.php?id=120045", "/news/120045-port-opens"),
        ("/news/120045", "/news/120045-port-opens"),
        ("/news/120045-port-opens", "/coast/120045-a-port-that-opens.html"),
        ("/a/the-port-opens-today/print", "/a/the-port-opens-today"),
        ("/a/the-port-opens-today.amp.html", "/a/the-port-opens-today.html"),
        ("/coast/the-port-opens-today", "/2021/12/the-port-opens-today"),
        ("/a/the-port-opens-today?from=front", "/a/the-port-opens-today"),
        ("/?p=44", "/2021/12/l-ete-rouvre-enfin-le-port/"),
        ("/print/44", "/2021/12/ete-rouvre-enfin-port"),
        ("/node/44", "/l%27%C3%A9t%C3%A9-rouvre-enfin-le-port"),
    ],
)  # fmt: skip
def test_an_address_of_the_same_article(url: str, named: str) -> None:
    assert is_of_same_article(SITE + url, SITE + named, TITLE)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        # The front page, a section, a listing.
        ("/news/120045-port-opens", "/"),
        ("/news/120045-port-opens", "/news"),
        ("/news/120045-port-opens", "/news/2021/12/16"),
        ("/a/the-port-opens-today", "/coast-and-harbours"),
        ("/?p=44", "/news/all-of-the-coast"),
        # One article's address on every page.
        ("/news/120045-port-opens", "/news/120001-port-closes"),
        ("/a/the-port-opens-today", "/a/the-port-closes-today"),
        ("/?p=44", "/2021/12/quelque-chose-de-bien-different"),
        ("/view.php?id=120045", "/view.php?id=120046"),
        ("/view.php?id=1", "/view.php?id=2"),
        ("/view.php?id=1", "/view.php"),
        # The first of several pages, whose text is another.
        ("/a/the-port-opens-today?page=2", "/a/the-port-opens-today"),
        ("/a/the-port-opens-today/2", "/a/the-port-opens-today"),
        ("/a/the-port-opens-today-2.html", "/a/the-port-opens-today.html"),
        ("/news/120045_2", "/news/120045"),
        ("/news/120045?page=2", "/news/120045"),
        ("/news/120045/2", "/news/120045"),
        ("/print/120045?page=2", "/news/120045-port-opens"),
        ("/l-ete-rouvre-enfin-le-port/2", "/l-ete-rouvre-enfin-le-port"),
        ("/l-ete-rouvre-enfin-le-port/page/2", "/l-ete-rouvre-enfin-le-port"),
        ("/l-ete-rouvre-enfin-le-port/p2.html", "/l-ete-rouvre-enfin-le-port.html"),
        # A page of several.
        ("/?page=2", "/2021/12/l-ete-rouvre-enfin-le-port"),
        # What stands beside an article.
        ("/comments/44", "/2021/12/l-ete-rouvre-enfin-le-port"),
        ("/photos/120045", "/news/120045-port-opens"),
        # The same words below another number or day.
        ("/news/120045/read-full-story", "/news/120046/read-full-story"),
        ("/2021/12/16/the-morning-news-briefing", "/2021/12/17/the-morning-news-briefing"),
        # Numbers that many have: of a day, a year.
        ("/briefing-16122021", "/weather-16122021"),
        ("/briefing-121621", "/weather-121621"),
        ("/20211216/a", "/20211216/b"),
        ("/a-20211216", "/b-20211216"),
        ("/a-2021", "/b-2021"),
        # A weekly column.
        ("/l-ete-rouvre-enfin-le-port-12", "/l-ete-rouvre-enfin-le-port-11"),
        ("/l-ete-rouvre-enfin-le-port-12", "/l-ete-rouvre-enfin-le-port"),
        # The same number in another language.
        ("/fr/noticias/cultura/280005-ete", "/noticias/cultura/280005-verano"),
        ("/fr/noticias/cultura/280005-ete", "/en/noticias/cultura/280005-summer"),
        ("/english/news/120045", "/hindi/news/120045"),
        ("/eng/news/120045", "/spa/news/120045"),
        ("/news/120045?lang=fr", "/news/120045"),
        ("/news/120045?lang=french", "/news/120045?lang=english"),
        ("/news/120045?l=fr", "/news/120045?l=en"),
        # What is read stands in the query.
        ("/read-the-whole-story?article=port-opens", "/read-the-whole-story?article=port-closes"),
        ("/read-the-whole-story?id=1", "/read-the-whole-story?id=2"),
        ("/index.php/fr/noticias/280005-x", "/index.php/de/noticias/280005-x"),
    ],
)  # fmt: skip
def test_what_might_be_another_article(url: str, named: str) -> None:
    assert not is_of_same_article(SITE + url, SITE + named, TITLE)


def test_another_site_s_word_is_not_taken_nor_given() -> None:
    path = "/news/120045-port-opens"
    assert not is_of_same_article(SITE + path, f"https://wire.example{path}", TITLE)
    assert not is_of_same_article(SITE + path, f"https://blog.gazette.example{path}", TITLE)
    assert is_of_same_article(f"https://m.gazette.example{path}", f"{SITE}/x/120045", TITLE)


NAMES = st.sampled_from(
    ["port", "opens", "closes", "today", "coast", "2021", "7", "120045", "120046", "fr", "en"]
)
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=5).map("-".join), max_size=3).map("/".join)
QUERIES = st.sampled_from(["", "?id=1", "?id=2", "?id=120045", "?page=2", "?p=120046"])


@given(PATHS, QUERIES, PATHS, QUERIES)
def test_ids_that_differ_are_never_one_article(a: str, b: str, c: str, d: str) -> None:
    url, named = f"{SITE}/{a}{b}", f"{SITE}/{c}{d}"
    if is_of_same_article(url, named, "Port opens today"):
        ids = {"120045", "120046"}
        own, other = ({n for n in ids if n in address} for address in (url, named))
        assert not own or not other or own & other
        assert ("page=2" in url) <= ("page=2" in named)


@given(st.text(), st.text(), st.none() | st.text())
def test_no_text_raises(url: str, named: str, title: str | None) -> None:
    is_of_same_article(url, named, title)
