"""A server without memory, at its small size."""

from pathlib import Path

from chaos.promise import Size
from chaos.trials.memory import trial


def test_crawls_wait_and_go_on(tmp_path: Path) -> None:
    findings = trial(tmp_path, Size.SMALL)

    assert len(findings) == 2
    assert [finding.broken for finding in findings if not finding.holds] == []
