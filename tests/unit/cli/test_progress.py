"""How far something long is: a bar on a terminal, plain lines elsewhere."""

import logging
import os
import sys
import threading

import pytest

from cli import progress as shown_how
from cli.output import say
from cli.progress import progress


def test_without_a_terminal_there_are_plain_lines_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with progress("texts") as shown:
        shown.show(1, 20)
        monkeypatch.setattr(shown_how, "_SAY_SECONDS", 0.0)
        shown.show(2, 20)
        shown.show(3, None, "files")
        shown.show(4, 20, line="in other words")
    told = capsys.readouterr()
    assert told.err == "texts: 2 of 20\nfiles: 3\nin other words\n"
    assert told.out == ""


def test_on_a_terminal_there_is_a_bar_and_what_is_said_stands_above(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    reading, writing = os.openpty()
    parts: list[bytes] = []
    reader = threading.Thread(target=_read, args=(reading, parts))
    reader.start()
    log = logging.getLogger()
    with os.fdopen(writing, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        log.addHandler(logging.StreamHandler())
        with progress("texts") as shown:
            shown.show(5, 20, "\x1b[2J[bold]files")
            log.error("of the log")
            say("by a person's command")
        log.error("afterwards")
    reader.join(10)
    os.close(reading)
    told = b"".join(parts).decode()
    assert "5/20" in told
    assert "\\x1b[2J[bold]files" in told
    for line in ("of the log", "by a person's command", "afterwards"):
        assert any(part.endswith(line) for part in told.replace("\r", "").splitlines()), told


def _read(descriptor: int, parts: list[bytes]) -> None:
    try:
        while part := os.read(descriptor, 65536):
            parts.append(part)
    except OSError:  # the end of a terminal that nobody writes to
        pass
