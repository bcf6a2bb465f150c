"""The service and its commands on a bucket, with a worker that is stopped in the middle and comes back."""

import json
import os
import shutil
import signal
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.load import Load
from chaos.running import at_rest
from chaos.verdict import what_is_wrong_in
from rig.bucket import Bucket
from rig.desk import Desk, until
from rig.site import Site
from rig.stories import Story
from tests.integration.test_paused_host import copy_into, files_of
from workers.storage.bucket import open_bucket

STORIES = [Story.numbered(number, paragraphs=6) for number in range(5)]
COPY = replace(STORIES[0], path="/news/copy", paragraphs=STORIES[0].paragraphs[:-1])


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with Bucket() as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


def _stopped(desk: Desk) -> list[int]:
    found = []
    for pid in desk.processes():
        with suppress(OSError):
            stat = Path(f"/proc/{pid}/stat").read_text()
            if stat.rpartition(")")[2].split()[0] == "T":
                found.append(pid)
    return found


def _outcomes(desk: Desk) -> dict[str, int]:
    (told,) = desk.run("status", "--json").json["sources"]
    return {name: count for name, count in told["outcomes"].items() if count}


def test_all_works_on_a_bucket(bucket: Bucket, tmp_path: Path) -> None:
    store = open_bucket(bucket.url)
    with Site() as site, Desk(tmp_path, store=bucket.url, page_seconds=3) as desk:
        site.publish(*STORIES, COPY)
        desk.write_sources({"name": "press", "start": site.url("/rss.xml"), "max_pages": 20})
        process = desk.start(
            "up", "--json", tick_seconds=0.5, dashboard="127.0.0.1:0", batch_pages=3,
            fault="before-create:4:stop",
        )  # fmt: skip
        assert process.stdout
        greeting = json.loads(process.stdout.readline())
        until(lambda: _stopped(desk), 40, "a worker is stopped")
        (stopped,) = _stopped(desk)
        lines = _consumed(desk, "early", len(STORIES))
        before = files_of(store)
        os.kill(stopped, signal.SIGCONT)
        _look(desk, bucket, greeting["dashboard"].rstrip("/"), lines)
        process.send_signal(signal.SIGINT)
        process.wait(40)
        assert files_of(store) == before
        assert bucket.counted()["LIST"] < 25

        shutil.rmtree(desk.home / "valkey")
        refused = desk.run("once")
        assert f"the server knows nothing of the documents in {bucket.url}" in refused.err
        told = desk.run("rebuild", "--outbox", "--json").json
        assert (told["documents"], told["duplicates"], told["problems"]) == (len(STORIES), 1, [])
        assert _consumed(desk, "late", len(STORIES)) == lines
        assert files_of(store) == before

        bucket.refuse(403, "AccessDenied")
        (source,) = desk.run("sources", "--json").lines
        assert (source["outcomes"]["new"], source["rules"]) == (len(STORIES), None)


def test_workers_that_are_killed_amid_their_puts(bucket: Bucket, tmp_path: Path) -> None:
    """Several threads put at the time; answers are lost besides, so that a text is met in the bucket by who wrote it."""
    with Load(sites=2, pages=12) as load, Desk(tmp_path, store=bucket.url, batch_pages=4) as desk:
        desk.write_sources(*load.sources)
        bucket.lose_answers(every=17)
        fault = "before-create:3,after-sidecar:7,after-text:9,after-write:4,before-commit:8,after-commit:12"
        assert desk.run("once", "--json", fault=fault).json["owed"] == 0
        bucket.allow()
        assert {
            (desk.home / "fault" / step.split(":")[0]).exists() for step in fault.split(",")
        } == {True}
        assert max(bucket.made.values()) == 1
        copy_into(tmp_path / "copy", files_of(open_bucket(bucket.url)))
        with at_rest(desk) as state:
            assert what_is_wrong_in(tmp_path / "copy", state, load.expected) == []


def _consumed(desk: Desk, group: str, count: int) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = []

    def take() -> bool:
        lines.extend(desk.run("consume", "--group", group).lines)
        return len(lines) >= count

    until(take, 60, f"{count} documents")
    assert len(lines) == count
    return sorted(lines, key=lambda line: str(line["path"]))


def _look(desk: Desk, bucket: Bucket, dashboard: str, lines: list[dict[str, object]]) -> None:
    """What reads the store beside the way of pages."""
    (copy,) = desk.run("duplicates", "--json").lines
    assert copy["outcome"] == "near-duplicate"
    assert f"{bucket.url} can be written" in desk.run("doctor", "--offline").out
    replayed = desk.run("replay", "--json")
    assert replayed.code == 0
    wanted = urllib.parse.quote(STORIES[2].title)
    asked = urllib.request.Request(
        f"{dashboard}/documents?q={wanted}", headers={"Accept": "application/json"}
    )

    def found() -> bool:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return bool(json.load(answer)["documents"])

    until(found, 30, "the document is found by its words")
    with urllib.request.urlopen(f"{dashboard}/documents/{lines[0]['id']}", timeout=10) as page:
        assert str(lines[0]["title"]) in page.read().decode()
