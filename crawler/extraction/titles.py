"""The article's own title, among all that a page calls itself."""

import re
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain
from unicodedata import normalize

from lxml.html import HtmlElement

from crawler.document import normal_line, normalise_for_id

LONGEST = 400

_SEPARATES = re.compile(r"[|·•»«›‹~:_/,-]\s*$")
_SEPARATED = re.compile(r"\s*(?:[|·•»«›‹~_/-]|:\s)")
_CJK = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_SEPARATOR = re.compile(
    r"\s+(?:[|·•»«›‹~:]|//|[-–—])\s+|\s*(?:[|»]|:{2,})\s*"
    # Chinese sites put no blanks around them.
    rf"|(?<=[{_CJK}）》”！？])[-_—]+(?=[{_CJK}])"
)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_FIRST_WORD = re.compile(r"\w+")
_SHORTEST_NAME = 4


@dataclass(frozen=True, slots=True)
class Site:
    """By what a title's part is known for the name of its site."""

    host: str
    names: frozenset[str]
    """As `letters` writes them."""

    @classmethod
    def of(cls, host: str, names: Iterable[str]) -> "Site":
        """A host, and what the page says its site is called."""
        host = host.lower().removeprefix("www.")
        labels = host.split(".")
        whole = (".".join(labels[start:]) for start in range(len(labels) - 1))
        parts = (label for label in labels[:-1] if len(label) >= _SHORTEST_NAME)
        known = map(letters, chain(names, whole, parts))
        return cls(host, frozenset(name for name in known if name))

    def is_named(self, text: str) -> bool:
        """Whether a text is the site's name, and nothing else."""
        return letters(text) in self.names


def letters(text: str) -> str:
    """A text's letters and digits, by which two names are compared."""
    return "".join(filter(str.isalnum, normalise_for_id(text)))


def title_of(tree: HtmlElement, given: Iterable[str], site: Site) -> str | None:
    """The article's own title, of one line.

    `given` is what the page calls itself, the best first. The title is what the page repeats of one
    of these, else the first of them less the site's name, else the page's only heading.
    """
    stated = [line for line in map(_stated, given) if line]
    own = [title for title in stated if not site.is_named(title)]
    for title in own:
        if heading := _repeated(title, tree, site):
            return heading
    if own:
        return _without_site(own[0], site)[:LONGEST]
    headings = [line for h1 in tree.iter("h1") if (line := normal_line(_text(h1)))]
    if len(headings) == 1 and not (stated and site.is_named(headings[0])):
        return headings[0][:LONGEST]
    return stated[0][:LONGEST] if stated else None


def _stated(title: str) -> str:
    """Markup that was escaped on its way into a title is still none of it."""
    return normal_line(_TAG.sub(" ", title))


def _repeated(title: str, tree: HtmlElement, site: Site) -> str | None:
    """The longest text of an element that is the title, or a part of it between separators."""
    whole = normalise_for_id(title[:LONGEST])
    shortest = max(len(whole) // 4, 4)
    longest_part = max(map(len, _SEPARATOR.split(whole)))
    headings = [element for level in ("h1", "h2", "h3") for element in tree.iter(level)]
    own = (
        element.text for element in tree.iter("div", "span", "td", "p", "b", "strong", "font", "a")
    )
    texts = chain(
        ((_text(h), 0 if h.tag == "h1" else longest_part) for h in headings),
        ((text, longest_part) for text in chain((h.text for h in headings), own)),
    )
    lines = (
        (normal_line(text), least)
        for text, least in texts
        if text and shortest <= len(text) < 2 * len(whole) and _begins_within(text, whole)
    )
    fits = (
        line
        for line, least in lines
        if len(line) >= shortest
        and _is_part(normalise_for_id(line), whole, least)
        and not site.is_named(line)
    )
    return _longest(fits, len(whole))


def _longest(lines: Iterable[str], enough: int) -> str | None:
    """The first of the longest lines; most pages begin with one that is long enough, and no more are looked at."""
    best: str | None = None
    for line in lines:
        if best is None or len(line) > len(best):
            best = line
        if len(best) >= enough:
            break
    return best


def _begins_within(text: str, whole: str) -> bool:
    """Whether a text's first word is in a normal form's; most texts of a page need no closer look."""
    word = _FIRST_WORD.search(text)
    return word is not None and normalize("NFKC", word[0].casefold()) in whole


def _text(heading: HtmlElement) -> str:
    """What a heading says; a line break in it parts words."""
    if heading.find(".//br") is None:
        return str(heading.text_content())
    heading = deepcopy(heading)
    for line_break in heading.iter("br"):
        line_break.tail = f" {line_break.tail or ''}"
    return str(heading.text_content())


def _is_part(line: str, whole: str, least: int) -> bool:
    """A title begins with the story and ends with sections and site, mostly."""
    is_most = 2 * len(line) >= len(whole)
    if whole.startswith(line):
        rest = whole[len(line) :].lstrip()
        return not rest or (not rest[0].isalnum() and (is_most or rest[0] not in ":,."))
    start = whole.find(line)
    if start < 0 or not _SEPARATES.search(whole[:start]):
        return False
    rest = whole[start + len(line) :]
    if not rest:
        return is_most or not least
    # Between a site's name and a section's, the story is the longest of all, or the first heading.
    return bool(_SEPARATED.match(rest)) and len(line) >= least


def _without_site(title: str, site: Site) -> str:
    """The title less what it says of the site, known by its name or its host."""
    own = [
        part for part in _SEPARATOR.split(title) if part and not site.is_named(part.strip("™®©"))
    ]
    if not own:
        return title
    start, end = title.index(own[0]), title.rindex(own[-1]) + len(own[-1])
    return title[start:end]
