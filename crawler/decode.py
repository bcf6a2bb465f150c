"""A page's body as it was sent, unpacked: never much more memory than the limit allows."""

import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace

import brotli
import zstandard
from isal import isal_zlib

from crawler.page import Page

_STEP = 2**18
# One run-length block of zstandard makes 128 kB out of 4 bytes, so it is fed in small pieces.
_ZSTD_STEP = 64
# What RFC 9659 allows a zstandard content coding.
_ZSTD_WINDOW = 2**23
# Each member copies what follows it, so many empty ones would cost the square of their number.
_MEMBERS = 200
_CODINGS = 4
# The package's stubs take the class for an instance.
_DEFLATE_ERROR: type[Exception] = isal_zlib.error  # type: ignore[assignment]


class Undecodable(Exception):
    """A body that cannot be unpacked.

    `reason` is a constant word: `cut-off`, `corrupt`, `too-large` or `unknown-coding`; `detail`
    says what was seen, for a person.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


LIMIT = 5 * 2**20
"""Bytes of a body that are read at the most."""


def unpack(page: Page, limit: int = LIMIT) -> Page:
    """The page with its body decompressed, and no coding left. Raises `Undecodable`."""
    body = decompress(page.body, page.content_encoding, limit)
    return replace(page, body=body, content_encoding="")


def decompress(body: bytes, content_encoding: str, limit: int = LIMIT) -> bytes:
    """A body without its codings, at most `limit` bytes of it. Raises `Undecodable`.

    Codings are undone last one first.
    """
    for coding in reversed(_codings(content_encoding)):
        body = _gather(coding, body, limit)
    if len(body) > limit:
        raise Undecodable("too-large", f"{len(body)} bytes, allowed are {limit}")
    return body


def _codings(header: str) -> list[str]:
    names = [name.strip().lower() for name in header.split(",")]
    codings = [name for name in names if name not in ("", "identity")]
    if unknown := [name for name in codings if name not in _UNPACKERS]:
        raise Undecodable("unknown-coding", unknown[0][:40])
    if len(codings) > _CODINGS:
        raise Undecodable("unknown-coding", f"{len(codings)} codings in a row")
    return codings


def _gather(coding: str, body: bytes, limit: int) -> bytes:
    whole = bytearray()
    try:
        for chunk in _UNPACKERS[coding](body) if body else ():
            whole += chunk
            if len(whole) > limit:
                raise Undecodable("too-large", f"over {limit} bytes unpacked from {coding}")
    except (_DEFLATE_ERROR, brotli.error, zstandard.ZstdError) as error:
        raise Undecodable("corrupt", f"{coding}: {error}") from None
    return bytes(whole)


def _gzip(body: bytes) -> Iterator[bytes]:
    for _ in range(_MEMBERS):
        body = yield from _zlib_stream(body, zlib.MAX_WBITS | 16)
        # Anything else that follows a member is padding or noise, and browsers pass over it.
        if not body.startswith(b"\x1f\x8b"):
            return
    raise Undecodable("corrupt", f"over {_MEMBERS} gzip members")


def _deflate(body: bytes) -> Iterator[bytes]:
    # The standard means zlib's format, whose first two bytes are a multiple of 31; many servers
    # send the bare stream.
    framed = body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2]) % 31 == 0
    yield from _zlib_stream(body, zlib.MAX_WBITS if framed else -zlib.MAX_WBITS)


def _zlib_stream(body: bytes, window: int) -> Generator[bytes, None, bytes]:
    """Yield the pieces of one stream; the generator's value is what follows the stream."""
    stream = isal_zlib.decompressobj(window)
    while not stream.eof:
        chunk = stream.decompress(body, _STEP)
        body = stream.unconsumed_tail
        if not chunk and not stream.eof:
            raise Undecodable("cut-off", "the compressed stream ends early")
        yield chunk
    return stream.unused_data


def _brotli(body: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    while not stream.is_finished():
        chunk = stream.process(body, output_buffer_limit=_STEP)
        body = b""
        if not chunk and not stream.is_finished():
            raise Undecodable("cut-off", "the compressed stream ends early")
        yield chunk


def _zstd(body: bytes) -> Iterator[bytes]:
    maker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    frame = maker.decompressobj()
    for start in range(0, len(body), _ZSTD_STEP):
        piece = body[start : start + _ZSTD_STEP]
        while piece:
            if frame.eof:
                frame = maker.decompressobj()
            yield frame.decompress(piece)
            piece = frame.unused_data
    if not frame.eof:
        raise Undecodable("cut-off", "the compressed stream ends early")


_UNPACKERS: Mapping[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
