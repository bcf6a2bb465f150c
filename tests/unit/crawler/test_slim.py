import pytest
from lxml.etree import tostring
from lxml.html import HtmlElement, document_fromstring
from trafilatura import bare_extraction
from trafilatura.settings import MANUALLY_CLEANED, MANUALLY_STRIPPED, Document

from crawler.extraction.slim import slimmed

STORY = "".join(
    f"<p>Sentence <b>number {n}</b> of a story, long enough that the extractor takes it for one.</p>"
    for n in range(8)
)
POSTING = '{"@type": "DiscussionForumPosting"}'
POST = "What stands in a forum among the comments is what the page is for. " * 4


def slim(tree: HtmlElement) -> HtmlElement:
    return slimmed(tree, thrown_away=MANUALLY_CLEANED, opened=MANUALLY_STRIPPED)


def page(inside: str, around: str = "") -> HtmlElement:
    return document_fromstring(
        f"<html><head><title>T</title></head><body>{around}<div class='article-body'>{STORY}{inside}{STORY}</div>"
        f"{around}</body></html>"
    )


def found(tree: HtmlElement) -> bytes:
    result = bare_extraction(
        tree, fast=True, favor_precision=True, include_comments=False, output_format="txt"
    )
    assert isinstance(result, Document)
    return tostring(result.body)


@pytest.mark.parametrize("name", sorted({*MANUALLY_CLEANED, *MANUALLY_STRIPPED} - {"head"}))
def test_the_extractor_finds_the_same_without_what_it_throws_away(name: str) -> None:
    inner = f"<{name}>some words of it</{name}> behind it"
    tree = page(f"<p>before {inner}</p>{inner}<div>{inner}</div>", around=f"<div>{inner}</div>")
    assert found(slim(tree)) == found(tree)


@pytest.mark.parametrize(
    "inside",
    [
        "<figure><table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table></figure>",
        "<p>So <math alttext='e = mc^2'><mi>e</mi></math> holds.</p>",
        "<form><p>" + "A form around most of the page's text is none. " * 40 + "</p></form>",
        "<form><input><p>Your address</p></form>",
        f"<script type='application/ld+json'>{POSTING}</script><ul id='disqus_thread'><li>{POST}</li></ul>",
    ],
)
def test_what_has_a_say_before_it_goes_has_it_still(inside: str) -> None:
    tree = page(inside)
    assert found(slim(tree)) == found(tree)


def test_the_page_itself_stays_as_it_is() -> None:
    tree = page("<nav>menu</nav><figure><table></table></figure><font>old</font>")
    before = tostring(tree)
    assert b"nav" not in tostring(slim(tree))
    assert tostring(tree) == before
