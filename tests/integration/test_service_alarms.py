"""Sites that break, refuse, and ask whether a person is there: told by the real commands, and cleared by themselves."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.embedded import EmbeddedServer
from rig.desk import Desk
from rig.site import HTML, Reply, Site
from rig.stories import Story, section_page

GATE = (
    b"<!doctype html><html><head><title>Making sure you&#39;re not a bot!</title></head><body>"
    b'<script id="anubis_challenge" type="application/json">{}</script></body></html>'
)
PAGES = 24
BEGIN = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass
class Run:
    """What commands told after a crawl of each source."""

    status: dict[str, Any]
    rows: dict[str, dict[str, Any]]

    def alarm(self, source: str) -> dict[str, Any]:
        (alarm,) = [a for a in self.status["alarms"] if a["subject"] == source]
        assert self.rows[source]["alarms"] == [alarm]
        return alarm

    def outcomes(self, source: str) -> dict[str, int]:
        return {o: n for o, n in self.rows[source]["outcomes"].items() if n}


@dataclass(frozen=True)
class Runs:
    """The same sources, time and again."""

    first: Run
    troubled: Run
    text: str
    healed: Run


def stories(first: int) -> list[Story]:
    """The latest of them comes first."""
    numbers = range(first + PAGES - 1, first - 1, -1)
    made = (Story.numbered(number, paragraphs=2) for number in numbers)
    return [
        replace(s, published=BEGIN + timedelta(minutes=n))
        for s, n in zip(made, numbers, strict=True)
    ]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    with ExitStack() as stack:
        names = ("changed", "forbids", "gated")
        sites = {name: stack.enter_context(Site()) for name in names}
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("alarms")))
        # It is there for all of them.
        server = EmbeddedServer(desk.home)
        server.ensure()
        stack.callback(server.stop)
        desk.write_sources(*({"name": n, "feeds": [s.url("/rss.xml")]} for n, s in sites.items()))
        for number, site in enumerate(sites.values()):
            site.publish(*stories(1000 * number))
        forbid(sites["forbids"])
        first = run(desk)
        trouble(sites)
        troubled = run(desk)
        text = desk.run("status").out
        heal(sites)
        yield Runs(first, troubled, text, run(desk))


def run(desk: Desk) -> Run:
    desk.run("once", "--json")
    status = desk.run("status", "--json").json
    return Run(status, {row["name"]: row for row in desk.run("sources", "--json").lines})


def forbid(site: Site) -> None:
    for path in ("/robots.txt", *site.routes):
        site.routes[path] = Reply(b"no", 403)


def trouble(sites: dict[str, Site]) -> None:
    fresh = stories(100)
    sites["changed"].publish(*fresh, *stories(0))
    menu = section_page(fresh, sites["changed"].url()).encode()
    for story in fresh:
        sites["changed"].routes[story.path] = Reply(menu, headers={"Content-Type": HTML})
    gated = stories(2100)
    sites["gated"].publish(*gated, *stories(2000))
    for story in gated:
        sites["gated"].routes[story.path] = Reply(GATE, headers={"Content-Type": HTML})


def heal(sites: dict[str, Site]) -> None:
    for site, first in (("changed", 200), ("forbids", 1000), ("gated", 2100)):
        sites[site].routes.clear()
        sites[site].publish(*stories(first), *stories(max(0, first - 100)))


def test_a_site_that_changed_is_broken(runs: Runs) -> None:
    assert runs.first.outcomes("changed") == {"new": PAGES}
    assert runs.first.rows["changed"]["alarms"] == []
    alarm = runs.troubled.alarm("changed")
    assert alarm["kind"] == "broken"
    assert f"{PAGES} of the last {PAGES} pages were not read ({PAGES} " in alarm["evidence"]
    assert "usual is 0%" in alarm["evidence"]
    assert alarm["since"]


def test_a_site_that_forbids_all_is_blocked(runs: Runs) -> None:
    before, alarm = runs.first.alarm("forbids"), runs.troubled.alarm("forbids")
    assert before["kind"] == "failing"
    assert alarm["kind"] == "blocked"
    assert "1 403" in alarm["evidence"]
    assert alarm["since"] == before["since"]


def test_a_site_behind_a_challenge_is_blocked_and_no_page_is_to_blame(runs: Runs) -> None:
    alarm = runs.troubled.alarm("gated")
    assert alarm["kind"] == "blocked"
    assert "challenge" in alarm["evidence"]
    assert runs.troubled.status["quarantine"] == 0
    assert runs.troubled.rows["gated"]["owed"] == PAGES
    assert runs.troubled.outcomes("gated") == {"new": PAGES}


def test_a_person_reads_it_in_eighty_columns(runs: Runs) -> None:
    lines = runs.text[runs.text.index("alarm: ") :].splitlines()
    assert [line for line in lines if line.startswith("alarm: blocked, gated, since 2")]
    assert [line for line in lines if line.startswith("alarm: broken, changed, since 2")]
    assert max(map(len, lines)) <= 80


def test_what_is_over_is_cleared_and_nothing_is_lost(runs: Runs) -> None:
    assert runs.healed.status["alarms"] == []
    assert runs.healed.outcomes("gated") == {"new": 2 * PAGES}
    assert runs.healed.outcomes("forbids") == {"new": 2 * PAGES}
    assert runs.healed.outcomes("changed") == {"new": 2 * PAGES, "rejected": PAGES}
