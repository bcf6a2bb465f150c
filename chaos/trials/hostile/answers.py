"""Answers that are hostile before there is anything to read: headers, lengths, redirects, time."""

import itertools

from chaos.trials.hostile.kind import Kind, Scale, Talk, article, head, page, spoken, story

_PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
_LINE = "failed connection"
_SLOW = "failed timed-out"
_MEGABYTE = 2**20


def answers(scale: Scale) -> list[Kind]:
    """All kinds of this module."""
    return [
        *_slow(),
        *_headers(scale),
        *_lengths(scale),
        *_redirects(scale),
        *_statuses(scale),
        *_types(),
    ]


def _slow() -> list[Kind]:
    def dripped(first: bytes) -> Talk:
        yield first
        for byte in itertools.cycle(b"<p>slow "):
            yield 1.0
            yield bytes([byte])

    def silent(_path: str) -> Talk:
        for _ in itertools.count():
            yield 1.0

    def chunks(_path: str) -> Talk:
        yield _PLAIN + b"Transfer-Encoding: chunked\r\n\r\n"
        for _ in itertools.count():
            yield 0.5
            yield b"4\r\n<p>x\r\n"

    return [
        spoken("drip-of-a-body", "a byte a second", _SLOW, lambda _: dripped(_PLAIN + b"\r\n")),
        spoken("drip-of-a-head", "a byte of the head a second", _SLOW, lambda _: dripped(b"HTTP/1.1 200 OK\r\nX: ")),
        spoken("silence", "takes the question, and says nothing", _SLOW, silent),
        spoken("chunks-for-ever", "a piece at a time, for ever", _SLOW, chunks),
        spoken("pages-behind-silence", "a whole page, and a line that stays open", _SLOW,
               lambda _: itertools.chain([_PLAIN + b"\r\n" + b"<p>x</p>" * 50], silent(""))),
    ]  # fmt: skip


def _article(name: str) -> bytes:
    return article(story(name)).encode()


