"""The loss of the server's state, at its small size."""

from pathlib import Path

import pytest

from chaos.promise import Size
from chaos.trials.rebuild import trial


@pytest.mark.timeout(400)
def test_what_the_server_lost_is_had_back_from_the_files(tmp_path: Path) -> None:
    findings = trial(tmp_path, Size.SMALL)

    assert len(findings) == 2
    assert [finding.broken for finding in findings if not finding.holds] == []
