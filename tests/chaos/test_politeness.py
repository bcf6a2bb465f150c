"""Politeness, at its small size."""

from pathlib import Path

import pytest

from chaos.polite_hosts import Host
from chaos.promise import Size
from chaos.trials.politeness import trial
from rig.site import Request, Site
from rig.stories import Story


@pytest.mark.timeout(300)
def test_hosts_have_nothing_to_complain_of(tmp_path: Path) -> None:
    findings = trial(tmp_path, Size.SMALL)

    assert len(findings) == 1
    assert [finding.broken for finding in findings if not finding.holds] == []


def test_a_host_complains() -> None:
    host = Host("h", Site(), 1.0, [Story.numbered(1)], forbidden=["/no"], pauses=[(12.0, 14.0)])
    seen = [(0.0, "/robots.txt"), (1.0, "/robots.txt"), (3.0, "/no"), (3.5, "/a"), (13.0, "/b")]
    host.site.requests = [Request(at, "GET", path, {}, 200) for at, path in seen]

    assert list(host.complaints()) == [
        "h: robots.txt asked for twice in a row",
        "h: 0.500 s from /no to /a",
        "h: /no is forbidden, and was asked for",
        "h: asked for /b in a pause of 2.0 s",
    ]
    assert host.least_gap() == 0.5
