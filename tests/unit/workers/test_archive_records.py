"""Pages as WARC records, and back."""

import gzip
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord

from crawler.outcome import Outcome
from crawler.page import Page
from crawler.urls import printed_url
from workers.archive.kept import Original
from workers.archive.records import (
    Fetched,
    NotOurs,
    digest_of,
    fetched_of,
    head_of,
    original_of,
    response,
    revisit,
    warcinfo,
)

_URLS = st.builds(
    lambda path, query: printed_url(f"https://news.example/{path}?q={query}"),
    st.text(max_size=30),
    st.text(max_size=30),
).filter(bool)
_HEADERS = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40)
_TIMES = st.datetimes(timezones=st.just(UTC)).filter(lambda t: t.year >= 1000)
_PAGES = st.builds(
    Page,
    url=_URLS,
    requested=_URLS,
    status=st.integers(200, 599),
    fetched=_TIMES,
    content_type=_HEADERS,
    content_encoding=_HEADERS,
    body=st.binary(max_size=3000),
)
_FETCHED = st.builds(
    Fetched,
    page=_PAGES,
    source=st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True),
    outcome=st.sampled_from(Outcome),
    text=st.none() | st.from_regex(r"[0-9a-f]{16}", fullmatch=True),
)


def _fetched(body: bytes = b"<p>page</p>", **fields: object) -> Fetched:
    page = Page(
        url="https://news.example/a",
        requested="https://news.example/b",
        status=200,
        fetched=datetime(2026, 11, 27, 12, 0, 0, 123456, tzinfo=UTC),
        content_type="text/html",
        content_encoding="",
        body=body,
    )
    return Fetched(page, "gazette", Outcome.NEW, "b8cf8cd10981ff62")


def _records(data: bytes) -> list[ArcWarcRecord]:
    found = []
    for record in ArchiveIterator(BytesIO(data), check_digests="raise"):
        record.content_stream().read()
        found.append(record)
    return found


@given(_FETCHED)
def test_a_page_comes_back_from_its_record_as_it_was(fetched: Fetched) -> None:
    record = gzip.decompress(response(fetched))
    assert fetched_of(record) == fetched
    head = head_of(record)
    assert (head.kind, head.url, head.requested) == (
        "response",
        fetched.page.url,
        fetched.page.requested,
    )
    assert (head.source, head.fetched, head.outcome, head.text) == (
        fetched.source,
        fetched.page.fetched,
        fetched.outcome,
        fetched.text,
    )


@given(st.text(min_size=1, max_size=60), st.text(max_size=60))
def test_no_value_of_a_page_can_begin_a_line_of_its_own(url: str, header: str) -> None:
    fetched = _fetched()
    page = Page(url, url, 200, fetched.page.fetched, header, "", b"body")
    record = gzip.decompress(response(Fetched(page, "gazette", Outcome.REJECTED, None)))
    assert fetched_of(record).page.body == b"body"
    named = [line.partition(b":")[0] for line in record.partition(b"\r\n\r\n")[0].split(b"\r\n")]
    assert len(named) == len(set(named))


def test_the_library_itself_finds_what_was_written_in_order_and_whole() -> None:
    fetched = _fetched(gzip.compress(b"<p>page</p>"))
    original = original_of(fetched.page)
    info, whole, again = _records(
        warcinfo("a.warc.gz", {"software": "Copydesk"})
        + response(fetched)
        + revisit(fetched, original)
    )
    assert info.rec_type == "warcinfo"
    assert info.rec_headers.get_header("WARC-Filename") == "a.warc.gz"
    assert {r.rec_headers.protocol for r in (info, whole, again)} == {"WARC/1.1"}
    assert whole.rec_type == "response"
    assert whole.http_headers.get_statuscode() == "200"
    assert whole.http_headers.get_header("Content-Type") == "text/html"
    assert whole.rec_headers.get_header("WARC-Date") == "2026-11-27T12:00:00.123456Z"
    assert whole.rec_headers.get_header("WARC-Payload-Digest") == digest_of(fetched.page.body)
    assert again.rec_type == "revisit"
    assert again.rec_headers.get_header("WARC-Profile").endswith(
        "1.1/revisit/identical-payload-digest"
    )
    for named, same in (("Refers-To-Date", "Date"), ("Refers-To-Target-URI", "Target-URI")):
        assert again.rec_headers.get_header(f"WARC-{named}") == whole.rec_headers.get_header(
            f"WARC-{same}"
        )
    assert again.rec_headers.get_header("WARC-Payload-Digest") == original.digest


def test_what_came_packed_is_not_packed_again_and_what_came_plain_is() -> None:
    plain = _fetched(b"<p>the same words</p>" * 5000)
    packed = Fetched(
        Page(**{**_dict(plain.page), "content_encoding": "gzip", "body": gzip.compress(b"x" * 9)}),
        "gazette",
        Outcome.NEW,
        None,
    )
    assert len(response(plain)) < len(plain.page.body) / 10
    assert packed.page.body in response(packed)


def _dict(page: Page) -> dict[str, object]:
    return {name: getattr(page, name) for name in Page.__slots__}


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"junk",
        b"WARC/1.1\r\nWARC-Type: response\r\n\r\n",
        b"WARC/1.1\r\nWARC-Type: request\r\n\r\n",
        b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/\r\n\r\n",
    ],
)
def test_what_others_wrote_is_named_and_nothing_worse(record: bytes) -> None:
    with pytest.raises(NotOurs):
        head_of(record)
    with pytest.raises(NotOurs):
        fetched_of(record)


def test_every_cut_of_a_record_is_noticed() -> None:
    record = gzip.decompress(response(_fetched()))
    whole = record.removesuffix(b"\r\n\r\n")
    for end in range(0, len(whole), 7):
        with pytest.raises(NotOurs):
            fetched_of(whole[:end])


@given(_PAGES)
def test_what_a_url_s_entry_keeps_of_a_record_can_be_read_again(page: Page) -> None:
    original = original_of(page)
    assert Original.of(original.to_text()) == original
    assert abs(original.moment - page.fetched) < timedelta(microseconds=1)
    assert Original.of("") is None
