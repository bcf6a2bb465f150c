"""Some of the real pages go through the whole service; `python -m evaluation` takes all of them."""

import os
from pathlib import Path
from typing import Any

import pytest

from evaluation.corpus import read_part
from evaluation.report import report
from evaluation.run import Runs, run

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif("COPYDESK_CORPUS" not in os.environ, reason="COPYDESK_CORPUS is not set"),
]

PAGES = 30
FLOORS = {"articles": 0.94, "wire": 0.92}


of_each_part = pytest.mark.parametrize("evaluated", ["articles", "wire"], indirect=True)
of_wire = pytest.mark.parametrize("evaluated", ["wire"], indirect=True)

Evaluated = tuple[str, Runs, dict[str, Any]]


@pytest.fixture(scope="module")
def evaluated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Evaluated:
    part = read_part(Path(os.environ["COPYDESK_CORPUS"]), request.param, PAGES)
    runs = run(part, tmp_path_factory.mktemp("home"), check_kill=part.name == "wire", say=print)
    return part.name, runs, report(part, runs)


@of_each_part
def test_every_page_has_one_outcome(evaluated: Evaluated) -> None:
    _, _, told = evaluated
    assert (told["astray"], told["errors"]) == ({}, {})
    assert sum(told["outcomes"].values()) == told["pages"] == PAGES
    assert told["outcomes"]["failed"] == 0


@of_each_part
def test_a_second_run_finds_nothing_new_and_loses_nothing(
    evaluated: Evaluated,
) -> None:
    _, runs, _ = evaluated
    assert not any(runs.again.outcomes.values())
    assert (runs.again.lost, runs.again.added) == ((), ())


@of_wire
def test_a_run_that_was_killed_comes_to_the_same(
    evaluated: Evaluated,
) -> None:
    _, runs, told = evaluated
    assert runs.killed
    assert sum(runs.killed.outcomes.values()) == told["pages"]
    assert (runs.killed.lost, runs.killed.added, runs.killed.doubled) == ((), (), ())


@of_each_part
def test_texts_are_read_well(evaluated: Evaluated) -> None:
    part, _, told = evaluated
    assert told["unread"] == {}
    assert told["token_f1"] >= FLOORS[part]
    assert told["shingles"] is None or told["shingles"]["f1"] >= FLOORS[part]


@of_wire
def test_near_duplicates_are_found(evaluated: Evaluated) -> None:
    _, _, told = evaluated
    assert told["pairs"]["alike"] >= 15
    assert told["pairs"]["found"] >= 0.9 * told["pairs"]["alike"]
    assert told["pairs"]["right"] >= 0.9 * told["pairs"]["reported"] > 0
