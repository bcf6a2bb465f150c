"""The document: its text in normal form, its id, its two file layouts, its sidecar.

The layouts are fixed to the byte. A frame of the titled layout is matched from both of its ends,
so that no text, however much it looks like a frame, is taken for one.
"""

import hashlib
import json
import re
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache
from typing import Any, Self

from config.records import known_fields

SCHEMA = 1

_ID = re.compile("[0-9a-f]{16}")
_TITLE_OPEN = "\n\n# *"

# Of these, and of all below, nothing is printable in Python's sense: most texts need no closer look.
# Everything that some reader of text files takes for the end of a line, and the newline itself.
_LINE_ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
# No-break, figure, thin, hair, mathematical, ideographic ... spaces and the tab become plain ones.
_SPACES = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Controls say nothing in a text and much to a terminal; a byte-order mark and a lone surrogate are
# neither letters nor blanks.
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufeff\ud800-\udfff]")
_TRAILING = re.compile(r"(?<! ) +(?=\n|$)")  # looked for at the first blank of a run alone
_EMPTY_LINES = re.compile(r"\n{3,}")
# What turns a line around. A body keeps it: its force ends with the line that it stands in.
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u206f]")

# Normal forms sort the marks on a letter, and take the square of their number. No letter has more
# than a few; Unicode's stream-safe form allows 30, before it takes letters apart.
_MOST_MARKS = 63
# These are no marks, and become some.
_LIKE_MARKS = "\u0f73\u0f75\u0f81\uff9e\uff9f"
_LOOK_EVERY = (_MOST_MARKS + 1) // 2

_PLAIN = {"'": "‘’‚‛′`ʼ", '"': "“”„‟«»‹›", "-": "‐‑‒–—―−"}
_TYPOGRAPHY = tuple((fancy, plain) for plain, marks in _PLAIN.items() for fancy in marks)


class Layout(StrEnum):
    """How a document is laid out in its file."""

    TITLED = "titled"
    PLAIN = "plain"


def normal_line(text: str) -> str:
    """One line of text: NFC, single plain spaces, nothing at its ends.

    It has no controls, and nothing that makes a terminal show it in another order. What nobody
    could see is no line.
    """
    # All line ends and spaces are blanks to `split`, and one control is that parts no words.
    text = " ".join(text.replace("\x1f", "").split())
    if not text.isprintable():
        text = " ".join(_REORDERING.sub("", _NOT_TEXT.sub("", text)).split())
    line = _composed(text)
    return line if _can_be_seen(line) else ""


def normal_body(text: str) -> str:
    r"""A body in normal form: NFC, `\n` alone parts lines, one empty line parts blocks.

    No line has trailing blanks and none of the body's ends is empty. Applying it twice changes
    nothing more.
    """
    if not text.replace("\n", "").isprintable():
        text = _NOT_TEXT.sub("", _SPACES.sub(" ", _LINE_ENDS.sub("\n", text)))
    text = _composed(text)
    if " \n" in text:
        text = _TRAILING.sub("", text)
    if "\n\n\n" in text:
        text = _EMPTY_LINES.sub("\n\n", text)
    return text.strip("\n ")


def _can_be_seen(line: str) -> bool:
    return any(map(str.isprintable, line.replace(" ", "")))


def _composed(text: str) -> str:
    """NFC, with so few marks on each letter that it takes no time. Twice changes nothing more."""
    if text.isascii():
        return text
    # Composing may take a mark apart into two.
    return _with_few_marks(unicodedata.normalize("NFC", _with_few_marks(text)))


def _with_few_marks(text: str) -> str:
    return _heaped_marks().sub(r"\1", text) if _has_heap(text) else text


def _has_heap(text: str) -> bool:
    """Whether so many marks stand in a row somewhere: then one of every 32 characters begins 32 of them."""
    return any(
        all(map(_is_mark, text[start : start + _LOOK_EVERY]))
        for start in range(0, len(text), _LOOK_EVERY)
        if _is_mark(text[start])
    )


def _is_mark(character: str) -> bool:
    return unicodedata.combining(character) > 0 or character in _LIKE_MARKS


@cache
def _heaped_marks() -> re.Pattern[str]:
    marks = "".join(c for c in map(chr, range(sys.maxunicode + 1)) if _is_mark(c))
    return re.compile(f"([{marks}]{{{_MOST_MARKS}}})[{marks}]+")


def normalise_for_id(body: str) -> str:
    """The form in which two texts of different typography are the same text."""
    if body.isascii():
        return " ".join(body.lower().replace("`", "'").split())
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", body).casefold())
    # Twenty-one passes in C are several times as fast as one `translate`.
    for fancy, plain in _TYPOGRAPHY:
        text = text.replace(fancy, plain)
    return " ".join(text.split())


