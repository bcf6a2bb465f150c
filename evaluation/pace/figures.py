"""What months of walks come to, and how they compare with fixed intervals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluation.pace.publishing import KINDS, MONTH, published
from evaluation.pace.trial import MakePace, Month, adaptive, fixed, month, stepwise

TUNED_ON = tuple(f"A{n}" for n in range(4))
"""The seeds on which the constants of `workers.pacing.rhythm.TUNED` were chosen."""
TOLD_ON = tuple(f"B{n}" for n in range(10))
"""The seeds of the figures that are told."""
MINUTES = (5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440)
"""The fixed intervals."""
STATED = (10, 15, 20, 30, 45, 60, 90, 120, 240, 480)
"""The intervals that adaptive sources state."""
USUAL = 30
"""A source's default."""
TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a month of one source, or of all of them; means over the seeds."""

    requests: float
    median: float
    """Of the delays of all articles; minutes."""
    ninetieth: float
    missed: float

    def is_beaten_by(self, other: "Figures") -> bool:
        """Whether the other costs no more, has no more delay in either way, and is better in one of them."""
        mine = (self.requests, self.median, self.ninetieth)
        others = (other.requests, other.median, other.ninetieth)
        return mine != others and all(o <= m for o, m in zip(others, mine, strict=True))


Row = Mapping[str, Figures]
"""By kind of source, and for all of them together."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that was tried."""

    seeds: Sequence[str]
    fixed: Mapping[float, Row]
    """By minutes."""
    adaptive: Mapping[float, Row]
    """By the minutes that are stated."""
    undated: Row
    """At the usual interval, where listings give no times."""
    stepwise: Row

    def at_cost(self, what: str, requests: float) -> Figures:
        """The fixed interval with so many requests, between the two next to it on the curve."""
        share = requests / (len(KINDS) if what == TOGETHER else 1)
        minutes = min(max(MONTH / 60 / share, MINUTES[0]), MINUTES[-1])
        below = max(m for m in self.fixed if m <= minutes)
        above = min(m for m in self.fixed if m >= minutes)
        a, b = self.fixed[below][what], self.fixed[above][what]
        part = (minutes - below) / (above - below) if above > below else 0.0

        def between(one: float, other: float) -> float:
            return one + (other - one) * part

        return Figures(
            requests,
            between(a.median, b.median),
            between(a.ninetieth, b.ninetieth),
            between(a.missed, b.missed),
        )

    def beaten(self, what: str) -> list[float]:
        """The adaptive points, by the minutes that are stated, that some fixed interval beats: the aim is none."""
        return [m for m, one in self.adaptive.items() if _is_beaten(one[what], self.fixed, what)]

    def beating(self, what: str) -> list[float]:
        """The fixed intervals, in minutes, that some adaptive point beats."""
        return [m for m, one in self.fixed.items() if _is_beaten(one[what], self.adaptive, what)]


def _is_beaten(one: Figures, others: Mapping[float, Row], what: str) -> bool:
    return any(one.is_beaten_by(other[what]) for other in others.values())


def compare(
    seeds: Sequence[str],
    minutes: Iterable[float] = MINUTES,
    stated: Iterable[int] = STATED,
) -> Comparison:
    """Try them all."""
    return Comparison(
        seeds=seeds,
        fixed={m: row(fixed(m * 60), seeds) for m in minutes},
        adaptive={m: row(adaptive(m * 60), seeds) for m in stated},
        undated=row(adaptive(USUAL * 60, has_dates=False), seeds),
        stepwise=row(stepwise(USUAL * 60), seeds),
    )


def row(make: MakePace, seeds: Sequence[str]) -> Row:
    """Figures of each kind of source and of all together, at one pace."""
    months = {
        kind: [month(published(kind, seed), make(), f"{seed} {kind}") for seed in seeds]
        for kind in KINDS
    }
    together = [one for some in months.values() for one in some]
    return {
        **{kind: _figures(some, len(seeds)) for kind, some in months.items()},
        TOGETHER: _figures(together, len(seeds)),
    }


def _figures(months: Sequence[Month], seeds: int) -> Figures:
    delays = sorted(delay / 60 for one in months for delay in one.delays)
    return Figures(
        requests=sum(one.requests for one in months) / seeds,
        median=_quantile(delays, 0.5),
        ninetieth=_quantile(delays, 0.9),
        missed=sum(one.missed for one in months) / seeds,
    )


def _quantile(ascending: Sequence[float], share: float) -> float:
    if not ascending:
        return 0.0
    return ascending[min(len(ascending) - 1, int(share * len(ascending)))]
