"""What a page does to the process that reads it, the command lives to tell."""

import subprocess
import sys

import pytest

CALL = """
import os, signal, time
from cli import failure, main
from config.settings import SettingsError
from cli.own_process import go_on_in_child
from workers.pages.limits import limits

@main.app.command("try")
def attempt() -> None:
    go_on_in_child("it takes too long; give it more")
    with limits({seconds}):
        {work}

main.main()
"""


def called(work: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
    text = CALL.format(work=work, seconds=seconds)
    return subprocess.run(
        [sys.executable, "-c", text, "try"], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("work", "code", "says"),
    [
        ("time.sleep(60)", 1, "copydesk: it takes too long; give it more\n"),
        ("os.kill(os.getpid(), signal.SIGKILL)", 1, "copydesk: the extractor was ended by SIGKILL\n"),
        ("raise failure.Failure('there is none')", 1, "copydesk: there is none\n"),
        ("raise SettingsError('no such setting')", 2, "copydesk: no such setting\n"),
        ("pass", 0, ""),
    ],
)  # fmt: skip
def test_the_end_of_the_child_is_that_of_the_command(work: str, code: int, says: str) -> None:
    done = called(work, 0.2 if "sleep" in work else 60.0)
    assert (done.returncode, done.stderr) == (code, says)


def test_what_the_child_prints_is_printed_once() -> None:
    assert called("print('document')").stdout == "document\n"