def document_id(body: str) -> str:
    """First 16 hex digits of SHA-256 over the UTF-8 of the body's normalised form."""
    return hashlib.sha256(normalise_for_id(body).encode()).hexdigest()[:16]


def is_id(text: str) -> bool:
    """Whether a text could be the id of a document."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds. Title, URL and site name are one line each from here on.

    Without a title the layout is plain, and then URL and site name are not in the file.
    """

    body: str
    title: str | None = None
    url: str = ""
    site_name: str = ""
    layout: Layout = Layout.TITLED
    _id: str = field(default="", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Bring every field to its normal form; an empty body is a `ValueError`."""
        title = normal_line(self.title or "") or None
        object.__setattr__(self, "body", normal_body(self.body))
        object.__setattr__(self, "title", title)
        object.__setattr__(self, "url", normal_line(self.url))
        object.__setattr__(self, "site_name", normal_line(self.site_name))
        object.__setattr__(self, "layout", self.layout if title else Layout.PLAIN)
        if not self.body:
            raise ValueError("a document has a body")

    @property
    def id(self) -> str:
        """The id of this text, equal on every machine."""
        if not self._id:  # asked for again and again, and the text is long
            object.__setattr__(self, "_id", document_id(self.body))
        return self._id


def render(document: Document) -> str:
    """The document's file, to the byte; no newline ends it."""
    if document.layout is Layout.PLAIN:
        return document.body
    return (
        f"{_TITLE_OPEN}{document.title}*\n\n---\n\n\n\n{document.body}"
        f"\n\n---\n\n<{document.url}>\n\n\n\n**{document.site_name}**"
    )


def parse(text: str) -> Document:
    """The document in a file: the inverse of `render`.

    Raises `ValueError` where a text opens with the frame of the titled layout and does not close
    it, or is empty.
    """
    if not text.startswith(_TITLE_OPEN):
        return Document(body=text, layout=Layout.PLAIN)
    # Title, URL and site name are one line each, so the first and the last line ends are the frame's.
    title, _, rest = text.removeprefix(_TITLE_OPEN).partition("\n")
    rest, _, site_name = rest.rpartition("\n")
    rest, _, url = rest.removesuffix("\n\n\n").rpartition("\n")
    opening, closing = "\n---\n\n\n\n", "\n\n---\n"
    whole = (
        title.endswith("*")
        and normal_line(title[:-1])
        and rest.startswith(opening)
        and rest.endswith(closing)
        and url.startswith("<")
        and url.endswith(">")
        and site_name.startswith("**")
        and site_name.endswith("**")
        and len(site_name) >= len("****")
    )
    if not whole:
        raise ValueError("opens like a titled document, but its frame is not whole")
    return Document(
        body=rest[len(opening) : -len(closing)],
        title=title[:-1],
        url=url[1:-1],
        site_name=site_name[2:-2],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """All that is known of a document besides its text: the JSON file beside it."""

    schema: int = SCHEMA
    id: str
    outcome: str
    url: str
    title: str | None
    site_name: str
    source: str
    layout: str
    language: str | None
    authors: tuple[str, ...] = ()
    published: str | None
    modified: str | None
    fetched: str
    supersedes: str | None = None
    duplicate_of: str | None = None
    similarity: float | None = None
    """Jaccard of word 3-shingles with `duplicate_of`, three decimals."""
    partial: bool = False
    rights: Mapping[str, str] = field(default_factory=dict)
    extractor: Mapping[str, Any]
    page_sha256: str
    """Over the decoded bytes of the page the text was read from."""

    def to_json(self) -> str:
        """One JSON object, its keys in the order of the fields, a newline at its end."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["authors"] = list(self.authors)
        values["rights"] = dict(self.rights)
        values["extractor"] = dict(self.extractor)
        return json.dumps(values, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The inverse of `to_json`; a `ValueError` where it is none, or of a later schema.

        What a later release of the same schema says beside is passed by.
        """
        try:
            values = json.loads(text)
        except RecursionError:
            raise ValueError("not a sidecar: nested too deeply") from None
        schema = values.get("schema") if isinstance(values, dict) else None
        if isinstance(schema, int) and schema > SCHEMA:
            raise ValueError(
                f"a sidecar of schema {schema}, of a later release; this one reads {SCHEMA}"
            )
        if schema != SCHEMA:
            raise ValueError(f"not a sidecar of schema {SCHEMA}")
        try:
            named = known_fields(cls, values)
            return cls(**{**named, "authors": tuple(values["authors"])})
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a sidecar: {error}") from None
