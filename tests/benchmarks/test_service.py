"""The benchmark of the whole service, on a few pages: that it runs, not how fast."""

from pathlib import Path

from benchmarks.figure import Bench, Size
from benchmarks.measures.service import measure


def test_every_side_has_its_turn(tmp_path: Path) -> None:
    figures = measure(Bench(tmp_path, Size.SMALL))

    with_archive, without, *told = figures
    assert (
        with_archive.what == "pages through the service with the archive, against trafilatura alone"
    )
    assert with_archive.budget == without.budget
    assert with_archive.budget
    assert with_archive.budget.is_least
    assert [figure.unit for figure in told] == ["pages/s", "pages/s", "pages/s", ""]
    assert all(figure.value > 0 for figure in figures[:5])
    # One round with the archive and one without: only the first has left one.
    archives = {
        folder.name: (folder / "home" / "archive").exists() for folder in tmp_path.glob("0-*")
    }
    assert archives == {"0-with-the-archive": True, "0-without-the-archive": False}
