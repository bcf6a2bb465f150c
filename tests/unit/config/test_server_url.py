"""The forms of `COPYDESK_REDIS_URL`."""

import contextlib
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.server_url import ALLOWED, ServerUrl, parse, with_password


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://h", ServerUrl(hosts=(("h", 6379),))),
        ("redis://h:1/2", ServerUrl(hosts=(("h", 1),), database=2)),
        ("redis://h?db=2", ServerUrl(hosts=(("h", 6379),), database=2)),
        ("redis://:p%40@[::1]:1/", ServerUrl(hosts=(("::1", 1),), password="p@")),
        ("unix://u:p@/a%20b?db=1", ServerUrl(path="/a b", database=1, username="u", password="p")),
        (
            "redis+sentinel://u:p@a,b:2/main/3?sentinel_password=q",
            ServerUrl(
                hosts=(("a", 26379), ("b", 2)),
                service="main",
                database=3,
                username="u",
                password="p",
                sentinels={"password": "q"},
            ),
        ),
        ("redis+sentinel://a/main", ServerUrl(hosts=(("a", 26379),), service="main")),
        (
            "redis+sentinel://[::1],b,[::2]:3/main",
            ServerUrl(hosts=(("::1", 26379), ("b", 26379), ("::2", 3)), service="main"),
        ),
        ("REDIS://h:6379/0/\n", ServerUrl(hosts=(("h", 6379),))),
        ("redis://:a[b]c:d@e@h", ServerUrl(hosts=(("h", 6379),), password="a[b]c:d@e")),
        ("redis://:℀é@h", ServerUrl(hosts=(("h", 6379),), password="℀é")),
    ],
)
def test_what_a_url_names(url: str, expected: ServerUrl) -> None:
    assert parse(url) == expected


def test_tls_asks_for_a_certificate_that_is_trusted_and_for_the_servers_name() -> None:
    assert parse("rediss://h").tls == {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
    assert parse("redis://h").tls is None
    named = parse("rediss://h/0?ssl_ca_certs=/ca&ssl_certfile=/c&ssl_keyfile=/k").tls
    assert named
    assert {n: named[n] for n in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")} == {
        "ssl_ca_certs": "/ca",
        "ssl_certfile": "/c",
        "ssl_keyfile": "/k",
    }
    assert parse("rediss://h?ssl_cert_reqs=none").tls == {
        "ssl_cert_reqs": "none",
        "ssl_check_hostname": False,
    }
    other_name = parse("rediss://h?ssl_check_hostname=false").tls
    assert other_name
    assert other_name["ssl_check_hostname"] is False


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://h", ALLOWED),
        ("redis://", ALLOWED),
        ("redis://a,b/0", ALLOWED),
        ("redis://h:0/0", ALLOWED),
        ("redis://h:x/0", ALLOWED),
        ("redis+cluster://h/0", ALLOWED),
        ("unix+sentinel:///run/v.sock", ALLOWED),
        # Of a password `1#secret` nobody is to make a port.
        ("redis://default:1#secret@h/0", ALLOWED),
        ("redis://h/0#", ALLOWED),
        ("redis+sentinel://a:1/", ALLOWED),
        ("unix://relative", ALLOWED),
        ("redis://h/main", "number of a database"),
        ("redis://h/0?ssl_ca_certs=/ca", "may stand db;"),
        ("rediss://h/0?ssl_ca_cert=/ca", "ssl_ca_certs"),
        ("rediss://h/0?ssl_keyfile=/k", "ssl_certfile"),
        ("rediss://h/0?ssl_cert_reqs=maybe", "required"),
    ],
)
def test_what_cannot_be_used_is_told_with_what_is_allowed(url: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        parse(url)


@given(st.text(max_size=60))
def test_no_refusal_shows_what_was_given(text: str) -> None:
    told = ""
    with contextlib.suppress(ValueError):
        told = parse(f"redis://:s3cr3t{text}").shown
    try:
        parse(f"redis+sentinel://:s3cr3t{text}/main/x?y=z")
    except ValueError as error:
        told += str(error)
    assert "s3cr3t" not in told


@pytest.mark.parametrize(
    "url",
    [
        "redis://h:1/2",
        "rediss://[::1]:6379/0",
        "redis+sentinel://a:1,b:2/main/0",
        "unix:///run/v.sock",
    ],
)
def test_what_is_shown_of_it_is_its_url(url: str) -> None:
    assert parse(url).shown == url


PASSWORD = "p@ss:w/o?r#d% é"


@pytest.mark.parametrize(
    ("url", "user"),
    [
        ("redis://h:1/2?db=3", None),
        ("redis://u:@h:1/2", "u"),
        ("redis://u@h", "u"),
        ("rediss://[::1]/0?ssl_ca_certs=/etc/a@b/ca.pem", None),
        ("unix:///run/a@b/v.sock?db=1", None),
        ("unix://u@/run/v.sock", "u"),
        ("redis+sentinel://u@a,b:2/main/3?sentinel_password=p@q", "u"),
    ],
)
def test_a_password_is_put_where_it_belongs(url: str, user: str | None) -> None:
    expected = replace(parse(url), username=user, password=PASSWORD)
    assert parse(with_password(url, PASSWORD)) == expected
