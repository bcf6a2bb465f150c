"""What holds for the help, the examples and the loading of every command."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.main import get_command

from cli.commands import words_of
from cli.main import Copydesk, app
from rig.command import environment

ROOT_COMMAND: Any = get_command(app)


def _each(command: Any, *names: str) -> Iterator[tuple[str, Any]]:
    yield " ".join(("copydesk", *names)), command
    for name, one in getattr(command, "commands", {}).items():
        yield from _each(one, *names, name)


COMMANDS = dict(_each(ROOT_COMMAND))


def test_all_commands_are_known() -> None:
    assert {"copydesk up", "copydesk tail", "copydesk quarantine retry"} <= COMMANDS.keys()
    assert list(ROOT_COMMAND.commands) == [n for some in Copydesk.sections.values() for n in some]


@pytest.mark.parametrize("called", COMMANDS)
def test_a_help_has_examples_of_its_own_and_fits_80_columns(
    called: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = _help(called)
    examples = text.partition("\nExamples:\n")[2]
    for call, meaning in COMMANDS[called].examples:
        assert call in examples
        assert meaning
    assert any(called in call for call, _ in COMMANDS[called].examples)
    assert max(map(len, text.splitlines())) <= 80
    for one in getattr(COMMANDS[called], "commands", {}).values():
        assert not one.get_short_help_str(limit=60).endswith("...") or called == "copydesk"
    for ugly in ("<str>", "<int>", "range>", "list[", "<bool>"):
        assert ugly not in text


def _help(called: str) -> str:
    with typer.Context(COMMANDS[called], info_name=called) as context:
        return str(context.get_help())


@pytest.mark.parametrize(
    "call", sorted({call for command in COMMANDS.values() for call, _ in command.examples})
)
def test_an_example_is_a_call_that_there_is(call: str) -> None:
    words, command = words_of(call), ROOT_COMMAND
    if words[0].startswith("-"):
        assert any(words[0] in param.opts for param in ROOT_COMMAND.params)
        return
    # Without asking for what it would do.
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    command.make_context(call, words)


def test_a_call_that_is_not_there_does_not_parse() -> None:
    with pytest.raises(Exception, match="No such option"):
        ROOT_COMMAND.commands["once"].make_context("once", words_of("copydesk once --fast"))


def test_what_is_around_a_call_is_none_of_its_arguments() -> None:
    assert words_of("A=1 copydesk extract - 'a b' < page.html | less") == ["extract", "-", "a b"]


def test_a_command_is_loaded_when_it_is_called() -> None:
    said = _python(
        "import sys; sys.argv = ['copydesk', '--help']",
        "from cli.entry import main",
        "try: main()",
        "except SystemExit: pass",
        "print(*(m for m in ('cli.operation', 'redis', 'scrapy', 'pydantic', 'rich') if m in sys.modules))",
    )
    assert "Run the whole service" in said
    assert said.splitlines()[-1] == ""


def test_only_the_command_that_is_called_is_loaded() -> None:
    said = _python(
        "import sys; sys.argv = ['copydesk', 'consume', '--help']",
        "from cli.entry import main",
        "try: main()",
        "except SystemExit: pass",
        "print(*(m for m in ('cli.documents', 'cli.operation', 'scrapy', 'trafilatura', 'rich.progress')"
        " if m in sys.modules))",
    )
    assert said.splitlines()[-1] == "cli.documents"


def _python(*lines: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
        timeout=60,
    )
    return done.stdout


def test_a_version_is_shown() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "--version"],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
        timeout=60,
    )
    assert done.stdout.startswith("copydesk ")
    assert done.stdout[len("copydesk ")].isdigit()


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_written_to_all_the_same(closed: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m cli --version {closed}', sys.executable],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_doctor_goes_on_where_a_home_cannot_be_looked_at() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "doctor", "--offline", "--json"],
        # No file system has names that long.
        env=environment(home="h" * 300),
        capture_output=True,
        text=True,
        check=False,
    )
    found = {one["check"] for one in json.loads(done.stdout)["checks"]}
    assert found >= {"store", "archive", "disk", "server"}
