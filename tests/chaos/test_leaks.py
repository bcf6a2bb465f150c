"""Leaks, at their small size."""

from pathlib import Path

from chaos.promise import Size
from chaos.trials.leaks import trial


def test_nothing_leaks(tmp_path: Path) -> None:
    (finding,) = trial(tmp_path, Size.SMALL)

    assert finding.broken == ()
