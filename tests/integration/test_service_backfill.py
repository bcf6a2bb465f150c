"""A backfill beside a running service, through a kill, and to its end without one."""

import contextlib
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from rig.desk import Desk, Result, until
from rig.site import Site
from rig.stories import Story
from tests.integration.archive_site import (
    put_articles,
    put_feed,
    put_sitemaps,
    yearlings,
)

SINCE, EARLIER = "2026-06-01", "2026-03-01"
FRESH = Story.numbered(9_001)
_SERVICE_SECONDS = 40


@dataclass
class Told:
    """What was seen on the way."""

    desk: Desk
    site: Site
    stories: list[Story]
    asked: Result | None = None
    under_way: list[dict[str, Any]] = field(default_factory=list)
    other_asked: Result | None = None
    when_fresh: dict[str, Any] = field(default_factory=dict)
    before_kill: int = 0
    done: Result | None = None
    earlier: Result | None = None
    published: dict[str, datetime] = field(default_factory=dict)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with ExitStack() as stack:
        site = stack.enter_context(Site())
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("backfill"), tick_seconds=0.5))
        told = Told(desk, site, yearlings(160))
        put_articles(site, told.stories)
        put_sitemaps(site, told.stories)
        put_feed(site, told.stories[:5])
        feeds, sitemaps = [site.url("/rss.xml")], [site.url("/index.xml")]
        source = {"name": "a", "max_pages": 20, "feeds": feeds, "sitemaps": sitemaps}
        desk.write_sources(source | {"delay": 0.25})
        beside_the_service(told)
        desk.write_sources(source)
        told.done = desk.run("backfill", "a", "--json")
        told.published = {d.url: _time_of(told, d.url) for d in desk.documents().values()}
        span = ("--since", EARLIER, "--until", "2026-04-30")
        told.earlier = desk.run("backfill", "a", *span, "--json")
        yield told


def beside_the_service(told: Told) -> None:
    """It is asked for; something new comes out meanwhile; and all is killed."""
    desk, site = told.desk, told.site
    desk.up()
    until(lambda: len(desk.documents()) >= 3, _SERVICE_SECONDS, "the first walk")
    told.asked = desk.run("backfill", "a", "--since", SINCE, "--json")
    told.other_asked = desk.run("backfill", "a", "--since", "2026-01-01")
    told.under_way = desk.run("backfill", "--json").lines
    put_articles(site, [FRESH])
    put_feed(site, [FRESH, *told.stories[:4]])
    desk.run("crawl", "a")
    until(lambda: any(d.url.endswith(FRESH.path) for d in desk.documents().values()), 20)
    told.when_fresh = desk.run("backfill", "a", "--json").json
    told.before_kill = len(desk.documents())
    for pid in desk.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: not desk.processes(), 10, "the killed are gone")


def _time_of(told: Told, url: str) -> datetime:
    known = {told.site.url(s.path): s.published for s in [*told.stories, FRESH]}
    return known[url]


def _in_span(told: Told, first: str, last: str = "9999-12-31") -> set[str]:
    stories = (s for s in told.stories if first <= s.published.date().isoformat() <= last)
    return {told.site.url(story.path) for story in stories}


def _json(result: Result | None) -> dict[str, Any]:
    assert result
    assert result.code == 0, result
    return result.json


def test_the_service_is_asked_and_says_how_far_it_is(told: Told) -> None:
    assert _json(told.asked)["state"] in {"walking", "fetching"}
    (row,) = told.under_way
    assert row["source"] == "a"
    assert row["since"] == "2026-06-01T00:00:00Z"
    assert row["ended"] is None


def test_two_backfills_of_a_source_at_once_are_refused(told: Told) -> None:
    assert told.other_asked
    assert told.other_asked.code == 1
    assert "under way, since 2026-06-01T00:00:00Z" in told.other_asked.err


def test_what_is_new_comes_out_while_old_articles_wait(told: Told) -> None:
    assert told.when_fresh["ended"] is None
    assert told.before_kill < len(_in_span(told, SINCE))
    paths = told.site.paths()
    older = {s.path for s in told.stories}
    assert sum(path in older for path in paths[paths.index(FRESH.path) :]) > 10


def test_a_kill_of_all_loses_nothing_and_doubles_nothing(told: Told) -> None:
    done = _json(told.done)
    assert (done["state"], done["open"], done["share"]) == ("done", 0, 1.0)
    kept = [d.url for d in told.desk.documents().values()]
    assert len(kept) == len(set(kept))
    assert _in_span(told, SINCE) <= set(told.published)


def test_nothing_older_than_asked_is_fetched(told: Told) -> None:
    backfilled = {
        url for url, at in told.published.items() if at < datetime(2026, 5, 31, tzinfo=UTC)
    }
    # The first walk of the schedule may have met some.
    assert len(backfilled) <= 20
    assert _json(told.done)["outside"] == 0


def test_a_page_is_fetched_once_but_for_those_of_the_kill(told: Told) -> None:
    pages = [path for path in told.site.paths() if path.startswith("/news/")]
    assert len(pages) - len(set(pages)) <= 20


def test_until_leaves_out_what_is_younger(told: Told) -> None:
    earlier = _json(told.earlier)
    kept = {d.url for d in told.desk.documents().values()}
    assert _in_span(told, EARLIER, "2026-04-30") <= kept
    # A sitemap of a month is read whole where its month is of the time, in any place on earth.
    assert earlier["until"] == "2026-05-01T00:00:00Z"
    fetched = sum(earlier["outcomes"].values())
    assert (
        fetched
        == len(_in_span(told, EARLIER, "2026-04-30") - told.published.keys()) + earlier["outside"]
    )