def _headers(scale: Scale) -> list[Kind]:
    def flooded(name: str, why: str, ends: str, lines: bytes) -> Kind:
        body = _article(name)
        length = b"Content-Length: %d\r\n" % len(body)
        return spoken(name, why, ends, lambda _: iter([_PLAIN + length + lines + b"\r\n" + body]))

    def for_ever(first: bytes, line: bytes) -> Talk:
        yield first
        yield from itertools.repeat(line * 500)

    return [
        spoken("head-without-end", "headers for as long as one listens", _LINE,
               lambda _: for_ever(_PLAIN, b"X-Header: and so on, and so on\r\n")),
        spoken("header-without-end", "one header, folded for ever", _LINE, lambda _: for_ever(_PLAIN + b"X: a\r\n", b" folded\r\n")),
        spoken("line-without-end", "a line for as long as one listens", _LINE, lambda _: for_ever(_PLAIN + b"X: ", b"x" * 40)),
        spoken("continue-for-ever", "go on, go on, go on", _LINE, lambda _: for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
        spoken("early-hints-for-ever", "hints without an answer", _LINE,
               lambda _: for_ever(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")),
        flooded("header-of-1-mb", "a header of a megabyte", _LINE, b"X: " + b"x" * scale.of(_MEGABYTE, 100_000) + b"\r\n"),
        flooded("headers-10000", "ten thousand headers", "new", b"".join(b"X-%d: y\r\n" % n for n in range(10_000))),
        flooded("cookies", "cookies by the thousand", "new", b"Set-Cookie: a=b; Path=/\r\n" * 10_000),
        flooded("headers-folded", "headers over several lines", "new", b"X: a\r\n\tb\r\n c\r\n" * 20),
        flooded("headers-without-colon", "lines that are no headers", "new", b"what is this\r\n" * 20),
        flooded("headers-with-controls", "headers that command the terminal", "new|" + _LINE,
                b"X\x1b[31m: \x1b]0;owned\x07\x00\xff\r\nContent-Language: \x9b2J\r\n"),
        flooded("encodings-contradict", "one header, said twice", "rejected corrupt|rejected unknown-coding|new",
                b"Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"),
    ]  # fmt: skip


def _lengths(scale: Scale) -> list[Kind]:
    def measured(name: str, why: str, ends: str, headers: str, body: bytes | None = None) -> Kind:
        told = _article(name) if body is None else body
        length = headers.format(more=len(told) + 9999, less=400)
        return spoken(
            name, why, ends, lambda _: iter([_PLAIN + length.encode() + b"\r\n\r\n" + told])
        )

    def endless(_path: str) -> Talk:
        yield _PLAIN + b"\r\n"
        yield from itertools.repeat(b"<p>and so on, and so on</p>" * 400)

    def chunked(_path: str) -> Talk:
        yield _PLAIN + b"Transfer-Encoding: chunked\r\n\r\n"
        yield from itertools.repeat(b"1000\r\n" + b"<p>x" * 1024 + b"\r\n")

    chunk = "Transfer-Encoding: chunked"
    return [
        spoken("body-without-end", "a body for as long as one listens", "rejected too-large", endless),
        spoken("chunks-without-end", "pieces for as long as one listens", "rejected too-large", chunked),
        measured("length-too-long", "announces more than comes", "rejected cut-off", "Content-Length: {more}"),
        measured("length-too-short", "more comes than was announced", "new|rejected too-short|rejected no-text", "Content-Length: {less}"),
        measured("length-negative", "less than nothing", f"{_LINE}|rejected bad-answer", "Content-Length: -1"),
        measured("length-no-number", "a length in words", f"{_LINE}|rejected bad-answer", "Content-Length: many"),
        measured("length-contradicts", "two lengths", f"{_LINE}|rejected bad-answer|rejected cut-off",
                 "Content-Length: 5\r\nContent-Length: {more}"),
        measured("length-of-an-exabyte", "announces an exabyte", "rejected too-large", "Content-Length: 1000000000000000000"),
        measured("chunk-of-an-exabyte", "a piece of an exabyte", "rejected cut-off|" + _LINE, chunk, b"FFFFFFFFFFFFFFFF\r\n<p>x"),
        measured("chunk-negative", "a piece of less than nothing", "rejected cut-off|" + _LINE, chunk, b"-5\r\n<p>x\r\n"),
        measured("chunk-extension", "a piece with a megabyte of remarks", "rejected cut-off|" + _LINE, chunk,
                 b"5;" + b"x" * scale.of(_MEGABYTE, 100_000) + b"\r\n<p>x\r\n0\r\n\r\n"),
        measured("coding-of-transfer", "a way of transfer that nobody knows", "new|rejected not-html|" + _LINE,
                 "Transfer-Encoding: gzip"),
    ]  # fmt: skip


def _redirects(scale: Scale) -> list[Kind]:
    def leading(location: str) -> Talk:
        yield head("302 Found", ("Location", location), ("Content-Length", "0"))

    def to(name: str, why: str, ends: str, location: str) -> Kind:
        return spoken(f"redirect-{name}", why, ends, lambda _: leading(location))

    loop = "rejected redirects"
    numbers = itertools.count()
    return [
        spoken("redirect-to-itself", "leads to itself", loop, leading),
        spoken("redirect-in-a-circle", "leads there and back", loop,
               lambda path: leading("/there" if path != "/there" else "/back")),
        spoken("redirect-ever-longer", "leads to itself, ever longer", loop + "|rejected http-302",
               lambda path: leading(path + "/and-on" * 20)),
        spoken("redirect-ever-new", "leads on, for ever", loop, lambda _: leading(f"/news/{next(numbers)}")),
        to("of-1-mb", "leads to an address of a megabyte", _LINE, "/" + "a" * scale.of(_MEGABYTE, 100_000)),
        to("of-15-kb", "leads to an address that is just read", loop + "|rejected http-302", "/" + "a" * 15_000),
        to("to-a-file", "leads to a file", "rejected scheme|rejected http-302|rejected other-host|rejected refused-address", "file:///etc/passwd"),
        to("to-a-script", "leads to a script", "rejected no-address", "javascript:alert(1)"),
        to("to-metadata", "leads to where clouds keep keys", "rejected other-host", "http://169.254.169.254/latest/"),
        to("with-controls", "leads to an address that commands the terminal",
           "gone http-404|rejected http-302|rejected redirects|rejected other-host", "/x\x1b[31m\x9b\u202e%0d%0aSet-Cookie:x"),
        to("of-nothing", "leads nowhere", "rejected http-302|" + loop, ""),
        to("to-no-address", "leads to what is no address", "rejected no-address", "http://[::"),
    ]  # fmt: skip


def _statuses(scale: Scale) -> list[Kind]:
    def said(name: str, why: str, ends: str, first: str, body: bytes = b"") -> Kind:
        return spoken(name, why, ends, lambda _: iter([first.encode("latin-1") + body]))

    closed = "\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    return [
        page("status-200-empty", "well, and nothing there", "rejected empty", lambda _: b""),
        page("status-204", "nothing, and says so", "rejected empty", lambda _: b"", status="204 No Content"),
        page("status-206", "a part that nobody asked for", "new", article, status="206 Partial Content"),
        page("status-304", "as before, said to who was never there", "rejected empty|rejected http-304", lambda _: b"", status="304 Not Modified"),
        page("status-999", "a number that is none", "rejected http-999|failed http-999", article, status="999 Denied"),
        page("status-402", "wants money", "rejected http-402", article, status="402 Payment Required"),
        said("status-101", "wants to speak something else", _LINE + "|rejected http-101|" + _SLOW,
             "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        said("status-of-words", "a status in words", _LINE, "HTTP/1.1 OK" + closed),
        said("status-of-another-protocol", "another protocol", _LINE, "SSH-2.0-OpenSSH_9.9\r\n"),
        said("status-with-controls", "a phrase that commands the terminal", "rejected http-418",
             "HTTP/1.1 418 \x1b[31mred\x9b2J\x07" + closed),
        said("http-0-9", "a page without a head", _LINE, "", _article("http-0-9")),
        said("version-absurd", "a version that is none", "new|" + _LINE, "HTTP/99.99 200 OK" + closed, _article("version-absurd")),
        said("closed-at-once", "hangs up", _LINE, ""),
        page("retry-after-absurd", "come back in a million years", "gone http-410", lambda _: b"", status="410 Gone\r\nRetry-After: 1e999"),
    ]  # fmt: skip


def _types() -> list[Kind]:
    none = "rejected not-html"
    return [
        page("html-as-image", "a page that says it is a picture", none, article, content_type="image/png"),
        page("type-with-controls", "a type that commands the terminal", none, article, content_type="x/\x1b[31m\x9b2J\u202e"),
        page("type-of-10-kb", "a type of ten kilobytes", none + "|" + _LINE, article, content_type="x/" + "y" * 10_000),
        page("pdf-as-html", "a PDF that says it is a page", none, lambda s: b"%PDF-1.7\n" + article(s).encode()),
        page("image-as-html", "a picture that says it is a page", none, lambda s: b"\x89PNG\r\n\x1a\n" + article(s).encode()),
        page("json-as-html", "data that says it is a page", none, lambda _: b'{"a": "' + b"b" * 5000 + b'"}'),
        page("xml-as-html", "a feed that says it is a page", none, lambda _: b"<?xml version='1.0'?><rss><channel/></rss>"),
        page("program-as-html", "a program that says it is a page", none, lambda _: b"\x7fELF" + bytes(5000)),
        page("text-as-html", "a text without an element", none, lambda s: "\n".join(s.paragraphs)),
    ]  # fmt: skip
