"""The benchmark of crawls that find nothing new, at its small size."""

from pathlib import Path

from benchmarks.figure import Bench, Size
from benchmarks.measures.quiet import measure


def test_every_figure_comes_out(tmp_path: Path) -> None:
    figures = measure(Bench(tmp_path, Size.SMALL))

    assert [figure.unit for figure in figures] == ["ms", "ms", "", "ms", "ms", ""]
    # Two listings, and robots.txt from before: of these alone a small run can be sure.
    assert [figures[2].value, figures[5].value] == [2.0, 2.0]
