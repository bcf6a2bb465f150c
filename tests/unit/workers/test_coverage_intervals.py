"""Sets of whiles behave as sets of moments do."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from workers.coverage.intervals import Interval, seconds, united, within, without

LAST = 30
whiles = st.lists(st.builds(Interval, *[st.integers(0, LAST).map(float)] * 2), max_size=8)


def _moments(intervals) -> set[int]:
    return {t for t in range(LAST) for one in intervals if one.start <= t < one.end}


def _is_plain(intervals) -> bool:
    apart = all(a.end < b.start for a, b in pairwise(intervals))
    return apart and all(one.start < one.end for one in intervals)


@given(whiles)
def test_united_is_the_same_moments_once(some) -> None:
    merged = united(some)
    assert _moments(merged) == _moments(some)
    assert _is_plain(merged)
    assert united(reversed(some)) == merged
    assert seconds(some) == len(_moments(some))


@given(whiles, whiles)
def test_without_is_the_difference(some, others) -> None:
    left = without(some, others)
    assert _moments(left) == _moments(some) - _moments(others)
    assert _is_plain(left)
    assert united([*left, *within_all(some, others)]) == united(some)


def within_all(some, others):
    return [part for one in united(others) for part in within(some, one)]


@given(whiles, st.integers(0, LAST), st.integers(0, LAST))
def test_within_is_the_part(some, start, end) -> None:
    bounds = Interval(float(start), float(end))
    part = within(some, bounds)
    assert _moments(part) == _moments(some) & _moments([bounds])
    assert _is_plain(part)
