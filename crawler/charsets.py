"""Which of Python's codecs are charsets: a page may name any of them."""

# By these no page is written; some take the square of its length.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape"})


def is_charset(codec: str) -> bool:
    """Whether a codec, by Python's own name for it, makes text of a page's bytes."""
    try:
        "".encode(codec)  # refused by codecs from bytes to bytes, such as `hex`
    except (LookupError, UnicodeError):
        return False
    return codec not in _NO_CHARSETS
