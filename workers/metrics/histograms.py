"""How a histogram is kept in a hash of counters, one for each of its buckets. Pure.

A counter has the bound of its bucket in its name, so that it means the same when bounds are changed.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

_SUM = "us"


def observed(series: str, seconds: float, bounds: Sequence[float]) -> dict[str, int]:
    """What one observation adds: 1 to its bucket's counter, its microseconds to the sum."""
    place = bisect_left(bounds, seconds)
    bound = bounds[place] if place < len(bounds) else float("inf")
    return {f"{series} {bound:g}": 1, f"{series} {_SUM}": round(seconds * 1e6)}


def histogram(
    series: str, counted: Mapping[str, int], bounds: Sequence[float]
) -> tuple[list[tuple[float, int]], float]:
    """Bounds with how many observations are no greater, the last for all; and their sum in seconds.

    What was counted under other bounds falls into the next one above.
    """
    named = ((name.rpartition(" "), count) for name, count in counted.items())
    raw = {bound: count for (of, _, bound), count in named if of == series}
    total = raw.pop(_SUM, 0) / 1e6
    counts = [(float(bound), count) for bound, count in raw.items()]
    edges = (*bounds, float("inf"))
    return [(edge, sum(n for bound, n in counts if bound <= edge)) for edge in edges], total
