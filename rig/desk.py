"""The real commands, run as a person runs them, with a home and a sources file of the test's own.

with Desk(tmp_path) as desk:
    desk.write_sources({"name": "a", "start": site.url()})
    done = desk.run("once", "--json")
    assert done.json["totals"]["new"] == 3
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from crawler.document import Document, parse
from rig.command import command_line, environment

_LOCAL = {"allow_private": True, "delay": 0.0}


@dataclass(frozen=True)
class Result:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on standard output."""
        told: dict[str, Any] = json.loads(self.out)
        return told

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The objects on standard output, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Desk:
    """A home, its sources, and the commands on it; nothing of it runs on after the block."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.sources = folder / "sources.toml"
        self.environment = environment(home=self.home, sources=self.sources, **settings)
        self._started: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def write_sources(self, *sources: Mapping[str, Any]) -> None:
        """Name these sources in the file, on loopback and without delay unless they say otherwise."""
        text = "\n".join(_table(_LOCAL | dict(source)) for source in sources)
        part = self.sources.with_suffix(".part")
        part.write_text(text)
        part.rename(self.sources)

    def run(
        self, *arguments: str, stdin: bytes = b"", timeout: float = 100, **settings: object
    ) -> Result:
        """Run a command to its end; no command ever shows a traceback."""
        done = subprocess.run(  # noqa: S603 - our own command
            command_line(*arguments),
            cwd=self.folder,
            env=self._environment(settings),
            input=stdin,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in result.err, result.err
        return result

    def start(self, *arguments: str, **settings: object) -> "subprocess.Popen[str]":
        """Start a command; its standard error goes to the file `err` of the folder."""
        with (self.folder / "err").open("ab") as err:
            process = subprocess.Popen(  # noqa: S603 - our own command
                command_line(*arguments),
                cwd=self.folder,
                env=self._environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
            )
        self._started.append(process)
        return process

    def up(self, **settings: object) -> "subprocess.Popen[str]":
        """Start `copydesk up`, and wait until it has said that it is."""
        process = self.start("up", "--json", **settings)
        assert process.stdout
        assert process.stdout.readline(), f"`copydesk up` did not start: {self.err}"
        return process

    def _environment(self, settings: Mapping[str, object]) -> dict[str, str]:
        return self.environment | {f"COPYDESK_{k.upper()}": str(v) for k, v in settings.items()}

    @property
    def err(self) -> str:
        """What started commands wrote to standard error so far."""
        return (self.folder / "err").read_text()

    def processes(self) -> dict[int, str]:
        """The command line of every process that works for this home, by its id."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            # It may have ended, be a zombie, or be someone else's.
            with contextlib.suppress(OSError):
                if self._is_ours(folder):
                    line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found[int(folder.name)] = line.strip()
        return found

    def _is_ours(self, process: Path) -> bool:
        # The server writes its title over its environment, but works inside the home.
        mark = f"COPYDESK_HOME={self.home}".encode()
        in_home = (process / "cwd").readlink().is_relative_to(self.home)
        return in_home or mark in (process / "environ").read_bytes().split(b"\0")

    def documents(self) -> dict[str, Document]:
        """The documents that are kept, by their paths in the home."""
        files = sorted(self.home.glob("documents/*/*/*.txt"))
        return {str(f.relative_to(self.home)): parse(f.read_bytes().decode()) for f in files}


def _table(fields: Mapping[str, Any]) -> str:
    # TOML's strings, numbers, booleans and arrays are written as those of JSON.
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    return "\n".join(["[[source]]", *lines, ""])


def until(holds: Callable[[], object], seconds: float, what: str = "") -> None:
    """Wait until something holds; fails where it still does not after so many seconds."""
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, f"not within {seconds} s: {what or holds}"
        time.sleep(0.1)
