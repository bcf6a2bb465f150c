"""`copydesk consume`: who gets which documents, and who gets them again."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cli.embedded import server
from config.settings import Settings
from rig.desk import Desk, Result, until
from rig.site import Site
from rig.stories import Story
from workers.state.outbox import STREAM
from workers.state.state import open_state

# A document is longer than what a pipe holds, so that a consumer nobody reads stands still in it.
STORIES = [Story.numbered(n, paragraphs=160) for n in range(5)]
_groups = (f"group-{n}" for n in count())


@dataclass(frozen=True)
class Filled:
    """A home whose outbox holds a document for each story."""

    desk: Desk
    site: Site
    ids: frozenset[str]

    def consume(self, group: str, *arguments: str) -> list[dict[str, Any]]:
        done: Result = self.desk.run("consume", "--group", group, *arguments)
        assert done.code == 0, done.err
        return done.lines


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    with ExitStack() as stack:
        site = stack.enter_context(Site())
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("consume")))
        site.publish(*STORIES)
        desk.write_sources({"name": "site", "feeds": [site.url("/rss.xml")]})
        assert desk.run("once").code == 0
        yield Filled(desk, site, frozenset(d.id for d in desk.documents().values()))


@pytest.fixture
def group() -> str:
    """A group that nobody has used yet."""
    return next(_groups)


def ids(lines: list[dict[str, Any]]) -> list[str]:
    return [line["id"] for line in lines]


def test_a_line_is_the_sidecar_with_path_and_text(filled: Filled, group: str) -> None:
    for line in filled.consume(group):
        path = filled.desk.home / line["path"]
        sidecar = json.loads(path.with_suffix(".json").read_text())
        assert line == sidecar | {"path": line["path"], "text": path.read_bytes().decode()}


def test_each_group_gets_everything_once(filled: Filled, group: str) -> None:
    assert sorted(ids(filled.consume(group))) == sorted(filled.ids)
    assert sorted(ids(filled.consume(f"{group}-other"))) == sorted(filled.ids)
    assert filled.consume(group) == []


def test_a_count_is_the_most(filled: Filled, group: str) -> None:
    parts = [ids(filled.consume(group, "--count", "2", "--json")) for _ in range(3)]
    assert [len(part) for part in parts] == [2, 2, 1]
    assert {i for part in parts for i in part} == filled.ids


def test_two_consumers_of_a_group_share(filled: Filled, group: str) -> None:
    first = filled.desk.start("consume", "--group", group, "--count", "2")
    assert first.stdout
    beginning = first.stdout.read(1)
    rest = ids(filled.consume(group))
    lines = (beginning + first.stdout.read()).splitlines()
    assert first.wait(20) == 0
    assert len(lines) == 2
    assert sorted([*rest, *(json.loads(line)["id"] for line in lines)]) == sorted(filled.ids)


def test_what_a_killed_consumer_had_not_acknowledged_goes_to_the_next(
    filled: Filled, group: str
) -> None:
    killed = filled.desk.start("consume", "--group", group)
    assert killed.stdout
    beginning = killed.stdout.read(1)
    killed.kill()
    printed = [line for line in (beginning + killed.stdout.read()).splitlines() if line[-1:] == "}"]
    killed.wait()
    # The last one printed may or may not have been acknowledged: at least once, never not at all.
    received = {json.loads(line)["id"] for line in printed}
    again = set(ids(filled.consume(group)))
    assert received | again == filled.ids
    assert len(received & again) <= 1
    assert filled.consume(group) == []


def test_a_reader_who_has_enough_is_no_error_to_complain_of(filled: Filled, group: str) -> None:
    command = f"'{sys.executable}' -m cli consume --group {group} | head -n 1"
    done = subprocess.run(
        command,
        shell=True,
        cwd=filled.desk.folder,
        env=filled.desk.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert json.loads(done.stdout)["id"] in filled.ids
    # The pipe had room for most of a second one, and that was taken out of it unread.
    rest = ids(filled.consume(group))
    assert len(rest) == len(set(rest)) >= len(filled.ids) - 2


def test_a_document_that_is_gone_holds_up_no_other(filled: Filled, group: str) -> None:
    gone, *others = sorted(filled.desk.documents())
    path = filled.desk.home / gone
    text = path.read_bytes()
    path.unlink()
    try:
        first, again = (filled.desk.run("consume", "--group", group) for _ in "12")
    finally:
        path.write_bytes(text)
    assert [line["path"] for line in first.lines] == others
    assert again.lines == []
    for done in (first, again):
        assert done.code == 1
        assert f"{gone}: the store has no such document" in done.err
        assert "1 document could not be read" in done.err
    # It was not acknowledged: back in its place, it comes.
    assert [line["path"] for line in filled.consume(group)] == [gone]


def test_a_group_is_given_all_once_more_is_listed_and_is_let_go(filled: Filled, group: str) -> None:
    in_order = ids(filled.consume(group))
    begun = filled.desk.run("redeliver", "--group", group, "--json")
    assert begun.json == {"group": group, "made": False, "since": None, "waiting": 5}, begun.err
    (told,) = [row for row in filled.desk.run("groups", "--json").lines if row["group"] == group]
    assert (told["lag"], told["pending"], told["again"], told["put_aside"]) == (0, 0, 5, 0)
    refused = filled.desk.run("groups", "drop", group)
    assert refused.code == 2
    assert "5 documents that it was to have once more: say --yes" in refused.err
    assert sorted(ids(filled.consume(group))) == sorted(in_order)
    assert filled.desk.run("redeliver", "--group", group, "--json").json["waiting"] == 5
    strange = filled.desk.run("groups", "drop", group + "x")
    assert strange.code == 2
    assert f"did you mean {group}?" in strange.err
    assert filled.desk.run("groups", "drop", group, "--yes", "--json").json["dropped"] == group
    assert group not in filled.desk.run("groups").out


def test_the_wrong_store_is_told_of_and_is_no_fault_of_the_documents(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk, server(desk.home, None) as (url, _):
        outbox = open_state(url, Settings(), patience=5).client
        for number in range(30):
            path = f"documents/a/2026-11-22/{number:03}_{number:016x}.txt"
            outbox.xadd(STREAM, {"id": f"{number:016x}", "path": path})
        done = desk.run("consume", "--group", "g", store=str(tmp_path / "elsewhere"))
        assert done.code == 1
        assert "COPYDESK_STORE" in done.err
        counts = [r["times_delivered"] for r in outbox.xpending_range(STREAM, "g", "-", "+", 99)]
        assert counts == [0] * 10
        outbox.close()


def test_a_follower_gets_what_comes_later(tmp_path: Path, site: Site) -> None:
    early, late = Story.numbered(1), Story.numbered(2)
    site.publish(early)
    with Desk(tmp_path) as desk:
        desk.write_sources({"name": "site", "feeds": [site.url("/rss.xml")]})
        # The server that the follower starts for itself serves the runs, too.
        follower = desk.start("consume", "--group", "g", "--follow", "--count", "2")
        until((desk.home / "valkey" / "valkey.sock").exists, 20)
        assert desk.run("once").code == 0
        assert follower.stdout
        assert json.loads(follower.stdout.readline())["url"] == site.url(early.path)
        site.publish(late, early)
        assert desk.run("once").code == 0
        assert json.loads(follower.stdout.readline())["url"] == site.url(late.path)
        assert follower.wait(20) == 0
        assert desk.processes() == {}
