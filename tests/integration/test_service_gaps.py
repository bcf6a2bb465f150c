"""Listings that fail their source: turned over by a burst, dead, or moved to another host."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.embedded import EmbeddedServer
from rig.desk import Desk, Result
from rig.site import XML, Site
from rig.stories import Story, article_page, rss
from workers.state.connection import connect, key

HELD = 3
"""Items that the feeds hold."""


class Paper:
    """A site whose feed holds few items; the one of a `pager` says where older ones are."""

    def __init__(self, site: Site, first: int, *, has_pager: bool) -> None:
        self.site = site
        self._next = first
        self._has_pager = has_pager
        self.stories: list[Story] = []

    def publish(self, count: int) -> None:
        """So many stories at once, a second apart, the last of them now."""
        now = datetime.now(UTC)
        for back in range(count - 1, -1, -1):
            story = replace(Story.numbered(self._next), published=now - timedelta(seconds=back))
            self._next += 1
            self.stories.insert(0, story)
            self.site.put(story.path, article_page(story))
        for page in range(1, 2 + (len(self.stories) - 1) // HELD):
            self._put_page(page)

    def _put_page(self, page: int) -> None:
        stories = self.stories[HELD * (page - 1) : HELD * page]
        older = f'<atom:link rel="next" href="{self.site.url(f"/rss.xml?page={page + 1}")}"/>'
        feed = rss(stories, self.site.url())
        if self._has_pager:
            feed = feed.replace("<item>", f"{older}<item>", 1)
        path = "/rss.xml" if page == 1 else f"/rss.xml?page={page}"
        self.site.put(path, feed, content_type=XML)


@dataclass(frozen=True)
class Told:
    """What is shown after a quiet start, after a burst, and when listings are well again."""

    quiet: list[dict[str, Any]]
    burst: Result
    covered: dict[str, dict[str, Any]]
    alarms: list[dict[str, Any]]
    dead: list[dict[str, Any]]
    back: list[dict[str, Any]]
    words: Result
    wrong: Result
    new_site: Site
    away: Site


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with ExitStack() as stack:
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("gaps")))
        names = ("pager", "plain", "dying", "cut", "stale", "moving", "leaving", "new", "away")
        sites = {name: stack.enter_context(Site()) for name in names}
        papers = {
            name: Paper(sites[name], 100 * number, has_pager=name == "pager")
            for number, name in enumerate(("pager", "plain"))
        }
        sources = {name: {"feeds": [sites[name].url("/rss.xml")]} for name in papers}
        sources["dying"] = {"start": sites["dying"].url("/")}
        for name in ("cut", "stale"):
            site = sites[name]
            sources[name] = {"feeds": [site.url("/rss.xml")], "start": site.url("/")}
        sources["moving"] = {
            "feeds": [sites["moving"].url("/rss.xml")],
            "hosts": [f"127.0.0.1:{sites['new'].port}"],
        }
        sources["leaving"] = {"feeds": [sites["leaving"].url("/rss.xml")]}
        desk.write_sources(*({"name": name, **fields} for name, fields in sources.items()))
        # The server stays up from one command to the next.
        up = desk.up(tick_seconds=600)
        for paper in papers.values():
            paper.publish(HELD)
        stories = {
            name: [Story.numbered(first - n) for n in range(10)]
            for name, first in (("dying", 320), ("moving", 420), ("leaving", 520))
        }
        for name, some in stories.items():
            sites[name].publish(*some[2:])
        for name, number in (("cut", 600), ("stale", 700)):
            stories[name] = [*minutes_apart(number, 6), *minutes_apart(number + 50, 10, days_ago=3)]
            sites[name].publish(*stories[name][6:])
        assert desk.run("once", "--json").code == 0
        grow_old(desk, "stale", days=2)
        quiet = desk.run("coverage", "--json", "--day", "today").lines
        for paper in papers.values():
            paper.publish(3 * HELD)
        sites["dying"].publish(*stories["dying"])
        sites["dying"].put("/rss.xml", status=404)
        for name, shown in (("cut", slice(0, 3)), ("stale", slice(6, None))):
            sites[name].publish(*stories[name])
            feed = rss(stories[name][shown], sites[name].url())
            sites[name].put("/rss.xml", feed, content_type=XML)
        for old, new in (("moving", "new"), ("leaving", "away")):
            sites[new].publish(*stories[old])
            to = {"Location": sites[new].url("/rss.xml")}
            sites[old].put("/rss.xml", status=301, headers=to)
        burst = desk.run("once", "--json")
        rows = desk.run("coverage", "--json", "--day", "today").lines
        for _ in range(2):
            desk.run("once", "--source", "dying", "--source", "leaving", "--json")
        alarms = desk.run("status", "--json").json["alarms"]
        dead = [a for a in alarms if a["subject"] == "dying"]
        for name in ("dying", "cut", "stale"):
            sites[name].publish(*minutes_apart(900, 1), *stories[name])
        desk.run("once", *(f"--source={name}" for name in ("dying", "cut", "stale")), "--json")
        back = desk.run("status", "--json").json["alarms"]
        words = desk.run("coverage", "plain")
        wrong = desk.run("coverage", "plane")
        assert up.poll() is None
        yield Told(
            *(quiet, burst, _named(rows), alarms, dead),
            *(back, words, wrong, sites["new"], sites["away"]),
        )


def minutes_apart(first: int, count: int, days_ago: int = 0) -> list[Story]:
    """So many stories, the newest first, and that from just now, or so many days ago."""
    newest = datetime.now(UTC) - timedelta(days=days_ago)
    return [
        replace(Story.numbered(first + n), published=newest - timedelta(minutes=n))
        for n in range(count)
    ]


def grow_old(desk: Desk, source: str, days: int) -> None:
    """What was seen of a source's listings was seen so many days ago."""
    with closing(connect(EmbeddedServer(desk.home).url)) as client:
        for url, raw in client.hgetall(key("listings", source)).items():
            if url != b"settings" and b"health" in raw:
                state = json.loads(raw)
                for field in {"watched", "newest"} & state["health"].keys():
                    state["health"][field] -= days * 86400
                client.hset(key("listings", source), url, json.dumps(state))


