"""The encoding of a listing, whatever it and its server say of it."""

import codecs
from collections.abc import Iterable, Iterator

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

from crawler.charsets import is_charset

STEP = 2**16


def decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """The text of the chunks; bytes that are none are replaced, and nothing is raised."""
    decoder = _decoder(encoding)
    return (decoder.decode(chunk) for chunk in chunks)


def in_steps(body: bytes) -> Iterator[bytes]:
    """The body in pieces of 64 KiB, so that a reader can stop before its end."""
    return (body[start : start + STEP] for start in range(0, len(body), STEP))


def encoding_of(sample: bytes, content_type: str = "") -> str:
    """Python's name of an encoding.

    In this order: the byte-order mark; UTF-8 where that holds, since nothing else looks like it;
    the header; the page's own declaration.
    """
    marked, _ = read_bom(sample)
    if marked:
        return marked
    if not sample.isascii() and _is_utf8(sample):
        return "utf-8"
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(sample)
    if declared and declared.startswith(("utf-16", "utf-32")):
        return _wide(declared, sample)
    return declared or "cp1252"


def _wide(declared: str, sample: bytes) -> str:
    """What a declaration of several bytes a character means where no mark confirms it."""
    if b"\0" not in sample:
        return "utf-8"
    return declared if declared.endswith(("le", "be")) else f"{declared}-le"


def _is_utf8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # may end within a character
    except UnicodeDecodeError:
        return False
    return True


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder(encoding if is_charset(encoding) else "cp1252")("replace")
