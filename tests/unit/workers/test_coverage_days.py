"""A day in words."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.coverage.days import Walked, day_of, hours, of_unknown, span, usual_yield
from workers.coverage.intervals import Interval, seconds, united

DAY = date(2026, 11, 27)
MIDNIGHT = datetime(2026, 11, 27, tzinfo=UTC).timestamp()


def at(hour: float) -> float:
    """Of the day, before and after it too."""
    return MIDNIGHT + hour * 3600


def _gaps(*pairs: tuple[float, float]) -> tuple[Interval, ...]:
    return tuple(Interval(at(start), at(end)) for start, end in pairs)


@pytest.mark.parametrize(
    ("walked", "now", "words"),
    [
        (Walked(), 48, "unknown"),
        (Walked(at(30), at(40)), 48, "unknown"),
        (Walked(at(-100), at(40)), 48, "complete"),
        (Walked(at(-100), at(40), _gaps((14, 15 + 1 / 6))), 48, "complete except 14:00-15:10"),
        (
            Walked(at(-100), at(40), _gaps((-5, 1), (22.5, 30))),
            48,
            "complete except 00:00-01:00, 22:30-24:00",
        ),
        (Walked(at(-100), at(40), _gaps((-1, 25))), 48, "not covered"),
        (Walked(at(9.2), at(40)), 48, "unknown until 09:12, then complete"),
        (
            Walked(at(9.2), at(40), _gaps((12, 13))),
            48,
            "unknown until 09:12, then complete except 12:00-13:00",
        ),
        (Walked(at(-100), at(18)), 48, "complete except 18:00-24:00"),
        (Walked(at(-100), at(-3)), 48, "not covered"),
        (Walked(at(-100), at(18)), 18.5, "complete up to 18:00"),
        (
            Walked(at(-100), at(18), _gaps((3, 4))),
            18.5,
            "complete up to 18:00 except 03:00-04:00",
        ),
        (Walked(at(9), at(9)), 48, "unknown, then not covered"),
        (Walked(at(-100), at(40), (), _gaps((3, 4))), 48, "complete"),
        (
            Walked(at(-9), at(40), _gaps(*((h, h + 0.5) for h in range(8)))),
            48,
            (
                "complete except 00:00-00:30, 01:00-01:30, 02:00-02:30, 03:00-03:30, 04:00-04:30, "
                "05:00-05:30, and 2 more"
            ),
        ),
    ],
)
def test_a_day_in_words(walked: Walked, now: float, words: str) -> None:
    told = day_of("news", DAY, walked, at(now))
    assert told.words == words
    assert told.is_complete == words.startswith("complete") * ("except" not in words)


def test_days_before_the_first_walk_are_told_as_one() -> None:
    walked = Walked(at(33.5), at(40))
    days = [day_of("news", date(2026, 11, day), walked, at(41)) for day in (26, 27, 28)]
    assert [one.is_unknown for one in days] == [True, True, False]
    assert of_unknown(days[:2], walked) == (
        "until 11-27",
        "unknown: first read on 2026-11-28 at 09:30",
    )
    assert of_unknown(days[1:2], walked)[0] == "2026-11-27"
    assert of_unknown(days, Walked()) == ("until 11-28", "unknown: not read yet")


def test_a_day_that_has_just_begun_is_not_unknown() -> None:
    told = day_of("news", DAY, Walked(at(-100), at(-0.2)), at(0.1))
    assert (told.words, told.is_unknown, told.is_complete) == ("still to be read", False, False)


def test_gaps_that_were_closed_are_shown() -> None:
    told = day_of("news", DAY, Walked(at(-9), at(40), (), _gaps((-2, 3))), at(48))
    assert told.closed == _gaps((0, 3))


moments = st.floats(-60, 60).map(at)


@given(st.none() | moments, moments, st.lists(st.tuples(moments, moments), max_size=5), moments)
def test_every_moment_of_a_day_is_one_thing(since, until, pairs, now) -> None:
    gaps = united(Interval(*pair) for pair in pairs)
    told = day_of("news", DAY, Walked(since, until, gaps), now)
    parts = [*told.covered, *told.missing, *told.unknown, *told.ahead]
    assert united(parts) == (Interval(MIDNIGHT, at(24)),)
    assert told.words
    overlapping = sum(one.end - one.start for one in parts) - 86400
    # What is ahead may hold a gap already, and nothing else is two things.
    assert overlapping <= seconds(told.ahead) + seconds(told.missing) + 1e-3
    assert not (told.is_complete and told.missing)


def test_hours_are_rounded_outwards() -> None:
    assert hours(_gaps((14.001, 14.002))) == "14:00-14:01"
    assert span(Interval(at(14.001), at(15.01))) == "2026-11-27 14:00-15:01"
    assert span(Interval(at(14), at(38.5))) == "2026-11-27 14:00 to 2026-11-28 14:30"


def test_the_usual_yield_is_that_of_the_weekday_where_it_is_known() -> None:
    new = {date(2026, 11, 27 - back): 100 if back % 7 == 0 else 10 for back in range(1, 22)}
    assert usual_yield(new, DAY, Walked(at(-24 * 22), at(0))) == 100
    assert usual_yield(new, DAY, Walked(at(-24 * 6), at(0))) == 10
    assert usual_yield(new, DAY, Walked(at(-24 * 2), at(0))) is None
    assert usual_yield(new, DAY, Walked()) is None
