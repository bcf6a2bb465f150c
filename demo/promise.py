"""What the demo promises, and how it is held to it."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files

from crawler.outcome import Outcome

Counts = Mapping[str, Mapping[str, int]]
"""Outcomes by source."""


class PromiseError(Exception):
    """The demo did not come out as promised; the message has one line for each promise."""


def expected(crawl: str) -> Counts:
    """How the pages of each source end in the `first` or the `second` crawl, all eight outcomes."""
    data = tomllib.loads(files("demo").joinpath("expected.toml").read_text(encoding="utf-8"))
    return {source: {o: n.get(o, 0) for o in Outcome} for source, n in data[crawl].items()}


def held(counts: Counts, promised: Counts) -> None:
    """Raise `PromiseError` where the outcomes are not the promised ones."""
    wrong = [
        f"{source}: {promised[source][outcome]} pages should have ended as {outcome.value}, "
        f"{counts.get(source, {}).get(outcome, 0)} did"
        for source in promised
        for outcome in Outcome
        if counts.get(source, {}).get(outcome, 0) != promised[source][outcome]
    ]
    if wrong:
        raise PromiseError("\n".join(wrong))


def kept(holds: bool, promise: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise `PromiseError` where *holds* is false."""
    if not holds:
        raise PromiseError(f"it was promised that {promise}")
