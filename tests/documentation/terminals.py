"""A person at terminals, who does what a page of the documentation says: real shells, in a home of their own."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from handbook.blocks import Block
from handbook.shown import difference, is_printed
from rig.command import ROOT, environment

_LONGEST = 120.0  # seconds that one block may take
_STOP_SECONDS = 90.0


class PageIsWrong(Exception):
    """What a page says is not so."""


@dataclass
class Terminals:
    """A shell in which blocks run one after the other, and what goes on in other terminals.

    `ports` has the ports of the pages, and those that are used instead, so that two may try them at once.
    """

    home: Path
    ports: dict[str, str] = field(default_factory=dict)
    _shell: "subprocess.Popen[str]" = field(init=False)
    _others: dict[str, int] = field(init=False, default_factory=dict)
    _count: int = field(init=False, default=0)

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True)
        (self.home / "copydesk").symlink_to(ROOT)
        self._shell = subprocess.Popen(
            ["bash", "-e", "-o", "pipefail"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=self.home,
            env=environment(tick_seconds=0.5, dashboard=f"127.0.0.1:{self.ports.get('8471', '0')}")
            | {"HOME": str(self.home), "COLUMNS": "80"},
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        # Where a page is wrong, what was run last may still be at work.
        groups = [*([self._shell.pid] if kind else []), *reversed(self._others.values())]
        for group in groups:
            with suppress(ProcessLookupError):  # it has ended by itself
                os.killpg(group, signal.SIGINT)
        self._shell.communicate(None if kind else "wait\n", _STOP_SECONDS)

    def follow(self, page: str, blocks: Sequence[Block], folder: str) -> None:
        """Do what a page says, in its order, from a folder on; raises `PageIsWrong` where it is not so."""
        self._say(f"cd {folder}")
        for block in blocks:
            where = f"{page}:{block.line}"
            if block.kind == "enter":
                self._others_input(block.text).write_text("\n")
            elif block.file:
                self._save(block)
            elif block.is_run and block.terminal:
                self._run_elsewhere(where, block)
            elif block.is_run:
                self._run(where, block)

    def _save(self, block: Block) -> None:
        self._count += 1
        text = self.home / f"{self._count}.file"
        text.write_text(self._here(block.text) + "\n", encoding="utf-8")
        self._say(f"cp {text} {block.file}")

    def _run(self, where: str, block: Block) -> None:
        script, out, code = self._script(block), self._path("out"), self._path("code")
        if block.fails:
            self._say(
                f"if . {script} < /dev/null > {out} 2>&1; then echo 0; else echo 1; fi > {code}"
            )
        else:
            self._say(f". {script} < /dev/null > {out} 2>&1\necho 0 > {code}")
        self._await(lambda: code.exists() and code.read_text() != "", where, out)
        if (code.read_text() != "0\n") != block.fails:
            raise PageIsWrong(f"{where}: does not fail, and the page says that it does")
        printed = self._there(out.read_text(encoding="utf-8"))
        if block.prints is not None and not is_printed(block.prints, printed):
            raise PageIsWrong(f"{where}:\n{difference(block.prints, printed)}\n\n{printed}")

    def _run_elsewhere(self, where: str, block: Block) -> None:
        script, out, pid = self._script(block), self._path("out"), self._path("pid")
        entered = self._others_input(block.terminal)
        os.mkfifo(entered)
        # Its input is open at both of its ends, so that it is not over when somebody has pressed Enter;
        # and Ctrl-C is to reach it, which a shell without jobs keeps from what it leaves behind.
        go_on = f"{{ . {script}; }} <> {entered} > {out} 2>&1 &"
        self._say(f"set -m\n{go_on}\necho $! > {pid}\nset +m")
        self._await(lambda: pid.exists() and pid.read_text() != "", where, out)
        self._others[block.terminal] = int(pid.read_text())
        shown = block.prints or ""
        self._await(
            lambda: (
                out.exists() and is_printed(shown, self._there(out.read_text(encoding="utf-8")))
            ),
            where,
            out,
        )

    def _await(self, is_so: Callable[[], bool], where: str, out: Path) -> None:
        limit = time.monotonic() + _LONGEST
        while not is_so():
            why = f"is not so after {_LONGEST:.0f} s" if time.monotonic() > limit else ""
            if why or self._shell.poll() is not None:
                printed = out.read_text(encoding="utf-8") if out.exists() else ""
                raise PageIsWrong(f"{where}: {why or 'fails'}\n{printed}")
            time.sleep(0.02)

    def _say(self, command: str) -> None:
        assert self._shell.stdin
        try:
            self._shell.stdin.write(command + "\n")
            self._shell.stdin.flush()
        except BrokenPipeError:
            raise PageIsWrong("the shell has ended") from None

    def _script(self, block: Block) -> Path:
        self._count += 1
        path = self._path("sh")
        path.write_text(self._here(block.text) + "\n", encoding="utf-8")
        return path

    def _path(self, ending: str) -> Path:
        return self.home / f"{self._count}.{ending}"

    def _others_input(self, terminal: str) -> Path:
        return self.home / f"{terminal.replace(' ', '-')}.fifo"

    def _here(self, text: str) -> str:
        return _replaced(text, self.ports)

    def _there(self, text: str) -> str:
        return _replaced(text, {port: shown for shown, port in self.ports.items()})


def _replaced(text: str, words: dict[str, str]) -> str:
    for word, other in words.items():
        text = text.replace(word, other)
    return text
