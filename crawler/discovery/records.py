"""Flat records out of XML that may be broken or hostile: the entries of feeds and sitemaps.

libxml2 parses in recovery and calls back for every element; no tree is built, so memory does not
grow with the depth or the length of what is read, and no DTD or entity is ever followed.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from xml.sax.saxutils import escape

from lxml import etree

from crawler.discovery.encoding import decoded
from crawler.urls import MAX_LENGTH

MOST_EVENTS = 3_000_000
"""Elements and pieces of text: more than 50,000 entries need; reading on would only take time."""

_MOST_BASES = 8
_MOST_ABOUT, _LONGEST_ABOUT = 32, 64
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
# libxml2 gives up at a `<` that opens nothing, and drops references that no DTD declares.
_LONE_OPENING = re.compile(r"<(?![A-Za-z_/!?])")
_LONE_AMPERSAND = re.compile(r"&(?!(?:#\d{1,7}|#[xX][\dA-Fa-f]{1,6}|[A-Za-z]\w{1,31});)")
_REFERENCE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[#\w]+;")
_UNFINISHED = re.compile(r"(?:<|&[#\w]{0,33})\Z")
_LONGEST_REFERENCE = 40
_OPENING = re.compile(r"<(?:\?xml|rss|feed|rdf:RDF|urlset|sitemapindex)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Field:
    """An element of a record."""

    name: str
    """Local name; for an element within it, both: `news/title`."""
    native: bool
    """Of the record's own namespace, or of none."""
    attributes: Mapping[str, str]
    """As lxml names them."""
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """One entry: a sequence of fields, in document order."""

    name: str
    attributes: Mapping[str, str]
    base: tuple[str, ...]
    """The values of `xml:base` around it, outermost first."""
    fields: tuple[Field, ...]

    def named(self, name: str) -> list[Field]:
        """The fields of that name, those of the record's own namespace first."""
        found = [one for one in self.fields if one.name == name]
        return sorted(found, key=lambda one: not one.native) if len(found) > 1 else found

    def first(self, *names: str) -> str:
        """The first text that is not blank, asked in the order of `names`; else an empty one."""
        texts = (one.text.strip() for name in names for one in self.named(name))
        return next(filter(None, texts), "")


@dataclass(slots=True)
class RecordReader:
    """Reads records while chunks come in; afterwards says what it was that was read."""

    names: frozenset[str]
    """Local names of the elements that are records."""
    wanted: frozenset[str]
    """Names of the fields that are kept, as in `Field.name`."""
    most: int
    """Records that are given; as many again are counted, and then it is enough."""
    wanted_about: frozenset[str] = frozenset()
    """Local names of the elements outside of records whose texts are kept."""
    about: dict[str, list[str]] = field(default_factory=dict, init=False)
    """Those texts, by name, in document order."""
    root: str = field(default="", init=False)
    """Local name of the outermost element; empty where there was none."""
    over_limit: int = field(default=0, init=False)
    cut_off: bool = field(default=False, init=False)
    """Whether reading ended before the input did."""

    def what_it_is(self) -> str:
        """The reason of a `NotAListing`, once it is read."""
        if not self.root:
            return "no-xml"
        return "html" if self.root.lower() == "html" else "other-xml"

    def read(self, chunks: Iterable[bytes], encoding: str) -> list[Record]:
        """The records, in document order; what is broken is left out, and nothing is raised."""
        target = _Target(self.names, self.wanted, self.most, self.wanted_about)
        # Told to resolve none, lxml leaves even `&amp;` in attributes as `&#38;`. That a DTD declares any
        # makes no difference: there is no reference left to it.
        parser = etree.XMLParser(
            target=target, encoding="utf-8", recover=True, huge_tree=False,
            resolve_entities="internal", load_dtd=False, no_network=True,
        )  # fmt: skip
        for chunk in _repaired(decoded(chunks, encoding)):
            parser.feed(chunk)
            # Records over the limit are counted, but not for as long as they come.
            if target.events > MOST_EVENTS or target.over_limit > self.most:
                self.cut_off = True
                break
        # Without anything that is XML, libxml2 complains in spite of recovery.
        with suppress(etree.XMLSyntaxError):
            parser.close()
        target.close_record()
        self.root, self.over_limit = target.root, target.over_limit
        self.about = target.about
        return target.records


