import gc
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml.html import HtmlElement, document_fromstring

from crawler.extraction.metadata import Metadata, read_metadata
from crawler.page import Page

FETCHED = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
URL = "https://www.harbour-news.example/fr/12-port"


def metadata(head: str = "", body: str = "<p>x</p>", url: str = URL, root: str = "") -> Metadata:
    text = f"<html {root}><head>{head}</head><body>{body}</body></html>"
    page = Page(url, url, 200, FETCHED, "text/html", "", text.encode())
    return read_metadata(document_fromstring(text), page)


def ld(*nodes: dict[str, Any]) -> str:
    return "".join(
        f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes
    )


def property_(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ("<title>The port opens - Harbour News</title>", "<h1>The port opens</h1>", "The port opens"),
        ("<title>Harbour News: The port opens</title>", "<h1>The port opens</h1>", "The port opens"),
        ("<title>The port opens_Local_HN</title>", "<td class=t>The port opens</td>", "The port opens"),
        ("<title>It’s open | HN</title>", "<h1>It's open</h1><h1>Menu</h1>", "It's open"),
        ("<title>The port opens | harbour-news.example</title>", "", "The port opens"),
        ("<title>The port opens | Harbour News</title>", "", "The port opens"),
        ("<title>The port: a story - and another</title>", "", "The port: a story - and another"),
        (property_("og:title", "The port opens") + "<title>x</title>", "", "The port opens"),
        (property_("og:site_name", "HN") + "<title>The port opens – HN</title>", "", "The port opens"),
        ("", "<h1>The <b>port</b> opens</h1>", "The port opens"),
        ("", "<h1>One</h1><h1>Two</h1>", None),
        ("<title>Harbour News</title>", "<div>Harbour News</div>", "Harbour News"),
        ("<title> \n The\nport </title>", "", "The port"),
        ("", "", None),
        ("<title>HN:: The port opens</title>" + property_("og:site_name", "HN"), "", "The port opens"),
        ("<title>News of the coast - The port opens - HN</title>", "<h1>The port opens</h1>", "The port opens"),
        ("<title>HN - The port: a mayor opens it - Coast - News</title>", "<p>The port: a mayor opens it</p>", "The port: a mayor opens it"),
        ("<title>The port opens / 16.12 / Coast</title>", "<h1>The port opens <span>16.12</span></h1>", "The port opens"),
        ("<title>HN: The port&lt;br&gt;opens</title>", "<h1>The port<br>opens</h1>", "The port opens"),
        ("<title>港口今天重新开放_要闻_海港网</title>", "<h1>港口今天重新开放</h1>", "港口今天重新开放"),
        ("<title>港口今天重新开放-海港网</title>" + property_("og:site_name", "海港网"), "", "港口今天重新开放"),
        ("<title>The port opens - HN</title><meta name=application-name content=HN>", "", "The port opens"),
        ("<title>The port opens - HN</title>" + ld({"@type": "WebSite", "name": "HN"}), "", "The port opens"),
        ("<title>Harbour News</title>", "<h1>The port opens</h1>", "The port opens"),
        (property_("og:title", "The port opens") + "<title>Other</title>" + ld({"@type": "Article", "headline": "A third"}), "<h1>A fourth</h1>", "The port opens"),
        (property_("og:title", "Share: the port") + "<title>The port opens | HN</title>", "<h1>The port opens</h1>", "The port opens"),
        (ld({"@type": "Article", "headline": "Fish &amp; port"}), "", "Fish & port"),
        ("<title>The port opens | HN</title><link rel=alternate type='application/rss+xml' title='The port opens'>", "<h1>The port opens</h1>", "The port opens"),
        ("<title>The port opens | HN</title><link rel=alternate type='application/rss+xml' title='HN'>", "", "The port opens"),
        ("<title>Port-au-Prince and its port</title>", "<a>Port</a><a>its port</a>", "Port-au-Prince and its port"),
    ],
)  # fmt: skip
def test_titles(head: str, body: str, expected: str | None) -> None:
    assert metadata(head, body).title == expected


