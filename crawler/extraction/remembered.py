"""The extractor's own expressions, whose answers are remembered: a quarter of a page's time were regular expressions.

They ask each element, by its class and id, whether a text starts there or a frame that is cut off. What
they say of one element they say of every other with the same name and attributes, on any page.
"""

import re
from collections.abc import Iterator, MutableSequence
from itertools import chain

from lxml.etree import XPath, _Element

_NAMESPACES = {"re": "http://exslt.org/regular-expressions"}
_STRINGS = re.compile(r"'[^']*'|\"[^\"]*\"")
_ATTRIBUTES = re.compile(r"@([\w-]+)")
_NAMES = re.compile(r"(?:self::|\.//)(\w+)")
_FURTHER = re.compile(r"\[[^\]]*\.//")
# What an expression is made of, without its strings, that goes by nothing but a name, attributes, and what is not below.
_COVERED = re.compile(
    r"(?:[ ()|,=\]]|\[|(?<=\[)1(?=\] ?(?:\||$))|self::\w+|@[\w-]+|\b(?:or|and)\b"
    r"|(?:contains|not|re:test|starts-with|translate)(?=\()"
    r"|(?:^|(?<=^\()|(?<=\|)|(?<=\| )|(?<=\|\()|(?<=not\())\.//(?:\w+|\*))*"
)
# All expressions together; each is a number of 64 bits and a truth, some 6 MB.
_MOST = 1 << 16
_answers: dict[int, bool] = {}


def remember(expressions: MutableSequence[XPath]) -> None:
    """Put expressions that find the same in the place of those of a list that go by attributes alone."""
    expressions[:] = [
        Remembered(one) if "@" in one.path and is_covered(one) else one for one in expressions
    ]


def remember_as_one(expressions: MutableSequence[XPath]) -> None:
    """Put a single expression, which finds what they all find, in the place of those of a list.

    A list with one that asks for more than is remembered stays as it is: another release may have such.
    """
    if all(is_covered(one) and "[1]" not in one.path for one in expressions):
        expressions[:] = [Remembered(*expressions)]


def is_covered(expression: XPath) -> bool:
    """Whether what an expression says of an element follows from its name, its attributes and what is below it."""
    steps = " ".join(_STRINGS.sub("", expression.path).split())
    return bool(_COVERED.fullmatch(steps))


class Remembered(XPath):
    """Finds what expressions `.//*[...]` find below an element; of one that ends with `[1]`, the first alone."""

    def __init__(self, *expressions: XPath) -> None:
        path = "|".join(one.path for one in expressions)
        super().__init__(path, namespaces=_NAMESPACES)
        # Not by its identity, which another has when this one is gone; the answers stay.
        self._asks = hash(path)
        steps = [_STRINGS.sub("", one.path) for one in expressions]
        names = [_NAMES.findall(step) for step in steps]
        self._names = [*chain(*names)] if all(names) else ["*"]
        self._attributes = frozenset(_ATTRIBUTES.findall(" ".join(steps)))
        self._finds_one = any("[1]" in step for step in steps)
        # What it asks of elements below the one that it may find, it can only ask on the page.
        self._asks_further = any(map(_FURTHER.search, steps))
        # The same of one element, and true of it where it is true of one with other elements below.
        alone = path.replace(".//", "self::")
        self._alone = XPath(f"boolean({alone})", namespaces=_NAMESPACES, smart_strings=False)

    def __call__(self, tree: _Element) -> list[_Element]:
        """In the order in which they stand there."""
        found = self._fitting(tree)
        if self._finds_one:
            return [one for one in (next(found, None),) if one is not None]
        every = list(found)
        return super().__call__(tree) if every and self._asks_further else every

    def _fitting(self, tree: _Element) -> Iterator[_Element]:
        asked = self._attributes
        for element in tree.iterdescendants(*self._names):
            # With their order, which some of them go by.
            said = [said for said in element.items() if said[0] in asked]
            key = hash((self._asks, element.tag, *said))
            fits = _answers.get(key)
            if fits is None:
                if len(_answers) >= _MOST:
                    _answers.clear()
                fits = _answers[key] = self._alone(element)
            if fits:
                yield element
