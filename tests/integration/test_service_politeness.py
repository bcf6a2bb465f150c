"""How sites are treated, measured where it counts: at the site."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from rig.desk import Desk, Result
from rig.site import Site
from rig.stories import Story, rss

SHARED, ASKED, LATER = 0.5, 1.0, 6.0
"""Seconds between requests: of two sources of one host, of a robots.txt, of a second run."""
NOISE = 0.05
"""What a busy machine may add to the way of one request and not to that of the next."""


@dataclass(frozen=True)
class Visits:
    """Two runs right after each other, with two processes that crawl."""

    first: Result
    second: Result
    shared: Site
    asking: Site
    slowed: Site
    after_first: int
    """How many requests `slowed` had seen when the first run ended."""


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    with ExitStack() as stack:
        shared, asking, slowed = (stack.enter_context(Site()) for _ in range(3))
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("polite"), crawl_processes=2))
        shared.publish(*(Story.numbered(n) for n in range(6)))
        for name, numbers in (("/even.xml", (0, 2, 4)), ("/odd.xml", (1, 3, 5))):
            shared.put(name, rss(map(Story.numbered, numbers), shared.url()))
        asking.publish(*(Story.numbered(10 + n) for n in range(3)))
        asking.put("/robots.txt", f"User-agent: *\nCrawl-delay: {ASKED}\n")
        slowed.publish(Story.numbered(20))

        def write(delay: float) -> None:
            desk.write_sources(
                {"name": "even", "feeds": [shared.url("/even.xml")], "delay": SHARED},
                {"name": "odd", "feeds": [shared.url("/odd.xml")], "delay": SHARED},
                {"name": "asking", "feeds": [asking.url("/rss.xml")]},
                {"name": "slowed", "feeds": [slowed.url("/rss.xml")], "delay": delay},
            )

        write(SHARED)
        first = desk.run("once", "--json")
        after_first = len(slowed.requests)
        # The second run would begin too late to be caught, were it not told to take its time.
        write(LATER)
        second = desk.run("once", "--json")
        yield Visits(first, second, shared, asking, slowed, after_first)


def test_every_page_is_fetched(visits: Visits) -> None:
    assert (visits.first.code, visits.second.code) == (0, 0)
    assert visits.first.json["totals"]["new"] == 10
    for site, count in ((visits.shared, 6), (visits.asking, 3), (visits.slowed, 1)):
        assert len([path for path in site.paths() if path.startswith("/news/")]) == count


def test_two_sources_of_one_host_keep_its_delay_together(visits: Visits) -> None:
    assert {"/robots.txt", "/even.xml", "/odd.xml"} < set(visits.shared.paths())
    assert len(visits.shared.requests) >= 12
    assert min(visits.shared.gaps()) >= SHARED - NOISE


def test_crawl_delay_of_robots_txt_is_honoured(visits: Visits) -> None:
    assert len(visits.asking.requests) >= 7
    assert min(visits.asking.gaps()) >= ASKED - NOISE


def test_the_last_request_of_a_run_delays_the_first_of_the_next(visits: Visits) -> None:
    gaps = visits.slowed.gaps()[visits.after_first - 1 :]
    assert len(gaps) >= 2
    assert min(gaps) >= LATER - NOISE


def test_a_run_without_a_terminal_tells_how_far_it_is(visits: Visits) -> None:
    assert "pages done" in visits.first.err
    assert "\r" not in visits.first.err
    assert "\x1b" not in visits.first.err


def test_the_crawler_says_who_it_is(visits: Visits) -> None:
    agents = {r.headers["user-agent"] for s in (visits.shared, visits.asking) for r in s.requests}
    assert len(agents) == 1
    assert agents.pop().startswith("CopydeskBot/")
