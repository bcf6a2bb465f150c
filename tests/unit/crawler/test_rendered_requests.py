"""What a page in the browser gets, request by request; and what the proxy reads of one."""

from collections.abc import Callable
from typing import Any

import pytest

from crawler.address_guard import Permission
from crawler.rendering.gate import parse_head
from crawler.rendering.page import MOST_ASKED, MOST_REQUESTS, Requests, Ruling, Task

FRAME, URL = "F0", "https://news.example.org/story?page=1"


def task(
    allows: Callable[[str], bool] = lambda _: True, follows: Callable[[str], bool] = lambda _: True
) -> Task:
    nothing = Permission(frozenset(), allow_private=False)
    return Task(URL + "#top", (), b"", nothing, allows, follows, crawl=None)


def paused(
    kind: str, url: str, *, frame: str = FRAME, method: str = "GET", **headers: str
) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = {"url": url, "method": method, "headers": named}
    return {"resourceType": kind, "frameId": frame, "request": request}


def begun(of: Task | None = None) -> Requests:
    requests = Requests(of or task(), FRAME)
    assert requests.rule(paused("Document", URL), is_spent=False) is Ruling.FEED
    return requests


@pytest.mark.parametrize("kind", ["Script", "XHR", "Fetch", "Stylesheet", "Preflight"])
def test_what_makes_text_is_sent(kind: str) -> None:
    request = paused(kind, "https://cdn.example.net/a", method="POST", Accept="*/*")
    assert begun().rule(request, is_spent=False) is Ruling.SEND


@pytest.mark.parametrize(
    "kind",
    ["Image", "Media", "Font", "Ping", "Prefetch", "Manifest", "TextTrack", "EventSource",
     "Other", "SignedExchange", "CSPViolationReport", "WebSocket", "SomethingNew"],
)  # fmt: skip
def test_what_makes_none_is_not(kind: str) -> None:
    request = paused(kind, "https://news.example.org/a")
    assert begun().rule(request, is_spent=False) is Ruling.REFUSE


@pytest.mark.parametrize(
    "headers",
    [{"Service_Worker": "script"}, {"Sec_Purpose": "prefetch"}, {"purpose": "prefetch"},
     {"accept": "text/event-stream"}],
)  # fmt: skip
def test_what_is_for_later_or_never_ends_is_not(headers: dict[str, str]) -> None:
    request = paused("XHR", "https://news.example.org/a", **headers)
    assert begun().rule(request, is_spent=False) is Ruling.REFUSE


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/", "chrome://version/"])
def test_what_is_not_of_the_web_is_not(url: str) -> None:
    assert begun().rule(paused("Fetch", url), is_spent=False) is Ruling.REFUSE


def test_a_frame_within_the_page_is_not_loaded_even_before_the_page() -> None:
    requests = Requests(task(), FRAME)
    framed = paused("Document", URL, frame="F1")
    assert requests.rule(framed, is_spent=False) is Ruling.REFUSE
    assert requests.rule(paused("Document", URL), is_spent=False) is Ruling.FEED


@pytest.mark.parametrize(
    ("url", "method", "follows", "ruling"),
    [
        ("https://news.example.org/other", "GET", True, Ruling.MOVE),
        ("https://news.example.org/other", "GET", False, Ruling.STAY),
        ("https://news.example.org/other", "POST", True, Ruling.STAY),
        # It loads itself again.
        (URL, "GET", True, Ruling.STAY),
    ],
)
def test_where_a_page_leads(url: str, method: str, follows: bool, ruling: Ruling) -> None:
    requests = begun(task(follows=lambda _: follows))
    assert requests.rule(paused("Document", url, method=method), is_spent=False) is ruling


def test_robots_txt_the_bytes_and_a_number_set_limits() -> None:
    forbidden = begun(task(allows=lambda url: "private" not in url))
    assert forbidden.rule(paused("XHR", "https://a/private"), is_spent=False) is Ruling.REFUSE
    assert forbidden.rule(paused("XHR", "https://a/public"), is_spent=False) is Ruling.SEND
    assert forbidden.rule(paused("XHR", "https://a/public"), is_spent=True) is Ruling.REFUSE
    requests = begun()
    rulings = [
        requests.rule(paused("XHR", f"https://a/{number}"), is_spent=False)
        for number in range(MOST_ASKED)
    ]
    assert rulings.count(Ruling.SEND) == requests.sent == MOST_REQUESTS
    assert requests.is_too_much


def test_a_request_goes_on_without_what_was_said_to_the_proxy() -> None:
    head = (
        b"POST http://News.Example.org:8080/a?b=c HTTP/1.1\r\nHost: news.example.org:8080\r\n"
        b"Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\nConnection: keep-alive\r\n"
        b"Content-Length: 3\r\nX-Own: 1\r\n\r\n"
    )
    request = parse_head(head)
    assert (request.host, request.port) == ("news.example.org", 8080)
    assert (request.body_bytes, request.credentials) == (3, "eDp5")
    assert request.head == (
        b"POST /a?b=c HTTP/1.1\r\nHost: news.example.org:8080\r\nContent-Length: 3\r\nX-Own: 1\r\n"
        b"Connection: close\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("target", "host", "port"),
    [
        ("news.example.org:443", "news.example.org", 443),
        ("[2001:db8::1]:8443", "2001:db8::1", 8443),
        ("127.0.0.1:22", "127.0.0.1", 22),
    ],
)
def test_a_tunnel_is_asked_for_by_host_and_port(target: str, host: str, port: int) -> None:
    request = parse_head(f"CONNECT {target} HTTP/1.1\r\nHost: elsewhere\r\n\r\n".encode())
    assert (request.host, request.port, request.head) == (host, port, b"")


@pytest.mark.parametrize(
    "head",
    [
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET ftp://a/ HTTP/1.1\r\n\r\n",
        b"GET https://a/ HTTP/1.1\r\n\r\n",
        b"GET http:///a HTTP/1.1\r\n\r\n",
        b"GET http://a:b/ HTTP/1.1\r\n\r\n",
        b"GET http://a:70000/ HTTP/1.1\r\n\r\n",
        b"CONNECT a HTTP/1.1\r\n\r\n",
        b"CONNECT :443 HTTP/1.1\r\n\r\n",
        b"POST http://a/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST http://a/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST http://a/ HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ],
)
def test_what_is_no_request_to_a_proxy_is_answered_as_such(head: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - in many words
        parse_head(head)
