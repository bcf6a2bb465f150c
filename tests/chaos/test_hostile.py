"""Promise 7 at a size for every day: all hostile kinds, scaled down where size is the point."""

from pathlib import Path

import pytest

from chaos.promise import Size
from chaos.trials.hostile import trial


@pytest.mark.timeout(300)
def test_hostile_pages_end_no_worker_and_cost_little(tmp_path: Path) -> None:
    findings = trial(tmp_path, Size.SMALL)
    assert [line for finding in findings for line in finding.broken] == []
