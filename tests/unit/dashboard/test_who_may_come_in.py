"""Names, tokens, seals: who is let in, and what counts as a form of ours."""

import pytest

from dashboard.accept import prefers_json
from dashboard.forms import SEAL, forgery
from dashboard.hosts import is_own_host, is_own_origin
from dashboard.seal import SESSION_SECONDS, Seal

KEY = b"k" * 32
TOKEN = "a-token-of-some-length"
NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1:8471", True),
        ("localhost", True),
        ("LocalHost:8471", True),
        ("[::1]:8471", True),
        ("192.168.1.7", True),
        ("desk.example.org:443", True),
        ("evil.example", False),
        ("evil.example:8471", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("127.0.0.1@evil.example", False),
        ("localhost:port", False),
        ("localhost/", False),
        ("", False),
        ("[::1", False),
    ],
)
def test_only_addresses_and_names_of_ours_are_answered(host: str, is_own: bool) -> None:
    assert is_own_host(host, ["desk.example.org"]) is is_own


@pytest.mark.parametrize(
    ("origin", "is_own"),
    [
        ("http://127.0.0.1:8471", True),
        ("https://127.0.0.1:8471", True),
        ("http://127.0.0.1:8472", False),
        ("http://localhost:8471", False),
        ("null", False),
        ("", False),
        ("file://127.0.0.1:8471", False),
        ("http://[", False),
    ],
)
def test_an_origin_is_the_page_that_the_host_names(origin: str, is_own: bool) -> None:
    assert is_own_origin(origin, "127.0.0.1:8471") is is_own


def test_a_token_is_known_and_its_sessions_outlive_a_restart() -> None:
    seal, after_restart = Seal.of(TOKEN, KEY), Seal.of(TOKEN, b"another key")
    assert seal.is_token(TOKEN)
    assert not any(map(seal.is_token, ["", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "ü"]))
    cookie = seal.session(NOW)
    assert TOKEN not in cookie
    assert after_restart.is_session(cookie, NOW + 60)
    assert not Seal.of("another-token-altogether", KEY).is_session(cookie, NOW)


def test_a_session_ends_and_cannot_be_made_up() -> None:
    seal = Seal.of(TOKEN, KEY)
    cookie = seal.session(NOW)
    assert not seal.is_session(cookie, NOW + SESSION_SECONDS + 1)
    since, signature = cookie.split(".")
    for wrong in ("", ".", cookie[:-1], f"{int(since) + 1}.{signature}", f"-1.{signature}", "٣.x"):
        assert not seal.is_session(wrong, NOW), wrong
    assert not seal.is_session(seal.session(NOW + 86400), NOW)


def test_without_a_token_nobody_knows_it() -> None:
    seal = Seal.of(None, KEY)
    assert not seal.is_token("")
    assert seal.form != Seal.of(None, b"another key").form
    assert KEY.decode() not in repr(seal)


def test_a_form_is_ours_by_its_origin_and_its_seal() -> None:
    seal = Seal.of(None, KEY)
    host = {"host": "127.0.0.1:8471"}
    ours, sealed = {**host, "origin": "http://127.0.0.1:8471"}, {SEAL: [seal.form]}
    assert forgery(ours, sealed, seal) == ""
    assert forgery(host, sealed, seal) == ""
    assert "another site" in forgery({**host, "origin": "http://evil.example"}, sealed, seal)
    assert "another site" in forgery({**host, "origin": "null"}, sealed, seal)
    assert "elsewhere" in forgery({**host, "sec-fetch-site": "cross-site"}, sealed, seal)
    for form in ({}, {SEAL: [""]}, {SEAL: ["0" * 64]}, {SEAL: ["ü"]}):
        assert "restart" in forgery(ours, form, seal)


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("application/json", True),
        ("application/json, text/html;q=0.9", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("text/html, application/json", False),
        ("application/json;q=0.5, text/html;q=0.4", True),
        ("application/json;q=x", False),
        ("application/json;q=0", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_json_is_for_those_who_ask_for_it(accept: str, is_json: bool) -> None:
    assert prefers_json(accept) is is_json
