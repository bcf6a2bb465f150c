"""Whom a crawl trusts: a server on loopback whose certificate is its own, is another's, or is good."""

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rig.desk import Desk
from rig.stories import Story, article_page


@dataclass(frozen=True)
class Server:
    """An https server, what it was asked for, and the certificate that vouches for it."""

    port: int
    asked: list[str]
    certificate: Path


def _certificate(folder: Path, address: str) -> Path:
    """A file with a key and a certificate that it signed itself, for one address."""
    now = datetime.datetime.now(datetime.UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / f"{address}.pem"
    file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """Listens on 127.0.0.1 with a certificate for the address that the test names."""
    asked: list[str] = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = article_page(Story.numbered(1)).encode()
            self.send_response(404 if self.path == "/robots.txt" else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    file = _certificate(tmp_path, request.param)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as https:
        https.daemon_threads = True
        https.handle_error = lambda *_: None  # type: ignore[method-assign]
        https.socket = context.wrap_socket(https.socket, server_side=True)
        thread = threading.Thread(target=https.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield Server(https.server_port, asked, file)
        https.shutdown()
        thread.join()


def _extract(folder: Path, server: Server, trusted: Path | None = None) -> tuple[int, str, str]:
    with Desk(folder, allow_private=True) as desk:
        if trusted:
            desk.environment["SSL_CERT_FILE"] = str(trusted)
        done = desk.run("extract", f"https://127.0.0.1:{server.port}/news/1", "--layout", "plain")
    return done.code, done.out, done.err


@pytest.mark.parametrize("server", ["127.0.0.1"], indirect=True)
def test_who_vouches_for_itself_is_not_asked(server: Server, tmp_path: Path) -> None:
    code, out, err = _extract(tmp_path, server)
    assert (code, out) == (1, "")
    assert "no trusted connection (TLS): certificate verify failed" in err
    assert server.asked == []


@pytest.mark.parametrize("server", ["127.0.0.2"], indirect=True)
def test_who_is_vouched_for_as_another_is_not_asked(server: Server, tmp_path: Path) -> None:
    code, out, err = _extract(tmp_path, server, trusted=server.certificate)
    assert (code, out) == (1, "")
    assert "no trusted connection (TLS): the certificate is for another host" in err
    assert server.asked == []


@pytest.mark.parametrize("server", ["127.0.0.1"], indirect=True)
def test_who_is_trusted_is_read(server: Server, tmp_path: Path) -> None:
    code, out, err = _extract(tmp_path, server, trusted=server.certificate)
    assert code == 0, err
    assert out == "\n\n".join(Story.numbered(1).paragraphs)
    assert server.asked == ["/robots.txt", "/news/1"]
