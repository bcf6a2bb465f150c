from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.document import document_id, normal_body
from crawler.extraction.extract import EXTRACTOR, extract
from crawler.page import Article, Page, Rejection

FETCHED = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
URL = "https://www.example.org/fr/noticias/12-port"
TITLE = "Le port de l’est rouvre après trois semaines de travaux"
PARAGRAPHS = [
    "Port-de-l’Est, 12 mars (RE) Les premiers navires ont accosté mardi matin, sous les applaudissements des dockers.",
    "«Nous avons tenu les délais», a déclaré la directrice du port – qui n’en doutait pas –, devant la presse réunie.",
    "Court.",
    "Selon le ministère, le trafic reviendra à son niveau d’avant les travaux d’ici à la fin du mois de mai.",
]  # fmt: skip
STORIES = sorted((Path(__file__).parents[2] / "fixtures").glob("wire_story_*.txt"))


def page(body: str | bytes, url: str = URL, requested: str = "", kind: str = "text/html") -> Page:
    return Page(
        url=url,
        requested=requested or url,
        status=200,
        fetched=FETCHED,
        content_type=kind,
        content_encoding="",
        body=body if isinstance(body, bytes) else body.encode(),
    )


def html(*paragraphs: str, title: str = TITLE, head: str = "") -> str:
    text = "".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs)
    return (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title} | Radio'
        f'</title>{head}</head><body><div id="content"><h1>{title}</h1>{text}</div></body></html>'
    )


def article(body: str | bytes, **more: str) -> Article:
    found = extract(page(body, **more))
    assert isinstance(found, Article), found
    return found


def reason(body: str | bytes, **more: str) -> str:
    found = extract(page(body, **more))
    assert isinstance(found, Rejection), found
    return found.reason


def test_the_extractor_names_its_version() -> None:
    assert EXTRACTOR["name"] == "trafilatura"
    assert EXTRACTOR["version"].split(".")[0].isdigit()


def test_each_paragraph_comes_back_to_the_byte() -> None:
    found = article(html(*PARAGRAPHS))
    assert found.body == "\n\n".join(PARAGRAPHS)
    assert (found.title, found.language) == (TITLE, "fr")


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_stories_come_back_to_the_byte(story: Path) -> None:
    body = normal_body(story.read_text(encoding="utf-8"))
    found = article(html(*(escape(block, quote=False) for block in body.split("\n\n"))))
    assert document_id(found.body) == document_id(body)
    assert found.body == body


@pytest.mark.parametrize("credit", ["Source RE", "Fuente: Agencia RE", "Источник РЭ"])
def test_whom_a_story_credits_stays_where_it_is_wholly_a_link(credit: str) -> None:
    found = article(html(*PARAGRAPHS, f'<a href="https://example.com/">{credit}</a>'))
    assert found.body.split("\n\n")[-1] == credit


def test_text_behind_an_empty_element_stays() -> None:
    found = article(
        html(*PARAGRAPHS, "Une phrase<b></b> entière reste <i></i>entière, quoi qu’il arrive.")
    )
    assert found.body.endswith("Une phrase entière reste entière, quoi qu’il arrive.")


def test_short_quotations_keep_their_marks_and_their_place() -> None:
    found = article(
        html(*PARAGRAPHS, "Elle a dit <q>nous avons tenu</q> et rien de plus ce matin-là.")
    )
    assert found.body.endswith("Elle a dit “nous avons tenu” et rien de plus ce matin-là.")


def test_two_breaks_part_paragraphs_and_one_does_not() -> None:
    found = article(html(f"{PARAGRAPHS[0]}<br><br>{PARAGRAPHS[1]}<br>{PARAGRAPHS[3]}"))
    assert found.body == f"{PARAGRAPHS[0]}\n\n{PARAGRAPHS[1]}\n{PARAGRAPHS[3]}"


def test_a_page_laid_out_with_tables_is_no_table() -> None:
    cell = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    layout = f"<table><tr><td><a href='/'>Accueil</a></td><td>{cell}</td></tr></table>"
    found = article(f"<html><head><title>{TITLE}</title></head><body>{layout}</body></html>")
    assert found.body == "\n\n".join(PARAGRAPHS)


def test_a_table_of_data_is_one_block() -> None:
    table = "<table><tr><th>An</th><th>Tonnes</th></tr><tr><td>2025</td><td>120</td></tr></table>"
    body = html(*PARAGRAPHS[:2]).replace("</div>", f"{table}<p>{PARAGRAPHS[3]}</p></div>")
    assert "An | Tonnes\n2025 | 120" in article(body).body.split("\n\n")


def test_a_first_block_that_repeats_the_title_goes_whatever_its_typography() -> None:
    body = html(TITLE.replace("’", "'").upper(), *PARAGRAPHS).replace(f"<h1>{TITLE}</h1>", "")
    assert article(body).body == "\n\n".join(PARAGRAPHS)


