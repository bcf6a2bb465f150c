"""The real command, run as anybody would run it, in a home of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import evaluation

_ROOT = Path(evaluation.__file__).parents[1]
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
                [sys.executable, "-m", "cli", *arguments, "--json"],
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
        """This environment without anybody's own settings of Copydesk."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_")}
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        return inherited | {
            "COPYDESK_HOME": str(self.home),
            "COPYDESK_SOURCES": str(self.home / "sources.toml"),
            "COPYDESK_USER_AGENT": "CopydeskEvaluation/0.1 (runs on this machine alone)",
            "COPYDESK_LOG_FORMAT": "json",
            "COPYDESK_LOG_LEVEL": "INFO",
            "PYTHONPATH": os.pathsep.join(paths),
        }
