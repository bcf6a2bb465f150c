import pytest

from evaluation.intervals import bootstrap, wilson


def mean(sums: tuple[float, ...]) -> float:
    return sums[0] / sums[1]


def test_an_interval_holds_its_figure_and_is_the_same_again() -> None:
    groups = [(score / 10, 1.0) for score in range(11)] * 4
    interval = bootstrap(groups, mean)
    assert interval.value == pytest.approx(0.5)
    assert 0.35 < interval.low < 0.5 < interval.high < 0.65
    assert bootstrap(groups, mean) == interval


def test_more_groups_make_it_narrower() -> None:
    few = bootstrap([(0.0, 1.0), (1.0, 1.0)] * 5, mean)
    many = bootstrap([(0.0, 1.0), (1.0, 1.0)] * 80, mean)
    assert many.high - many.low < (few.high - few.low) / 2


def test_pages_of_one_site_count_as_one_draw() -> None:
    by_page = bootstrap([(0.0, 1.0), (1.0, 1.0)] * 50, mean)
    by_site = bootstrap([(0.0, 50.0), (50.0, 50.0)], mean)
    assert by_site.value == by_page.value
    assert (by_site.low, by_site.high) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(40, 40, 0.912, 1.0), (36, 39, 0.797, 0.973), (0, 10, 0.0, 0.278), (5, 10, 0.237, 0.763)],
)
def test_a_share_has_an_interval_even_where_all_are_hits(
    hits: int, of: int, low: float, high: float
) -> None:
    interval = wilson(hits, of)
    assert (round(interval.low, 3), round(interval.high, 3)) == (low, high)
    assert interval.value == hits / of