def _named(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["source"]: row for row in rows}


def test_before_the_first_walk_all_is_unknown(told: Told) -> None:
    for row in told.quiet[:2]:
        assert row["unknown"]
        assert row["gaps_open"] == []
        assert row["new"] == HELD


def test_a_burst_is_walked_back_by_the_pages_of_the_feed(told: Told) -> None:
    assert told.burst.json["sources"]["pager"]["new"] == 3 * HELD
    row = told.covered["pager"]
    assert (row["gaps_open"], len(row["gaps_closed"])) == ([], 1)
    assert row["new"] == 4 * HELD
    assert [gap["closed_by"] for gap in row["gaps"]] == ["older pages of the feed"]


def test_what_cannot_be_walked_back_is_an_alarm_that_names_the_hours(told: Told) -> None:
    assert told.burst.json["sources"]["plain"]["new"] == HELD
    (gap,) = told.covered["plain"]["gaps_open"]
    assert "except" in told.covered["plain"]["told"]
    (alarm,) = [a for a in told.alarms if a["kind"] == "gap"]
    assert alarm["subject"] == "plain"
    assert gap["start"][:16].replace("T", " ") in alarm["evidence"]
    assert alarm["since"]


def test_a_person_reads_a_line_a_day(told: Told) -> None:
    assert told.words.code == 0
    assert "plain" in told.words.out
    assert "except" in told.words.out
    assert told.words.out.count("unknown: first read on") == 1  # of all days before
    assert max(map(len, told.words.out.splitlines())) <= 80


def test_a_wrong_call_is_told_in_a_line(told: Told) -> None:
    assert told.wrong.code == 2
    assert "did you mean plain?" in told.wrong.err
    assert len(told.wrong.err.splitlines()) == 1


def test_what_stands_in_for_a_dead_feed_brings_the_articles_at_once(told: Told) -> None:
    assert told.burst.json["sources"]["dying"]["new"] == 2
    assert told.covered["dying"]["gaps_open"] == []


@pytest.mark.parametrize(("name", "why"), [("cut", "to 3 items"), ("stale", "nothing newer than")])
def test_what_stands_in_for_a_feed_that_falls_short_brings_the_articles_and_is_told(
    told: Told, name: str, why: str
) -> None:
    assert told.burst.json["sources"][name]["new"] == 6
    assert told.covered[name]["gaps_open"] == []
    (alarm,) = [a for a in told.alarms if a["subject"] == name]
    assert alarm["kind"] == "fallen"
    assert f"/rss.xml is {name}: it " in alarm["evidence"]
    assert why in alarm["evidence"]
    assert "articles are found from" in alarm["evidence"]
    assert name not in {a["subject"] for a in told.back}


def test_a_dead_feed_is_an_alarm_until_it_is_back(told: Told) -> None:
    (alarm,) = told.dead
    assert alarm["kind"] == "fallen"
    assert "/rss.xml is dead" in alarm["evidence"]
    assert "404" in alarm["evidence"]
    assert "found from" in alarm["evidence"]
    assert "dying" not in {a["subject"] for a in told.back}


def test_a_site_that_moves_to_a_host_that_may_be_asked_is_followed_and_told(told: Told) -> None:
    assert told.burst.json["sources"]["moving"]["duplicate"] == 8
    assert told.burst.json["sources"]["moving"]["new"] == 2
    (alarm,) = [a for a in told.alarms if a["subject"] == "moving"]
    assert alarm["kind"] == "moved"
    assert f"write {told.new_site.url('/rss.xml')} into its feeds" in alarm["evidence"]


def test_a_move_does_not_lead_past_the_guard(told: Told) -> None:
    assert told.away.requests == []
    alarms = {a["kind"]: a["evidence"] for a in told.alarms if a["subject"] == "leaving"}
    assert told.away.url("/rss.xml") in alarms["moved"]
    # From the second crawl on the host is asked for, and the guard does not let it through.
    assert "is not public" in alarms["failing"] or "neither 80 nor 443" in alarms["failing"]
