"""Words and shingles: what two texts are compared by.

A shingle is three words in a row. Scripts that put no spaces between words give their characters
instead, each with the vowels and marks that belong to it: measured on news, three characters of
Chinese tell two texts apart as well as three words of English do.
"""

import re
import unicodedata
from functools import lru_cache

from crawler.document import normalise_for_id

WIDTH = 3
"""Words in a shingle."""

# A mark is no `\w`, but it parts no word either: think of the vowel signs of Hindi.
_MARKS = "".join(c for c in map(chr, range(0x300, 0xFE00)) if unicodedata.category(c)[0] == "M")
# Apart from the letters, for to look for both at once takes five times as long.
_WORD = re.compile(rf"\w+(?:[{_MARKS}]+\w*)*")
_ASCII_WORD = re.compile("[a-z0-9]+")  # of a text in lower case

# Thai, Lao, Burmese, Khmer, kana and Han. Korean has spaces.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f\u1780-\u17ff"
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# Vowels of Thai and Lao that are letters by themselves, written before or after their consonant.
_LEADING = "\u0e40-\u0e44\u0ec0-\u0ec4"
_FOLLOWING = "\u0e30\u0e32\u0e45\u0eb0\u0eb2"
_TOKEN = re.compile(rf"\w[\w{_MARKS}]*|[ \t]+|\s|[^\w\s][{_MARKS}]*")
_ANY_UNSPACED = re.compile(f"[{_UNSPACED}]")
_PART = re.compile(f"[{_LEADING}]?[{_UNSPACED}][{_MARKS}{_FOLLOWING}]*|[^{_UNSPACED}]+")

# What one site writes and another leaves out: soft hyphens, joiners and marks of direction,
# variation selectors, the points of Hebrew and Arabic, the strokes that stretch Arabic lines.
_OPTIONAL = re.compile(
    "[\u00ad\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670"
    "\u200b-\u200f\u2060\ufe00-\ufe0f]"
)
# One letter that Arabic and Persian keyboards write as two, and digits of other scripts.
_SAME = str.maketrans("يىك", "ییک") | {
    point: str(unicodedata.digit(chr(point)))
    for point in range(0x660, 0x1820)
    if unicodedata.category(chr(point)) == "Nd"
}
_ANY_SAME = re.compile(f"[{''.join(map(chr, _SAME))}]")


def words(body: str) -> list[str]:
    """The words of a text in order, the same whatever its case, typography and punctuation."""
    text = normalise_for_id(body)
    if text.isascii():
        return _ASCII_WORD.findall(text)
    text = _OPTIONAL.sub("", text)
    text = text.replace("_", " ").replace("ё", "е")  # Russian prints the dots or leaves them out
    if _ANY_SAME.search(text):
        text = text.translate(_SAME)
    found = _WORD.findall(text)
    if _ANY_UNSPACED.search(text):
        return [part for word in found for part in _PART.findall(word)]
    return found


def tokens(text: str) -> list[str]:
    """A text cut into words, blanks and signs, in order; joined again, they are the text."""
    return [part for word in _TOKEN.findall(text) for part in _PART.findall(word)]


@lru_cache(maxsize=4)
def shingles_of(body: str) -> list[str]:
    """The shingles of a text; a text is signed first, and then compared with several others.

    Whoever gets them leaves them as they are.
    """
    return shingles(words(body))


def shingles(words: list[str]) -> list[str]:
    """Every three words in a row, in order; of a shorter text the whole, so there is always one."""
    if len(words) < WIDTH:
        return [" ".join(words)]
    return list(map(" ".join, zip(words, words[1:], words[2:], strict=False)))