def test_the_headline_of_json_ld_is_a_title() -> None:
    assert (
        metadata(ld({"@type": "NewsArticle", "headline": "The port opens"})).title
        == "The port opens"
    )


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (property_("og:site_name", "Radio\n Example"), "Radio Example"),
        (ld({"@type": "NewsArticle", "publisher": {"name": "Radio Example"}}), None),
        (ld({"@type": "NewsArticle", "publisher": [{"name": ["Radio Example"]}]}), None),
        (ld({"@type": "NewsArticle", "publisher": 12}), None),
        ("", None),
    ],
)
def test_site_names(head: str, expected: str | None) -> None:
    assert metadata(head).site_name == expected


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (ld({"@type": "Article", "author": {"name": "Ana Roca"}}), "", ("Ana Roca",)),
        (ld({"@type": "Article", "author": ["Ana Roca", {"name": "Jo Bell"}]}), "", ("Ana Roca", "Jo Bell")),
        ('<meta name="author" content="By Ana Roca and Jo Bell">', "", ("Ana Roca", "Jo Bell")),
        ('<meta name="author" content="Ana Roca; Ana Roca">', "", ("Ana Roca",)),
        ('<meta name="author" content="admin">', "<a rel=author>Ana Roca</a>", ("Ana Roca",)),
        ('<meta name="author" content="https://example.org/ana">', "", ()),
        ('<meta name="author" content="harbour-news.example">', "", ()),
        (property_("og:site_name", "HN") + '<meta name="author" content="HN">', "", ()),
        ("", "<span itemprop='author'>par Ana Roca</span>", ("Ana Roca",)),
        ("", "<p>By Ana Roca</p>", ()),
        ("", "<span itemprop='author'>Ana Roca | November 18, 2019 12:01 PM</span>", ("Ana Roca",)),
        (ld({"@type": "Article", "author": "ANA ROCA and JO BELL, HN Auto Writer"}), "", ("ANA ROCA", "JO BELL")),
        (ld({"@type": "Article", "author": "Analysis by Ana Roca, CNN Editor-at-large"}), "", ("Ana Roca",)),
        ('<meta name="author" content="Ana Roca, MD, PhD">', "", ("Ana Roca",)),
        ('<meta name="author" content="<author>王硕</author>">', "", ("王硕",)),
        ('<meta name="author" content="Harbour News"><meta name="copyright" content="Harbour News">', "", ()),
        ('<meta name="author" content="Makers of Sites Sp. z o.o.">', "<a rel=author>Ana Roca</a>", ("Ana Roca",)),
        ('<meta name="author" content="Design: Jo Bell. Telephone 01243 779777">', "", ()),
        ('<meta name="author" content="2021-12-16">', "", ()),
        ('<meta name="author" content="Гость">', "", ()),
        ('<meta name="author" content="HarbourNews">', "", ()),
        ('<meta name="author" content="Reuters">', "", ("Reuters",)),
        ("", f"<span itemprop=author>Ana Roca, {'who has written of ports, ' * 9}</span>", ("Ana Roca",)),
        ('<meta name="author" content="Automne Andrea">', "", ("Automne Andrea",)),
    ],
)  # fmt: skip
def test_authors(head: str, body: str, expected: tuple[str, ...]) -> None:
    assert metadata(head, body).authors == expected


@pytest.mark.parametrize(
    ("root", "head", "expected"),
    [
        ('lang="fr-CU"', "", "fr"),
        ('lang="FR"', property_("og:locale", "es_ES"), "fr"),
        ("", property_("og:locale", "es_ES"), "es"),
        ("", ld({"@type": "Article", "inLanguage": "pt-BR"}), "pt"),
        ("", '<meta http-equiv="content-language" content="el, en">', "el"),
        ('lang="utf-8"', "", None),
        ('lang="french"', "", None),
        ("", "", None),
    ],
)
def test_languages(root: str, head: str, expected: str | None) -> None:
    assert metadata(head, root=root).language == expected


