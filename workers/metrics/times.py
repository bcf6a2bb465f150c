"""How long the steps of pages took, in this process, until the pages' own commits count it.

A page that does not come to its end counts nothing; whoever brings it there counts its steps, once.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from workers.metrics.declared import LATENCY, STEP
from workers.metrics.histograms import observed

LATENCY_SERIES = "latency"


def step_series(step: str) -> str:
    """The name under which a step's histogram is kept."""
    return f"step {step}"


class Times:
    """Seconds by page and step. A commit's own time is known only after it: the next one counts it."""

    def __init__(self) -> None:
        self._pages: dict[str, dict[str, float]] = {}
        self._last_commit: float | None = None

    def begin(self, token: str, fetch: float) -> None:
        """A page is begun, which took so long to be fetched; 0 where that is not known."""
        self._pages[token] = {"fetch": fetch} if fetch else {}

    @contextmanager
    def step(self, name: str, *tokens: str) -> Iterator[None]:
        """Time what is done for these pages, in equal shares; what was done before for the same step is added."""
        began = time.perf_counter()
        yield
        share = (time.perf_counter() - began) / max(1, len(tokens))
        for token in tokens:
            steps = self._pages.setdefault(token, {})
            steps[name] = steps.get(name, 0.0) + share

    def counts(self, token: str) -> dict[str, int]:
        """What the commit of a page has to count."""
        steps = dict(self._pages.get(token, {}))
        if self._last_commit is not None:
            steps["commit"] = self._last_commit
        counts: dict[str, int] = {}
        for step, seconds in steps.items():
            counts |= observed(step_series(step), seconds, STEP.bounds)
        return counts

    def committed(self, token: str, seconds: float | None) -> None:
        """A commit has counted, and took so long; None where another's had before, or its answer was lost."""
        self._pages.pop(token, None)
        self._last_commit = seconds

    def forget(self) -> None:
        """Pages that were not ended are begun again, here or elsewhere."""
        self._pages.clear()


def latency_counts(published: str | None, now: float) -> dict[str, int]:
    """What an article published then, RFC 3339 or a day, and put in the outbox now has to count."""
    try:
        moment = datetime.fromisoformat(published or "")
    except ValueError:
        return {}
    if moment.tzinfo is None:
        return {}
    # A clock that is ahead, or an embargo: it was not found before it was there.
    seconds = max(0.0, now - moment.timestamp())
    return observed(LATENCY_SERIES, seconds, LATENCY.bounds)
