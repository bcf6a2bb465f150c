"""The benchmark of several ingest workers, at its small size."""

from pathlib import Path

from benchmarks.figure import Bench, Size
from benchmarks.measures.machines import measure


def test_every_figure_comes_out(tmp_path: Path) -> None:
    figures = measure(Bench(tmp_path, Size.SMALL))

    assert [figure.unit for figure in figures] == ["pages/s", "pages/s", ""]
    assert all(figure.value > 0 for figure in figures)
