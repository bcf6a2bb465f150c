"""Compressed bodies: bombs, streams that are cut, codings that lie."""

import gzip
import struct
import zlib

import brotli
import zstandard

from chaos.trials.hostile.kind import Kind, Scale, article, page
from rig.stories import Story

_LARGE = "rejected too-large"
_MEGABYTE = 2**20


def packed(scale: Scale) -> list[Kind]:
    """All kinds of this module."""
    return [*_bombs(scale), *_cut_off(), *_lies(scale)]


def _bombs(scale: Scale) -> list[Kind]:
    size = scale.of(300, 8) * _MEGABYTE

    def zeros(_: Story) -> bytes:
        return bytes(size)

    def prose(story: Story) -> bytes:
        text = article(story).encode()
        return text * (size // len(text))

    return [
        page("gzip-bomb", "zeros packed a thousand times over", _LARGE,
             lambda s: gzip.compress(zeros(s), 6), coding="gzip"),
        page("gzip-bomb-of-prose", "a bomb that begins as an article", _LARGE,
             lambda s: gzip.compress(prose(s), 6), coding="gzip"),
        page("deflate-bomb", "the same in zlib's format", _LARGE,
             lambda s: zlib.compress(zeros(s)), coding="deflate"),
        page("raw-deflate-bomb", "the same without a frame", _LARGE,
             lambda s: _raw_deflate(zeros(s)), coding="deflate"),
        page("brotli-bomb", "a few hundred bytes become the whole", _LARGE,
             lambda s: brotli.compress(zeros(s), quality=3), coding="br"),
        page("zstd-bomb", "run-length blocks, 4 bytes for 128 kB", _LARGE,
             lambda s: zstandard.compress(zeros(s)), coding="zstd"),
        page("gzip-twice", "a bomb in a parcel", _LARGE,
             lambda s: gzip.compress(gzip.compress(zeros(s), 6)), coding="gzip, gzip"),
        page("brotli-in-gzip", "codings of two kinds", _LARGE,
             lambda s: gzip.compress(brotli.compress(zeros(s), quality=3)), coding="br, gzip"),
        page("zstd-in-brotli", "codings of two kinds", _LARGE,
             lambda s: brotli.compress(zstandard.compress(zeros(s))), coding="zstd, br"),
        page("gzip-members", "bombs in a row, a member each", _LARGE,
             lambda _: gzip.compress(bytes(2 * _MEGABYTE)) * 100, coding="gzip"),
    ]  # fmt: skip


def _cut_off() -> list[Kind]:
    def half(body: bytes) -> bytes:
        return body[: len(body) // 2]

    return [
        page("gzip-cut-off", "a stream without its end", "rejected cut-off",
             lambda s: half(gzip.compress(_text(s))), coding="gzip"),
        page("deflate-cut-off", "a stream without its end", "rejected cut-off",
             lambda s: half(zlib.compress(_text(s))), coding="deflate"),
        page("brotli-cut-off", "a stream without its end", "rejected cut-off",
             lambda s: half(brotli.compress(_text(s))), coding="br"),
        page("zstd-cut-off", "a stream without its end", "rejected cut-off",
             lambda s: half(zstandard.compress(_text(s))), coding="zstd"),
        page("gzip-corrupt", "a stream with bytes turned over", "rejected corrupt|rejected cut-off",
             lambda s: _turned(gzip.compress(_text(s))), coding="gzip"),
        page("gzip-and-noise", "noise behind a whole stream, which browsers pass over", "new",
             lambda s: gzip.compress(_text(s)) + b"\x00noise" * 9999, coding="gzip"),
    ]  # fmt: skip


def _lies(scale: Scale) -> list[Kind]:
    many = scale.of(100_000, 10_000)
    return [
        page("gzip-is-plain", "says gzip and is not", "rejected corrupt", _text, coding="gzip"),
        page("brotli-is-gzip", "says br and is gzip", "rejected corrupt|rejected cut-off",
             lambda s: gzip.compress(_text(s)), coding="br"),
        page("coding-unknown", "a coding that nobody asked for", "rejected unknown-coding",
             _text, coding="x-escape\x1b[31m"),
        page("codings-in-a-row", "more codings than have a use", "rejected unknown-coding",
             _text, coding=", ".join(["gzip"] * 1000)),
        page("empty-members", "each member copies what follows it", "rejected corrupt",
             lambda s: gzip.compress(b"") * many + gzip.compress(_text(s)), coding="gzip"),
        page("zstd-window", "wants a gigabyte to look back upon", "rejected corrupt",
             lambda s: _wide_zstd(_text(s)), coding="zstd"),
        page("zstd-empty-frames", "frames of nothing", "new|rejected corrupt|rejected cut-off",
             lambda s: zstandard.compress(b"") * many + zstandard.compress(_text(s)), coding="zstd"),
        page("gzip-name-without-end", "a file name as long as the file", "rejected cut-off",
             lambda _: b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * scale.of(4 * _MEGABYTE, 2**16), coding="gzip"),
        page("gzip-as-html", "packed, and says nothing of it", "rejected not-html",
             lambda s: gzip.compress(_text(s))),
        page("deflate-empty", "says deflate, and nothing comes", "rejected empty",
             lambda _: b"", coding="deflate"),
    ]  # fmt: skip


def _text(story: Story) -> bytes:
    return article(story).encode()


def _raw_deflate(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(body) + stream.flush()


def _turned(body: bytes) -> bytes:
    place = len(body) // 2
    return (
        body[:place] + bytes(byte ^ 0xFF for byte in body[place : place + 20]) + body[place + 20 :]
    )


def _wide_zstd(body: bytes) -> bytes:
    """A frame that declares a window of 1 GiB: magic, descriptor, window, one raw block, the last."""
    window = (30 - 10) << 3
    block = struct.pack("<I", len(body) << 3 | 1)[:3]
    return b"\x28\xb5\x2f\xfd" + bytes([0, window]) + block + body
