"""A source's own selectors: where the text is, and what is none of it."""

import pytest
from lxml.html import document_fromstring

from crawler.extraction.extract import extract
from crawler.extraction.named import Named, drop, named_blocks
from crawler.extraction.recurring import Rules, block_key
from crawler.page import Article
from tests.unit.crawler.test_extract import PARAGRAPHS, html, page


def blocks(markup: str, css: str = ".text") -> list[str]:
    return named_blocks(document_fromstring(markup), css)


def test_paragraphs_headings_and_what_stands_bare_are_blocks() -> None:
    markup = "<div class=text>Bare <b>words</b> first.<h2>A heading</h2><p>One<br>two <i>three</i>.</div>tail"
    assert blocks(markup) == ["Bare words first.", "A heading", "One\ntwo three."]


def test_lists_tables_and_quotations_are_laid_out_as_in_any_document() -> None:
    markup = (
        "<div class=text><ul><li>a</li><li><b>b</b> c</li></ul>"
        "<table><tbody><tr><th>x<th>y</tr><tr><td>1<td>2</tr></tbody></table>"
        "<blockquote><p>Said <q>so</q>.</p></blockquote></div>"
    )
    assert blocks(markup) == ["- a\n- b c", "x | y\n1 | 2", "Said “so”."]


def test_scripts_forms_and_captions_are_no_text() -> None:
    markup = (
        "<div class=text><p>Kept.</p><script>no</script><figure><img><figcaption>no</figcaption>"
        "</figure><form>no<button>no</button></form>and this<style>no</style></div>"
    )
    assert blocks(markup) == ["Kept.", "and this"]


def test_several_elements_give_their_text_once_in_the_order_of_the_page() -> None:
    markup = (
        "<p class=text>a</p><div class=text><p class=text>b</p></div><p>no</p><p class=text>c</p>"
    )
    assert blocks(markup) == ["a", "b", "c"]
    assert blocks(markup, ".none") == []


def test_nesting_has_no_bound_of_its_own() -> None:
    markup = "<div class=text>" + "<div><span>" * 70 + "deep" + "</span></div>" * 70 + "</div>"
    assert blocks(markup) == ["deep"]


def test_what_is_dropped_leaves_the_text_behind_it() -> None:
    tree = document_fromstring("<div><p>a<b class=ad>no<i class=ad>no</i></b> stays</p></div>")
    drop(tree, [".ad", "html"])
    assert tree.text_content() == "a stays"


def article(body: str, **options: object) -> Article:
    found = extract(page(html(body)), **options)  # type: ignore[arg-type]
    assert isinstance(found, Article)
    return found


FRAMED = (
    f"<div class=lead>{PARAGRAPHS[0]}</div><div id=box><p>Subscribe to our letter of the week.</p></div>"
    + "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    + "<div class=text><p>This alone is the article, as whoever reads it can see.</p></div>"
)


def test_the_body_is_what_the_source_says_it_is() -> None:
    found = article(FRAMED, named=Named(".text"))
    assert found.body == "This alone is the article, as whoever reads it can see."
    assert not found.misses_body


def test_where_the_selector_misses_the_heuristic_goes_on_and_it_is_told() -> None:
    found = article(FRAMED, named=Named(".nowhere"))
    assert found.misses_body
    assert PARAGRAPHS[1] in found.body
    assert not article(FRAMED).misses_body


def test_what_is_dropped_is_in_no_text() -> None:
    assert PARAGRAPHS[1] in article(FRAMED, named=Named(drop=("#box", ".text"))).body
    assert "the article" not in article(FRAMED, named=Named(drop=(".text",))).body


@pytest.mark.parametrize("named", [Named(), Named("#content"), Named(drop=("#box",))])
def test_rules_change_the_body_and_nothing_else(named: Named) -> None:
    rules = Rules(3, {block_key(text): text for text in PARAGRAPHS[:1]})
    before, after = article(FRAMED, named=named), article(FRAMED, named=named, rules=rules)
    assert (before.rules, after.rules) == (0, 3)
    assert PARAGRAPHS[0] in before.body.split("\n\n")
    assert PARAGRAPHS[0] not in after.body.split("\n\n")
    assert before.whole == after.whole == before.body
