"""Looks for better values of `workers.pacing.rhythm.TUNED`, one at a time, on the seeds for that: `python -m evaluation.pace.tune`."""

import math
from collections.abc import Mapping

from evaluation.pace.figures import TOGETHER, TUNED_ON, row
from evaluation.pace.publishing import MONTH
from evaluation.pace.trial import adaptive
from workers.pacing.rhythm import TUNED

_TRIED: Mapping[str, tuple[float, ...]] = {
    "long_life": (240.0, 336.0, 504.0, 720.0),
    "days_life": (9.0, 12.0, 18.0, 24.0, 36.0, 72.0),
    "hours_life": (0.25, 0.35, 0.5, 0.7, 1.0, 2.0),
    "lean_long": (1.5, 3.0, 6.0),
    "lean_days": (4.0, 8.0, 16.0, 32.0, 64.0),
    "lean_hours": (0.1, 0.15, 0.25, 0.5, 1.0, 4.0),
    "lean_shape": (0.5, 1.0, 2.0, 4.0),
    "silent_odds": (0.1, 0.3),
    "full": (0.25, 0.4, 0.6),
}
_STATED = (30, 75)
# What is worse than a fixed interval weighs four times what is better, and a missed article as a fiftieth.
_WORSE, _MISSED = 4.0, 0.02
_GAIN = 0.02


def loss() -> float:
    """Logarithms of delays against those of a fixed interval with as many requests, summed over kinds."""
    total = 0.0
    for minutes in _STATED:
        for kind, found in row(adaptive(minutes * 60), TUNED_ON).items():
            interval = MONTH / 60 / (found.requests / (5 if kind == TOGETHER else 1))
            ratios = found.median / (0.5 * interval), found.ninetieth / (0.9 * interval)
            logs = [math.log(ratio) for ratio in ratios]
            weight = 2 if kind == TOGETHER else 1
            total += weight * sum(one + _WORSE * max(0.0, one) for one in logs)
            total += _MISSED * found.missed if kind != TOGETHER else 0.0
    return total


def main() -> None:
    """Go through the constants once, and keep what is better."""
    best = loss()
    print(f"{best:.2f} as it is")
    for name, values in _TRIED.items():
        for value in values:
            before = getattr(TUNED, name)
            setattr(TUNED, name, value)
            if (tried := loss()) < best - _GAIN:
                best = tried
                print(f"{best:.2f} {name} = {value:g}")
            else:
                setattr(TUNED, name, before)


if __name__ == "__main__":
    main()
