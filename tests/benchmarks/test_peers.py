"""The benchmark beside other projects, on a few pages: that it runs, not how fast."""

from pathlib import Path

import pytest

from benchmarks.figure import Bench, Size
from benchmarks.measures.peers import measure
from benchmarks.peer import PeerError


@pytest.mark.timeout(600)
def test_every_peer_has_its_turn(tmp_path: Path) -> None:
    try:
        figures = measure(Bench(tmp_path, Size.SMALL))
    except PeerError as error:
        if "cannot be installed" not in str(error):
            raise
        pytest.skip(str(error))

    by_name = {figure.what: figure for figure in figures}
    for side in ("copydesk", "news-please", "trafilatura"):
        assert by_name[f"{side}: peak memory"].value > 0
        assert by_name[f"{side}: pages"].value > 0
    assert sum(figure.budget is not None for figure in figures) == 2
