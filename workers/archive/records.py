"""A page as a record of WARC 1.1, and back again. Pure, but for the record's random name."""

import hashlib
import zlib
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import quote

from isal import isal_zlib
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.outcome import Outcome
from crawler.page import Page
from workers.archive.kept import Original

_VERSION = "1.1"
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_WANTED = ("response", "revisit")
_GZIP = zlib.MAX_WBITS | 16


class NotOurs(ValueError):
    """A record that holds no page of this service, or is damaged; the message says why."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page with what is told of it in the archive."""

    page: Page
    source: str
    outcome: Outcome
    """What it was about to end as when it was archived."""
    text: str | None
    """The id of the text that was read from it then; None where none was."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a scan over an archive learns of a record without its page."""

    kind: str
    """`response`, `revisit`, or what else there is."""
    url: str
    requested: str
    source: str
    fetched: datetime
    outcome: str
    text: str | None


def digest_of(body: bytes) -> str:
    """A payload's digest as web archives write it; nothing secret rests on it."""
    return f"sha1:{b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()}"


def original_of(page: Page) -> Original:
    """What later records of the same payload refer to."""
    return Original(digest_of(page.body), _date(page.fetched), _uri(page.url))


def warcinfo(filename: str, about: Mapping[str, str]) -> bytes:
    """The record that opens a file."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=False, warc_version=_VERSION)
    writer.write_record(writer.create_warcinfo_record(filename, dict(about)))
    return _stored(out.getvalue())


def response(fetched: Fetched) -> bytes:
    """A whole page."""
    page = fetched.page
    out = BytesIO()
    writer = WARCWriter(out, gzip=False, warc_version=_VERSION)
    record = writer.create_warc_record(
        _uri(page.url),
        "response",
        payload=BytesIO(page.body),
        length=len(page.body),
        warc_headers_dict=_fields(fetched),
        http_headers=_http_head(page),
    )
    writer.write_record(record)
    return _stored(out.getvalue()) if page.content_encoding else _packed(out.getvalue())


def revisit(fetched: Fetched, original: Original) -> bytes:
    """A page whose body is that of an earlier record."""
    page = fetched.page
    out = BytesIO()
    writer = WARCWriter(out, gzip=False, warc_version=_VERSION)
    record = writer.create_revisit_record(
        _uri(page.url),
        original.digest,
        original.url,
        original.date,
        http_headers=_http_head(page),
        warc_headers_dict=_fields(fetched),
    )
    writer.write_record(record)
    return _stored(out.getvalue())


def head_of(record: bytes) -> Head:
    """What a record is about, by its own head alone. Raises `NotOurs`."""
    return _head(_fields_of(record.partition(b"\r\n\r\n")[0]))


def fetched_of(record: bytes) -> Fetched:
    """The inverse of `response`. Raises `NotOurs`."""
    try:
        found = next(iter(ArchiveIterator(BytesIO(record), no_record_parse=True)))
        block = found.content_stream().read()
    except (StopIteration, ArchiveLoadFailed, EOFError, ValueError) as error:
        raise NotOurs(f"no record: {error}") from None
    head = _head(dict(found.rec_headers.headers))
    if head.kind != "response":
        raise NotOurs(f"a {head.kind}")
    if len(block) != found.length:
        raise NotOurs("cut off")
    try:
        return Fetched(_page(head, block), head.source, Outcome(head.outcome), head.text)
    except ValueError as error:
        raise NotOurs(str(error)) from None


def _fields(fetched: Fetched) -> dict[str, str]:
    """Named fields of our own are passed over by whoever does not know them."""
    page = fetched.page
    fields = {
        "WARC-Date": _date(page.fetched),
        "Copydesk-Source": fetched.source,
        "Copydesk-Requested": _uri(page.requested),
        "Copydesk-Outcome": fetched.outcome.value,
    }
    return fields | ({"Copydesk-Text": fetched.text} if fetched.text else {})


def _fields_of(head: bytes) -> dict[str, str]:
    version, _, lines = head.decode("utf-8", "replace").partition("\r\n")
    if not version.startswith("WARC/"):
        raise NotOurs("no record of a WARC file")
    pairs = (line.partition(": ") for line in lines.split("\r\n"))
    return {name: value for name, _, value in pairs}


def _head(fields: Mapping[str, str]) -> Head:
    kind = fields.get("WARC-Type", "")
    if kind not in _WANTED:
        raise NotOurs(f"a {kind}")
    try:
        return Head(
            kind=kind,
            url=fields["WARC-Target-URI"],
            requested=fields["Copydesk-Requested"],
            source=fields["Copydesk-Source"],
            fetched=datetime.fromisoformat(fields["WARC-Date"]),
            outcome=fields["Copydesk-Outcome"],
            text=fields.get("Copydesk-Text"),
        )
    except (KeyError, ValueError) as error:
        raise NotOurs(f"not written by this service: {error}") from None


def _page(head: Head, block: bytes) -> Page:
    http, separator, body = block.partition(b"\r\n\r\n")
    if not separator:
        raise NotOurs("no head of HTTP")
    status, *lines = http.decode("latin-1").split("\r\n")
    headers = {name: value for name, _, value in (line.partition(": ") for line in lines)}
    return Page(
        url=head.url,
        requested=head.requested,
        status=int(status.split(" ")[1]),
        fetched=head.fetched,
        content_type=headers.get("Content-Type", ""),
        content_encoding=headers.get("Content-Encoding", ""),
        body=body,
    )


class _HttpHead(StatusAndHeaders):
    """A head whose values stay the bytes that they were: the library would escape some of them."""

    def compute_headers_buffer(self, header_filter: Any = None) -> None:
        self.headers_buff = self.to_str(header_filter).encode("latin-1", "replace") + b"\r\n"


def _http_head(page: Page) -> StatusAndHeaders:
    named = (("Content-Type", page.content_type), ("Content-Encoding", page.content_encoding))
    headers = [(name, _one_line(value)) for name, value in named if value]
    try:
        phrase = HTTPStatus(page.status).phrase
    except ValueError:
        phrase = "Unknown"
    return _HttpHead(f"{page.status} {phrase}", headers, protocol="HTTP/1.1")


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


def _uri(url: str) -> str:
    """The address without anything that could end its line; one as it is printed stays as it is."""
    return quote(url, safe=_PRINTABLE)


def _date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _stored(record: bytes) -> bytes:
    """A member of gzip that packs nothing: what came packed is not packed again."""
    packer = zlib.compressobj(0, zlib.DEFLATED, _GZIP)
    return packer.compress(record) + packer.flush()


def _packed(record: bytes) -> bytes:
    """A member of gzip, packed at a quarter of the time that zlib's own quickest way takes."""
    packer = isal_zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    return bytes(packer.compress(record) + packer.flush())
