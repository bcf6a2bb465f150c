"""Blocks that recur on a source's pages, and a text without them: pure.

Whole blocks only, and word for word: what changes from page to page may be what the page has to say.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from crawler.document import normalise_for_id
from crawler.extraction.weight import weight

KEY_BYTES = 8

# What frames an article stands before it or behind it.
_FIRST, _LAST = 8, 16
# Longer blocks are a story's own, or a list of other stories that soon is another one.
_LONGEST = 1000
# Some sentences: a paragraph of background goes from one report on a story to the next.
_LONG = 240
# Less than this is no text of its own, be it ever so short a report.
_LEAST = 100
# Where a report comes from, alone in its block: `PARIS (AFP) -`.
_DATELINE = re.compile(
    r"(?:[^\W\d_a-z][\w.'’-]{0,30},? |[a-z]{1,3} ){1,5}\([^\W\d_a-z][\w./-]{1,14}\)\s*[-‐‑‒–—:]*"
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is taken out of the texts of a source; each number of a source stands for the same blocks for ever."""

    number: int = 0
    """0: nothing is."""
    blocks: Mapping[bytes, str] = field(default_factory=lambda: MappingProxyType({}))
    """A block by its key."""


NO_RULES = Rules()


def block_key(block: str) -> bytes:
    """First 8 bytes of SHA-256 over the block in the form of `normalise_for_id`."""
    return hashlib.sha256(normalise_for_id(block).encode()).digest()[:KEY_BYTES]


def is_long(block: str) -> bool:
    """Whether a block may be prose, and must be seen on more pages than others."""
    return weight(block) > _LONG


def framing_blocks(body: str) -> dict[bytes, str]:
    """The blocks that may frame this text, by their keys: short ones near its ends.

    A block that stands there twice belongs to the text, as a speaker's name in an interview does;
    so does a dateline.
    """
    blocks = body.split("\n\n")
    ends = blocks if len(blocks) <= _FIRST + _LAST else [*blocks[:_FIRST], *blocks[-_LAST:]]
    times = Counter(blocks)
    return {
        block_key(block): block
        for block in ends
        if len(block) <= _LONGEST and times[block] == 1 and not _DATELINE.fullmatch(block)
    }


def without_recurring(body: str, rules: Rules) -> str:
    """A body less the blocks that the rules name; as it is where too little would be left."""
    if not rules.blocks:
        return body
    blocks = body.split("\n\n")
    own = [b for b in blocks if len(b) > _LONGEST or block_key(b) not in rules.blocks]
    return "\n\n".join(own) if weight("".join(own)) >= _LEAST else body
