import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from crawler.decode import Undecodable, unpack
from crawler.page import Page


def page(body: bytes, coding: str) -> Page:
    return Page(
        url="https://example.org/a",
        requested="https://example.org/a",
        status=200,
        fetched=datetime(2026, 11, 21, tzinfo=UTC),
        content_type="text/html",
        content_encoding=coding,
        body=body,
    )


def raw_deflate(body: bytes) -> bytes:
    return zlib.compress(body, wbits=-zlib.MAX_WBITS)


def streamed_zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_content_size=False).compress(body)


PACKERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("zstd", zstandard.compress),
    ("zstd", streamed_zstd),
]
each_packer = pytest.mark.parametrize(("coding", "pack"), PACKERS)


@each_packer
@given(body=st.binary(max_size=5000))
def test_what_was_packed_is_unpacked(
    coding: str, pack: Callable[[bytes], bytes], body: bytes
) -> None:
    found = unpack(page(pack(body), coding.upper()))
    assert (found.body, found.content_encoding) == (body, "")


def test_codings_are_undone_in_reverse() -> None:
    body = brotli.compress(gzip.compress(b"text " * 50))
    assert unpack(page(body, "gzip, identity, br")).body == b"text " * 50


@pytest.mark.parametrize("member", [gzip.compress, zstandard.compress])
def test_members_in_a_row_are_one_body(member: Callable[[bytes], bytes]) -> None:
    coding = "gzip" if member is gzip.compress else "zstd"
    assert unpack(page(member(b"one ") + member(b"two"), coding)).body == b"one two"


def test_padding_behind_a_gzip_member_is_passed_over() -> None:
    assert unpack(page(gzip.compress(b"one") + b"\0" * 9, "gzip")).body == b"one"


@pytest.mark.parametrize("coding", ["", "identity", "gzip", "br", "zstd"])
def test_an_empty_body_stays_empty(coding: str) -> None:
    assert unpack(page(b"", coding)).body == b""


@each_packer
def test_a_body_cut_off_is_undecodable(coding: str, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(bytes(range(256)) * 400)
    for length in (len(packed) // 2, len(packed) - 1):
        with pytest.raises(Undecodable) as raised:
            unpack(page(packed[:length], coding))
        assert raised.value.reason in {"cut-off", "corrupt"}


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_noise_is_undecodable(coding: str) -> None:
    with pytest.raises(Undecodable):
        unpack(page(b"\x07<html>\xff\xfe not packed at all" * 9, coding))


@pytest.mark.parametrize("header", ["snappy", "gzip, rot13", ", ".join(["gzip"] * 9)])
def test_an_unknown_coding_is_named(header: str) -> None:
    with pytest.raises(Undecodable) as raised:
        unpack(page(b"x", header))
    assert raised.value.reason == "unknown-coding"


@each_packer
def test_a_bomb_takes_little_more_memory_than_the_limit(
    coding: str, pack: Callable[[bytes], bytes]
) -> None:
    limit = 2**20
    bomb = page(pack(bytes(50 * limit)), coding)
    tracemalloc.start()
    try:
        with pytest.raises(Undecodable) as raised:
            unpack(bomb, limit)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert raised.value.reason == "too-large"
    assert peak < 5 * limit


def test_many_empty_members_are_no_way_to_stall() -> None:
    with pytest.raises(Undecodable) as raised:
        unpack(page(gzip.compress(b"") * 1000, "gzip"))
    assert raised.value.reason == "corrupt"


def test_the_limit_itself_is_allowed_and_one_byte_more_is_not() -> None:
    assert unpack(page(b"x" * 100, ""), limit=100).body == b"x" * 100
    with pytest.raises(Undecodable) as raised:
        unpack(page(b"x" * 101, ""), limit=100)
    assert raised.value.reason == "too-large"
