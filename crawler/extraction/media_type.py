"""Whether a body is HTML at all, by what its header says and by how it begins."""

import re

from crawler.page import Page

_HTML = frozenset({"text/html", "application/xhtml+xml"})
# Headers that say too little, or say it of everything.
_UNCERTAIN = frozenset(
    {"", "text/plain", "text/xml", "application/xml", "application/octet-stream"}
)
_MAGIC = (
    b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"PK\x03\x04", b"\x1f\x8b", b"ID3",
    b"OggS", b"\x00\x00\x00\x18ftyp", b"\x00\x00\x00\x20ftyp", b"wOFF", b"wOF2", b"{\\rtf", b"\xd0\xcf\x11\xe0",
    b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd", b"MZ", b"\x7fELF",
)  # fmt: skip
_COMMENT = re.compile(rb"<!--.*?-->|<\?xml[^>]*>", re.DOTALL)
_FEED = re.compile(rb"\s*<(rss|feed|rdf:RDF|urlset|sitemapindex|svg)\b")
_TAG = re.compile(
    rb"<(!doctype html|html|head|body|title|meta|link|script|style|article|main|section|div|table|"
    rb"p|h[1-6]|span|br|a)\b",
    re.IGNORECASE,
)
_HEAD = 65536


def not_html(page: Page) -> str | None:
    """What the body is instead of HTML, for a person; None where it is HTML."""
    declared = page.content_type.partition(";")[0].strip().lower()
    if declared not in _HTML | _UNCERTAIN:
        return declared[:80]
    # Every other byte of UTF-16 is zero.
    head = page.body[:_HEAD].replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf").lstrip()
    if page.body.startswith(_MAGIC):
        return f"a file that begins with {page.body[:8]!r}"
    if match := _FEED.match(_COMMENT.sub(b"", head[:4096])):
        return f"a document of {match[1].decode()}"
    if head.startswith((b"{", b"[")) and not _TAG.search(head[:1024]):
        return "JSON"
    return None if _TAG.search(head) else "no element of HTML in it"
