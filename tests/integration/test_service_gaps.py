"""A burst that turns a feed over: walked back where the site allows it, and told by the hour where not."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rig.desk import Desk, Result
from rig.site import XML, Site
from rig.stories import Story, article_page, rss

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
    """What is shown after a quiet start, and after a burst."""

    quiet: list[dict[str, Any]]
    burst: Result
    covered: dict[str, dict[str, Any]]
    alarms: list[dict[str, Any]]
    words: Result
    wrong: Result


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with ExitStack() as stack:
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("gaps")))
        papers = {
            name: Paper(stack.enter_context(Site()), first, has_pager=name == "pager")
            for name, first in (("pager", 100), ("plain", 200))
        }
        desk.write_sources(
            *({"name": n, "feeds": [p.site.url("/rss.xml")]} for n, p in papers.items())
        )
        # The server stays up from one command to the next.
        up = desk.up(tick_seconds=600)
        for paper in papers.values():
            paper.publish(HELD)
        assert desk.run("once", "--json").code == 0
        quiet = desk.run("coverage", "--json", "--day", "today").lines
        for paper in papers.values():
            paper.publish(3 * HELD)
        burst = desk.run("once", "--json")
        rows = desk.run("coverage", "--json", "--day", "today").lines
        alarms = desk.run("status", "--json").json["alarms"]
        words = desk.run("coverage", "plain", "--day", "today")
        wrong = desk.run("coverage", "plane")
        assert up.poll() is None
        yield Told(quiet, burst, _named(rows), alarms, words, wrong)


def _named(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["source"]: row for row in rows}


def test_before_the_first_walk_all_is_unknown(told: Told) -> None:
    for row in told.quiet:
        assert row["unknown"]
        assert row["gaps_open"] == []
        assert row["new"] == HELD


def test_a_burst_is_walked_back_by_the_pages_of_the_feed(told: Told) -> None:
    assert told.burst.json["sources"]["pager"]["new"] == 3 * HELD
    row = told.covered["pager"]
    assert (row["gaps_open"], len(row["gaps_closed"])) == ([], 1)
    assert row["new"] == 4 * HELD


def test_what_cannot_be_walked_back_is_an_alarm_that_names_the_hours(told: Told) -> None:
    assert told.burst.json["sources"]["plain"]["new"] == HELD
    (gap,) = told.covered["plain"]["gaps_open"]
    assert "except" in told.covered["plain"]["told"]
    (alarm,) = [a for a in told.alarms if a["what"] == "gap"]
    assert alarm["subject"] == "plain"
    assert gap["start"][:16].replace("T", " ") in alarm["evidence"]
    assert alarm["since"]


def test_a_person_reads_a_line_a_day(told: Told) -> None:
    assert told.words.code == 0
    assert "plain" in told.words.out
    assert "except" in told.words.out


def test_a_wrong_call_is_told_in_a_line(told: Told) -> None:
    assert told.wrong.code == 2
    assert "did you mean plain?" in told.wrong.err
    assert len(told.wrong.err.splitlines()) == 1
