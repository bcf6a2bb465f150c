"""The real command, run as anybody would run it, in a home of its own."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rig.command import command_line, environment

_LONGEST = 1800.0  # seconds that one command may take


class CommandError(Exception):
    """A command did not end as it must; what it said of that is in its log."""


@dataclass(frozen=True)
class Command:
    """`copydesk`, with *home* as its home; `sources.toml` is in it, and what is logged goes there."""

    home: Path

    def once(self) -> dict[str, Any]:
        """One crawl of every source, to its end, whole or not. Raises `CommandError`."""
        return self._output("once")[0]

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """The JSON objects that a command prints. Raises `CommandError`."""
        return self._output(*arguments)

    def _output(self, *arguments: str) -> list[dict[str, Any]]:
        with self.started(*arguments) as process:
            printed, _ = process.communicate(timeout=_LONGEST)
        try:
            return [json.loads(line) for line in printed.splitlines()]
        except ValueError:
            raise CommandError(
                f"`copydesk {' '.join(arguments)}` ended with {process.returncode}; see {self.log}"
            ) from None

    @contextmanager
    def started(self, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
        """A command that runs; it is killed where the block ends before it."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own command
                command_line(*arguments, "--json"),
                env=self._environment,
                cwd=self.home,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        with process:
            try:
                yield process
            finally:
                process.kill()

    @property
    def log(self) -> Path:
        """What all commands of this home have logged, a JSON object a line."""
        return self.home / "log.jsonl"

    def events(self, *names: str) -> Iterator[Mapping[str, Any]]:
        """What was logged under these names, in order."""
        lines: Iterable[str] = self.log.read_text(encoding="utf-8").splitlines()
        for line in lines:
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("event") in names:
                yield event

    @property
    def _environment(self) -> dict[str, str]:
        return environment(
            home=self.home,
            sources=self.home / "sources.toml",
            user_agent="CopydeskEvaluation/0.1 (runs on this machine alone)",
            log_format="json",
            log_level="INFO",
        )
