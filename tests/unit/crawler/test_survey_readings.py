"""What a site's pages say of it: its name, its clock, its rhythm, its sections, and whether it needs a browser."""

from datetime import UTC, datetime, timedelta

import pytest
from lxml.html import document_fromstring

from crawler.page import Page
from crawler.survey.clock import zone_of
from crawler.survey.feed_head import FeedHead, read_feed_head
from crawler.survey.front import Front, read_front
from crawler.survey.names import site_name, source_name, unique_name
from crawler.survey.rhythm import rhythm
from crawler.survey.sections import candidates, covering, listed
from crawler.survey.shell import needs_javascript

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ROOT = "https://www.example.org"


def front(body: str, url: str = f"{ROOT}/") -> Front:
    page = Page(url, url, 200, NOW, "text/html; charset=utf-8", "", body.encode())
    return read_front(page, {"example.org"})


def links(*paths: str, text: str = "World") -> str:
    return "".join(f'<a href="{path}">{text}</a>' for path in paths)


# Fronts.


def test_a_front_page_parts_articles_from_all_else() -> None:
    page = front(
        '<html lang="en-GB"><head><title>News | The Example</title>'
        '<meta property="og:site_name" content="The  Example"></head><body><h1>The Example</h1>'
        '<a href="/world">World</a><a href="/world/12345-a-story">More</a>'
        '<a href="/sport/derby"><img></a><a href="/sport/derby">Derby ends without a winner again</a>'
        '<a href="https://elsewhere.net/world/12345-a-story">Elsewhere</a><a href="mailto:a@b.c">Write</a>'
    )
    assert page.articles == {
        f"{ROOT}/world/12345-a-story": "More",
        f"{ROOT}/sport/derby": "Derby ends without a winner again",
    }
    assert list(page.others) == [f"{ROOT}/world"]
    assert (page.language, page.title) == ("en", "News | The Example")
    assert (page.names, page.headings) == (("The Example",), ("The Example",))


@pytest.mark.parametrize(
    "body", ["", "\0\0", "<", "<!", "<!--", "<html>" * 400, "{}", "<a href='/x'>" * 3]
)
def test_whatever_a_page_is_it_is_read(body: str) -> None:
    assert front(body).url == f"{ROOT}/"


# Sections.


def test_sections_are_what_articles_are_below_and_then_what_has_short_words() -> None:
    page = front(
        links(
            "/",
            "/fr",
            "/world",
            "/login",
            "/tag/x",
            "/logo.png",
            "/world?page=2",
            "/sport",
            "/en/a/b/c/d/e",
        )
        + links("/a/b", text="a label that is too long to stand in any navigation of a site")
    )
    articles = [f"{ROOT}/sport/12345-a-story", f"{ROOT}/index.php/sport/12346-another-story"]
    assert candidates(page, f"{ROOT}/", articles) == [f"{ROOT}/sport", f"{ROOT}/world"]


def test_another_edition_is_no_section_but_one_with_articles_is() -> None:
    page = front(links("/uk", "/uk/politics", "/de/politik"))
    articles = [f"{ROOT}/uk/politics/12345-a-story"]
    assert candidates(page, f"{ROOT}/", articles) == [f"{ROOT}/uk/politics"]


def test_of_an_edition_only_what_is_below_it() -> None:
    page = front(links("/fr/monde", "/world", "/fr"), f"{ROOT}/fr")
    assert candidates(page, f"{ROOT}/fr", []) == [f"{ROOT}/fr/monde"]


def test_a_box_beside_every_page_makes_no_section_of_one() -> None:
    box = [f"/world/9{n}-the-most-read-story-{n}" for n in range(4)]
    pages = [
        front(
            links(*box, *(f"/{name}/1{n}-a-story-of-{name}" for n in range(own))), f"{ROOT}/{name}"
        )
        for name, own in (("sport", 5), ("contact-page", 0), ("culture", 1), ("other", 4))
    ]
    lengths = {page.url.removeprefix(f"{ROOT}/"): len(listed(page, pages)) for page in pages}
    assert lengths == {"sport": 5, "contact-page": 0, "culture": 1, "other": 4}


