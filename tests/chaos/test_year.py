"""Some days around a change of the clocks, with all that can befall the service; the year is `make chaos`."""

from pathlib import Path

import pytest

from chaos.promise import Size
from chaos.trials.year.simulation import live

# What a seed had found, before it was mended:
FOUND = {
    6: "all that was due after an outage was crawled at once",
    8: "a crawl whose lease had run out asked once more",
    9: "a message that came twice was crawled twice at once",
}


@pytest.mark.parametrize("seed", FOUND, ids=FOUND.values())
def test_no_crawl_is_missed_or_doubled_and_every_page_ends_once(tmp_path: Path, seed: int) -> None:
    year = live(tmp_path, seed, Size.SMALL)
    assert year.watch.broken == []
    # It was no quiet time.
    assert year.watch.counts["kills"] > 10
    assert year.watch.counts["interruptions"] > 20
    assert len(year.watch.outcomes) > 30
