"""A user of the server who may do what the service does, and no more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from config.settings import Settings
from rig.desk import Desk
from rig.server import RunningServer
from rig.site import Site
from rig.stories import Story
from workers.state.connection import StateUnavailable
from workers.state.rights import RIGHTS
from workers.state.state import open_state

PASSWORD = "its own"
ADMIN = "admin"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("acl")
    with RunningServer(folder, f"requirepass {ADMIN}", "appendonly yes") as server:
        yield server


@pytest.fixture
def admin(server: RunningServer) -> Iterator[Redis]:
    client = Redis.from_url(server.url(password=ADMIN))
    client.flushall()
    client.execute_command("ACL LOG RESET")
    yield client
    client.close()


def allow(admin: Redis, rights: str) -> None:
    admin.execute_command(
        "ACL", "SETUSER", "copydesk", "reset", "on", f">{PASSWORD}", *rights.split()
    )


def own_url(server: RunningServer) -> str:
    return server.url(user="copydesk", password="its%20own")


def test_the_whole_service_gets_by_with_the_rights_that_are_documented(
    server: RunningServer, admin: Redis, site: Site, tmp_path: Path
) -> None:
    allow(admin, RIGHTS)
    site.publish(*(Story.numbered(n, paragraphs=2) for n in range(4)))
    with Desk(tmp_path, redis_url=own_url(server)) as desk:
        desk.write_sources({"name": "site", "start": site.url(), "revisit": ["1h"]})
        done = desk.run("once", "--json")
        assert done.code == 0, done.err
        assert done.json["totals"]["new"] == 4
        assert len(desk.run("consume", "--group", "g").lines) == 4
        for command in ("status", "metrics", "rebuild"):
            assert desk.run(command, "--json").code == 0
        assert desk.run("doctor", "--offline", "--json").json["counts"]["wrong"] == 0
    denied = admin.execute_command("ACL LOG")
    assert [(entry[b"context"], entry[b"object"]) for entry in _entries(denied)] == []
    # Others' keys are out of its reach.
    admin.set("other", "1")
    with Redis.from_url(own_url(server)) as own, pytest.raises(Exception, match=r"(?i)permission"):
        own.get("other")


def _entries(denied: object) -> list[dict[bytes, bytes]]:
    assert isinstance(denied, list)
    return [e if isinstance(e, dict) else dict(zip(e[::2], e[1::2], strict=True)) for e in denied]


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("-xadd", "XADD copydesk:x"),
        ("-info", "info"),
        ("-eval", "eval"),
        ("-brpop", "BRPOP copydesk-celery:x"),
        ("resetkeys ~copydesk:*", "LPUSH copydesk-celery:x"),
        ("resetchannels", "PUBLISH copydesk:ended"),
    ],
)
def test_a_right_that_is_missing_is_named_before_anything_is_done(
    server: RunningServer, admin: Redis, missing: str, named: str
) -> None:
    allow(admin, f"{RIGHTS} {missing}")
    with pytest.raises(StateUnavailable, match="give it these rights: ~copydesk") as refused:
        open_state(own_url(server), Settings(), patience=0)
    assert named in str(refused.value)
    assert admin.dbsize() == 0


def test_a_wrong_password_is_told(server: RunningServer, admin: Redis) -> None:
    allow(admin, RIGHTS)
    with pytest.raises(StateUnavailable, match="asks for another password"):
        open_state(server.url(user="copydesk", password="x"), Settings(), patience=0)
    with pytest.raises(StateUnavailable, match="asks for a password"):
        open_state(server.url(), Settings(), patience=0)
