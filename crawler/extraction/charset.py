"""From bytes to text, for pages that say the wrong charset, or none."""

import re

from charset_normalizer import from_bytes
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    to_unicode,
)

from crawler.charsets import is_charset

# What pages without a word about it were written in; Python's names.
_UNDECLARED = [
    "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp866", "cp1252", "cp1253", "iso8859_7", "cp1254",
    "cp1255", "cp1256", "cp1257", "gb18030", "big5hkscs", "cp932", "euc_jp", "cp949",
]  # fmt: skip
_LATIN = re.compile(r"(cp125[0247]|iso8859-(1|2|3|4|9|10|13|14|15|16)|latin-?1|mac-roman)$")
# Bytes beyond ASCII in a row: letters with accents stand alone, words of other scripts do not.
_LATIN_RUN = 1.8
# What central European letters look like where western Europe is announced: `c³os`, `w¹ski`.
_SIGN_IN_WORD = re.compile(rb"[a-z][\xa1-\xa9\xab\xac\xae-\xb1\xb3\xb4\xb6\xb8\xb9\xbb-\xbf][a-z]")
_SIGNS_IN_WORDS = 5

_NEAR = 0.06
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_BETWEEN_TAGS = re.compile(rb"[^<>]+")
_SAMPLE = 16384
# Replacements and controls: what a text in the right charset has next to none of.
_BROKEN = re.compile("[\ufffd\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
_TOLERATED = 0.01
_HOPELESS = 0.05


def read_text(body: bytes, content_type: str = "") -> str | None:
    """The text of a body, or None where no charset makes one of it.

    Order: a byte-order mark; UTF-8 where it holds, since nothing else looks like it; the header;
    the page's own declaration; a guess from its bytes. A declaration that does not fit the bytes
    is passed over. `content_type` is the header's value.
    """
    text = _decode(body, content_type).replace("\x00", "")
    return None if _brokenness(text) > _HOPELESS else text


def _decode(body: bytes, content_type: str) -> str:
    marked, mark = read_bom(body)
    if marked and mark:
        return to_unicode(body[len(mark) :], marked)
    if wide := _wide(body):
        return to_unicode(body, wide)
    if not body.isascii() and (text := _as_utf8(body)) is not None:
        return text
    for charset in _declared(body, content_type):
        if (text := _as_declared(body, charset)) is not None:
            return text
    return to_unicode(body, _guess(body))


def _declared(body: bytes, content_type: str) -> list[str]:
    inside = html_body_declared_encoding(body)
    # A declaration that could be read was not written in two bytes a character.
    if inside and inside.startswith(("utf-16", "utf-32")):
        inside = "utf-8"
    named = (http_content_type_encoding(content_type), inside)
    return [name for name in named if name and is_charset(name)]


def _wide(body: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of markup is zero."""
    head = body[:512]
    if len(head) < 4 or head.count(0) * 4 < len(head):
        return None
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def _as_utf8(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        text = body.decode(errors="replace")
    broken = text.count("\ufffd")
    return text if _high(text) - broken > 20 * broken else None


def _as_declared(body: bytes, charset: str) -> str | None:
    if _LATIN.match(charset) and not _looks_latin(body, charset):
        return None
    text = to_unicode(body, charset)
    broken = len(_BROKEN.findall(text))
    return text if broken <= max(_high(text) * _TOLERATED, 1) else None


def _high(text: str) -> int:
    """How many characters are beyond ASCII."""
    return len(text) - len(text.encode("ascii", "ignore"))


def _looks_latin(body: bytes, charset: str) -> bool:
    """Whether the bytes are of a Latin alphabet, which servers announce unasked."""
    runs = _HIGH_RUN.findall(body)
    if sum(map(len, runs)) > _LATIN_RUN * len(runs):
        return False
    return charset != "cp1252" or not _has_signs_in_words(body)


def _guess(body: bytes) -> str:
    runs = (run for run in _BETWEEN_TAGS.findall(body) if not run.isascii())
    sample = b" ".join(b" ".join(runs).split())
    # Cut at a blank, which is no second byte of anything.
    sample = sample[:_SAMPLE].rpartition(b" ")[0] or sample[:_SAMPLE]
    found = from_bytes(sample, steps=4, chunk_size=2048, cp_isolation=_UNDECLARED)
    best = found.best()
    if best is None:
        return "iso8859_2" if _has_signs_in_words(body) else "cp1252"
    # Western and central Europe share most letters, and the west is far more common.
    western = next((match for match in found if "cp1252" in match.could_be_from_charset), None)
    if western is None or _has_signs_in_words(body) or western.chaos > best.chaos:
        return best.encoding
    return "cp1252" if western.coherence >= best.coherence - _NEAR else best.encoding


def _has_signs_in_words(body: bytes) -> bool:
    return len(_SIGN_IN_WORD.findall(body)) >= _SIGNS_IN_WORDS


def _brokenness(text: str) -> float:
    """Share of the characters that are no text, 0 to 1."""
    return len(_BROKEN.findall(text)) / len(text) if text else 0.0
