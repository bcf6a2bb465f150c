"""Figures, their budgets, and how both are shown."""

import json
from datetime import UTC, datetime

import pytest

from benchmarks.__main__ import main
from benchmarks.figure import Figure, at_least, at_most, median_figure
from benchmarks.table import as_json, table

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("figure", "is_within"),
    [
        (Figure("a", 0.85, budget=at_least(0.85)), True),
        (Figure("a", 0.84, budget=at_least(0.85)), False),
        (Figure("a", 30, budget=at_most(30)), True),
        (Figure("a", 30.1, budget=at_most(30)), False),
        (Figure("a", 1e9), True),
    ],
)
def test_a_figure_is_held_against_its_budget(figure: Figure, is_within: bool) -> None:
    assert figure.is_within is is_within


def test_the_middle_of_several_rounds_is_told_with_its_extremes() -> None:
    figure = median_figure("a", [3.0, 1.0, 2.0, 9.0, 2.5], "ms")
    assert (figure.value, figure.low, figure.high) == (2.5, 1.0, 9.0)


def test_the_table_says_what_was_missed() -> None:
    shown = table(
        [
            median_figure("speed of it", [0.9, 0.8, 1.0], budget=at_least(0.85), how="3 rounds"),
            Figure("size of it", 401, "bytes", budget=at_most(400)),
        ]
    )
    lines = [line.replace("│", " ").split() for line in shown.splitlines()]
    assert ["speed", "of", "it", "3", "rounds", "0.90", ">=", "0.85", "yes"] in lines
    assert ["size", "of", "it", "401", "bytes", "<=", "400", "bytes", "NO"] in lines
    assert max(map(len, shown.splitlines())) <= 110


def test_the_figures_as_json_name_what_they_were_made_on() -> None:
    told = json.loads(json.dumps(as_json([Figure("a", 1.5, "ms", budget=at_most(1))], NOW)))
    assert told["made"] == "2026-11-20T09:30:00+00:00"
    assert told["machine"]["cores"] >= 1
    assert told["versions"]["trafilatura"]
    (figure,) = told["figures"]
    assert figure["budget"] == {"bound": 1, "is_least": False}
    assert figure["is_within"] is False


def test_a_wrong_name_is_told_with_those_that_are_right(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["speed"])
    assert ended.value.code == 2
    assert "allowed are service, growth" in capsys.readouterr().err