class _Target:
    """What lxml's parser calls back."""

    def __init__(
        self, names: frozenset[str], wanted: frozenset[str], most: int, about: frozenset[str]
    ) -> None:
        self.root = ""
        self.records: list[Record] = []
        self.over_limit = 0
        self.events = 0
        self._most = most
        self._names = names
        self._wanted = wanted
        self._depth = 0
        self._bases: list[tuple[int, str]] = []
        self._record: _OpenRecord | None = None
        self.about: dict[str, list[str]] = {}
        self._wanted_about = about
        self._open_about = ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.events += 1
        self._depth += 1
        namespace, name = _parts(tag)
        self.root = self.root or name
        if attributes and _BASE in attributes:
            self._enter_base(attributes[_BASE])
        record = self._record
        if name in self._names and (record is None or namespace == record.namespace):
            # An entry within an entry: the end of the first was forgotten.
            self.close_record()
            self._open_record(name, namespace, attributes)
        elif record:
            record.open(self._depth, namespace, name, attributes)
        elif name in self._wanted_about:
            self._begin_about(name)

    def _begin_about(self, name: str) -> None:
        texts = self.about.setdefault(name, [])
        self._open_about = name if len(texts) < _MOST_ABOUT else ""
        if self._open_about:
            texts.append("")

    def _enter_base(self, base: str) -> None:
        if len(self._bases) < _MOST_BASES and len(base) <= MAX_LENGTH:
            self._bases.append((self._depth, base))

    def _open_record(self, name: str, namespace: str, attributes: Mapping[str, str]) -> None:
        if len(self.records) == self._most:
            self.over_limit += 1
            return
        base = tuple(value for _, value in self._bases)
        self._record = _OpenRecord(
            name, namespace, dict(attributes), base, self._depth, self._wanted
        )

    def data(self, text: str) -> None:
        self.events += 1
        if self._record:
            self._record.add(text)
        elif self._open_about:
            texts = self.about[self._open_about]
            texts[-1] = (texts[-1] + text)[:_LONGEST_ABOUT]

    def end(self, _tag: str) -> None:
        record = self._record
        if record and self._depth == record.depth:
            self.close_record()
        elif record:
            record.close(self._depth)
        if self._bases and self._bases[-1][0] == self._depth:
            self._bases.pop()
        self._depth -= 1
        self._open_about = ""

    def close(self) -> None:
        """Wanted by lxml; there is nothing to give."""

    def close_record(self) -> None:
        if self._record:
            self.records.append(self._record.finished())
        self._record = None


@dataclass(slots=True)
class _OpenRecord:
    name: str
    namespace: str
    attributes: Mapping[str, str]
    base: tuple[str, ...]
    depth: int
    wanted: frozenset[str]
    path: list[str] = field(default_factory=list)
    """Names of the open elements below, two at the most."""
    texts: dict[int, list[str]] = field(default_factory=dict)
    """Text of the open fields, by depth."""
    fields: dict[int, tuple[str, bool, Mapping[str, str]]] = field(default_factory=dict)
    closed: list[Field] = field(default_factory=list)

    def open(self, depth: int, namespace: str, name: str, attributes: Mapping[str, str]) -> None:
        level = depth - self.depth
        if level > 2:
            return
        self.path[level - 1 :] = [name]
        path = "/".join(self.path)
        if path in self.wanted:
            self.fields[level] = (path, namespace in ("", self.namespace), dict(attributes))
            self.texts[level] = []

    def add(self, text: str) -> None:
        for texts in self.texts.values():
            texts.append(text)

    def close(self, depth: int) -> None:
        level = depth - self.depth
        if level in self.fields:
            name, native, attributes = self.fields.pop(level)
            self.closed.append(Field(name, native, attributes, "".join(self.texts.pop(level))))

    def finished(self) -> Record:
        for level in sorted(self.fields, reverse=True):
            self.close(self.depth + level)
        return Record(self.name, self.attributes, self.base, tuple(self.closed))


def _parts(tag: str) -> tuple[str, str]:
    namespace, brace, name = tag.rpartition("}")
    return (namespace[1:] if brace else "", name)


def _repaired(chunks: Iterable[str]) -> Iterator[bytes]:
    """The text in UTF-8 from where XML begins, its references resolved or made harmless."""
    rest = None
    for chunk in chunks:
        text = _from_opening(chunk) if rest is None else rest + chunk
        unfinished = _UNFINISHED.search(text, max(len(text) - _LONGEST_REFERENCE, 0))
        end = unfinished.start() if unfinished else len(text)
        rest = text[end:]
        yield with_plain_references(text[:end]).encode(errors="replace")
    yield with_plain_references(rest or "").encode(errors="replace")


def _from_opening(text: str) -> str:
    opening = _OPENING.search(text)
    return text[opening.start() if opening else max(text.find("<"), 0) :]


def with_plain_references(text: str) -> str:
    """XML in which every reference and every lone `&` and `<` is what libxml2 reads as it was meant."""
    text = _LONE_AMPERSAND.sub("&amp;", text)
    text = _REFERENCE.sub(_resolved, text)
    return _LONE_OPENING.sub("&lt;", text)


def _resolved(reference: re.Match[str]) -> str:
    return _character(reference[0])


@lru_cache(maxsize=1024)
def _character(reference: str) -> str:
    """What HTML means by a reference, escaped; one that it does not know, as plain text."""
    return escape(html.unescape(reference), {'"': "&quot;", "'": "&apos;"})
