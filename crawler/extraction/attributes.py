"""Whether an element has more attributes than the parser gets through in time.

It compares each attribute with all before it: 20,000 take .7 s, 80,000 take 28 s.
"""

import re

MOST_ATTRIBUTES = 2_000
"""Of one element; real ones have a few dozen."""

_VALUE = r"""(?:"[^"]*+"|'[^']*+'|[^\s>]*+)"""
# As a browser reads them: any character but these three begins a name, a slash parts two.
_PLAIN = r'\s++[\w-]++="[^"]*+"'
_ANY = rf"[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+{_VALUE})?+"
_TAG = rf"[A-Za-z][^\s/>]*+(?:>|(?:{_PLAIN}|{_ANY}){{0,{MOST_ATTRIBUTES}}}+[\s/]*+(?:>|\Z))"
# Every quantifier is possessive, and what was read is never read again: the time is linear.
_ALLOWED = re.compile(rf"[^<]*+(?:<(?:(?![A-Za-z])|{_TAG})[^<]*+)*+".encode())


def has_too_many_attributes(raw: bytes) -> bool:
    """Whether some element of an HTML text, in UTF-8, has more than 2,000."""
    read = _ALLOWED.match(raw)
    return read is None or read.end() < len(raw)
