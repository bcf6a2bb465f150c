"""Poison pages, at their small size."""

from pathlib import Path

from chaos.promise import Size
from chaos.trials.poison import trial


def test_a_poison_page_harms_nobody_but_itself(tmp_path: Path) -> None:
    for finding in trial(tmp_path, Size.SMALL):
        assert finding.broken == ()
