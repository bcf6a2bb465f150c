"""A webhook in trouble, at its small size."""

from pathlib import Path

from chaos.promise import Size
from chaos.trials.webhook import trial


def test_each_document_is_posted_in_order(tmp_path: Path) -> None:
    findings = trial(tmp_path, Size.SMALL)

    assert len(findings) == 3
    assert [finding.broken for finding in findings if not finding.holds] == []
