"""Pages that change between visits, through the running service: each change its outcome."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from rig.desk import Desk, until
from rig.site import Reply, Request, Site
from rig.stories import Story, article_page

STORIES = [Story.numbered(number) for number in range(7)]
CORRECTED, COUNTING, HEADLINE, LIVE, AROUND, TAGGED, DATED = STORIES
VALIDATORS = {
    TAGGED: {"ETag": '"as-it-was"'},
    DATED: {"Last-Modified": "Fri, 20 Nov 2026 09:30:00 GMT"},
}
FRAME = "<aside><p>{} people are reading</p><a href=/x>{}</a></aside><div class=ad>Buy {}</div>"


def versions(story: Story) -> list[str]:
    """What a story's page shows at its first, second and third visit."""
    first, *rest = story.paragraphs
    if story is CORRECTED:
        texts = [f"{first} They were {number} in all." for number in (12, 13, 12)]
        shown = [replace(story, paragraphs=(text, *rest)) for text in texts]
    elif story is COUNTING:
        counts = [("1,204 views", "3 minutes ago"), ("1,377 views", "2 hours ago"), ("9 comments",)]
        shown = [replace(story, paragraphs=(*count, first, *rest)) for count in counts]
    elif story is HEADLINE:
        shown = [replace(story, title=title) for title in (story.title, "Another", "A third")]
    elif story is LIVE:
        shown = [replace(story, paragraphs=(first, *rest[: 1 + n])) for n in range(3)]
    else:
        shown = [story] * 3
    pages = [article_page(one) for one in shown]
    if story is AROUND:
        pages = [
            page.replace("</body>", FRAME.format(n, f"Story no. {n}", n) + "</body>")
            for n, page in enumerate(pages)
        ]
    # Without a time of publication, visits are counted from the first.
    return [page.replace(story.published.isoformat(), "") for page in pages]


@dataclass(frozen=True)
class Visited:
    """What the service has told of the pages, once each was visited three times."""

    outcomes: dict[str, int]
    entries: list[dict[str, Any]]
    diff: dict[str, Any]
    answers: dict[Story, list[int]]
    """What the site answered when it was asked for a page, by story."""
    reasons: dict[str, int]
    archived: int
    """Pages that the archive has of the last day."""


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    with ExitStack() as stack:
        site = stack.enter_context(Site())
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("revisions")))
        site.publish(*STORIES)
        for story in STORIES:
            site.routes[story.path] = _answering(site, story)
        desk.write_sources(
            {
                "name": "site",
                "feeds": [site.url("/rss.xml")],
                "revisit": ["15s", "35s"],
                "schedule": "every 1h",
            }
        )
        desk.up()
        counts: dict[str, int] = {}
        reasons: dict[str, int] = {}

        def all_are_told() -> bool:
            rows = desk.run("sources", "--json").lines
            counts.update(rows[0]["outcomes"] if rows else {})
            reasons.update(rows[0]["reasons"] if rows else {})
            return sum(counts.values()) >= 3 * len(STORIES)

        until(all_are_told, 240, "three visits of each page")
        entries = desk.run("consume", "--group", "all").lines
        revised = next(
            e for e in entries if e["outcome"] == "revision" and e["url"].endswith(CORRECTED.path)
        )
        diff = desk.run("diff", revised["id"], "--json").json
        archived = desk.run("status", "--json").json["archive"]["last_day"]["pages"]
        outcomes = {o: n for o, n in counts.items() if n}
        answers = {s: [r.status for r in site.requests if r.path == s.path] for s in STORIES}
        yield Visited(outcomes, entries, diff, answers, reasons, archived)


def _answering(site: Site, story: Story) -> Any:
    pages = versions(story)

    def answer(_: Request) -> Reply:
        page = pages[min(site.paths().count(story.path), len(pages) - 1)]
        kind = {"Content-Type": "text/html; charset=utf-8"}
        return Reply(page.encode(), 200, kind | VALIDATORS.get(story, {}))

    return answer


def test_each_change_has_its_outcome(visited: Visited) -> None:
    assert visited.outcomes == {
        "new": 7,
        "revision": 3,  # a corrected figure, and a live page that grew twice
        "duplicate": 1,  # the figure as it was at first
        # Counters, a headline, and what stands around an article; and what the site says is as it was.
        "unchanged": 10,
    }


def test_each_revision_supersedes_the_last(visited: Visited) -> None:
    live = [entry for entry in visited.entries if entry["url"].endswith(LIVE.path)]
    assert [entry["outcome"] for entry in live] == ["new", "revision", "revision"]
    assert [entry["supersedes"] or None for entry in live] == [None, live[0]["id"], live[1]["id"]]


def test_the_corrected_figure_is_all_that_the_diff_shows(visited: Visited) -> None:
    (change,) = visited.diff["changes"]
    words = [(word["kind"], word["text"]) for word in change["words"] if word["kind"] != "same"]
    assert words == [("removed", "12"), ("added", "13")]


@pytest.mark.parametrize("story", [TAGGED, DATED])
def test_a_page_that_has_not_changed_costs_a_304_and_nothing_else(
    visited: Visited, story: Story
) -> None:
    assert visited.answers[story] == [200, 304, 304]
    assert visited.reasons["unchanged not-modified"] == 4
    assert visited.archived == 3 * len(STORIES) - 4


def test_a_page_without_a_validator_is_asked_for_as_a_whole(visited: Visited) -> None:
    assert visited.answers[LIVE] == [200, 200, 200]
