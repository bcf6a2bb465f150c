"""One article under many addresses, through the real service: how often it is fetched, and what comes of it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest

from rig.desk import Desk, Result
from rig.site import Site
from rig.stories import Story, article_page, rss

STORY, OTHER, THIRD = (Story.numbered(number) for number in (1, 2, 3))
OWN, PRINTED = "/news/120045-port-opens", "/print/120045"
ONE_KEY = [
    OWN,
    f"{OWN}?utm_source=rss&utm_medium=feed",
    f"{OWN}/",
    f"/index.php{OWN}",
    f"{OWN}?PHPSESSID=0a1b2c",
    f"{OWN}/amp",
    f"{OWN};jsessionid=AA01",
    f"{OWN}#comments",
]
REDIRECTED = "/go/to-the-port"
LATER, LATER_PRINTED = "/news/120046-ferry-waits", "/print/120046"
TWINS = ["/view.php?id=1", "/view.php?id=2"]


@dataclass(frozen=True)
class Crawled:
    """Two runs over a site; before the second, its listing names more addresses."""

    site: Site
    desk: Desk
    first: Result
    again: Result
    asked_first: list[str]
    asked_again: list[str]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    with ExitStack() as stack:
        site = stack.enter_context(Site())
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("addresses")))
        for address in (*ONE_KEY, PRINTED):
            site.put(address.partition("#")[0], _page(STORY, site.url(OWN)))
        site.put(REDIRECTED, status=301, headers={"Location": OWN})
        for address in (LATER, LATER_PRINTED):
            site.put(address, _page(OTHER, site.url(LATER)))
        for number, twin in enumerate(TWINS):
            # Whoever believes their canonical loses one of them.
            site.put(twin, _page(Story.numbered(10 + number), site.url(TWINS[0])))
        site.put("/news/120047-tram-stops", _page(THIRD, site.url("/")))
        first = [*ONE_KEY, PRINTED, REDIRECTED, LATER_PRINTED, TWINS[0], "/news/120047-tram-stops"]
        _list(site, first)
        desk.write_sources({"name": "port", "feeds": [site.url("/rss.xml")], "article_urls": "/"})
        done = desk.run("once", "--json")
        asked = site.paths()
        _list(site, [*first, LATER, TWINS[1]])
        again = desk.run("once", "--json")
        yield Crawled(site, desk, done, again, asked, site.paths()[len(asked) :])


def _page(story: Story, canonical: str) -> str:
    return article_page(story, head=f'<link rel="canonical" href="{canonical}">')


def _list(site: Site, addresses: list[str]) -> None:
    stories = [replace(STORY, path=address) for address in addresses]
    site.put("/rss.xml", rss(stories, site.url()), content_type="application/xml")


def test_addresses_of_one_key_are_fetched_once(crawled: Crawled) -> None:
    one_key = {address.partition("#")[0] for address in ONE_KEY}
    asked = [path for path in crawled.asked_first if path in one_key]
    # The second time is where the redirect leads.
    assert len(asked) == 2


def test_what_a_rule_cannot_know_is_recognised(crawled: Crawled) -> None:
    counts = {o: n for o, n in crawled.first.json["totals"].items() if n}
    new, known = 4, 2  # story, ferry, a twin, tram; the printed page and the redirect
    assert sum(counts.values()) == new + known
    assert counts["new"] == new
    assert counts.get("duplicate", 0) + counts.get("unchanged", 0) == known
    texts = [document.body for document in crawled.desk.documents().values()]
    assert texts.count("\n\n".join(STORY.paragraphs)) == 1


def test_the_address_that_a_page_names_as_its_own_is_not_fetched_again(crawled: Crawled) -> None:
    assert LATER not in crawled.asked_again


def test_an_article_that_another_names_as_its_own_is_not_lost(crawled: Crawled) -> None:
    assert TWINS[1] in crawled.asked_again
    assert {o: n for o, n in crawled.again.json["totals"].items() if n} == {"new": 1}


def test_nothing_known_is_fetched_again(crawled: Crawled) -> None:
    assert set(crawled.asked_again) <= {"/robots.txt", "/rss.xml", TWINS[1]}
