# ruff: noqa: N802, N803 - the names are those of the interfaces of Twisted
from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.exceptions import IgnoreRequest
from twisted.internet.address import IPv4Address as Answer4
from twisted.internet.address import IPv6Address as Answer6
from twisted.internet.base import PluggableResolverMixin
from twisted.internet.interfaces import IHostnameResolver
from zope.interface import implementer

from config.sources import Source
from crawler.address_guard import (
    AddressRefused,
    GuardedResolver,
    PortRefused,
    Refused,
    authority,
    install_guard,
    named_authorities,
)
from crawler.addresses import is_public

PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "172.15.255.255",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]
NOT_PUBLIC = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::1%lo",
    "::7f00:1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1:7f00:0:100:808:808",
    "100::1",
    "2001::1",
    "2001:0:808:808::80ff:fffe",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "",
    "localhost",
    "127.1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_anything_else_is_not(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4) | st.sampled_from([IPv4Address(a) for a in NOT_PUBLIC[:22]]))
def test_ipv6_hides_no_ipv4_address(address: IPv4Address) -> None:
    high, low = divmod(int(address), 1 << 16)
    assert is_public(f"::ffff:{address}") == is_public(str(address))
    assert is_public(f"64:ff9b::{high:x}:{low:x}") == is_public(str(address))
    assert is_public(f"2002:{high:x}:{low:x}::1") == is_public(str(address))


@implementer(IHostnameResolver)
class Answers:
    """Gives out one list of addresses at each question, as a name server that rebinds does."""

    def __init__(self, *answers: list[Any]) -> None:
        self._answers = iter(answers)

    def resolveHostName(self, receiver: Any, host: str, portNumber: int = 0) -> None:
        receiver.resolutionBegan(None)
        for address in next(self._answers):
            receiver.addressResolved(address)
        receiver.resolutionComplete()


class Received:
    def __init__(self) -> None:
        self.hosts: list[str] = []
        self.is_complete = False

    def resolutionBegan(self, resolution: Any) -> None:
        pass

    def addressResolved(self, address: Any) -> None:
        self.hosts.append(address.host)

    def resolutionComplete(self) -> None:
        self.is_complete = True


def answer(host: str) -> Any:
    return Answer6("TCP", host, 80) if ":" in host else Answer4("TCP", host, 80)


def resolve(resolver: Any) -> list[str]:
    received = Received()
    resolver.resolveHostName(received, "news.example", portNumber=80)
    assert received.is_complete
    return received.hosts


def test_only_public_addresses_of_a_name_are_passed_on() -> None:
    hosts = ["10.0.0.1", "8.8.8.8", "::1", "2606:4700::1111", "::ffff:127.0.0.1"]
    resolver = GuardedResolver(Answers([answer(host) for host in hosts]))
    assert resolve(resolver) == ["8.8.8.8", "2606:4700::1111"]


def test_a_name_that_changes_its_address_is_judged_at_every_question() -> None:
    resolver = GuardedResolver(Answers([answer("8.8.8.8")], [answer("127.0.0.1")]))
    assert [resolve(resolver), resolve(resolver)] == [["8.8.8.8"], []]


def test_the_guard_is_installed_once() -> None:
    reactor = PluggableResolverMixin()
    reactor.installNameResolver(Answers([answer("127.0.0.1"), answer("8.8.8.8")]))
    install_guard(reactor)
    installed = reactor.nameResolver
    install_guard(reactor)
    assert reactor.nameResolver is installed
    assert resolve(reactor.nameResolver) == ["8.8.8.8"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://Example.org/a", ("example.org", 80)),
        ("https://example.org", ("example.org", 443)),
        ("https://example.org:80/", ("example.org", 80)),
        ("http://[::1]:8000/", ("::1", 8000)),
    ],
)
def test_authority(url: str, expected: tuple[str, int]) -> None:
    assert authority(url) == expected


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http:///", "/a", "http://a:99999/"])
def test_what_has_no_authority_is_an_error(url: str) -> None:
    with pytest.raises(ValueError, match=r"not an address of the web|[Pp]ort"):
        authority(url)


def test_a_source_names_its_listings_and_hosts() -> None:
    source = Source(
        name="a",
        start="https://www.example.org/news",
        feeds=["http://feeds.example.org/rss"],
        sitemaps=["https://127.0.0.1:8443/sitemap.xml"],
        sections=["https://www.example.org/world"],
        hosts=["old.example.org", "[::1]:8000"],
    )
    assert named_authorities(source) == {
        ("www.example.org", 443),
        ("feeds.example.org", 80),
        ("127.0.0.1", 8443),
        ("old.example.org", 80),
        ("old.example.org", 443),
        ("::1", 8000),
    }


def test_a_refusal_says_what_and_why_and_is_not_tried_again() -> None:
    refused = AddressRefused("intranet.example", "10.0.0.1")
    assert (refused.host, refused.address) == ("intranet.example", "10.0.0.1")
    assert "10.0.0.1" in str(refused)
    assert "allow_private" in str(refused)
    assert "22" in str(PortRefused("news.example", 22))
    assert issubclass(Refused, IgnoreRequest)
