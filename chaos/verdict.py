"""What became of a load, against what was served."""

from collections import Counter
from pathlib import Path

from chaos.agreement import disagreements
from chaos.load import Expected
from chaos.running import at_rest, outcomes
from rig.desk import Desk
from workers.state.state import State

_MOST = 20


def what_is_wrong(desk: Desk, expected: Expected) -> list[str]:
    """How a home at rest differs from what had to come of a load, a line each, the first ones of many."""
    with at_rest(desk) as state:
        return what_is_wrong_in(desk.home, state, expected)


def what_is_wrong_in(store: Path, state: State, expected: Expected) -> list[str]:
    """The same of a folder with the documents, and a state that nobody works with."""
    by_source = {source: outcomes(state, source) for source in expected.pages}
    problems = [
        *_sums(by_source, expected.pages),
        *_outcomes(sum(by_source.values(), Counter[str]()), expected.outcomes),
        *disagreements(store, state),
    ]
    more = len(problems) - _MOST
    return problems if more <= 0 else [*problems[:_MOST], f"and {more} more"]


def _sums(by_source: dict[str, Counter[str]], pages: Counter[str]) -> list[str]:
    return [
        f"{source}: {by_source[source].total()} outcomes of {served} pages"
        for source, served in pages.items()
        if by_source[source].total() != served
    ]


def _outcomes(found: Counter[str], expected: Counter[str]) -> list[str]:
    return [
        f"{found[outcome]} pages are {outcome}, and should be {expected[outcome]}"
        for outcome in sorted(found.keys() | expected.keys())
        if found[outcome] != expected[outcome]
    ]