@pytest.mark.parametrize(
    ("head", "body", "url", "expected"),
    [
        (property_("article:published_time", "2021-12-16T09:12:00-05:00"), "", URL, "2021-12-16T09:12:00-05:00"),
        (ld({"@type": "Article", "datePublished": "2021-12-16T09:12:00Z"}), "", URL, "2021-12-16T09:12:00Z"),
        ('<meta name="dc.date" content="2021-12-16">', "", URL, "2021-12-16"),
        ("", '<span itemprop="datePublished" content="2021-12-16">x</span>', URL, "2021-12-16"),
        ("", '<article><time datetime="2021-12-16T09:12">x</time></article>', URL, "2021-12-16"),
        ("", '<article><aside><time datetime="2021-12-16">x</time></aside></article>', URL, None),
        ("", '<ul><li><article><time datetime="2021-12-16">x</time></article></li></ul>', URL, None),
        ("", "", "https://example.org/2021/12/16/port", "2021-12-16"),
        ("", "<p>Published on 16 December 2021, 2021-12-16</p>", URL, None),
        (property_("article:published_time", "2031-12-16T09:12:00Z"), "", URL, None),
        (
            property_("article:published_time", "2031-12-16T09:12:00Z")
            + '<meta name="date" content="2021-12-16">', "", URL, "2021-12-16",
        ),
    ],
)  # fmt: skip
def test_days_of_publication(head: str, body: str, url: str, expected: str | None) -> None:
    assert metadata(head, body, url).published == expected


OTHER = "2020-01-01T00:00:00Z"
OWN = "2021-12-16T09:12:00Z"
IN_PROSE = f"The vote on <time datetime='{OTHER}'>1 January</time> was as close as nobody in the old town had thought it would be."


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        # The day of one place, with the time that another tells of it.
        (ld({"@type": "Article", "datePublished": "2021-12-16"}) + property_("article:published_time", OWN), "", OWN),
        (ld({"@type": "Article", "datePublished": "2021-12-15"}) + property_("article:published_time", OWN), "", "2021-12-15"),
        ('<meta name="parsely-pub-date" content="2021-12-16T09:12:00Z">', "", OWN),
        ('<meta name="sailthru.date" content="2021-12-16 09:12:00">', "", "2021-12-16"),
        ('<meta name="cXenseParse:recs:publishtime" content="2021-12-16T09:12:00Z">', "", OWN),
        ('<meta name="DC.date.issued" content="2021-12-16T09:12:00Z">', "", OWN),
        ("", f"<span property='schema:datePublished' content='{OWN}'>x</span>", OWN),
        ("", f"<div><h1>T</h1><p>By Ana <time datetime='{OWN}'>x</time></p></div><div><time datetime='{OTHER}'>x</time></div>", OWN),
        ("", f"<div><h1>T</h1><p><time datetime='{OWN}'>x</time> <time datetime='{OTHER}'>x</time></p></div>", None),
        ("", f"<article><h1>T</h1><footer><time datetime='{OWN}'>x</time></footer></article>", OWN),
        ("", f"<h1>T</h1><footer><time datetime='{OTHER}'>x</time></footer>", None),
        # Times of others, each as pages write them.
        ("", f"<article><h1>T</h1><div><a href='/other'>Other <time datetime='{OTHER}'>x</time></a></div></article>", None),
        ("", f"<article><h1>T</h1><a href='{URL}'><time datetime='{OWN}'>x</time></a></article>", OWN),
        ("", f"<article><h1>T</h1><p>{IN_PROSE}</p><time datetime='{OWN}'>x</time></article>", OWN),
        ("", f"<div><h1>T</h1><p>{IN_PROSE}</p></div>", None),
        ("", f"<div class='related'><time itemprop=datePublished datetime='{OTHER}'>x</time></div>", None),
        ("", f"<article><h1>T</h1><div class='box related-news'><time datetime='{OTHER}'>x</time></div></article>", None),
        ("", f"<article><h1>T</h1><section id=comments><time datetime='{OTHER}'>x</time></section><time datetime='{OWN}'>x</time></article>", OWN),
        ("", f"<article><h1>T</h1><article><time datetime='{OTHER}'>x</time></article></article>", None),
        ("", f"<article><time datetime='{OTHER}'>x</time></article><article><h1>T</h1><time datetime='{OWN}'>x</time></article>", OWN),
        ("", f"<article><time datetime='{OTHER}'>x</time></article><article><time datetime='{OWN}'>x</time></article>", None),
        ("", f"<div itemscope itemtype='https://schema.org/Comment'><meta itemprop=datePublished content='{OTHER}'></div>", None),
        ("", f"<div itemscope itemtype='https://schema.org/NewsArticle'><meta itemprop=datePublished content='{OWN}'></div>", OWN),
        (
            "", (f"<div itemscope itemtype='https://schema.org/NewsArticle'><meta itemprop=datePublished content='{OTHER}'></div>"
            f"<div itemscope itemtype='https://schema.org/NewsArticle'><h1>T</h1><meta itemprop=datePublished content='{OWN}'></div>"), OWN,
        ),
        (
            "", (f"<div itemscope itemtype='https://schema.org/NewsArticle'><meta itemprop=datePublished content='{OTHER}'></div>"
            f"<div itemscope itemtype='https://schema.org/NewsArticle'><meta itemprop=datePublished content='{OWN}'></div>"), None,
        ),
    ],
)  # fmt: skip
def test_the_time_is_the_article_s_own(head: str, body: str, expected: str | None) -> None:
    assert metadata(head, body).published == expected


