"""The doors, at their small size."""

import os
import socket
from pathlib import Path

from chaos.listening import beyond_loopback, listening
from chaos.promise import Size
from chaos.trials.doors import trial


def test_the_doors_are_shut(tmp_path: Path) -> None:
    findings = trial(tmp_path, Size.SMALL)

    assert len(findings) == 6
    assert [finding.broken for finding in findings if not finding.holds] == []


def test_an_open_port_is_seen() -> None:
    with socket.socket() as everywhere, socket.socket(socket.AF_INET6) as here:
        everywhere.bind(("0.0.0.0", 0))
        everywhere.listen()
        here.bind(("::1", 0))
        here.listen()

        found = listening(os.getpid())

        open_port = f"tcp 0.0.0.0 {everywhere.getsockname()[1]}"
        assert open_port in found
        assert f"tcp6 ::1 {here.getsockname()[1]}" in found
        assert [s for s in found if beyond_loopback(s)] == [open_port]
