"""The trunk of a page: the element whose own paragraphs hold most of its prose.

An extractor that looks at each block by itself takes much of what follows an article for a part of
it: lists of other stories, readers' letters, addresses. They stand outside the trunk.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from lxml.etree import _Element
from lxml.html import HtmlElement

from crawler.document import normal_line, normalise_for_id
from crawler.extraction.inline import INLINE
from crawler.extraction.weight import weight

# They hold no other block, as a rule: what they say is said by the element around them.
_LEAVES = frozenset({"p", "li", "h2", "h3", "h4", "blockquote", "dd", "dt", "pre"})
_ROOTS = frozenset({"body", "html"})
# A run of text between two elements; shorter ones are labels.
_RUN = 20
_NO_TEXT = frozenset(
    [
        "a",
        "noscript",
        "head",
        "select",
        "option",
        "button",
        "textarea",
        "iframe",
        "object",
        "figcaption",
        "footer",
        "nav",
    ]
)
_CODE = frozenset({"script", "style"})
_PARAGRAPH = 60
# Elements upwards to which a paragraph counts, each half as much as the one below.
_LEVELS = 3
# What a level more between an element and the heading of the page leaves of its weight.
_FARTHER = 0.75
_LONGEST_HEADING = 600

# Of what was extracted, the least share that has to stand in the trunk, for the trunk to judge it.
_LEAST = 0.3
# Prose behind the trunk that is this much of what is in it is another half of the article.
_ANOTHER_PART = 0.3
_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)\]」』]*$")
_CORRECTION = re.compile(
    r"\W*(?:corrections?|clarifications?|editors?.s? note|this (?:article|story|report|version) (?:was|has been) "
    r"(?:amended|corrected|updated)|correcci[oó]n|fe de erratas|rectificati(?:f|on)|corre[cç][aã]o|errata|korrektur|"
    r"berichtigung|rettelse|rättelse|rectificatie|sprostowanie|oprava|исправлени|поправка|уточнение|виправлення|"
    r"διόρθωση|düzeltme|تصحيح|更正|訂正|정정)",
    re.IGNORECASE,
)
_BULLET = "- "
# Less than this share of the trunk's prose, and the extractor may have been in another place.
_MUCH = 0.6
_WORD = re.compile(r"\w+")
# Scripts that put no spaces between words: every two characters in a row stand for a word.
_PAIR = re.compile("(?=([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]{2}))")
_STEM = 5
_SHORT_WORD = 3
# Of what is looked through, and of what is looked for in it.
_MOST_TEXT = 100_000
_MOST_BLOCKS = 200
_MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class Trunk:
    """Where the prose of a page stands."""

    element: _Element
    prose: int
    """Weight of the text in it, outside links."""
    around: int
    """The same of the element that it stands in: what else may be of the article."""


def find_trunk(tree: HtmlElement, title: str | None) -> Trunk | None:
    """The element with most prose in the paragraphs right below it, or None on a page without any.

    The nearer to the heading that repeats the title, the likelier.
    """
    sizes = _paragraphs(tree)
    scores = _scores(sizes)
    _favour_the_near(scores, _heading(tree, title))
    if not scores:
        return None
    element = max(scores, key=scores.__getitem__)
    above = element.getparent()
    prose = around = 0
    for block, size in sizes.items():
        for ancestor in _and_above(block):
            if ancestor is element:
                prose += size
            if ancestor is above:
                around += size
                break
    return Trunk(element, prose, max(prose, around))


def _scores(sizes: Mapping[_Element, int]) -> dict[_Element, float]:
    scores: defaultdict[_Element, float] = defaultdict(float)
    for paragraph, size in sizes.items():
        if size < _PARAGRAPH:
            continue
        above = paragraph.getparent() if paragraph.tag in _LEAVES else paragraph
        share = float(size)
        for element in islice(_and_above(above), _LEVELS):
            if element.tag in _ROOTS:
                break
            scores[element] += share
            share /= 2
    return scores


def _favour_the_near(scores: dict[_Element, float], heading: _Element | None) -> None:
    if heading is None:
        return
    levels = {element: level for level, element in enumerate(_and_above(heading))}
    for element in scores:
        shared = next(above for above in _and_above(element) if above in levels)
        scores[element] *= _FARTHER ** levels[shared]


def _heading(tree: HtmlElement, title: str | None) -> _Element | None:
    wanted = normalise_for_id(title or "")
    headings = (
        heading
        for heading in tree.iter("h1", "h2", "h3", "h4", "h5", "h6")
        if wanted and normalise_for_id(heading.text_content()[:_LONGEST_HEADING]) == wanted
    )
    found = next(headings, None)
    return next(tree.iter("h1"), None) if found is None else found


def _paragraphs(tree: HtmlElement) -> dict[_Element, int]:
    """What each block says by itself, outside links."""
    sizes: defaultdict[_Element, int] = defaultdict(int)
    are_read: dict[_Element, bool] = {}
    for holder, run in _runs(tree):
        element = _block_of(holder)
        if element not in are_read:
            are_read[element] = not any(above.tag in _NO_TEXT for above in _and_above(element))
        if are_read[element]:
            sizes[element] += weight(run)
    return sizes


def _block_of(element: _Element) -> _Element:
    """An element, or what is around it, that is a block or a link."""
    while (
        element.tag in INLINE and element.tag != "a" and (above := element.getparent()) is not None
    ):
        element = above
    return element


def _runs(tree: HtmlElement) -> Iterator[tuple[_Element, str]]:
    """The longer runs of text between two elements, each with the element that it stands in."""
    for element in tree.iter():
        text, tail = element.text, element.tail
        if text and len(text) >= _RUN and element.tag not in _CODE and _is_run(text):
            yield element, text.strip()
        if tail and len(tail) >= _RUN and _is_run(tail):
            yield element.getparent(), tail.strip()


def _is_run(text: str) -> bool:
    return len(" ".join(text.split())) >= _RUN


def _and_above(element: _Element | None) -> Iterator[_Element]:
    while element is not None:
        yield element
        element = element.getparent()


def without_tail(blocks: Sequence[str], trunk: Trunk | None) -> list[str]:
    """The blocks up to the last one that stands in the trunk.

    All of them where the trunk holds little of them, or where the tail may be the article's next
    part.
    """
    if trunk is None:
        return list(blocks)
    text = _text(trunk)
    places = range(len(blocks), max(len(blocks) - _MOST_BLOCKS, 0), -1)
    last = next((at for at in places if _is_in(blocks[at - 1], text)), 0)
    tail = blocks[last:]
    if tail:
        inside = sum(
            weight(block) for block in blocks[:last][-_MOST_BLOCKS:] if _is_in(block, text)
        )
        prose = sum(weight(block) for block in tail if _is_prose(block))
        if inside < _LEAST * sum(map(weight, blocks)) or prose >= _ANOTHER_PART * inside:
            return list(blocks)
    while last > 1 and _announces(blocks[last - 1]):
        last -= 1
    # What an editor takes back often stands in a box of its own.
    return [*blocks[:last], *(block for block in tail if _CORRECTION.match(block))]


def _announces(block: str) -> bool:
    """Whether a block names what followed it and is gone: `Read also:`."""
    return weight(block) < _PARAGRAPH and block.endswith((":", "："))


def covers(blocks: Sequence[str], trunk: Trunk | None) -> bool:
    """Whether there is a trunk, and the blocks are not much less than it, nor than half of what is around it.

    An article in two parts has its trunk in the larger one.
    """
    if trunk is None:
        return False
    size = sum(map(weight, blocks))
    return size >= _MUCH * trunk.prose and 2 * size >= trunk.around


def misses(blocks: Sequence[str], trunk: Trunk | None, title: str | None) -> bool:
    """Whether the blocks are much less than the trunk, and have less to do with the title."""
    if trunk is None or sum(map(weight, blocks)) >= _MUCH * trunk.prose:
        return False
    said = share_of_title(" ".join(blocks), title)
    return said < share_of_title(_text(trunk), title) or not said


def share_of_title(text: str, title: str | None) -> float:
    """How much of a title's words a text has, endings aside; 0 to 1."""
    stems = _stems(title or "")
    return len(stems & _stems(text)) / len(stems) if stems else 0.0


