"""The benchmark of ticks, at its small size."""

from pathlib import Path

from benchmarks.figure import Bench, Size
from benchmarks.measures.schedule import measure


def test_every_figure_comes_out(tmp_path: Path) -> None:
    figures = measure(Bench(tmp_path, Size.SMALL))

    assert len(figures) == 10
    assert [figure.what for figure in figures if figure.budget] == [
        "a tick with 100 sources against 50, none due",
        "a tick with 100 sources against 50, 20 due",
    ]
    assert all(figure.value > 0 for figure in figures)
