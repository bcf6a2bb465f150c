"""A cluster is refused, by all that would use it."""

import subprocess
from pathlib import Path

from rig.command import environment
from rig.desk import Desk
from rig.server import RunningServer, free_port

REFUSED = "is a Redis Cluster, which cannot be used"


def test_every_command_and_every_part_refuses_a_cluster(tmp_path: Path) -> None:
    lines = ("cluster-enabled yes", f"cluster-port {free_port()}", "cluster-config-file nodes.conf")
    with (
        RunningServer(tmp_path / "server", *lines) as server,
        Desk(tmp_path / "desk", redis_url=server.url()) as desk,
    ):
        desk.folder.mkdir(exist_ok=True)
        desk.write_sources({"name": "site", "start": "http://127.0.0.1:1/"})
        for call in (("up",), ("status",), ("consume", "--group", "g")):
            done = desk.run(*call)
            assert (done.code, REFUSED in done.err) == (1, True), done
        found = desk.run("doctor", "--offline", "--json").json["checks"]
        assert [c["check"] for c in found if c["verdict"] == "wrong"] == ["server"]
        part = subprocess.run(
            [*_part(), "crawl"],
            env=environment(home=desk.home, redis_url=server.url()),
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert (part.returncode, REFUSED in part.stderr.decode()) == (1, True)


def _part() -> list[str]:
    import sys

    return [sys.executable, "-m", "workers.run"]
