"""How far a backfill is, and whether an article is of the time it asks for."""

from dataclasses import replace

import pytest

from crawler.discovery.listing import ListingKind
from crawler.walking.cursor import Cursor, Road, Stop, to_json
from workers.backfilling import position_of, seconds_left, share_of, state_of
from workers.pages.ages import age_of
from workers.state.backfills import Backfilling

SINCE, UNTIL = "2026-01-01T00:00:00Z", "2026-04-11T00:00:00Z"
ASKED = 1775865600.0  # 2026-04-11


def _at(position: str, **fields: object) -> Backfilling:
    road = Road(ListingKind.SECTION, (Stop("https://news.example/s?page=9"),), at=position)
    kept = Backfilling("b", SINCE, UNTIL, ASKED, cursor=to_json(Cursor((road,))))
    return replace(kept, **fields)  # type: ignore[arg-type]


def test_a_walk_over_what_is_known_is_as_far_as_its_listings() -> None:
    told = _at("2026-02-20", active=100.0)
    assert position_of(told) == "2026-02-20"
    assert share_of(told) == pytest.approx(0.5)
    assert seconds_left(told) == pytest.approx(100.0)


def test_what_is_named_and_not_fetched_is_still_to_come() -> None:
    told = _at("2026-01-02", reached="2026-03-17T00:00:00Z", entered=9, left=100, active=10.0)
    assert position_of(told) == "2026-03-17T00:00:00Z"
    assert share_of(told) == pytest.approx(0.25)
    assert seconds_left(told) == pytest.approx(30.0)


def test_at_its_beginning_nothing_is_estimated() -> None:
    assert share_of(Backfilling("b", SINCE, UNTIL, ASKED)) is None
    assert seconds_left(_at("", active=100.0)) is None
    assert seconds_left(_at("2026-04-10T20:00:00Z", active=100.0)) is None
    assert seconds_left(_at("2026-02-20", active=0.5)) is None


def test_what_is_over_is_whole_whatever_it_found() -> None:
    assert share_of(_at("", ended=ASKED + 9)) == 1.0
    assert state_of(_at("", ended=ASKED + 9), ASKED + 10) == "done"
    assert state_of(_at("", ended=ASKED + 9, stopped=True), ASKED + 10) == "stopped"


def test_the_state_says_what_is_done_now() -> None:
    now = ASKED + 10
    assert state_of(_at(""), now) == "walking"
    assert state_of(_at("", left=1), now) == "fetching"
    assert state_of(_at("", entered=3, outcomes={"new": 2}), now) == "fetching"
    assert state_of(_at("", entered=3, outcomes={"new": 2, "gone": 1}), now) == "walking"
    assert state_of(_at("", next=now + 300), now) == "waiting"


@pytest.mark.parametrize(
    ("published", "age"),
    [
        ("2025-12-31T23:59:59Z", "older"),
        ("2025-12-31T23:30:00-05:00", "asked-for"),
        ("2025-12-31", "older"),
        ("2026-01-01", "asked-for"),
        ("2026-04-10T23:59:59Z", "asked-for"),
        ("2026-04-11", "younger"),
        ("2026-04-11T00:30:00+02:00", "asked-for"),
        (None, ""),
        ("some day", ""),
    ],
)
def test_the_age_of_an_article(published: str | None, age: str) -> None:
    assert age_of(published, SINCE, UNTIL)[0] == age