def test_a_live_page_tells_when_it_was_changed_last() -> None:
    node = {"@type": "LiveBlogPosting", "datePublished": OTHER, "dateModified": OWN}
    found = metadata(ld(node))
    assert (found.published, found.modified) == (OTHER, OWN)
    later = metadata(ld({**node, "dateModified": "2026-11-21T20:00:01Z"}))
    assert (later.published, later.modified) == (OTHER, None)


def test_a_modification_is_told_from_the_publication() -> None:
    found = metadata(
        ld(
            {
                "@type": "Article",
                "datePublished": "2021-12-16",
                "dateModified": "2021-12-17T08:00:00Z",
            }
        )
    )
    assert (found.published, found.modified) == ("2021-12-16", "2021-12-17T08:00:00Z")


def test_of_several_articles_only_the_page_s_own_is_read() -> None:
    own = {"@type": "NewsArticle", "url": URL, "headline": "Own", "datePublished": "2021-12-16"}
    other = {
        "@type": "NewsArticle",
        "url": URL + "3",
        "headline": "Other",
        "datePublished": "2020-01-01",
    }
    assert metadata(ld({"@graph": [other, own]})).published == "2021-12-16"
    assert metadata(ld(other, {**other, "headline": "Third"})).published is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"url": "https://a.example/2", "headline": "Bridge stays closed until summer"}, None),
        ({"url": "https://a.example/2", "headline": "Harbour opens at last, says council"}, OTHER),
        ({"url": "https://a.example/2"}, OTHER),
        ({"headline": "Bridge stays closed until summer"}, OTHER),
        ({"url": "https://a.example/own", "headline": "Bridge stays closed until summer"}, OTHER),
    ],
)
def test_the_one_article_of_json_ld_is_not_the_page_s_where_all_of_it_is_another_s(
    told: dict[str, str], expected: str | None
) -> None:
    node = ld({"@type": "NewsArticle", "datePublished": OTHER, **told})
    head = (
        f"<title>Harbour opens at last</title><link rel=canonical href=https://a.example/own>{node}"
    )
    assert metadata(head).published == expected


def test_the_type_of_json_ld_may_name_its_charset() -> None:
    node = ld({"@type": "NewsArticle", "datePublished": OWN})
    assert metadata(node.replace("ld+json", "ld+json; charset=utf-8")).published == OWN


def test_an_article_that_is_only_mentioned_is_not_read() -> None:
    related = {"@type": "NewsArticle", "headline": "Other", "datePublished": "2020-01-01"}
    found = metadata(ld({"@type": "WebPage", "hasPart": [related], "itemListElement": [related]}))
    assert (found.published, found.is_article) == (None, False)


@pytest.mark.parametrize(
    "text", ["{", "[[[[", "null", '"x"', '{"@type": 5}', '{"@graph": {"@graph": 1}}', "[" * 99_999]
)
def test_broken_json_ld_is_passed_over(text: str) -> None:
    found = metadata(f'<title>The port</title><script type="application/ld+json">{text}</script>')
    assert (found.title, found.is_article) == ("The port", False)