def test_a_longer_text_elsewhere_does_not_stand_for_the_article() -> None:
    story = [f"{PARAGRAPHS[3]} {PARAGRAPHS[3]} Jour {day} des travaux." for day in range(4)]
    opinions = [
        f"L’opinion {n}, dite en passant, et sans qu’on me la demande, hélas : c’était mieux avant, bien mieux, dit-il."
        for n in range(24)
    ]
    wrapped = "<div>" * 6 + html(*story) + "</div>" * 6
    beside = "".join(f"<p>{opinion}</p>" for opinion in opinions)
    found = article(f"{wrapped}<div><div class='opinions'>{beside}</div></div>")
    assert found.body == "\n\n".join(story)


@pytest.mark.parametrize(
    "markup",
    [
        "<div><div class='article-body'>{}</div><div class='more-text'>{}</div></div>",
        "<main><article>{}</article><section class='continued'>{}</section></main>",
    ],
)
@pytest.mark.parametrize(("first", "second"), [(7, 9), (7, 10), (5, 8)])
def test_an_article_in_two_parts_keeps_the_larger_one(markup: str, first: int, second: int) -> None:
    parts = [
        [f"{PARAGRAPHS[3]} Partie {part}, jour {day}." for day in range(count)]
        for part, count in enumerate((first, second))
    ]
    text = markup.format(*("".join(f"<p>{line}</p>" for line in part) for part in parts))
    head = f"<html lang='fr'><head><title>{TITLE}</title></head>"
    found = article(f"{head}<body><h1>{TITLE}</h1>{text}</body></html>")
    assert found.body.split("\n\n") == [*parts[0], *parts[1]]


def test_the_same_page_gives_the_same_article() -> None:
    body = html(*PARAGRAPHS, head='<meta name="author" content="Ana Roca">')
    assert len({repr(extract(page(body))) for _ in range(5)}) == 1


def test_the_source_lends_its_language_to_a_page_that_names_none() -> None:
    body = html(*PARAGRAPHS).replace(' lang="fr"', "")
    assert article(body).language == "fr"  # by its words
    found = extract(page(body), language="lb")
    assert isinstance(found, Article)
    assert found.language == "lb"


def test_a_template_in_english_does_not_make_russian_english() -> None:
    text = (
        "Первые суда причалили во вторник утром под аплодисменты докеров, собравшихся на причале. "
    )
    body = html(text * 2, text * 3).replace('lang="fr"', 'lang="en"')
    assert article(body).language is None


def test_windows_1251_without_a_word_about_it_is_read() -> None:
    text = (
        "Первые суда причалили во вторник утром под аплодисменты докеров, собравшихся на причале."
    )
    body = html(*[f"{text} {number}" for number in range(5)]).replace('<meta charset="utf-8">', "")
    found = article(body.replace("’", "'").replace(TITLE, "Порт открыт").encode("cp1251", "ignore"))
    assert found.body.split("\n\n")[0] == f"{text} 0"


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b"", "text/html", "empty"),
        (b" \n\t ", "text/html", "empty"),
        (b"%PDF-1.7 \xe2\xe3", "text/html", "not-html"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "text/html", "not-html"),
        (html(*PARAGRAPHS).encode(), "application/pdf", "not-html"),
        (b'{"title": "<p>no</p>"}', "application/json", "not-html"),
        (b'{"title": "no"}', "text/html", "not-html"),
        (b'<?xml version="1.0"?><!-- x --><rss version="2.0"></rss>', "text/html", "not-html"),
        (b"plain words and no markup " * 30, "text/plain", "not-html"),
        (b"<html><body>" + bytes(range(256)) * 90, "text/html", "charset"),
        (b"<html><head></head><body></body></html>", "text/html", "no-text"),
        (b"<div>" * 500 + b"deep", "text/html", "too-deep"),
        (b"<div>" * 130 + b"<p>many" * 3_000, "text/html", "too-deep"),
        (b"<p>x</p>" * 30_000, "text/html", "too-large"),
        (b"<p>" + b"word " * 300_000, "text/html", "too-large"),
        (b"<p>" + b"<b>x</b> " * 2_001, "text/html", "too-large"),
    ],
)
def test_what_is_no_page_of_text_is_rejected(body: bytes, kind: str, expected: str) -> None:
    assert reason(body, kind=kind) == expected


@pytest.mark.parametrize("kind", ["", "text/plain", "application/octet-stream", "TEXT/HTML; x=y"])
def test_html_is_known_by_its_looks_where_the_header_says_little(kind: str) -> None:
    assert article(html(*PARAGRAPHS), kind=kind).title == TITLE


def test_scripts_do_not_count_as_text() -> None:
    state = f"<script>var state = '{'x' * 1_500_000}'</script>"
    assert article(html(*PARAGRAPHS, head=state)).body == "\n\n".join(PARAGRAPHS)


def test_a_short_text_needs_a_sign_of_an_article() -> None:
    assert reason(html("Une seule phrase, courte.")) == "too-short"
    sign = '<meta property="og:type" content="article">'
    assert article(html("Une seule phrase, courte.", head=sign)).body == "Une seule phrase, courte."