def test_as_few_listings_as_name_everything() -> None:
    named = {"all": {"a", "b", "c", "d"}, "part": {"a", "b"}, "more": {"d", "e", "f"}, "one": {"g"}}
    assert covering(named, set(), 9) == ["all", "more"]
    assert covering(named, {"a", "b", "c"}, 9) == ["more"]
    assert covering(named, set(), 1) == ["all"]


# Names.


def titled(*titles: str) -> list[Front]:
    return [Front(f"{ROOT}/{n}", title=title) for n, title in enumerate(titles)]


@pytest.mark.parametrize(
    ("titles", "feeds", "stated", "host", "name"),
    [
        (["Home | The Example", "A story | The Example"], [], [], "x.org", "The Example"),
        (["Portada | Radio Habana Cuba | Emisora Internacional"], [], [], "www.radiohc.cu", "Radio Habana Cuba"),
        (["Home"], ["The Example - RSS"], ["The Example"], "x.org", "The Example"),
        (["Hoy - Agencia Litoral"], ["Agencia Litoral"], [], "127.0.0.1", "Agencia Litoral"),
        (["Home | The Example", "Sport | The Example"], [], ["The Example News"], "x.org", "The Example News"),
        (["Le Monde.fr - Actualités", "International - Le Monde.fr"], [], [], "www.lemonde.fr", "Le Monde.fr"),
        (["Welcome"], [], [], "x.org", ""),
        ([], [], [], "x.org", ""),
    ],
)  # fmt: skip
def test_the_name_is_what_most_speaks_for(
    titles: list[str], feeds: list[str], stated: list[str], host: str, name: str
) -> None:
    assert site_name(titled(*titles), feeds, stated, host) == name


@pytest.mark.parametrize(
    ("start", "name"),
    [
        ("https://www.radiohc.cu/", "radiohc"),
        ("https://www.radiohc.cu/fr", "radiohc-fr"),
        ("https://www.radiohc.cu/fr/noticias/internacionales", "radiohc-fr-internacionales"),
        ("https://www.bbc.co.uk/news", "bbc-news"),
        ("https://feeds.npr.org/", "npr"),
        ("https://news.example.com/world/index.html", "news-example-index"),
        ("http://127.0.0.1:8000/", "127-0-0-1"),
        ("http://[2001:db8::1]/", "2001-db8-1"),
        ("https://xn--mller-kva.de/", "xn-mller-kva"),
        ("https://localhost/", "localhost"),
    ],
)
def test_a_source_is_called_after_its_host(start: str, name: str) -> None:
    assert source_name(start, ()) == name


def test_no_two_sources_have_one_name() -> None:
    assert unique_name("Le Monde", {"le-monde", "le-monde-2"}) == "le-monde-3"
    assert unique_name("Über Größe", ()) == "uber-grosse"
    assert unique_name("新闻", {"source"}) == "source-2"
    assert len(unique_name("a" * 500, ())) <= 100


# Rhythm.


def every(hours: float, number: int) -> list[str]:
    return [(NOW - timedelta(hours=hours * n)).isoformat() for n in range(1, number + 1)]


@pytest.mark.parametrize(
    ("times", "shortest", "a_day", "schedule"),
    [
        (every(1, 50), 50, 24.0, "every 30m"),
        (every(0.1, 50), 50, 240.0, "every 5m"),
        (every(24, 20), 20, 1.0, "every 4h"),
        (every(1, 3), 3, None, ""),  # too few
        (["2026-11-20"] * 50, 50, None, ""),  # days alone
        (every(24 * 60, 50), 50, None, ""),  # all of it is old
        ([None, "soon", "2026-13-45T00:00Z"], 3, None, ""),
    ],
)
def test_how_often_a_site_publishes(
    times: list[str | None], shortest: int, a_day: float | None, schedule: str
) -> None:
    found = rhythm(times, NOW, shortest)
    assert (found and found.a_day, found.schedule if found else "") == (a_day, schedule)


