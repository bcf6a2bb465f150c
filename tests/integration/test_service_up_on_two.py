"""`copydesk up` on two hosts, each with a home of its own, on one server and one store: the least that makes one desk of them."""

import json
import signal
import subprocess
from pathlib import Path

from rig.desk import Desk, until
from rig.server import RunningServer
from rig.site import Site
from rig.stories import Story

FIRST, LATER = 6, 4


def _up(desk: Desk) -> "subprocess.Popen[str]":
    process = desk.start("up", "--json", tick_seconds=0.5)
    assert process.stdout
    assert json.loads(process.stdout.readline())["parts"].keys() == {"beat", "crawl", "ingest"}
    return process


def test_each_document_is_there_once_and_either_goes_on_alone(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with RunningServer(tmp_path / "server") as server, Site() as site:
        shared = {"redis_url": server.url(), "store": store}
        with (
            Desk(tmp_path / "one", **shared) as one,
            Desk(tmp_path / "two", **shared) as two,
        ):
            site.publish(*(Story.numbered(n) for n in range(FIRST)))
            for desk in (one, two):
                desk.folder.mkdir()
                desk.write_sources(
                    {"name": "press", "feeds": [site.url("/rss.xml")], "schedule": "every 2s", "adaptive": False}
                )  # fmt: skip
            first, second = _up(one), _up(two)
            until(lambda: len(list(store.glob("documents/*/*/*.txt"))) == FIRST, 40)
            first.send_signal(signal.SIGINT)
            assert first.wait(40) == 0
            site.publish(*(Story.numbered(n) for n in range(FIRST + LATER)))
            until(lambda: len(list(store.glob("documents/*/*/*.txt"))) == FIRST + LATER, 40)
            lines = two.run("consume", "--group", "mine").lines
            assert len({line["id"] for line in lines}) == len(lines) == FIRST + LATER
            assert one.run("consume", "--group", "mine").lines == []
            assert one.run("status", "--json").json["running"] is True
            second.send_signal(signal.SIGINT)
            assert second.wait(40) == 0
            assert one.run("status", "--json").json["running"] is False