@pytest.mark.parametrize(
    "text",
    [
        '{"@type": "NewsArticle", "headline": "The port", }',
        '{"@type": "NewsArticle", "keywords": ["a", "b",], "headline": "The port"}',
        '// ours\n{"@type": "NewsArticle", /* see // http://x */ "headline": "The port"}',
        '{"@type": "NewsArticle", "url": "http://x.example//a", "headline": "The port",}',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "The port"}\n//]]>',
        "{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;The port&quot;}",
        '{"@type": "NewsArticle", "headline": "The port", "description": "a\tb\x01c\nd"}',
        '{"@type": "NewsArticle", "headline": "The port", "description": "it\\\'s a \\x b"}',
        '{"@type": "WebSite", "name": "HN"}\n{"@type": "NewsArticle", "headline": "The port"}',
        '[{"@type": "WebSite"}, [{"@type": "NewsArticle", "headline": "The port"}]]',
        '{"@graph": [{"@type": "WebPage"}, {"@type": ["NewsArticle"], "headline": ["The port"]}]}',
        '{"@type": "NewsArticle", "headline": "The port"}, and then some',
    ],
)
def test_json_ld_is_read_as_pages_write_it(text: str) -> None:
    assert metadata(f'<script type="application/ld+json">{text}</script>').title == "The port"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", ["/*", '\\"', '"', ",  ", "{", "//", '{"a":1}'])
def test_hostile_json_ld_takes_no_time(unit: str) -> None:
    text = "{" + unit * (400_000 // len(unit))
    metadata(f'<script type="application/ld+json">{text}</script>')


def test_json_ld_in_a_comment_with_line_breaks_in_strings_is_read() -> None:
    text = '<!-- {"@type": "http://schema.org/NewsArticle", "headline": "The\nport"}; -->'
    assert metadata(f'<script type="application/ld+json">{text}</script>').title == "The port"


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ("", "<a rel='license' href='https://cc.example/by/4.0/'>CC BY</a>", {"license": "https://cc.example/by/4.0/"}),
        ('<meta name="copyright" content="© HN">', "", {"copyright": "© HN"}),
        (ld({"@type": "Article", "copyrightNotice": "© HN"}), "", {"copyright": "© HN"}),
        ('<meta name="robots" content="index, follow, noarchive, NOAI">', "", {"robots": "noarchive,noai"}),
        ('<meta name="robots" content="index, follow">', "", {}),
        ('<meta name="tdm-reservation" content="1">', "", {"tdm-reservation": "1"}),
    ],
)  # fmt: skip
def test_rights(head: str, body: str, expected: dict[str, str]) -> None:
    assert metadata(head, body).rights == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<link rel=canonical href=/fr/12-port>", ()),
        (
            "<link rel=canonical href='/fr/coast/the-port-closes-again/'>",
            (),
        ),
        ("<link rel=amphtml href=/fr/lite/120045-port>", ()),
        (
            "<link rel=canonical href=/>" + property_("og:url", "https://other.example/fr/12-port"),
            (),
        ),
        ("<link rel=canonical href='http://[::1'>" + property_("og:url", "javascript:x"), ()),
    ],
)
def test_addresses_that_are_not_believed(head: str, expected: tuple[str, ...]) -> None:
    assert metadata(f"<title>The port opens today</title>{head}").addresses == expected


def test_addresses_that_are_believed() -> None:
    head = (
        "<link rel=canonical href=/fr/coast/120045-port><link rel=amphtml href=amp/120045-port?x=1>"
        + property_("og:url", "https://m.harbour-news.example/fr/120045?utm_source=x")
    )
    assert metadata(head, url="https://www.harbour-news.example/fr/print/120045").addresses == (
        "https://www.harbour-news.example/fr/coast/120045-port",
        "https://m.harbour-news.example/fr/120045",
    )


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (property_("og:type", "article"), "", True),
        (ld({"@type": ["WebPage", "ReportageNewsArticle"]}), "", True),
        ("<title>T</title>", "<article><time datetime='2021-12-16'>x</time></article>", True),
        (property_("og:type", "website"), "", False),
        ("<title>T</title>", "<article>x</article>", False),
    ],
)
def test_signs_of_an_article(head: str, body: str, expected: bool) -> None:
    assert metadata(head, body).is_article is expected


def test_a_page_is_gone_once_it_is_read() -> None:
    """What parses its address keeps that for the next one."""
    before = sum(isinstance(kept, HtmlElement) for kept in gc.get_objects())
    told = metadata(
        "<link rel=canonical href=/fr/gone/12-port><link rel=license href=/free>"
        "<link rel=alternate type=application/rss+xml title=News>"
        + ld({"@type": "Article", "headline": "The port", "url": "/fr/12-port"})
    )
    assert told.rights == {"license": "/free"}
    assert sum(isinstance(kept, HtmlElement) for kept in gc.get_objects()) == before
