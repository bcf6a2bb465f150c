from itertools import chain, product

import pytest
from lxml.etree import XPath
from lxml.html import Element, HtmlElement, document_fromstring
from trafilatura import xpaths

from crawler.extraction import extract, remembered
from crawler.extraction.remembered import Remembered, is_covered, remember, remember_as_one

EVERY = [one for expressions in (*extract.CUT_OFF, xpaths.BODY_XPATH) for one in expressions]
REMEMBERED = [one for one in EVERY if isinstance(one, Remembered)]
ATTRIBUTES = ("id", "class", "role", "style", "itemprop", "data-component", "aria-hidden")
# What the expressions look for, each some of it, and what they do not.
WORDS = (
    "article", "articleBody", "border: 1px", "bottom", "caption", "comment-list", "commentary", "content", "cookie", "display:none",
    "elementor-share-buttons", "fulltext", "infinite-scroll", "link", "main-content", "MostPopularStories", "nav", "page", "social",
    "story-body", "teaser", "true",
)  # fmt: skip
NAMES = ("article", "aside", "details", "div", "li", "list", "ol", "p", "section", "span")


def original(one: XPath) -> XPath:
    return XPath(one.path, namespaces={"re": "http://exslt.org/regular-expressions"})


def page() -> HtmlElement:
    """A page with each word in each attribute of elements of each name, alone, before and behind another."""
    tree = document_fromstring("<html><body></body></html>")
    for name, attribute, word in product(NAMES, ATTRIBUTES, WORDS):
        tree.body.append(around := Element(name, {attribute: word}))
        around.append(Element(name, {"class": "b", attribute: f"a {word}"}))
        around.append(Element(name, {attribute: word, "id": "b"}))
        around.append(Element(name, {"id": "b", attribute: word}))
    return tree


@pytest.mark.parametrize("one", REMEMBERED, ids=range(len(REMEMBERED)))
def test_it_finds_what_the_extractors_own_finds(one: Remembered) -> None:
    tree, own = page(), original(one)
    expected = own(tree)
    expected = expected[:1] if "[1]" in one.path else expected
    assert expected
    for _ in range(2):  # asked first, remembered then
        assert one(tree) == expected
    within = expected[0].getparent()
    assert one(within)[:1] == own(within)[:1]


def test_what_no_element_is_is_not_found() -> None:
    tree = document_fromstring("<html><body><b>bold</b></body></html>")
    assert not any(chain.from_iterable(one(tree) for one in REMEMBERED))


def test_what_stands_within_is_asked_for_on_each_page() -> None:
    whole = "<div class='infinite-scroll'><h1>A story</h1></div>"
    more = "<div class='infinite-scroll'><p>Another story</p></div>"
    (scroll,) = (one for one in REMEMBERED if ".//h1" in one.path)
    tree = document_fromstring(f"<html><body>{whole}{more}</body></html>")
    assert [one.text_content() for one in scroll(tree)] == ["Another story"]
    assert scroll(document_fromstring(f"<html><body>{whole}</body></html>")) == []


def test_every_expression_of_the_extractors_is_covered() -> None:
    assert all(isinstance(one, Remembered) for lists in extract.CUT_OFF for one in lists)
    assert len(REMEMBERED) == len(extract.CUT_OFF) + 4
    assert all(map(is_covered, REMEMBERED))


@pytest.mark.parametrize(
    "path",
    [
        ".//div[@class='a'][p]",
        ".//div[@class='a'][.//p]",
        ".//div[@class='a'][2]",
        ".//div[1][@class='a']",
        ".//div[@class='a']/p",
        ".//div[@class='a']//p",
        ".//div[@class='a'][text()]",
        ".//div[@class='a' or contains(., 'b')]",
        ".//div[@class='a' and contains(.//p, 'b')]",
        ".//div[@class='a'][last()]",
        ".//p[ancestor::div[@class='a']]",
        "//div[@class='a']",
    ],
)
def test_one_that_asks_for_more_is_left_as_it_is(path: str) -> None:
    """Another release of the extractor may have such; what it finds goes before the time that it takes."""
    known, other = XPath(".//div[@id='b']"), XPath(path)
    for expressions, put in (([known, other], remember_as_one), ([other], remember)):
        lists = [*expressions]
        put(lists)
        assert lists == expressions


def test_of_a_list_each_finds_all() -> None:
    lists = [XPath("(.//div[@id='b'])[1]"), XPath("(.//p[@id='b'])[1]")]
    remember_as_one(expressions := [*lists])
    assert expressions == lists


def test_none_answers_for_another_that_is_gone() -> None:
    """As after the module was loaded again."""
    tree = document_fromstring("<html><body><div class='a'>text</div></body></html>")
    for _ in range(20):
        assert len(Remembered(XPath(".//div[@class='a']"))(tree)) == 1
        assert Remembered(XPath(".//div[@class='b']"))(tree) == []


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_MOST", 3)
    answers: dict[int, bool] = {}
    monkeypatch.setattr(remembered, "_answers", answers)
    tree = page()
    for one in REMEMBERED[:3]:
        assert one(tree) == original(one)(tree)
        assert 0 < len(answers) <= 3
