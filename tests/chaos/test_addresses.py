"""Forged addresses, at their small size."""

from pathlib import Path

import pytest

from chaos.forged import DISGUISED, FORMS, LITERALS, NAMES, REBINDING
from chaos.internet import is_possible
from chaos.promise import Size
from chaos.trials.addresses import trial


@pytest.mark.timeout(300)
@pytest.mark.skipif(not is_possible(), reason="no network namespaces for users on this machine")
def test_no_form_leads_anywhere_by_any_carrier(tmp_path: Path) -> None:
    findings = trial(tmp_path, Size.SMALL)

    assert len(findings) == 3
    assert [finding.broken for finding in findings if not finding.holds] == []


def test_there_are_more_forms_than_promised_and_none_twice() -> None:
    assert len(set(FORMS)) == len(FORMS)
    assert len(LITERALS) >= 40
    assert min(len(DISGUISED), len(NAMES)) >= 10
    assert REBINDING
