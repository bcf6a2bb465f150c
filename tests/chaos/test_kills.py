"""Kills, of the server too, and stops, at their small size."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chaos.promise import Finding, Size, Trial
from chaos.trials import kills, server, stops

TRIALS = {"kills": kills.trial, "server": server.trial, "stops": stops.trial}


@pytest.mark.timeout(400)
def test_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    # Side by side, since each waits more than it works.
    with ThreadPoolExecutor() as pool:
        tried = [pool.submit(_try, trial, tmp_path / name) for name, trial in TRIALS.items()]
    found = [finding for trial in tried for finding in trial.result()]
    assert len(found) == 8
    assert [finding.broken for finding in found if not finding.holds] == []


def _try(trial: Trial, folder: Path) -> list[Finding]:
    folder.mkdir()
    return trial(folder, Size.SMALL)
