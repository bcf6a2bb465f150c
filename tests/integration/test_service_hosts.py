"""A host that cannot be reached fails its source alone, blames no page, and is forgiven."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from rig.desk import Desk, Result
from rig.site import Reply, Request, Site
from rig.stories import Story

STORIES = 3
BACK = ("refuses", "resets", "forbids", "goes-down")
"""The sources whose hosts come back."""
NEVER = ("no-name", "no-tls")


@dataclass(frozen=True)
class Hosts:
    """A run with many hosts in trouble, one in good health, and runs after."""

    desk: Desk
    sites: dict[str, Site]
    first: Result
    shown: dict[str, dict[str, Any]]
    status: dict[str, Any]
    text: Result
    back: Result
    silent: dict[str, Any]


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    with ExitStack() as stack:
        sites = {name: stack.enter_context(Site()) for name in ("well", *BACK)}
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("hosts")))
        for number, name in enumerate(("well", *BACK)):
            sites[name].publish(*(Story.numbered(100 * number + n) for n in range(STORIES)))
        sources = {name: sites[name].url("/rss.xml") for name in ("well", *BACK)}
        sources["no-name"] = "http://name.invalid/rss.xml"
        sources["no-tls"] = sites["well"].url("/rss.xml").replace("http:", "https:")
        # A minute of patience, in a home of its own meanwhile.
        still = stack.enter_context(Desk(tmp_path_factory.mktemp("silent")))
        silent = stack.enter_context(Site())
        silent.routes["/rss.xml"] = Reply(b"late", delay=3600)
        still.write_sources({"name": "silent", "feeds": [silent.url("/rss.xml")]})
        waiting = still.start("once", "--json")
        desk.write_sources(*({"name": n, "feeds": [url]} for n, url in sources.items()))
        heal = trouble(sites)
        first = desk.run("once", "--json")
        shown = {row["name"]: row for row in desk.run("sources", "--json").lines}
        status = desk.run("status", "--json").json
        text = desk.run("once", "--source", "no-name", "--source", "refuses")
        heal()
        back = desk.run("once", "--json", *(f"--source={name}" for name in ("well", *BACK)))
        told, _ = waiting.communicate(timeout=60)
        assert waiting.returncode == 1
        yield Hosts(desk, sites, first, shown, status, text, back, json.loads(told))


def trouble(sites: dict[str, Site]) -> Callable[[], None]:
    """Give each site what its name says; returns what heals them."""
    healthy = {name: dict(site.routes) for name, site in sites.items()}
    sites["refuses"].stop()
    reset_all(sites["resets"])
    for path in ("/robots.txt", *healthy["forbids"]):
        sites["forbids"].routes[path] = Reply(b"no", 403)
    feed = healthy["goes-down"]["/rss.xml"]
    assert isinstance(feed, Reply)

    def last_answer(_: Request) -> Reply:
        reset_all(sites["goes-down"])
        return feed

    sites["goes-down"].routes["/rss.xml"] = last_answer

    def heal() -> None:
        sites["refuses"].start()
        for name in BACK:
            sites[name].routes = healthy[name]

    return heal


def reset_all(site: Site) -> None:
    for path in ["/robots.txt", *site.routes]:
        site.routes[path] = Reply(reset=True)


def test_the_others_go_on(hosts: Hosts) -> None:
    assert hosts.first.code == 1
    counts = hosts.first.json["sources"]["well"]
    assert {o: n for o, n in counts.items() if n} == {"new": STORIES}
    assert "well" not in hosts.first.json["errors"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("refuses", "refuses connections"),
        ("resets", "the connection broke"),
        ("forbids", "answers 403"),
        ("no-name", "does not resolve"),
        ("no-tls", "TLS"),
        ("goes-down", "the connection broke"),
    ],
)
def test_the_source_has_its_reason(hosts: Hosts, name: str, reason: str) -> None:
    told = hosts.first.json["errors"][name]
    assert reason in told
    assert "\n" not in told
    assert hosts.shown[name]["error"] == told
    assert hosts.shown[name]["alarms"]
    (alarm,) = [a for a in hosts.status["alarms"] if a["subject"] == name]
    assert alarm["kind"] == "failing"
    assert alarm["evidence"].startswith(told)


def test_a_host_that_says_nothing_has_timed_out(hosts: Hosts) -> None:
    assert "did not answer in time" in hosts.silent["errors"]["silent"]
    assert not any(hosts.silent["totals"].values())
    assert hosts.silent["seconds"] >= 30


@pytest.mark.parametrize("name", [*BACK, *NEVER])
def test_no_page_is_blamed(hosts: Hosts, name: str) -> None:
    assert not any(hosts.first.json["sources"][name].values())
    assert hosts.status["quarantine"] == 0


def test_pages_that_a_lost_host_owes_are_owed(hosts: Hosts) -> None:
    assert hosts.first.json["owed"] == STORIES
    assert hosts.shown["goes-down"]["owed"] == STORIES


def test_a_person_is_told_in_one_line_a_source(hosts: Hosts) -> None:
    assert hosts.text.code == 1
    lines = hosts.text.err.splitlines()
    assert len([line for line in lines if line.startswith("no-name: ")]) == 1
    assert len([line for line in lines if line.startswith("refuses: ")]) == 1
    assert "make demo" in hosts.text.err


def test_when_the_hosts_are_back_the_next_run_ends_everything(hosts: Hosts) -> None:
    assert hosts.back.code == 0, hosts.back.err
    assert hosts.back.json["errors"] == {}
    assert hosts.back.json["owed"] == 0
    for name in BACK:
        counts = hosts.back.json["sources"][name]
        assert {o: n for o, n in counts.items() if n} == {"new": STORIES}, name
    assert len(hosts.desk.documents()) == (1 + len(BACK)) * STORIES
