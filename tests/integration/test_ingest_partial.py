"""A page that shows less of its article at a later visit: the fuller text stays, and the page is tried again."""

from dataclasses import replace
from pathlib import Path

import pytest

from crawler.page import Visit
from crawler.several_pages import joined
from rig.stories import article_page
from tests.integration.archived import records
from tests.integration.ingesting import Desk, story
from workers.replay.again import Rereader
from workers.replay.plan import plan
from workers.state.state import State

HOUR = 3600.0
WHOLE = story(1)
FIRST = replace(WHOLE, paragraphs=WHOLE.paragraphs[:3])
CORRECTED = replace(WHOLE, paragraphs=(*WHOLE.paragraphs[:5], "Nobody was hurt, says the council."))
CLOSED = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>'
CUT = joined(article_page(FIRST).encode(), (), is_cut=True)
TEASER = article_page(FIRST, head=CLOSED)


@pytest.fixture
def desk(server_url: str, state: State, tmp_path: Path) -> Desk:
    return Desk(server_url, state, tmp_path, has_archive=True)


def _due_a_day_later(desk: Desk) -> list[Visit]:
    desk.later += 24 * HOUR
    return desk.work().take(revisits=True)


@pytest.mark.parametrize("less", [CUT, TEASER], ids=["cut", "teaser"])
def test_a_fuller_text_stays_and_its_page_is_tried_again(desk: Desk, less: str | bytes) -> None:
    desk.run(desk.page("a", WHOLE))
    before = desk.files()
    # An hour, six and a day after it was published, and a last time a day later.
    for later in (HOUR, 5 * HOUR, 18 * HOUR):
        desk.run(desk.revisit(less, later=later))
    assert desk.outcomes() == {"new": 1, "unchanged": 3}
    assert desk.state.ledger.reasons("gazette")["unchanged shows-less"] == 3
    assert (desk.files(), len(desk.entries())) == (before, 1)
    assert {kind for kind, *_ in records(desk.folder / "archive")} == {"response", "revisit"}
    tally = Rereader(desk.service).run(plan(desk.folder / "archive", ["gazette"]))
    assert (tally.same, len(desk.entries())) == (1, 1)
    desk.run(desk.revisit(CORRECTED, later=24 * HOUR))
    assert [entry["outcome"] for entry in desk.entries()] == ["new", "revision"]


def test_it_is_not_tried_for_ever(desk: Desk) -> None:
    desk.run(desk.page("a", WHOLE))
    visits = 0
    while taken := _due_a_day_later(desk):
        assert desk.work().hand_in(taken[0], CUT)
        desk.run(*taken)
        visits += 1
    assert 2 <= visits <= 4
    assert desk.is_idle()


def test_of_two_that_are_cut_the_one_with_more_or_with_other_words_stands(desk: Desk) -> None:
    shorter = replace(FIRST, paragraphs=FIRST.paragraphs[:2])
    edited = replace(shorter, paragraphs=(f"Corrected. {FIRST.paragraphs[0]}", FIRST.paragraphs[1]))
    shown = [joined(article_page(s).encode(), (), is_cut=True) for s in (FIRST, shorter, edited)]
    desk.run(desk.page("a", shown[0]))
    desk.run(desk.revisit(shown[1], later=HOUR))
    desk.run(desk.revisit(shown[2], later=5 * HOUR))
    assert desk.outcomes() == {"new": 1, "unchanged": 1, "revision": 1}


def test_what_is_wholly_there_and_shorter_is_a_revision(desk: Desk) -> None:
    desk.run(desk.page("a", WHOLE))
    desk.run(desk.revisit(FIRST, later=HOUR))
    assert desk.outcomes() == {"new": 1, "revision": 1}
