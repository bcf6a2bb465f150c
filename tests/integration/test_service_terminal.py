"""What a person sees of a run: `tail`, `doctor`, `status`, `sources`, `duplicates`; before it, beside it, after it."""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from cli.embedded import EmbeddedServer
from rig.desk import Desk, Result, until
from rig.site import Reply, Site
from rig.stories import Story

STORIES = 3
FORBIDS = b"User-agent: *\nDisallow: /"


@dataclass(frozen=True)
class Watched:
    """A run, and what was seen of it."""

    desk: Desk
    sites: dict[str, Site]
    before: Result
    once: Result
    followed: list[dict[str, Any]]
    follower: int
    said: str
    shown: dict[str, Result]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with ExitStack() as stack:
        names = ("well", "same", "forbids", "gone")
        sites = {name: stack.enter_context(Site()) for name in names}
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("terminal")))
        stories = [Story.numbered(number) for number in range(STORIES)]
        sites["well"].publish(*stories)
        sites["same"].publish(stories[0])
        sites["forbids"].publish(Story.numbered(50))
        sites["forbids"].routes["/robots.txt"] = Reply(FORBIDS)
        desk.write_sources(*({"name": n, "feeds": [sites[n].url("/rss.xml")]} for n in names))
        sites["gone"].stop()
        before = desk.run("doctor", "--json")
        assert not desk.home.exists()
        follower = desk.start("tail", "--json")
        until(lambda: "waiting for it" in desk.err, 30, "it waits")
        server = EmbeddedServer(desk.home)
        server.ensure()
        stack.callback(server.stop)
        until(lambda: "following" in desk.err, 30, "it follows")
        once = desk.run("once")
        shown = {name: desk.run(name) for name in ("status", "sources", "duplicates")}
        server.stop()
        until(lambda: desk.err.count("waiting for it") > 1, 30, "it waits again")
        follower.send_signal(signal.SIGINT)
        out, _ = follower.communicate(timeout=30)
        yield Watched(
            *(desk, sites, before, once, [json.loads(line) for line in out.splitlines()]),
            *(follower.returncode, desk.err, shown),
        )


def test_a_follower_sees_each_page_end_once(watched: Watched) -> None:
    assert Counter(one["outcome"] for one in watched.followed) == {"new": STORIES, "duplicate": 1}
    assert Counter(one["source"] for one in watched.followed) == {"well": STORIES, "same": 1}
    assert all(one["url"].startswith("http://127.0.0.1:") for one in watched.followed)
    (twin,) = (one for one in watched.followed if one["outcome"] == "duplicate")
    assert twin["reason"]
    assert twin["duplicate_of"] in {one["id"] for one in watched.followed if one is not twin}


def test_a_follower_ends_silently(watched: Watched) -> None:
    assert watched.follower == 0
    waits = "the server is not there; waiting for it"
    assert watched.said.splitlines() == [waits, "following", waits]


def _checks(result: Result) -> dict[str, str]:
    return {one["check"]: one["verdict"] for one in result.json["checks"]}


def test_before_anything_runs_all_is_looked_at_and_nothing_made(watched: Watched) -> None:
    assert watched.before.code == 1
    checks = _checks(watched.before)
    assert {"python", "settings", "sources", "store", "archive", "disk", "server"} <= checks.keys()
    assert {"clock", "network", "site well", "site forbids", "site gone"} <= checks.keys()
    assert checks["site well"] == "ok"
    assert checks["site forbids"] == "wrong"
    assert checks["site gone"] == "warning"
    assert checks["server"] == checks["store"] == "ok"
    for one in watched.before.json["checks"]:
        assert bool(one["advice"]) is (one["verdict"] != "ok")


def test_a_failure_is_told_once(watched: Watched) -> None:
    assert watched.once.code == 1
    assert watched.once.err.count("refuses connections") == 1
    assert watched.once.err.count("forbids: ") == 1


@pytest.mark.parametrize("name", ["status", "sources", "duplicates"])
def test_what_is_shown_fits_80_columns(watched: Watched, name: str) -> None:
    done = watched.shown[name]
    assert done.code == 0
    assert done.out
    assert all(len(line) <= 80 for line in done.out.splitlines() if "http://" not in line)
    assert "\x1b" not in done.out


def test_sources_are_a_line_each_and_their_alarms_below(watched: Watched) -> None:
    head, *lines = watched.shown["sources"].out.splitlines()
    assert head.split() == ["source", "schedule", "next", "last", "crawl", "new", "alarms"]
    assert [line.split()[0] for line in lines[:4]] == list(watched.sites)
    assert lines[3].endswith("failing")
    assert any(line.startswith("alarm: failing, gone, since") for line in lines[4:])


def test_status_counts_the_last_day(watched: Watched) -> None:
    lines = watched.shown["status"].out.splitlines()
    heads = next(line for line in lines if line.startswith("last day"))
    counts = lines[lines.index(heads) + 1].split()
    assert dict(zip(heads.split()[2:], counts[1:], strict=True))["new"] == str(STORIES)