def test_a_short_feed_is_looked_at_more_often() -> None:
    long, short = rhythm(every(2, 30), NOW, 30), rhythm(every(2, 30), NOW, 1)
    assert long is not None
    assert short is not None
    assert (long.schedule, short.schedule) == ("every 1h", "every 30m")


# Clocks.


@pytest.mark.parametrize(
    ("host", "times", "zone"),
    [
        ("www.radiohc.cu", ["2026-11-20T09:00:00-05:00"], "America/Havana"),
        ("www.lemonde.fr", [], "Europe/Paris"),
        ("www.spiegel.de", ["2026-07-20T09:00:00+02:00", "2026-11-20"], "Europe/Berlin"),
        ("www.bbc.co.uk", ["2026-11-20T09:00:00Z"], "Europe/London"),
        ("www.publico.pt", ["2026-07-20T09:00:00+01:00"], "Europe/Lisbon"),  # and not the Azores
        ("www.abc.net.au", ["2026-01-20T09:00:00+09:30"], "Australia/Darwin"),
        ("www.abc.net.au", [], ""),
        ("www.lemonde.fr", ["2026-11-20T09:00:00-05:00"], ""),  # its times are not of its country
        ("www.example.org", ["2026-11-20T09:00:00-05:00"], ""),
        ("127.0.0.1", [], ""),
        ("bit.ly", [], ""),
    ],
)
def test_a_zone_is_told_by_country_and_times(host: str, times: list[str], zone: str) -> None:
    assert zone_of(host, times)[0] == zone


def test_an_offset_alone_is_told_and_is_no_zone() -> None:
    assert zone_of("x.org", ["2026-11-20T09:00:00-05:00"]) == ("", "its times are UTC-05:00")
    assert zone_of("x.org", ["2026-11-20T09:00:00-05:00", "2026-07-20T09:00:00-04:00"]) == ("", "")


# Feeds' heads.


@pytest.mark.parametrize(
    ("body", "head"),
    [
        (
            (
                "<rss><channel><title>The Example</title><link>/fr</link><language>fr-CA</language>"
                "<item><title>A story</title><link>/1</link></item></channel></rss>"
            ),
            FeedHead("The Example", f"{ROOT}/fr", "fr"),
        ),
        (
            (
                '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="es"><title>Un ejemplo</title>'
                '<link rel="self" href="/atom"/><link href="/"/><entry><title>Uno</title></entry></feed>'
            ),
            FeedHead("Un ejemplo", f"{ROOT}/", "es"),
        ),
        (
            '{"version": "https://jsonfeed.org/version/1.1", "title": "J", "home_page_url": "/j", "items": []}',
            FeedHead("J", f"{ROOT}/j", ""),
        ),
        ("{", FeedHead()),
        ("[]", FeedHead()),
        ("{}", FeedHead()),
        ("", FeedHead()),
        ("<html>", FeedHead()),
    ],
)
def test_what_a_feed_says_of_itself(body: str, head: FeedHead) -> None:
    assert read_feed_head(body.encode(), f"{ROOT}/feed") == head


# Shells.


@pytest.mark.parametrize(
    ("body", "is_shell"),
    [
        ('<div id="root"></div><script src="/app.js"></script>', True),
        ('<noscript>You need to enable JavaScript.</noscript><script src="/app.js"></script>', True),
        (f'<div id="root"><p>{"A word of it. " * 100}</p></div><script src="/app.js"></script>', False),
        ('<div id="root"></div>', False),  # nothing would fill it
        ('<p>Not here.</p><script src="/statistics.js"></script>', False),
        (f'<div id="__next"></div><script>{"a=1;" * 500}</script>', True),
    ],
)  # fmt: skip
def test_a_shell_shows_nothing_until_its_scripts_have_run(body: str, is_shell: bool) -> None:
    tree = document_fromstring(f"<html><head></head><body>{body}</body></html>")
    assert needs_javascript(tree) is is_shell
