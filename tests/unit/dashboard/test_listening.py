"""Where the dashboard listens, what it asks for there, and a port that somebody else has."""

import socket
from pathlib import Path

import pytest

from cli.dashboard import DashboardPart
from config.settings import Settings, SettingsError
from dashboard.listening import is_loopback, listen, token_of

TOKEN = "long-enough-to-be-one"


@pytest.mark.parametrize(
    ("host", "is_so"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.1", False),
        ("desk.example.org", False),
    ],
)
def test_what_is_beyond_loopback_needs_a_token(tmp_path: Path, host: str, is_so: bool) -> None:
    assert is_loopback(host) is is_so
    if is_so:
        assert token_of(Settings(), host) is None
    else:
        with pytest.raises(SettingsError, match="COPYDESK_DASHBOARD_TOKEN_FILE"):
            token_of(Settings(), host)
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert token_of(Settings(dashboard_token_file=file), host) == TOKEN


@pytest.mark.parametrize(
    "token", ["", "short", "two lines\nof a token", "ünïcode-tokens-are-none", "x" * 15]
)
def test_a_token_that_is_no_good_is_refused(tmp_path: Path, token: str) -> None:
    file = tmp_path / "token"
    file.write_text(token, encoding="utf-8")
    with pytest.raises(SettingsError, match="16 or more") as caught:
        token_of(Settings(dashboard_token_file=file), "127.0.0.1")
    assert not token or token not in str(caught.value)
    with pytest.raises(SettingsError, match="cannot be read"):
        token_of(Settings(dashboard_token_file=tmp_path), "127.0.0.1")


def test_a_port_that_is_taken_leaves_the_service_without_a_dashboard(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        part = DashboardPart(Settings(dashboard=f"127.0.0.1:{port}"))
    assert (part.address, part.guests) == (None, {})
    assert f"127.0.0.1:{port} cannot be listened on" in capsys.readouterr().err


def test_where_it_listens_is_known_at_once() -> None:
    part = DashboardPart(Settings(dashboard="127.0.0.1:0"))
    assert part.listening
    with part.listening.socket as opened:
        assert part.address == f"http://127.0.0.1:{opened.getsockname()[1]}/"
        assert list(part.guests) == ["dashboard"]
        with socket.create_connection(opened.getsockname(), timeout=5):
            pass
    assert DashboardPart(Settings(dashboard="off")).address is None


def test_two_keys_are_never_the_same() -> None:
    one, other = listen("127.0.0.1", 0), listen("127.0.0.1", 0)
    with one.socket, other.socket:
        assert one.key != other.key
        assert repr(one.key) not in repr(one)
