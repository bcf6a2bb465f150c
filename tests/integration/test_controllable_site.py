"""The site that other tests lean on does what it is told."""

import http.client
import threading
from collections.abc import Callable
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from rig.site import Reply, Site
from rig.stories import Story


def fetch(url: str, **headers: str) -> tuple[int, bytes]:
    try:
        with urlopen(Request(url, headers=headers), timeout=10) as response:
            return response.status, response.read()
    except HTTPError as error:
        return error.code, error.read()


def test_publishes_stories_and_their_listings(site: Site) -> None:
    one, two = Story.numbered(1), Story.numbered(2)
    site.publish(one, two)
    assert one.paragraphs[0].encode() in fetch(site.url(one.path))[1]
    for listing in ("/", "/rss.xml", "/sitemap.xml"):
        body = fetch(site.url(listing))[1].decode()
        assert 0 < body.index(site.url(one.path)) < body.index(site.url(two.path))
    assert site.paths() == [one.path, "/", "/rss.xml", "/sitemap.xml"]
    assert len(site.gaps()) == 3
    assert min(site.gaps()) >= 0


def test_a_numbered_story_is_always_the_same() -> None:
    assert Story.numbered(7) == Story.numbered(7)
    assert Story.numbered(7).paragraphs != Story.numbered(8).paragraphs


def test_answers_conditional_requests(site: Site) -> None:
    site.put(
        "/page", "text", headers={"ETag": '"a"', "Last-Modified": "Fri, 20 Nov 2026 09:30:00 GMT"}
    )
    assert fetch(site.url("/page")) == (200, b"text")
    assert fetch(site.url("/page"), **{"If-None-Match": '"a"'}) == (304, b"")
    assert fetch(site.url("/page"), **{"If-None-Match": '"b"'}) == (200, b"text")
    since = {"If-Modified-Since": "Fri, 20 Nov 2026 09:30:00 GMT"}
    assert fetch(site.url("/page"), **since) == (304, b"")
    assert [request.status for request in site.requests] == [200, 304, 200, 304]


def test_a_callable_answers_too(site: Site) -> None:
    site.routes["/echo?n=1"] = lambda request: Reply(request.headers["x-name"].encode(), 503)
    assert fetch(site.url("/echo?n=1"), **{"X-Name": "value"}) == (503, b"value")
    assert fetch(site.url("/echo")) == (404, b"not here")


def test_cuts_a_body(site: Site) -> None:
    site.routes["/cut"] = Reply(b"0123456789", cut=4)
    with pytest.raises(http.client.IncompleteRead) as caught:
        fetch(site.url("/cut"))
    assert caught.value.partial == b"0123"


def test_resets_a_connection(site: Site) -> None:
    site.routes["/reset"] = Reply(reset=True)
    with pytest.raises(OSError, match="reset by peer"):
        fetch(site.url("/reset"))
    assert site.requests[0].status == 0


def test_refuses_and_comes_back_on_the_same_port(make_site: Callable[[], Site]) -> None:
    site, other = make_site(), make_site()
    assert site.port != other.port
    for each in (site, other):
        each.put("/", "here")
    idle = http.client.HTTPConnection(site.host, site.port, timeout=10)
    idle.request("GET", "/")
    idle.getresponse().read()

    site.stop()
    with pytest.raises(OSError, match="refused"):
        fetch(site.url())
    assert idle.sock.recv(1) == b""
    idle.close()
    assert fetch(other.url()) == (200, b"here")

    site.start()
    assert fetch(site.url()) == (200, b"here")


def test_is_slow_but_not_when_it_stops(site: Site) -> None:
    site.routes["/slow"] = Reply(b"late", delay=0.1)
    assert fetch(site.url("/slow")) == (200, b"late")
    site.routes["/never"] = Reply(b"later", delay=3600)
    stop = threading.Timer(0.2, site.stop)
    stop.start()
    with pytest.raises(ConnectionResetError):
        fetch(site.url("/never"))
    stop.join()
