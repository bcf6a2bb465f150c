"""Writes what was measured into a page: between its two marks, so that the words around it stay."""

import re
from collections.abc import Iterator

from evaluation.pace.figures import TOGETHER, USUAL, Comparison, Figures
from evaluation.pace.publishing import KINDS

BEGIN, END = "<!-- figures: python -m evaluation.pace -->", "<!-- end of figures -->"
_SHOWN = (5, 15, 30, 45, 60, 120, 360, 1440)
_DAY_MINUTES = 1440


class NoMarks(ValueError):
    """The page has no place for figures."""


def page_with(page: str, told: Comparison) -> str:
    """The page with these figures. Raises `NoMarks`."""
    marks = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if not marks.search(page):
        raise NoMarks(f"the page has no place for figures: write {BEGIN} and {END} into it")
    text = "\n".join((BEGIN, "", *tables(told), "", END))
    return marks.sub(lambda _: text, page, count=1)


def tables(told: Comparison) -> Iterator[str]:
    """What was measured, as Markdown."""
    yield f"Means of {len(told.seeds)} months that the tuning did not see (seeds {told.seeds[0]} to {told.seeds[-1]}); all delays in minutes."
    yield ""
    yield from _by_source(told)
    yield ""
    yield from _curve(told)
    yield ""
    yield from _verdict(told)


def _by_source(told: Comparison) -> Iterator[str]:
    yield f"**By source**, adaptive at the default (`every {USUAL}m`) against the fixed interval with as many requests:"
    yield ""
    yield "| source | requests | median | 90th percentile | missed | the fixed interval | its median | its 90th | its missed |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for what in (TOGETHER, *KINDS):
        found = told.adaptive[USUAL][what]
        other = told.at_cost(what, found.requests)
        share = len(KINDS) if what == TOGETHER else 1
        interval = 28 * _DAY_MINUTES / (found.requests / share)
        cells = (what, *_cells(found), f"{interval:.0f} m", *_cells(other)[1:])
        yield f"| {' | '.join(cells)} |"


def _curve(told: Comparison) -> Iterator[str]:
    yield "**All five together:**"
    yield ""
    yield "| interval | requests | median | 90th percentile | missed |"
    yield "|---|---|---|---|---|"
    for minutes, row in told.adaptive.items():
        yield _line(f"adaptive, `every {minutes:g}m`", row[TOGETHER])
    yield _line(f"adaptive, `every {USUAL}m`, listings without times", told.undated[TOGETHER])
    yield _line(f"x0.7 and x1.2, from {USUAL} m (what was before)", told.stepwise[TOGETHER])
    for minutes, row in told.fixed.items():
        if minutes in _SHOWN:
            yield _line(f"fixed, {minutes:g} m", row[TOGETHER])


def _verdict(told: Comparison) -> Iterator[str]:
    yield "**Who beats whom** (no more requests, no more delay in the median and in the 90th percentile):"
    yield ""
    yield "| source | adaptive intervals that a fixed one beats | fixed intervals that an adaptive one beats |"
    yield "|---|---|---|"
    for what in (TOGETHER, *KINDS):
        beaten = ", ".join(f"{m:g} m" for m in told.beaten(what)) or "none"
        beating = ", ".join(f"{m:g} m" for m in told.beating(what)) or "none"
        yield f"| {what} | {beaten} | {beating} |"


def _line(name: str, found: Figures) -> str:
    return f"| {' | '.join((name, *_cells(found)))} |"


def _cells(found: Figures) -> tuple[str, str, str, str]:
    return (
        f"{found.requests:,.0f}",
        f"{found.median:.1f}",
        f"{found.ninetieth:.1f}",
        f"{found.missed:.1f}",
    )
