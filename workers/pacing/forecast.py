"""What a source is expected to publish, and when it is worth while to look again. Pure."""

import math
from collections.abc import Sequence
from itertools import pairwise

from workers.pacing.rhythm import HOUR, TUNED, USUAL_RATE, Rhythm, bins, hours_between

_AHEAD_HOURS = 14 * 24


class Forecast:
    """What a rhythm expects of the time to come."""

    def __init__(self, rhythm: Rhythm) -> None:
        watched = sum(rhythm.hours_watched)
        came = sum(rhythm.hours)
        mean = came / watched if watched else 0.0
        clump = _clump(came, rhythm.active, mean)
        mean /= clump
        self._by_hour = _shares(rhythm.hours, rhythm.hours_watched, mean, clump)
        self._by_day = _shares(rhythm.days, rhythm.days_watched, mean, clump)
        self.lately = rhythm.lately.rate(rhythm.long_rate, TUNED.lean_days)
        self.just_now = rhythm.just_now.rate(self.lately, TUNED.lean_hours)
        self._doubt = _doubt(rhythm)

    def shape(self, moment: float) -> float:
        """How much more is published in the hour of a moment than usual."""
        hour, day = bins(moment)
        return self._by_hour[hour] * self._by_day[day]

    def rate(self, moment: float, now: float) -> float:
        """Articles an hour that are expected at a moment to come."""
        fades = math.exp(-max(0.0, moment - now) / HOUR / TUNED.hours_life)
        usual = self.lately + (self.just_now - self.lately) * fades
        return self.shape(moment) * usual * self._doubt


def _clump(came: float, active: float, mean: float) -> float:
    """How many articles come together, beyond what chance has come so: they say no more of their hour than one."""
    if not active or not mean:
        return 1.0
    return max(1.0, came / active * -math.expm1(-mean) / mean)


def _doubt(rhythm: Rhythm) -> float:
    """What is left of the rates of a source that has been quiet for longer than ever: it may have ended."""
    believed = TUNED.believed * max(rhythm.longest_quiet, TUNED.least_quiet)
    return min(1.0, (believed / rhythm.quiet) ** 2) if rhythm.quiet else 1.0


def _shares(
    counts: Sequence[float], watched: Sequence[float], mean: float, clump: float
) -> list[float]:
    """How much more came in each hour of the day, or on each day of the week, than in the mean one."""
    both = zip(counts, watched, strict=True)
    return [_share(count / clump, mean * hours) for count, hours in both]


def _share(came: float, usual: float) -> float:
    """What came over what is usual, leaning on 1; next to nothing where more than chance speaks for silence."""
    leaning = (came + TUNED.lean_shape) / (usual + TUNED.lean_shape)
    for_silence = came * math.log(TUNED.silent) - TUNED.silent * usual
    for_some = (
        TUNED.lean_shape * math.log(TUNED.lean_shape)
        - math.lgamma(TUNED.lean_shape)
        + math.lgamma(TUNED.lean_shape + came)
        - (TUNED.lean_shape + came) * math.log(TUNED.lean_shape + usual)
    )
    odds = TUNED.silent_odds * math.exp(min(for_silence - for_some, 50.0))
    # Beyond what it was beforehand: what was never watched is as usual.
    silent = max(0.0, odds - TUNED.silent_odds) / (1 + odds)
    return silent * TUNED.silent + (1 - silent) * leaning


def wait_after(rhythm: Rhythm, every: float, longest: float) -> float:
    """Seconds after the last walk until the next one is worth while, at most `longest`.

    That is when what is expected to have been published by then has waited, all in all, as long as the
    articles of a source of the usual rate have waited after `every` seconds; or before a listing
    would roll over.
    """
    forecast, now = Forecast(rhythm), rhythm.at
    worth = USUAL_RATE * (every / HOUR) ** 2 / 2
    room = max(1.0, TUNED.full * rhythm.held) if rhythm.held else math.inf
    waited = count = 0.0
    end = now + min(longest, _AHEAD_HOURS * HOUR)
    for start, stop in pairwise(hours_between(now, end)):
        length, rate = (stop - start) / HOUR, forecast.rate((start + stop) / 2, now)
        after = waited + count * length + rate * length**2 / 2
        if after >= worth or count + rate * length >= room:
            within = min(_until(worth - waited, count, rate), _until_full(room - count, rate))
            return min(start - now + within * HOUR, longest)
        waited, count = after, count + rate * length
    return longest


def expected(rhythm: Rhythm, seconds: float) -> float:
    """How many articles are expected within so many seconds of the last walk."""
    forecast, now = Forecast(rhythm), rhythm.at
    pieces = pairwise(hours_between(now, now + min(seconds, _AHEAD_HOURS * HOUR)))
    return sum((b - a) / HOUR * forecast.rate((a + b) / 2, now) for a, b in pieces)


def _until(worth: float, count: float, rate: float) -> float:
    """Hours until `count` articles, and those that come at a rate, have waited for so many hours together."""
    if rate <= 0:
        return worth / count if count else math.inf
    return (math.sqrt(count**2 + 2 * rate * worth) - count) / rate


def _until_full(room: float, rate: float) -> float:
    return room / rate if rate > 0 else math.inf