def _stems(text: str) -> set[str]:
    normal = normalise_for_id(text)
    if pairs := set(_PAIR.findall(normal)):
        return pairs
    return {word[:_STEM] for word in _WORD.findall(normal) if len(word) > _SHORT_WORD}


def _text(trunk: Trunk) -> str:
    """What stands in the trunk, and beside it: an element may hold but a part.

    Beside it are paragraphs, and elements of its own kind, as on a page that parts an article for
    advertisements.
    """
    kind = trunk.element.get("class")
    beside = (
        element
        for element in trunk.element.itersiblings()
        if element.tag == "p"
        or (kind and element.tag == trunk.element.tag and element.get("class") == kind)
    )
    texts = (element.text_content() for element in (trunk.element, *islice(beside, _MOST_BLOCKS)))
    return _plain(" ".join(texts)[:_MOST_TEXT])


def _plain(text: str) -> str:
    """The form in which a block is looked for in the trunk."""
    # As a line first: heaps of marks on a letter would cost the square of their number.
    return normalise_for_id(normal_line(text))


def _is_in(block: str, text: str) -> bool:
    """Whether a text holds a block, or most of its lines; a list's bullets are ours."""
    if _plain(block) in text:
        return True
    parts = [
        _plain(cell.removeprefix(_BULLET))
        for line in block.split("\n")[:_MOST_LINES]
        for cell in line.split(" | ")[:_MOST_LINES]
    ]
    parts = parts[:_MOST_LINES]
    return 2 * sum(len(part) for part in parts if part in text) >= sum(map(len, parts))


def _is_prose(block: str) -> bool:
    return (
        weight(block) >= _PARAGRAPH
        and not block.startswith(_BULLET)
        and _SENTENCE.search(block) is not None
    )
