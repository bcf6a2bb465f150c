"""The benchmark of what metrics and logs cost a page, at its small size."""

from pathlib import Path

from benchmarks.figure import Bench, Size
from benchmarks.measures.told import measure


def test_every_figure_comes_out(tmp_path: Path) -> None:
    least, counters, *lines = measure(Bench(tmp_path, Size.SMALL))
    assert least.unit == counters.unit == "ms"
    assert all(0 < figure.value < 100 for figure in lines)
