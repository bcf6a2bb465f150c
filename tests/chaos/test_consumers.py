"""Consumers in trouble, at their small size."""

from pathlib import Path

from chaos.promise import Size
from chaos.trials.consumers import trial


def test_consumers_get_everything(tmp_path: Path) -> None:
    findings = trial(tmp_path, Size.SMALL)

    assert len(findings) == 4
    assert [finding.broken for finding in findings if not finding.holds] == []
