"""Leaks, at their small size."""

from pathlib import Path

from chaos.leaks import trial
from chaos.promise import Size


def test_nothing_leaks(tmp_path: Path) -> None:
    (finding,) = trial(tmp_path, Size.SMALL)

    assert finding.broken == ()
