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
from crawler.extraction.language import likely_latin, share_of_cyrillic_words

# What pages without a word about it were written in; Python's names.
_UNDECLARED = [
    "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp866", "cp1252", "cp1253", "iso8859_7", "cp1254",
    "cp1255", "cp1256", "cp1257", "gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "tis_620",
]  # fmt: skip
_LATIN = re.compile(r"(cp125[0247]|iso8859-(1|2|3|4|9|10|13|14|15|16)|latin-?1|mac-roman)$")
# Of what Windows made of them these are the standard's own, without quotation marks and dashes.
_WINDOWS = {
    "iso8859-2": "cp1250", "iso8859-6": "cp1256", "iso8859-7": "cp1253", "iso8859-8": "cp1255",
    "iso8859-9": "cp1254", "iso8859-13": "cp1257", "tis-620": "cp874", "tis_620": "cp874",
}  # fmt: skip
_C1 = re.compile("[\x80-\x9f]")
# The letters beyond ASCII of those that write otherwise than western Europe.
_ALPHABETS = {
    "pl": "ąćęłńóśźż", "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "hu": "áéíóöőúüű",
    "ro": "ăâîşţșț", "hr": "čćđšž", "sl": "čšž", "sq": "çë", "tr": "çğıİöşüâ", "az": "çəğıİöşü",
    "lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž", "et": "äõöüšž",
}  # fmt: skip
_PUNCTUATION = "«»‘’‚“”„–—…°§©®·•€\xa0\xad"
_OF_LATIN = ("cp1252", "cp1250", "iso8859_2", "cp1254", "cp1257")
_IN_ALPHABET = 0.9
# Letters of Ukrainian where Russian has lines to draw with.
_UKRAINIAN = re.compile(
    rb"[\xc0-\xff][\xa4\xa6\xa7\xad\xb4\xb6\xb7\xbd]|[\xa4\xa6\xa7\xad][\xc0-\xff]"
)
# What one of the two for Greek has and the other has not: an accented capital, with which many words
# begin, at 0xa2 in Windows and at 0xb6 in the standard, and marks that only Windows has.
_GREEK = {
    "cp1253": re.compile(rb"(?<![\xb8-\xfe])\xa2[\xb8-\xfe]|[\x80-\x9f]"),
    # And an apostrophe where Windows has that capital.
    "iso8859_7": re.compile(rb"\xb6[\xb8-\xfe]|[\xdc-\xfe]\xa2|\xa1[\xb8-\xfe]"),
}
# In each other's place they make letters of letters: only the words tell.
_CYRILLIC = ("cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5")
_COMMON_SHARE = 0.1
_AHEAD, _FAR_AHEAD = 1.3, 3
_ENOUGH = 4096
# Bytes beyond ASCII in a row: letters with accents stand alone, words of other scripts do not.
_LATIN_RUN = 1.8
# What central European letters look like where western Europe is announced: `c³os`, `w¹ski`.
_SIGN_IN_WORD = re.compile(rb"[a-z][\xa1-\xa9\xab\xac\xae-\xb1\xb3\xb4\xb6\xb8\xb9\xbb-\xbf][a-z]")
_SIGNS_IN_WORDS = 5

# Each character beyond ASCII as Windows-1252 has it, with its byte; Latin-1 where it has none.
_BYTE_OF = {chr(byte): byte for byte in range(0x80, 0x100)} | {
    bytes([byte]).decode("cp1252"): byte
    for byte in range(0x80, 0x100)
    if byte not in b"\x81\x8d\x8f\x90\x9d"
}
_LATER = "".join(re.escape(c) for c, byte in _BYTE_OF.items() if byte < 0xC0)
_TWICE = re.compile(f"[\xc2-\xdf][{_LATER}]|[\xe0-\xef][{_LATER}]{{2}}|[\xf0-\xf4][{_LATER}]{{3}}")
_FEWEST_TWICE = 5
_MOSTLY = 0.9

