"""Five kinds of sources, each from a seed: when they publish, and how many articles their feeds hold."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

HOUR, DAY = 3600.0, 86400.0
START = datetime(2026, 2, 2, tzinfo=UTC).timestamp()
"""A Monday, at midnight."""
MONTH = 28 * DAY
_BEFORE = 7 * DAY
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Published:
    """What a source publishes in a month and the week before it."""

    times: tuple[float, ...]
    """Unix seconds, ascending."""
    held: int
    """Articles that its feed holds: the newest."""


def _hour(moment: float) -> float:
    return moment % DAY / HOUR


def _is_weekend(moment: float) -> bool:
    return int(moment // DAY + 3) % 7 >= _SATURDAY


def _fast(moment: float) -> float:
    by_day = 7.5 if 6 <= _hour(moment) < 21 else 1.2
    return by_day * 0.6 if _is_weekend(moment) else by_day


def _slow(moment: float) -> float:
    return (1.5 if 7 <= _hour(moment) < 20 else 0.4) / 24


def _weekdays(moment: float) -> float:
    return 0.0 if _is_weekend(moment) or not 7 <= _hour(moment) < 18 else 25 / 11


def _dying(moment: float) -> float:
    """It goes on for eight days, publishes less and less for four, and then nothing."""
    left = min(1.0, max(0.0, (12 * DAY - (moment - START)) / (4 * DAY)))
    return 40 / 24 * left * (1.4 if 7 <= _hour(moment) < 20 else 0.6)


def _arrivals(rng: random.Random, rate: Callable[[float], float], most: float) -> list[float]:
    """Times at which a rate (articles an hour, at most `most`) has articles come, independently of each other."""
    times, moment = [], START - _BEFORE
    while (moment := moment + rng.expovariate(most) * HOUR) < START + MONTH:
        if rng.random() * most < rate(moment):
            times.append(moment)
    return times


def _bursts(rng: random.Random) -> list[float]:
    """One article a day, and three times a week 10 to 40 within one to four hours."""
    times = _arrivals(rng, lambda _: 1 / 24, 1 / 24)
    moment = START - _BEFORE
    while (moment := moment + rng.expovariate(3 / 7) * DAY) < START + MONTH:
        length = rng.uniform(1, 4) * HOUR
        times += [moment + rng.random() * length for _ in range(rng.randint(10, 40))]
    return sorted(time for time in times if time < START + MONTH)


def _steadily(
    rate: Callable[[float], float], most: float
) -> Callable[[random.Random], list[float]]:
    return lambda rng: _arrivals(rng, rate, most)


KINDS: Mapping[str, tuple[Callable[[random.Random], list[float]], int]] = {
    "fast": (_steadily(_fast, 7.5), 30),
    "slow": (_steadily(_slow, 0.1), 15),
    "bursty": (_bursts, 25),
    "weekdays": (_steadily(_weekdays, 2.5), 20),
    "dying": (_steadily(_dying, 2.5), 20),
}


def published(kind: str, seed: str) -> Published:
    """A month of one kind of source, the same for the same seed."""
    make, held = KINDS[kind]
    return Published(tuple(make(random.Random(f"{seed} {kind}"))), held)
