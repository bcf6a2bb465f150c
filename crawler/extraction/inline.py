"""Elements that stand within a line of text."""

STYLED = frozenset(
    {"abbr", "acronym", "b", "big", "cite", "code", "del", "em", "font", "i", "ins", "mark", "nobr",
     "q", "s", "small", "span", "strike", "strong", "sub", "sup", "time", "u"}
)  # fmt: skip
INLINE = STYLED | {"a", "br", "img", "wbr"}
