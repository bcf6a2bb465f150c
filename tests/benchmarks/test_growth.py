"""The benchmark of a page beside many known documents, at its small size: that it runs."""

from pathlib import Path

from benchmarks.figure import Bench, Size
from benchmarks.measures.growth import measure


def test_a_page_costs_something_beside_many_and_beside_none(tmp_path: Path) -> None:
    ratio, empty, full = measure(Bench(tmp_path, Size.SMALL))

    assert ratio.value > 0
    assert (empty.unit, full.unit) == ("ms", "ms")
    assert empty.what == "a page through the service, 0 documents known"
    assert full.what == "a page through the service, 300 documents known"
