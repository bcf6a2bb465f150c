"""How far a figure may be trusted: intervals of 95 %, the same in every run. Pure."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

Sums = tuple[float, ...]
"""Of a group of pages, what adds up: a sum of scores and a count, say."""

_SEED = 20261121
_DRAWS = 1000
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and between what it lies in 95 of 100 collections like this one."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def bootstrap(groups: Sequence[Sums], figure: Callable[[Sums], float]) -> Interval:
    """A figure of the sums over all groups, drawn anew with replacement, group by group.

    Pages of one site are alike, so that a group is a site. Groups must not be empty.
    """
    rng = random.Random(_SEED)  # noqa: S311 - no secret
    drawn = sorted(figure(_total(rng.choices(groups, k=len(groups)))) for _ in range(_DRAWS))
    return Interval(
        figure(_total(groups)), drawn[round(0.025 * _DRAWS)], drawn[round(0.975 * _DRAWS) - 1]
    )


def wilson(hits: int, of: int) -> Interval:
    """A share, by Wilson's interval, which stays honest where all are hits. `of` is above 0."""
    share = hits / of
    middle = share + _Z**2 / (2 * of)
    half = _Z * sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    scale = 1 + _Z**2 / of
    return Interval(share, max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale))


def _total(groups: Sequence[Sums]) -> Sums:
    return tuple(map(sum, zip(*groups, strict=True)))
