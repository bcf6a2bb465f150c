"""What a crawl reaches and what it does not, with real crawls and a real server on loopback."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from crawler.address_guard import authority

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("guarded_crawls.py")

IPV4_FORMS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7F.0x0.0x0.0x1",
    "0177.0.0.1",
    "0177.0.1",
    "017700000001",
    "0",
    "0x0",
    "0.0.0.0",
    "localhost",
    "LocalHost",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
]
IPV6_FORMS = [
    "[::1]",
    "[::]",
    "[0000::0001]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
]
# These reach nothing on this machine, but would elsewhere, or fail before they are resolved.
OTHER_FORMS = [
    "10.0.0.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[::1%25lo]",
    "localhost.",
    "127.0.0.1.",
    "user@127.0.0.1",
    "%31%32%37.0.0.1",
]


class Site(ThreadingHTTPServer):
    """Listens on all of loopback, remembers what was asked; `/to/URL` redirects there."""

    daemon_threads = True

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.address_family = socket.AF_INET6 if has_ipv6() else socket.AF_INET
        super().__init__(("::" if has_ipv6() else "127.0.0.1", 0), Answer)

    def server_bind(self) -> None:
        if has_ipv6():
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.hits.append(self.path)
        target = unquote(self.path.partition("/to/")[2])
        self.send_response(302 if target else 200)
        if target:
            self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@contextmanager
def serving() -> Iterator[Site]:
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield site
        site.shutdown()
        thread.join()


@pytest.fixture
def victim() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def admitted() -> Iterator[Site]:
    with serving() as site:
        yield site


def crawl(urls: list[str], *, allow_private: bool, named: list[str] | None = None) -> dict:
    names = [authority(url) for url in (urls if named is None else named)]
    return {"urls": urls, "named": names, "allow_private": allow_private}


def run(*crawls: dict[str, Any]) -> list[dict[str, Any]]:
    """For each crawl, how each URL ended: a status, or the name of an error."""
    ended = subprocess.run(
        [sys.executable, SCRIPT],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        input=json.dumps(crawls),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def addressed(forms: list[str], site: Site) -> list[str]:
    return [f"http://{form}:{site.server_port}/{n}" for n, form in enumerate(forms)]


def loopback_forms() -> list[str]:
    return IPV4_FORMS + (IPV6_FORMS if has_ipv6() else [])


def test_no_notation_reaches_an_address_that_is_not_public(victim: Site) -> None:
    loopback, other = addressed(loopback_forms(), victim), addressed(OTHER_FORMS, victim)
    [ended] = run(crawl(loopback + other, allow_private=False))
    assert victim.hits == []
    assert {url: ended[url] for url in loopback} == dict.fromkeys(loopback, "AddressRefused")
    assert all(isinstance(ended[url], str) for url in other)


def test_every_notation_reaches_it_where_the_source_names_it_and_may(victim: Site) -> None:
    urls = addressed(loopback_forms(), victim)
    [ended] = run(crawl(urls, allow_private=True))
    assert ended == dict.fromkeys(urls, 200)
    assert len(victim.hits) == len(urls)


def test_a_permission_is_not_shared_with_a_crawl_beside_it(victim: Site) -> None:
    mine, other = addressed(["localhost", "localhost"], victim)
    ended = run(
        crawl([mine] * 3, allow_private=True),
        crawl([other] * 3, allow_private=False),
        crawl([other] * 3, allow_private=True, named=["http://elsewhere.example/"]),
    )
    assert ended == [{mine: 200}, {other: "AddressRefused"}, {other: "PortRefused"}]
    assert set(victim.hits) == {"/0"}


def test_an_admitted_site_cannot_redirect_to_one_that_is_not(admitted: Site, victim: Site) -> None:
    start = f"http://127.0.0.1:{admitted.server_port}"
    ends = {
        f"{start}/to/{start}/home": 200,
        f"{start}/to/http://127.0.0.1:{victim.server_port}/": "PortRefused",
        f"{start}/to/http://2130706433:{victim.server_port}/": "PortRefused",
        f"{start}/to/https://127.0.0.1:{victim.server_port}/": "PortRefused",
        f"{start}/to/http://localhost/": "AddressRefused",
        f"{start}/to/https://127.0.0.1/": "AddressRefused",
        f"{start}/to/http://169.254.169.254/latest/meta-data/": "AddressRefused",
    }
    [ended] = run(crawl(list(ends), allow_private=True, named=[start]))
    assert ended == ends
    assert victim.hits == []
