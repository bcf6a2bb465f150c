"""Every bad page gets its outcome and its reason from the real service."""

import gzip
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from rig.desk import Desk, Result
from rig.site import HTML, Answer, Reply, Request, Site
from rig.stories import Story, article_page, section_page

MIB = 2**20
PAGE = article_page(Story.numbered(0)).encode()
PDF = {"Content-Type": "application/pdf"}
PACKED = {"Content-Type": HTML, "Content-Encoding": "gzip"}


def bad_pages(elsewhere: str) -> dict[str, tuple[Answer, str]]:
    """What a story's page answers instead, and the outcome and reason that it must get."""
    html = {"Content-Type": HTML}
    front = section_page([Story.numbered(n) for n in range(900, 930)], "/")
    return {
        "missing": (Reply(b"no", 404, html), "gone http-404"),
        "removed": (Reply(b"no", 410, html), "gone http-410"),
        "forbidden": (Reply(b"no", 403, html), "failed http-403"),
        "too-many": (Reply(b"no", 429, html), "failed http-429"),
        "unavailable": (Reply(b"no", 503, html), "failed http-503"),
        "resets": (Reply(reset=True), "failed connection"),
        "pdf": (Reply(b"%PDF-1.7 " + bytes(999), 200, PDF), "rejected not-html"),
        "empty": (Reply(b"", 200, html), "rejected empty"),
        "cut-off": (Reply(PAGE, 200, html, cut=len(PAGE) // 2), "rejected cut-off"),
        "huge": (Reply(PAGE + bytes(6 * MIB), 200, html), "rejected too-large"),
        "bomb": (Reply(gzip.compress(bytes(200 * MIB), 1), 200, PACKED), "rejected too-large"),
        "not-gzip": (Reply(PAGE, 200, PACKED), "rejected corrupt"),
        "to-front": (Reply(b"", 302, {"Location": "/"}), "rejected front-page"),
        "away": (Reply(b"", 301, {"Location": elsewhere}), "rejected other-host"),
        "in-circles": (lambda r: Reply(b"", 302, {"Location": r.path}), "rejected redirects"),
        "private": (Reply(PAGE, 200, html), "rejected robots"),
        "listing": (Reply(front.encode(), 200, html), "rejected listing"),
    }


@dataclass(frozen=True)
class Outcomes:
    """A site with one good page among many bad ones, others that ask for a pause, and two runs."""

    desk: Desk
    site: Site
    busy: Site
    closed: Site
    elsewhere: Site
    expected: dict[str, str]
    first: Result
    sources: dict[str, dict[str, Any]]
    again: Result
    seen_again: list[Request]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    with ExitStack() as stack:
        site, busy, closed, elsewhere = (stack.enter_context(Site()) for _ in range(4))
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("outcomes")))
        expected = put_bad_pages(site, elsewhere)
        put_pauses(busy, seconds=1)
        put_pauses(closed, seconds=3600)
        desk.write_sources(
            {"name": "bad", "start": site.url(), "feeds": [site.url("/rss.xml")]},
            {"name": "busy", "feeds": [busy.url("/rss.xml")]},
            {"name": "closed", "feeds": [closed.url("/rss.xml")], "delay": 0.05},
        )
        first = desk.run("once", "--json")
        sources = {row["name"]: row for row in desk.run("sources", "--json").lines}
        before = len(site.requests)
        again = desk.run("once", "--json", "--source", "bad")
        seen = site.requests[before:]
        yield Outcomes(desk, site, busy, closed, elsewhere, expected, first, sources, again, seen)


def put_bad_pages(site: Site, elsewhere: Site) -> dict[str, str]:
    elsewhere.put("/story", PAGE)
    pages = bad_pages(elsewhere.url("/story"))
    good = Story.numbered(1)
    stories = [
        replace(Story.numbered(100 + i), path=f"/news/{name}") for i, name in enumerate(pages)
    ]
    site.publish(good, *stories)
    for name, (reply, _) in pages.items():
        site.routes[f"/news/{name}"] = reply
    site.put("/robots.txt", "User-agent: *\nDisallow: /news/private\n", content_type="text/plain")
    return {name: end for name, (_, end) in pages.items()}


def put_pauses(site: Site, seconds: int) -> None:
    """Of three pages, the second to be asked for answers 429 the first time."""
    site.publish(*(Story.numbered(10 * seconds + n) for n in range(3)))
    path = Story.numbered(10 * seconds + 1).path
    page = site.routes[path]
    assert isinstance(page, Reply)
    pause = Reply(b"busy", 429, {"Retry-After": str(seconds)})
    site.routes[path] = lambda _: pause if site.paths().count(path) == 0 else page


def test_every_page_gets_the_one_outcome_that_is_its_own(outcomes: Outcomes) -> None:
    counts = outcomes.first.json["sources"]["bad"]
    assert sum(counts.values()) == 1 + len(outcomes.expected)
    reasons: dict[str, int] = {}
    for end in outcomes.expected.values():
        reasons[end] = reasons.get(end, 0) + 1
    told = {end: n for end, n in outcomes.sources["bad"]["reasons"].items() if "new" not in end}
    assert told == reasons


def test_only_the_good_page_is_kept(outcomes: Outcomes) -> None:
    kept = [d.url for d in outcomes.desk.documents().values()]
    assert [url for url in kept if url.startswith(outcomes.site.url())] == [
        outcomes.site.url(Story.numbered(1).path)
    ]


@pytest.mark.parametrize("name", ["forbidden", "too-many", "unavailable"])
def test_what_is_refused_is_asked_for_three_times(outcomes: Outcomes, name: str) -> None:
    asked = [r.at for r in outcomes.site.requests if r.path == f"/news/{name}"]
    assert len(asked) == 3
    assert asked[1] - asked[0] > 0.9
    assert asked[2] - asked[1] > 2.5


def test_what_is_certain_is_asked_for_once(outcomes: Outcomes) -> None:
    paths = outcomes.site.paths()
    for name, end in outcomes.expected.items():
        if not end.startswith("failed") and end not in {"rejected redirects", "rejected robots"}:
            assert paths.count(f"/news/{name}") == 1, name


def test_robots_txt_and_other_hosts_are_respected(outcomes: Outcomes) -> None:
    assert "/news/private" not in outcomes.site.paths()
    assert outcomes.elsewhere.requests == []


def test_failed_pages_are_in_quarantine_and_known(outcomes: Outcomes) -> None:
    assert outcomes.desk.run("status", "--json").json["quarantine"] == 4
    assert outcomes.again.code == 0
    assert not any(outcomes.again.json["totals"].values())
    assert {r.path for r in outcomes.seen_again} == {"/robots.txt", "/rss.xml"}


def test_a_short_pause_is_waited_for(outcomes: Outcomes) -> None:
    assert {o: n for o, n in outcomes.first.json["sources"]["busy"].items() if n} == {"new": 3}
    path = Story.numbered(11).path
    refused, answered = (r.at for r in outcomes.busy.requests if r.path == path)
    assert answered - refused >= 1


def test_a_long_pause_is_not_waited_for_and_nothing_is_asked_meanwhile(outcomes: Outcomes) -> None:
    assert outcomes.first.code == 1
    assert outcomes.first.json["sources"]["closed"]["failed"] == 0
    assert outcomes.first.json["errors"] == {}
    refused = next(i for i, r in enumerate(outcomes.closed.requests) if r.status == 429)
    assert len(outcomes.closed.requests) == refused + 1
    ended = sum(outcomes.first.json["sources"]["closed"].values())
    assert outcomes.first.json["owed"] == 3 - ended > 0
    assert outcomes.first.json["seconds"] < 60
