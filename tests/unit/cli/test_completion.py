"""What a shell is given that completes a word."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.main import app
from rig.command import environment

SOURCES = """
[[source]]
name = "gazette"
start = "https://gazette.example/"

[[source]]
name = "gazette-world"
start = "https://gazette.example/world"
enabled = false
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    file = tmp_path / "sources.toml"
    file.write_text(SOURCES)
    return file


@pytest.fixture
def completed(
    sources: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    """What is offered for the word that a line ends with."""
    monkeypatch.setenv("COPYDESK_SOURCES", str(sources))

    def complete(line: str, shell: str = "bash") -> list[str]:
        monkeypatch.setenv("_COPYDESK_COMPLETE", f"complete_{shell}")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
        monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
        with pytest.raises(SystemExit):
            app(prog_name="copydesk")
        told = capsys.readouterr()
        assert told.err == ""
        return told.out.split("\n")[:-1]

    return complete


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("copydesk qua", ["quarantine"]),
        ("copydesk quarantine re", ["retry"]),
        ("copydesk backfill --si", ["--since"]),
        ("copydesk once --source gaz", ["gazette"]),
        ("copydesk crawl gaz", ["gazette"]),
        ("copydesk backfill gaz", ["gazette"]),
        ("copydesk tail --source gaz", ["gazette", "gazette-world"]),
        ("copydesk coverage gazette-", ["gazette-world"]),
        ("copydesk tail --outcome re", ["revision", "rejected"]),
        ("copydesk once --source no", [""]),
    ],
)
def test_words_that_may_stand_there_are_offered(
    line: str, offered: list[str], completed: Callable[..., list[str]]
) -> None:
    assert completed(line) == offered


def test_a_file_of_sources_that_cannot_be_read_is_no_trouble(
    sources: Path, completed: Callable[..., list[str]]
) -> None:
    sources.write_text("[[source]")
    assert completed("copydesk once --source gaz") == [""]


def test_zsh_and_fish_are_told_what_each_is(completed: Callable[..., list[str]]) -> None:
    (zsh,) = completed("copydesk crawl gaz", "zsh")
    assert '"gazette":"https\\\\://gazette.example/"' in zsh
    (fish,) = completed("copydesk crawl gaz", "fish")
    assert fish == "gazette\thttps://gazette.example/"


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_itself_completes(sources: Path, tmp_path: Path) -> None:
    command = tmp_path / "copydesk"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m cli "$@"\n')
    command.chmod(0o755)
    script = (
        f"source <({command} --show-completion)\n"
        f"COMP_WORDS=({command} once --source gaz); COMP_CWORD=3\n"
        f'_copydesk_completion {command}; echo "${{COMPREPLY[@]}}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env=environment(sources=sources),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "gazette\n", done.stderr
