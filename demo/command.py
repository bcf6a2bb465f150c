"""The real command, run as anybody would run it, in a home of its own."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rig.command import command_line, environment

_LONGEST = 120.0  # seconds that one command may take


class CommandError(Exception):
    """A command did not end well; what it said of that is on standard error already."""


@dataclass(frozen=True)
class Command:
    """`copydesk`, with *home* as its home and `sources.toml` in it."""

    home: Path

    def one(self, *arguments: str) -> dict[str, Any]:
        """The one JSON object that the command prints. Raises `CommandError`."""
        lines = self.lines(*arguments)
        if len(lines) != 1:
            raise CommandError(f"`{_shown(arguments)}` printed {len(lines)} lines instead of one")
        return lines[0]

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """The JSON objects that the command prints, one a line. Raises `CommandError`."""
        try:
            done = subprocess.run(  # noqa: S603 - our own command
                command_line(*arguments, "--json"),
                env=self._environment,
                cwd=self.home,
                stdout=subprocess.PIPE,
                timeout=_LONGEST,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CommandError(
                f"`{_shown(arguments)}` did not end within {_LONGEST:.0f} s"
            ) from None
        if done.returncode:
            raise CommandError(f"`{_shown(arguments)}` ended with {done.returncode}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    @contextmanager
    def service(self, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
        """`copydesk up` while the block runs; what it says goes to *log*."""
        with log.open("wb") as said:
            process = subprocess.Popen(  # noqa: S603 - our own command
                command_line("up"), env=self._environment, cwd=self.home, stdout=said, stderr=said
            )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            _end(process)

    @property
    def _environment(self) -> dict[str, str]:
        return environment(
            home=self.home,
            sources=self.home / "sources.toml",
            user_agent="CopydeskDemo/0.1 (runs on this machine alone)",
            tick_seconds=0.5,
        )


def _shown(arguments: tuple[str, ...]) -> str:
    return " ".join(("copydesk", *arguments))


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(timeout=40)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise CommandError("`copydesk up` did not end within 40 s of Ctrl-C") from None