_NEAR = 0.06
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_BETWEEN_TAGS = re.compile(rb"[^<>]+")
_SAMPLE = 16384
# Replacements and controls: what a text in the right charset has next to none of.
_BROKEN = re.compile("[\ufffd\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
# The same in UTF-8.
_BROKEN_BYTES = bytes([*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F])
_BROKEN_CHARACTERS = (re.compile("\ufffd".encode()), re.compile(rb"\xc2[\x80-\x9f]"))
_TOLERATED = 0.01
_HOPELESS = 0.05


def read_text(body: bytes, content_type: str = "") -> str | None:
    """The text of a body, or None where no charset makes one of it.

    Order: a byte-order mark; UTF-8 where it holds, since nothing else looks like it; the header;
    the page's own declaration; a guess from its bytes. A declaration that does not fit the bytes
    is passed over. `content_type` is the header's value.
    """
    text = _decode(body, content_type)
    # Of the text, not of the body: to look at bytes takes a fifth of the time.
    raw = text.encode(errors="surrogatepass")
    if b"\x00" in raw:
        text, raw = text.replace("\x00", ""), raw.replace(b"\x00", b"")
    return None if _broken(raw) > _HOPELESS * len(text) else text


def _decode(body: bytes, content_type: str) -> str:
    marked, mark = read_bom(body)
    if marked and mark:
        return to_unicode(body[len(mark) :], marked)
    if wide := _wide(body):
        return to_unicode(body, wide)
    if body.isascii():
        return to_unicode(body, "iso2022_jp" if b"\x1b$" in body else "ascii")
    if (text := _as_utf8(body)) is not None:
        return _once(text, body)
    for charset in _declared(body, content_type):
        if (text := _as_declared(body, charset)) is not None:
            return text
    return to_unicode(body, _guess(body))


def _declared(body: bytes, content_type: str) -> list[str]:
    inside = html_body_declared_encoding(body)
    # A declaration that could be read was not written in two bytes a character.
    if inside and inside.startswith(("utf-16", "utf-32")):
        inside = "utf-8"
    outside = http_content_type_encoding(content_type)
    named = (outside, inside)
    # Servers say so of everything, the page of itself.
    if outside in ("cp1252", "ascii"):
        named = (inside, outside)
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
    name = charset.replace("-", "_")
    if name in _CYRILLIC:
        if _looks_latin(body, "") and _by_alphabet(body):
            return None
        charset = _cyrillic(body, name)
    elif name in _GREEK:
        charset = _greek(body, name).replace("iso8859_7", "iso8859-7")
    text = to_unicode(body, charset)
    if charset in _WINDOWS and _C1.search(text):
        text = to_unicode(body, _WINDOWS[charset])
    broken = len(_BROKEN.findall(text))
    return text if broken <= max(_high(text) * _TOLERATED, 1) else None


def _cyrillic(body: bytes, named: str) -> str:
    """The charset in which a text has the words of a language; the one that is named, unless another plainly has more."""
    sample = _sample(body)
    own = _worth(to_unicode(sample, named))
    # Ukrainian in the other KOI8 has lines for a letter, and most of its words all the same.
    if own >= _COMMON_SHARE and named != "koi8_r":
        return named
    others = (name for name in _CYRILLIC if name != named)
    worth = {named: own} | {name: _worth(to_unicode(sample, name)) for name in others}
    best = max(worth, key=worth.__getitem__)
    if not (worth[best] >= _COMMON_SHARE and worth[best] > _AHEAD * worth[named]):
        best = named
    is_ukrainian = best == "koi8_r" and len(_UKRAINIAN.findall(sample)) >= _SIGNS_IN_WORDS
    return "koi8_u" if is_ukrainian else best


def _worth(text: str) -> float:
    """Common words of a language, as far as the text is of letters: signs part words, and leave short ones."""
    high = [
        character
        for character in text[:_ENOUGH]
        if character > "\x7f" and character not in _PUNCTUATION
    ]
    letters = sum("\u0400" <= character <= "\u04ff" for character in high)
    return share_of_cyrillic_words(text) * (letters / len(high)) ** 3 if high else 0.0


def _greek(body: bytes, named: str = "") -> str:
    """Which of the two for Greek it is; the one that is named, unless the other has plainly more that only it has."""
    signs = {name: len(own.findall(body)) for name, own in _GREEK.items()}
    best = max(signs, key=signs.__getitem__)
    return named if named and signs[best] < _FAR_AHEAD * max(signs[named], 1) else best


def _high(text: str) -> int:
    """How many characters are beyond ASCII."""
    return len(text) - len(text.encode("ascii", "ignore"))


def _looks_latin(body: bytes, charset: str) -> bool:
    """Whether the bytes are of a Latin alphabet, which servers announce unasked."""
    runs = _HIGH_RUN.findall(body)
    if sum(map(len, runs)) > _LATIN_RUN * len(runs):
        return False
    if charset in ("cp1250", "iso8859-2"):
        return _by_alphabet(body, charset) in (None, charset)
    if charset != "cp1252":
        return True
    return not _has_signs_in_words(body) and _by_alphabet(body) in (None, charset)


def _by_alphabet(body: bytes, named: str = _OF_LATIN[0]) -> str | None:
    """The charset in which a text has the letters of its language, if its words tell which that is.

    The one that is named, if no other is better.
    """
    sample = _sample(body)
    text = to_unicode(sample, "cp1252")
    spoken = [_ALPHABETS.get(language, "") for language in likely_latin(text)]
    if not any(spoken):
        return None
    # A sign may stand there by chance, and a letter of the less likely language, too.
    worth = dict.fromkeys(_PUNCTUATION, 0.8)
    for value, letters in reversed([*zip((1.0, 0.9), spoken, strict=False)]):
        worth |= dict.fromkeys(letters + letters.upper(), value)
    high = sum(map(len, _HIGH_RUN.findall(sample)))
    found = {
        name: [worth[c] for c in to_unicode(sample, name) if c in worth]
        for name in dict.fromkeys((named, *_OF_LATIN))
    }
    best = max(found, key=lambda name: sum(found[name]))
    return best if len(found[best]) >= _IN_ALPHABET * high else None


def _once(text: str, body: bytes) -> str:
    """A text whose UTF-8 was taken for Windows-1252 and written as UTF-8 again, as it was before."""
    # What begins a letter there is two bytes in the body, of which this is the first.
    begins = body.count(b"\xc3")
    if begins < _FEWEST_TWICE or begins < _high(text) // 4:
        return text
    pieces = _TWICE.findall(text)
    if len(pieces) < _FEWEST_TWICE or sum(map(len, pieces)) < _MOSTLY * _high(text):
        return text
    return _TWICE.sub(lambda piece: _bytes_of(piece[0]).decode(errors="replace"), text)


def _bytes_of(text: str) -> bytes:
    return bytes(map(_BYTE_OF.__getitem__, text))


def _sample(body: bytes) -> bytes:
    """What stands between tags and is not ASCII alone, as much as tells a charset."""
    runs = (run for run in _BETWEEN_TAGS.findall(body) if not run.isascii())
    sample = b" ".join(b" ".join(runs).split())
    # Cut at a blank, which is no second byte of anything.
    return sample[:_SAMPLE].rpartition(b" ")[0] or sample[:_SAMPLE]


def _guess(body: bytes) -> str:
    runs = _HIGH_RUN.findall(body)
    is_latin = sum(map(len, runs)) <= _LATIN_RUN * len(runs)
    if is_latin and (charset := _by_alphabet(body)):
        return charset
    sample = _sample(body)
    found = from_bytes(sample, steps=4, chunk_size=2048, cp_isolation=_UNDECLARED)
    best = found.best()
    if best is None:
        central = "iso8859_2" if _has_signs_in_words(body) else "cp1252"
        return central if is_latin else _cyrillic(body, central)
    if best.encoding in _GREEK:
        return _greek(body)
    if best.encoding == "koi8_r" and len(_UKRAINIAN.findall(sample)) >= _SIGNS_IN_WORDS:
        return "koi8_u"
    # Western and central Europe share most letters, and the west is far more common.
    western = next((match for match in found if "cp1252" in match.could_be_from_charset), None)
    if western is None or _has_signs_in_words(body) or western.chaos > best.chaos:
        return best.encoding
    return "cp1252" if western.coherence >= best.coherence - _NEAR else best.encoding


def _has_signs_in_words(body: bytes) -> bool:
    return len(_SIGN_IN_WORD.findall(body)) >= _SIGNS_IN_WORDS


def _broken(raw: bytes) -> int:
    """How many characters of a text in UTF-8 are none."""
    controls = len(raw) - len(raw.translate(None, _BROKEN_BYTES))
    return controls + sum(len(pattern.findall(raw)) for pattern in _BROKEN_CHARACTERS)
