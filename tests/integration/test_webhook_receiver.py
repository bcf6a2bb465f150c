"""What is posted, over which connection, and what each kind of answer is taken for: against a real HTTP server."""

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from rig.inbox import KEY, Inbox, Say
from tests.integration.certificates import Authority
from workers.webhook.answers import TAKEN, Answer, Kind, away
from workers.webhook.receiver import Receiver, name_of

BODY = json.dumps({"id": "5f3a", "title": "Été"}, ensure_ascii=False).encode()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as inbox:
        yield inbox


def post(inbox: Inbox, say: Say, seconds: float = 10) -> Answer:
    inbox.answer = lambda _: say
    return Receiver(inbox.url(), [KEY], seconds).post("5f3a", BODY)


def test_what_is_posted(inbox: Inbox) -> None:
    assert post(inbox, Say()) == TAKEN
    (got,) = inbox.got
    assert got.document == json.loads(BODY)
    assert got.path == "/hook"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["webhook-id"] == "5f3a"
    assert abs(int(got.headers["webhook-timestamp"]) - time.time()) < 30
    assert got.headers["user-agent"].startswith("Copydesk/")
    assert "authorization" not in got.headers


def test_user_and_password_of_the_address_and_no_word_of_them(inbox: Inbox) -> None:
    url = f"http://me:p%40ss@127.0.0.1:{inbox.port}/hook?token=secret"
    receiver = Receiver(url, [KEY], 10)
    assert receiver.post("5f3a", BODY) == TAKEN
    (got,) = inbox.got
    assert got.headers["authorization"] == "Basic " + base64.b64encode(b"me:p@ss").decode()
    assert got.path == "/hook?token=secret"
    assert receiver.name == f"http://127.0.0.1:{inbox.port}"
    assert name_of("https://u:p@[::1]/x") == "https://[::1]"


@pytest.mark.parametrize(
    ("say", "kind", "reason", "wait"),
    [
        (Say(200, body=b"thanks"), Kind.TAKEN, "", None),
        (Say(400), Kind.REFUSED, "HTTP 400", None),
        (Say(500, {"Retry-After": "60"}), Kind.REFUSED, "HTTP 500", None),
        (Say(429, {"Retry-After": "60"}), Kind.AWAY, "HTTP 429", 60),
        (Say(503, {"Retry-After": "1000000"}), Kind.AWAY, "HTTP 503", 86400),
        (Say(503, {"Retry-After": "soon"}), Kind.AWAY, "HTTP 503", None),
        (Say(502), Kind.AWAY, "HTTP 502", None),
        (Say(302, {"Location": "/elsewhere"}), Kind.REFUSED, "HTTP 302, a redirect, which is not followed", None),
        (Say(hangs=True), Kind.REFUSED, "no answer within 1 s", None),
    ],
)  # fmt: skip
def test_what_an_answer_means(
    inbox: Inbox, say: Say, kind: Kind, reason: str, wait: float | None
) -> None:
    answer = post(inbox, say, 1 if say.hangs else 10)
    assert (answer.kind, answer.reason) == (kind, reason)
    assert answer.wait == (wait if wait is None else pytest.approx(wait, abs=2))
    assert len(inbox.got) == 1


def test_one_connection_is_kept_and_a_body_of_any_length_does_no_harm(inbox: Inbox) -> None:
    receiver = Receiver(inbox.url(), [KEY], 10)
    says = [Say(), Say(200, body=b"x" * 1000), Say(404, body=b"no"), Say(200, body=b"x" * 10**6)]
    for say in [*says, Say(200, is_endless=True), Say()]:
        inbox.answer = lambda _, say=say: say
        answer = receiver.post("5f3a", BODY)
        assert (answer == TAKEN) == (say.status < 300)
    ports = [got.connection[1] for got in inbox.got]
    assert len(set(ports[:4])) == 1
    assert len(set(ports)) == 3


def test_a_connection_that_the_other_side_has_closed_is_made_anew_at_once(inbox: Inbox) -> None:
    receiver = Receiver(inbox.url(), [KEY], 10)
    inbox.answer = lambda _: Say(200, closes=True)
    assert [receiver.post("5f3a", BODY) for _ in "123"] == [TAKEN] * 3
    assert len(inbox.got) == 3


def test_where_nobody_listens(inbox: Inbox) -> None:
    receiver = Receiver(inbox.url(), [KEY], 10)
    inbox.stop()
    answer = receiver.post("5f3a", BODY)
    assert (answer.kind, answer.reason) == (Kind.AWAY, "no connection: Connection refused")


def _said(port: int, words: bytes) -> None:
    """Whoever connects is told so much, whatever he says."""
    listening = socket.create_server(("127.0.0.1", port))

    def say() -> None:
        line, _ = listening.accept()
        with listening, line, suppress(OSError):
            line.recv(65536)
            line.sendall(words)

    threading.Thread(target=say, daemon=True).start()


def test_what_comes_instead_of_an_answer_is_told_in_few_harmless_words(inbox: Inbox) -> None:
    inbox.stop()
    _said(inbox.port, b"\x1b[2J" + b"x" * 5000 + b"\r\n\r\n")
    answer = Receiver(inbox.url(), [KEY], 10).post("5f3a", BODY)
    assert answer.kind is Kind.REFUSED
    assert answer.reason.startswith('no answer: "\\u001b[2Jxxx')
    assert answer.reason.isprintable()
    assert len(answer.reason) < 120


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://[::1]/hook", ("::1", 80)),
        ("https://[2001:db8::a]/", ("2001:db8::a", 443)),
        ("http://[::1]:8090/", ("::1", 8090)),
        ("https://name.example/", ("name.example", 443)),
    ],
)
def test_where_a_connection_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, url: str, address: tuple[str, int]
) -> None:
    asked = []

    def refuse(whom: tuple[str, int], *_: object) -> None:
        asked.append(whom)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", refuse)
    answer = Receiver(url, [KEY], 10).post("5f3a", BODY)
    assert (answer, asked) == (away("no connection: Connection refused"), [address])


def test_what_is_under_way_can_be_broken_off(inbox: Inbox) -> None:
    inbox.answer = lambda _: Say(hangs=True)
    receiver = Receiver(inbox.url(), [KEY], 60)
    came = threading.Timer(0.3, receiver.abort)
    came.start()
    assert receiver.post("5f3a", BODY).kind is Kind.REFUSED


def test_certificates_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path, "authority")
    pair = authority.vouch("127.0.0.1")
    with Inbox((pair.certificate, pair.key)) as inbox:
        answer = Receiver(inbox.url(), [KEY], 10).post("5f3a", BODY)
        assert answer.kind is Kind.AWAY
        assert "its certificate is not good" in answer.reason
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        assert Receiver(inbox.url(), [KEY], 10).post("5f3a", BODY) == TAKEN
        (got,) = inbox.got
        assert got.document["id"] == "5f3a"
        # One that is closed, which by TLS looks otherwise, is made anew at once.
        inbox.answer = lambda _: Say(200, closes=True)
        receiver = Receiver(inbox.url(), [KEY], 10)
        for _ in "12":
            assert receiver.post("5f3a", BODY) == TAKEN
            time.sleep(0.1)
