"""A server that is reached by TLS, with an authority of one's own and a certificate for each client.

The embedded server speaks none, so this needs Redis (`apt-get install redis-server`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from config.settings import Settings
from rig.desk import Desk
from rig.server import RunningServer, free_port, redis_with_tls
from rig.site import Site
from rig.stories import Story
from tests.integration.certificates import Authority, Pair
from workers.state.connection import StateUnavailable
from workers.state.state import open_state

pytestmark = pytest.mark.skipif(redis_with_tls() is None, reason="needs redis-server, with TLS")


class Tls(NamedTuple):
    folder: Path
    ours: Authority
    other: Authority
    server: RunningServer
    client: Pair

    def url(self, **options: object) -> str:
        named = {
            "ssl_ca_certs": self.ours.file,
            "ssl_certfile": self.client.certificate,
            "ssl_keyfile": self.client.key,
        } | options
        query = "&".join(f"{name}={value}" for name, value in named.items() if value)
        return f"{self.server.url(scheme='rediss', password='secret')}?{query}"


def start(folder: Path, pair: Pair, ca: Path) -> RunningServer:
    port = free_port()
    server = RunningServer(
        folder,
        "port 0",
        f"tls-port {port}",
        f"tls-cert-file {pair.certificate}",
        f"tls-key-file {pair.key}",
        f"tls-ca-cert-file {ca}",
        "tls-auth-clients yes",
        "requirepass secret",
        port=port,
        program=redis_with_tls(),
    )
    server.start()
    return server


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tls]:
    folder = tmp_path_factory.mktemp("tls")
    ours, other = Authority(folder, "ours"), Authority(folder / "other", "other")
    server = start(folder / "server", ours.vouch("127.0.0.1"), ours.file)
    yield Tls(folder, ours, other, server, ours.vouch("127.0.0.2"))
    server.kill()


def refusal(url: str) -> str:
    with pytest.raises(StateUnavailable) as refused:
        open_state(url, Settings(), patience=0)
    assert "secret" not in str(refused.value)
    return str(refused.value)


def test_the_whole_service_goes_by_tls(tls: Tls, tmp_path: Path, site: Site) -> None:
    site.publish(*(Story.numbered(n, paragraphs=2) for n in range(4)))
    with Desk(tmp_path, redis_url=tls.url()) as desk:
        desk.write_sources({"name": "site", "start": site.url()})
        done = desk.run("once", "--json")
        assert done.code == 0, done.err
        assert done.json["totals"]["new"] == 4
        assert len(desk.run("consume", "--group", "g").lines) == 4
        assert not (desk.home / "valkey").exists()


def test_what_is_wrong_with_certificates_is_told(tls: Tls) -> None:
    assert "name the file of its CA" in refusal(tls.url(ssl_ca_certs=""))
    assert "name the file of its CA" in refusal(tls.url(ssl_ca_certs=tls.other.file))
    assert "asks for a certificate of ours" in refusal(tls.url(ssl_certfile="", ssl_keyfile=""))
    strange = tls.other.vouch("127.0.0.2")
    told = refusal(tls.url(ssl_certfile=strange.certificate, ssl_keyfile=strange.key))
    assert "does not take our certificate" in told
    assert "cannot be read" in refusal(tls.url(ssl_ca_certs=tls.folder / "none.pem"))
    open_state(tls.url(), Settings(), patience=0).client.close()


@pytest.mark.parametrize(
    ("address", "days", "told"),
    [("127.0.0.9", 1, "for another name"), ("127.0.0.1", -1, "not valid now")],
)
def test_what_is_wrong_with_the_servers_is_told(
    tls: Tls, address: str, days: int, told: str
) -> None:
    server = start(tls.folder / told[:3], tls.ours.vouch(address, days=days), tls.ours.file)
    try:
        url = tls.url().replace(f":{tls.server.port}/", f":{server.port}/")
        assert told in refusal(url)
        if days > 0:
            open_state(f"{url}&ssl_check_hostname=false", Settings(), patience=0).client.close()
    finally:
        server.kill()


def test_tls_on_one_side_alone_is_told(tls: Tls, server_url: str, tmp_path: Path) -> None:
    assert "the URL is rediss://" in refusal(tls.server.url(password="secret"))
    with RunningServer(tmp_path / "plain") as plain:
        url = tls.url().replace(f":{tls.server.port}/", f":{plain.port}/")
        assert "the URL is redis://" in refusal(url)
