"""Teasers of other pages: what a listing consists of, and what surrounds an article."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from lxml.etree import _Element
from lxml.html import HtmlElement

from crawler.document import normal_line, normalise_for_id
from crawler.weight import weight

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | {"p", "div", "li", "td", "dt", "article", "section", "header"}
_HEADLINE = 20
# A headline's block has few elements; to read the text of larger ones would take the square.
_FEW = 20
_MOST = 300
# Longer ones are whole stories on a front page: a listing still, but nothing to take out of a text.
_LONGEST = 400
_SEVERAL = 4
_SHARE = 0.6
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
    teasers = [normalise_for_id(card.text_content())[: 10 * _LONGEST] for card in _cards(tree)]
    found = [_teaser_with(normalise_for_id(block), teasers) for block in blocks[:_MOST]]
    found += [None] * (len(blocks) - len(found))
    own = [
        block
        for block, index in zip(blocks, found, strict=True)
        if index is None or len(teasers[index]) > _LONGEST
    ]
    enough = weight("".join(own)) >= _SHORTEST
    return Sorted(own if enough else list(blocks), _is_listing(blocks, found))


def _is_listing(blocks: Sequence[str], found: Sequence[int | None]) -> bool:
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
    first = next(index for index, teaser in enumerate(found) if teaser is not None)
    prose = (size for block in blocks[:first] if (size := weight(block)) >= _PROSE)
    return sum(prose) >= _ENOUGH_PROSE


def _teaser_with(block: str, teasers: Sequence[str]) -> int | None:
    return next((index for index, teaser in enumerate(teasers) if block in teaser), None)


def _cards(tree: HtmlElement) -> list[_Element]:
    """The largest elements that hold one headline which links away, and no other such."""
    headlines = list(islice(_headlines(tree), _MOST))
    held = Counter(above for headline in headlines for above in headline.iterancestors())
    return [_card(headline, held) for headline in headlines]


def _card(headline: _Element, held: Counter[_Element]) -> _Element:
    card = headline
    for above in headline.iterancestors():
        if held[above] > 1:
            return card
        card = above
    return card


def _headlines(tree: HtmlElement) -> Iterator[_Element]:
    """The blocks that are wholly one link with the words of a headline, and links around a heading."""
    for link in tree.iter("a"):
        if not link.get("href") or len(list(islice(link.iterdescendants(), _FEW))) == _FEW:
            continue
        text = normal_line(link.text_content())
        if weight(text) < _HEADLINE:
            continue
        block = next((above for above in link.iterancestors() if above.tag in _BLOCKS), None)
        if block is not None and _is_wholly(block, text):
            yield block
        elif any(inner.tag in _HEADINGS for inner in link.iterdescendants()):
            yield link


def _is_wholly(block: _Element, text: str) -> bool:
    if len(list(islice(block.iterdescendants(), _FEW))) == _FEW:
        return False
    return len(normal_line(block.text_content())) <= len(text) + 5