def test_seventy_characters_of_chinese_are_not_short() -> None:
    text = "政府昨天宣布了保护全国森林的新措施，这些措施将从今年秋天开始实施。"
    assert article(html(text * 3, title="政府宣布保护森林")).body == text * 3


@pytest.mark.parametrize(
    "ended", ["https://example.org/", "https://www.example.org/fr/", "https://www.example.org/fr"]
)
def test_a_redirect_to_the_front_is_rejected(ended: str) -> None:
    found = extract(
        page(html(*PARAGRAPHS), url=ended, requested=URL), front=["https://www.example.org/fr"]
    )
    assert isinstance(found, Rejection)
    assert found.reason == "front-page"


@pytest.mark.parametrize(
    "asked",
    [URL, URL.replace("https", "http"), URL.replace("www.", ""), URL + "/", "https://t.co/x"],
)
def test_other_redirects_are_none_of_our_business(asked: str) -> None:
    found = extract(page(html(*PARAGRAPHS), requested=asked), front=["https://www.example.org/fr"])
    assert isinstance(found, Article)


@pytest.mark.parametrize("url", ["", "no address", "http://[", "file:///tmp/x.html"])
def test_an_address_that_is_none_does_no_harm(url: str) -> None:
    assert isinstance(extract(page(html(*PARAGRAPHS), url=url)), Article)


FREE = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": %s}</script>'


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", False),
        (FREE % "false", True),
        (FREE % '"False"', True),
        (FREE % '"http://schema.org/False"', True),
        (FREE % "true", False),
        ('<meta property="article:content_tier" content="metered">', True),
        ('<meta property="article:content_tier" content="free">', False),
    ],
)
def test_a_teaser_before_a_paywall_is_partial(head: str, expected: bool) -> None:
    assert article(html(*PARAGRAPHS, head=head)).partial is expected


def test_a_wall_in_the_page_makes_a_short_text_partial_and_a_long_one_not() -> None:
    wall = '<div class="article-paywall">Abonnez-vous</div>'
    assert article(html(*PARAGRAPHS).replace("<h1>", f"{wall}<h1>")).partial
    long = [f"{paragraph} {number}" for number in range(9) for paragraph in PARAGRAPHS]
    assert not article(html(*long).replace("<h1>", f"{wall}<h1>")).partial


HOSTILE: dict[str, Callable[[], bytes]] = {
    "bold": lambda: b"<p>" + b"<b>x</b>" * 19_000,
    "nested": lambda: (b"<div>" * 140 + b"x" + b"</div>" * 140) * 100,
    "unclosed": lambda: b"<a href=x>text text " * 9_000,
    "attributes": lambda: (
        b"<p " + b" ".join(b"a%d=''" % number for number in range(90_000)) + b">x"
    ),
    "classes": lambda: b'<div class="' + b"pay- " * 500_000 + b'"><p>text',
    "comments": lambda: b"<!-- x -->" * 200_000,
    "brackets": lambda: b"<" * 900_000,
    "scripts": lambda: b"<script " * 300_000,
    "json": lambda: b'<script type="application/ld+json">' + b"[" * 200_000 + b"</script><p>text",
    "spans": lambda: b"<table>" + b"<tr><td colspan=999 rowspan=999>a<td>b" * 5_000,
    "nul": lambda: b"<p>" + b"a\0b " * 200_000,
    "marks": lambda: html(*PARAGRAPHS).replace("<h1>", "<h1>a" + "\u0301\u0316" * 60_000).encode(),
    "links": lambda: b"<div>" * 130 + b"<p><a href=/x>some words of a link</a></p>" * 4_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.timeout(30)
def test_a_hostile_page_ends_and_does_no_harm(name: str) -> None:
    assert isinstance(extract(page(b"<html><body>" + HOSTILE[name]())), Article | Rejection)


FRAGMENTS = st.sampled_from(
    ["<p>", "</p>", "<table>", "<td>", "<tr>", "<ul><li>", "<br>", "<q>", "<a href='/x'>", "</a>", "<b></b>",
     "<h1>", "</h1>", "<article>", "<time datetime='2021-01-01'>", "<!--", "-->", "<script>", "</script>",
     "<meta property='og:title' content='x'>", "&nbsp;", "&#0;", "\0", "text of some length ", "文字", "\ud800"]
)  # fmt: skip


@given(st.lists(FRAGMENTS, max_size=60), st.binary(max_size=20))
@settings(max_examples=150, deadline=None)
def test_no_page_is_an_error(fragments: list[str], noise: bytes) -> None:
    body = b"<html><body>" + "".join(fragments).encode(errors="surrogatepass") + noise
    found = extract(page(body))
    if isinstance(found, Article):
        assert found.body == normal_body(found.body) != ""
        assert found == extract(replace(page(body)))
    else:
        assert found.reason
