"""The sample sites as a reader and as a crawler meet them."""

import gzip
from collections.abc import Iterator
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from demo import agency, broadcaster
from demo.site import SampleSite


@pytest.fixture
def radio() -> Iterator[SampleSite]:
    with SampleSite(broadcaster.resources) as site:
        yield site


def fetch(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urlopen(Request(url, headers=headers), timeout=10) as response:
            return response.status, dict(response.headers), response.read()
    except HTTPError as error:
        return error.code, dict(error.headers), error.read()


BRIDGE = "/fr/noticias/nacionales/1207-le-pont-de-rio-manso-rouvre-aux-pietons-et-aux-cyclistes"
BAND = "/noticias/cultura/2102-la-banda-“brisa-nueva”-cumple-veinticinco-años"


def test_serves_pages_by_raw_and_by_encoded_address(radio: SampleSite) -> None:
    status, headers, body = fetch(radio.url + quote(BAND))
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "cuarto de siglo" in body.decode()
    assert fetch(f"{radio.url}/index.php{quote(BAND)}")[2] == body


def test_answers_304_until_something_changes(radio: SampleSite) -> None:
    _, headers, before = fetch(radio.url + BRIDGE)
    etag, modified = headers["ETag"], headers["Last-Modified"]
    assert fetch(radio.url + BRIDGE, **{"If-None-Match": etag})[0] == 304
    assert fetch(radio.url + BRIDGE, **{"if-modified-since": modified})[0] == 304

    radio.move_on()
    status, _, after = fetch(radio.url + BRIDGE, **{"If-None-Match": etag})
    assert status == 200
    assert before != after
    assert "juin, et non de mai" in after.decode()
    assert [request.status for request in radio.requests] == [200, 304, 304, 200]


def test_a_sitemap_is_served_compressed_as_a_file(radio: SampleSite) -> None:
    _, headers, body = fetch(f"{radio.url}/sitemaps/news.xml.gz")
    assert "Content-Encoding" not in headers
    assert gzip.decompress(body).count(b"<news:title>") == 44


def test_has_a_style_and_pictures_for_a_person_to_look_at(radio: SampleSite) -> None:
    assert fetch(f"{radio.url}/style.css")[1]["Content-Type"] == "text/css"
    assert b"hsl(201" in fetch(f"{radio.url}/media/201.svg")[2]
    assert fetch(f"{radio.url}/media/../../site.py")[0] == 404


def test_notes_who_asked_for_what(radio: SampleSite) -> None:
    fetch(f"{radio.url}/nowhere?x=1", **{"User-Agent": "reader/1"})
    (request,) = radio.requests
    assert (request.path, request.status, request.user_agent) == ("/nowhere?x=1", 404, "reader/1")


def test_both_sites_run_side_by_side_and_end(radio: SampleSite) -> None:
    with SampleSite(agency.resources) as wire:
        assert wire.url != radio.url
        before = fetch(f"{wire.url}/atom.xml")[2].count(b"<entry>")
        wire.move_on()
        assert (before, fetch(f"{wire.url}/atom.xml")[2].count(b"<entry>")) == (5, 8)
    with pytest.raises(URLError):
        urlopen(f"{wire.url}/atom.xml", timeout=10)
