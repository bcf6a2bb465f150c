"""Teasers of other pages: what a listing consists of, and what surrounds an article."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from lxml.etree import _Element
from lxml.html import HtmlElement

from crawler.document import normalise_for_id
from crawler.extraction.weight import weight

# Links with their words, the block around each and that block's words, or None where it is large.
_Links = Sequence[tuple[_Element, str, _Element | None, str]]

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | {"p", "div", "li", "td", "dt", "article", "section", "header"}
_HEADLINE = 20
# A date beside a headline, or a number of comments.
_BESIDE = 25
# A headline's block has few elements; to read the text of larger ones would take the square.
_FEW = 20
_MOST = 300
# Longer ones are whole stories on a front page: a listing still, but nothing to take out of a text.
_LONGEST = 400
_SEVERAL = 4
_CUT_SHORT = re.compile(r"(?:\.\.\.|…)\W{0,3}\w[^\s.]{0,12}(?: \S{1,12}){0,2}$")
_SHARE = 0.6
_NEARLY_ALL = 0.9
_PROSE = 80
_ENOUGH_PROSE = 600
_SHORTEST = 200


@dataclass(frozen=True, slots=True)
class Sorted:
    """A page's blocks, once those that tease other pages are known."""

    own: list[str]
    """The blocks without short teasers; all of them where too little would be left."""
    is_listing: bool
    """Most of the text stands in teasers of several other pages."""


def sort_out(tree: HtmlElement, blocks: Sequence[str]) -> Sorted:
    """Tell the page's own blocks from those that stand in the teasers of its tree."""
    links = list(_links(tree))
    headlines = list(islice(_headlines(links), _MOST))
    elements = _cards(headlines)
    cards = _texts(elements)
    held = set(elements)
    # These are teasers on a listing, and may be an article's own where they are few.
    opened = (block for block in _opened_by_link(links) if block not in held)
    teasers = cards + _texts(islice(opened, _MOST)) + _below(headlines)
    texts = [normalise_for_id(block) for block in blocks[:_MOST]]
    found = [_teaser_with(text, teasers) for text in texts]
    short = {index for index, card in enumerate(cards) if len(card) <= _LONGEST}
    own = [block for block, index in zip(blocks, found, strict=False) if index not in short]
    own += blocks[_MOST:]
    enough = weight("".join(own)) >= _SHORTEST
    is_listing = (
        _is_cut_short(blocks[:_MOST])
        or _is_all_headlines(" ".join(texts), cards)
        or _is_of_teasers(blocks[:_MOST], found)
        or _is_one_of_many(found, elements)
    )
    return Sorted(own if enough else list(blocks), is_listing)


def _is_cut_short(blocks: Sequence[str]) -> bool:
    """Whether most of the text is beginnings of stories: `... Read more`."""
    cut = [len(block) for block in blocks if _CUT_SHORT.search(block)]
    return len(cut) > 1 and sum(cut) >= _SHARE * sum(map(len, blocks))


def _is_all_headlines(text: str, cards: Sequence[str]) -> bool:
    """Whether the text is headlines run together: an extractor may take a bare list for a paragraph."""
    held = [card for card in cards if card in text]
    return len(held) >= _SEVERAL and sum(map(len, held)) >= _NEARLY_ALL * len(text)


def _is_of_teasers(blocks: Sequence[str], found: Sequence[int | None]) -> bool:
    inside: Counter[int] = Counter()
    for block, index in zip(blocks, found, strict=True):
        if index is not None:
            inside[index] += len(block)
    teased = inside.total()
    if len(inside) < _SEVERAL or teased < _SHARE * sum(map(len, blocks)):
        return False
    return max(inside.values()) < teased / 2 and not _opens_with_prose(blocks, found)


def _opens_with_prose(blocks: Sequence[str], found: Sequence[int | None]) -> bool:
    """Whether an article comes before the teasers, however many they are."""
    teased = (at for at, teaser in enumerate(found) if teaser is not None)
    # A title, a date or a menu may stand in a card of its own.
    first = next((at for at in teased if weight(blocks[at]) >= _PROSE), 0)
    prose = (size for block in blocks[:first] if (size := weight(block)) >= _PROSE)
    return sum(prose) >= _ENOUGH_PROSE


def _is_one_of_many(found: Sequence[int | None], cards: Sequence[_Element]) -> bool:
    """Whether the text is one whole story of several beside it, as a front page of a blog has."""
    within = next(iter(found), None)
    if within is None or within >= len(cards) or set(found) != {within}:
        return False
    beside = [card for card in cards if card.getparent() is cards[within].getparent()]
    sizes = [len(text) for text in _texts(beside)]
    size = len(_texts([cards[within]])[0])
    return size > _LONGEST and sum(2 * other > size for other in sizes) >= _SEVERAL


def _teaser_with(block: str, teasers: Sequence[str]) -> int | None:
    return next((index for index, teaser in enumerate(teasers) if block in teaser), None)


def _texts(elements: Iterable[_Element]) -> list[str]:
    # Several links may stand in one element.
    known: dict[_Element, str] = {}
    listed = list(elements)
    for element in dict.fromkeys(listed):
        known[element] = normalise_for_id(element.text_content()[: 10 * _LONGEST])
    return [known[element] for element in listed]


def _cards(headlines: Sequence[_Element]) -> list[_Element]:
    """The largest elements that hold one headline which links away, and no other such."""
    held = Counter(above for headline in headlines for above in headline.iterancestors())
    return [_card(headline, held) for headline in headlines]


def _card(headline: _Element, held: Counter[_Element]) -> _Element:
    card = headline
    for above in headline.iterancestors():
        if held[above] > 1:
            return card
        card = above
    return card


def _below(headlines: Sequence[_Element]) -> list[str]:
    """What follows each linked heading, up to the next, where no element holds the two."""
    heads = [headline for headline in headlines if headline.tag in _HEADINGS]
    known = set(heads)
    followed = (takewhile(lambda after: after not in known, head.itersiblings()) for head in heads)
    return [" ".join(_texts(islice(after, _FEW))) for after in followed]


def _headlines(links: _Links) -> Iterator[_Element]:
    """The blocks that are wholly one link with the words of a headline, and links around a heading."""
    for link, text, block, line in links:
        if block is not None and len(line) <= len(text) + _BESIDE:
            yield block
        elif any(inner.tag in _HEADINGS for inner in link.iterdescendants()):
            yield link


def _opened_by_link(links: _Links) -> Iterator[_Element]:
    """The blocks that begin with the words of a headline, linked, and go on."""
    for _, text, block, line in links:
        if block is not None and line.startswith(text):
            yield block


def _links(tree: HtmlElement) -> Iterator[tuple[_Element, str, _Element | None, str]]:
    """Links with enough words for a headline."""
    for link in tree.iter("a"):
        address = link.get("href")
        # A part of the same page is no other one: a live blog's entries link to themselves.
        if address and not address.lstrip().startswith("#") and _has_few_elements(link):
            text = _line(link)
            if weight(text) >= _HEADLINE:
                block = _block_around(link)
                yield link, text, block, "" if block is None else _line(block)


def _block_around(link: _Element) -> _Element | None:
    block = link.getparent()
    while block is not None and block.tag not in _BLOCKS:
        block = block.getparent()
    return block if block is not None and _has_few_elements(block) else None


def _has_few_elements(element: _Element) -> bool:
    return len(element) == 0 or len(list(islice(element.iterdescendants(), _FEW))) < _FEW


def _line(element: _Element) -> str:
    """Words of an element, to be compared with those of another on the same page."""
    text = element.text_content() if len(element) else element.text or ""
    return " ".join(text.split())
