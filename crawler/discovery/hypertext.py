"""What a page of HTML points to, in page order, read without building its tree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from crawler.discovery.encoding import decoded, encoding_of, in_steps
from crawler.document import normal_line
from crawler.urls import printed_url

MAX_BYTES = 5 * 2**20
MOST_REFERENCES = 10_000

# Closing tags that fit nothing are looked for up to the root, so depth has a bound, as in browsers.
_DEEPEST = 512
_LONGEST_TEXT = 1_000
_LONGEST_CLASS = 200


@dataclass(frozen=True, slots=True)
class Reference:
    """One `<a href>` or `<link href>`."""

    tag: str
    href: str
    """As it stands in the page."""
    text: str
    """What an anchor says, one line; else its `title` or `aria-label`."""
    rel: frozenset[str]
    type: str
    marks: frozenset[str]
    """Classes of the element and of the one that holds it, in lower case."""


@dataclass(frozen=True, slots=True)
class Hypertext:
    """A page as far as it points elsewhere."""

    base: str
    """What its references are relative to."""
    references: tuple[Reference, ...] = ()
    over_limit: int = 0
    """References that were not read: those after the first 10,000."""

    def anchors(self) -> Iterator[Reference]:
        """The anchors alone."""
        return (one for one in self.references if one.tag == "a")

    def address(self, reference: Reference) -> str | None:
        """Where a reference leads, in printed form; None for all but http and https."""
        return printed_url(reference.href, self.base)


def read_hypertext(body: bytes, url: str, content_type: str = "") -> Hypertext:
    """The references of a page found at `url`; nothing is raised, whatever the page is."""
    target = _Target()
    parser = etree.HTMLParser(target=target, encoding="utf-8", no_network=True)
    body = body[:MAX_BYTES]
    for text in decoded(in_steps(body), encoding_of(body, content_type)):
        parser.feed(text.encode(errors="replace"))
        if target.depth > _DEEPEST:
            break
    try:
        parser.close()
    except etree.XMLSyntaxError:  # there was nothing in it
        return Hypertext(url)
    target.close_anchor()
    base = printed_url(target.base, url) or url
    return Hypertext(base, tuple(target.references), target.over_limit)


@dataclass(slots=True)
class _Target:
    """What lxml's parser calls back."""

    base: str = ""
    depth: int = 0
    references: list[Reference] = field(default_factory=list)
    over_limit: int = 0
    _classes: list[str] = field(default_factory=list)
    _anchor: Mapping[str, str] | None = None
    _text: list[str] = field(default_factory=list)
    _marks: frozenset[str] = frozenset()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        self._classes.append(attributes.get("class", "")[:_LONGEST_CLASS])
        if tag in ("a", "link") and len(self.references) >= MOST_REFERENCES:
            self.over_limit += 1
        elif tag == "a" and "href" in attributes:
            self.close_anchor()
            self._anchor, self._text = dict(attributes), []
            self._marks = frozenset(" ".join(self._classes[-2:]).lower().split())
        elif tag == "link" and "href" in attributes:
            self.references.append(_reference("link", attributes, ""))
        elif tag == "base" and not self.base:
            self.base = attributes.get("href", "")

    def data(self, text: str) -> None:
        if self._anchor is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        self.depth -= 1
        if self._classes:
            self._classes.pop()
        if tag == "a":
            self.close_anchor()

    def close(self) -> None:
        """Wanted by lxml; there is nothing to give."""

    def close_anchor(self) -> None:
        if self._anchor is not None:
            text = "".join(self._text)[: 4 * _LONGEST_TEXT]
            self.references.append(_reference("a", self._anchor, text, self._marks))
        self._anchor = None


def _reference(
    tag: str, attributes: Mapping[str, str], text: str, marks: frozenset[str] = frozenset()
) -> Reference:
    says = normal_line(text) or normal_line(
        attributes.get("title") or attributes.get("aria-label") or ""
    )
    return Reference(
        tag=tag,
        href=attributes["href"].strip(),
        text=says[:_LONGEST_TEXT],
        rel=frozenset(attributes.get("rel", "").lower().split()),
        type=attributes.get("type", "").partition(";")[0].strip().lower(),
        marks=marks,
    )
