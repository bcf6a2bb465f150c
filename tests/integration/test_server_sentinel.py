"""The server fails, sentinels name another, and the service goes on there."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from config.settings import Settings
from rig.desk import Desk, until
from rig.server import RunningServer, free_port
from rig.site import Reply, Site
from rig.stories import Story
from workers.state.connection import StateUnavailable, connect
from workers.state.state import open_state

PAGES = 24
PASSWORD = "of-the-server"
OF_SENTINELS = "of-the-sentinels"


@dataclass(frozen=True)
class Watched:
    """Two servers, one the other's replica, and the sentinels that look after them."""

    first: RunningServer
    second: RunningServer
    url: str


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    lines = (
        f"requirepass {PASSWORD}",
        f"masterauth {PASSWORD}",
        "appendonly yes",
        "repl-diskless-sync-delay 0",
    )
    with ExitStack() as stack:
        first = stack.enter_context(RunningServer(tmp_path / "first", *lines))
        replica = f"replicaof 127.0.0.1 {first.port}"
        second = stack.enter_context(RunningServer(tmp_path / "second", *lines, replica))
        sentinels = [
            stack.enter_context(
                RunningServer(
                    tmp_path / f"sentinel-{number}",
                    f"sentinel monitor main 127.0.0.1 {first.port} 2",
                    f"sentinel auth-pass main {PASSWORD}",
                    "sentinel down-after-milliseconds main 1000",
                    "sentinel failover-timeout main 5000",
                    f"requirepass {OF_SENTINELS}",
                    f"sentinel sentinel-pass {OF_SENTINELS}",
                    arguments=("--sentinel",),
                )
            )
            for number in range(3)
        ]
        # One of those that are named is not there.
        places = ",".join(
            f"127.0.0.1:{port}" for port in (free_port(), *(s.port for s in sentinels))
        )
        url = f"redis+sentinel://:{PASSWORD}@{places}/main/0?sentinel_password={OF_SENTINELS}"
        with Redis(port=sentinels[0].port, password=OF_SENTINELS) as asked:
            until(lambda: _is_seen(asked), 20, "the sentinels see each other and the replica")
        yield Watched(first, second, url)


def _is_seen(sentinel: Redis) -> bool:
    told = sentinel.sentinel_master("main")
    return bool(told["num-other-sentinels"] == 2 and told["num-slaves"] == 1)


def test_a_failover_in_the_midst_of_a_run_loses_and_doubles_nothing(
    watched: Watched, tmp_path: Path, site: Site
) -> None:
    site.publish(*(Story.numbered(n, paragraphs=2) for n in range(PAGES)))
    for path, reply in site.routes.items():
        if path.startswith("/news/") and isinstance(reply, Reply):
            site.routes[path] = Reply(reply.body, headers=reply.headers, delay=0.1)
    with Desk(tmp_path / "desk", redis_url=watched.url, batch_pages=4) as desk:
        desk.folder.mkdir(exist_ok=True)
        desk.write_sources({"name": "site", "start": site.url()})
        run = desk.start("once", "--json")
        until(lambda: len(site.paths()) > PAGES // 3, 60, "a third was fetched")
        watched.first.kill()
        killed = time.monotonic()
        assert run.wait(100) == 0, desk.err
        assert time.monotonic() - killed > 1, "it was over before that"
        told = desk.run("status", "--json").json
        assert (told["owed"], told["quarantine"]) == (0, 0)
        kept = {document.id: path for path, document in desk.documents().items()}
        assert len(kept) == PAGES == len(desk.documents())
        entries = desk.run("consume", "--group", "g").lines
        assert {e["id"]: e["path"] for e in entries} == kept
        assert len(entries) == PAGES
        # Who comes back is the other's replica, and nobody takes him for what he was.
        watched.first.start()
        again = desk.run("once", "--json")
        assert (again.code, again.json["totals"]["new"]) == (0, 0), again.err


def test_what_sentinels_do_not_know_is_told(watched: Watched) -> None:
    def refusal(url: str) -> str:
        with pytest.raises(StateUnavailable) as refused:
            open_state(url, Settings(), patience=0)
        assert PASSWORD not in str(refused.value)
        assert OF_SENTINELS not in str(refused.value)
        return str(refused.value)

    assert " knows main" in refusal(watched.url.replace("/main/", "/other/"))
    told = refusal(watched.url.partition("?")[0])
    assert "asks for another password" in told
    assert "sentinel_password=" in told
    assert "another password" in refusal(watched.url.replace(f":{PASSWORD}@", ":wrong@"))


def test_a_server_that_its_replicas_have_left_is_as_one_that_is_away(watched: Watched) -> None:
    client = connect(watched.url, patience=0)
    client.config_set("min-replicas-to-write", 1)
    client.set("a", "1")
    watched.second.kill()
    until(lambda: client.info("replication")["connected_slaves"] == 0, 20, "it is seen to be gone")
    with pytest.raises(RedisConnectionError, match="NOREPLICAS"):
        client.set("a", "2")
    client.close()
