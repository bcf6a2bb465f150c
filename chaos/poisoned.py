"""Pages that do their reader harm: an extraction that hangs, takes all memory, or ends its process.

The service itself has nothing to do with it: its processes find a `sitecustomize` on their path that
puts this before the extraction.
"""

import ctypes
import importlib.util
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

_READS = "workers.pages.reading"
_MARK = re.compile(rb'<meta name="poison" content="([a-z]+)">')
_BLOCK = 64 * 1024**2


class Poison(StrEnum):
    """What a page does to the process that extracts it."""

    HANG = "hang"
    MEMORY = "memory"
    DEATH = "death"
    CRASH = "crash"


def mark(kind: Poison) -> str:
    """Markup for the head of a page, which makes it poison to a service with `sitecustomize`."""
    return f'<meta name="poison" content="{kind}">'


def sitecustomize(folder: Path, notes: Path) -> Path:
    """Make a folder for the path of Python, so that pages that are marked are poison, and noted."""
    folder.mkdir(parents=True)
    text = f"from chaos.poisoned import install\n\ninstall({str(notes)!r})\n"
    (folder / "sitecustomize.py").write_text(text)
    return folder


def runs(notes: Path) -> list[str]:
    """The addresses of poison pages, one for each time that its extraction was begun."""
    return notes.read_text().split() if notes.exists() else []


def install(notes: str) -> None:
    """Have this process, once it reads pages, be open to poison."""
    sys.meta_path.insert(0, _Finder(notes))


class _Finder(MetaPathFinder):
    def __init__(self, notes: str) -> None:
        self._notes = notes

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _READS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec and spec.loader:
            spec.loader = _Loader(spec.loader, self._notes)
        return spec


class _Loader(Loader):
    def __init__(self, real: Loader, notes: str) -> None:
        self._real = real
        self._notes = notes

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._real.exec_module(module)
        module.extract_all = poisonous(module.extract_all, self._notes)  # type: ignore[attr-defined]


def poisonous(extract: Callable[..., Any], notes: str) -> Callable[..., Any]:
    """An extraction that marked pages do harm to."""

    def poisoned(page: Any, **options: Any) -> Any:
        if found := _MARK.search(page.body):
            _note(notes, page.url)
            _DEEDS[Poison(found[1].decode())]()
        return extract(page, **options)

    return poisoned


def _note(notes: str, url: str) -> None:
    descriptor = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, f"{url}\n".encode())
    finally:
        os.close(descriptor)


def _hang() -> None:
    # In C, with the lock that all of Python needs: no handler of a signal, no thread is ever run.
    ctypes.PyDLL(None).sleep(3600)


def _take_all_memory() -> None:
    taken = []
    # Never touched: should nothing stop it, the machine does not suffer.
    while True:
        taken.append(bytes(_BLOCK))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(60)


_DEEDS = {
    Poison.HANG: _hang,
    Poison.MEMORY: _take_all_memory,
    Poison.DEATH: _die,
    Poison.CRASH: _crash,
}
