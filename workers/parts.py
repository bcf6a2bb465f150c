"""The parts of the service, forked from one process that has loaded what they need: `python -m workers.parts NAME...`.

What is loaded once is shared by all, and a part that died is back at once. Who starts this gives it a
line on its standard input, a JSON object of environment variables, COPYDESK_REDIS_URL among them; on
its standard output it tells a line, a JSON object of the parts' process ids.
"""

import gc
import importlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial

from config.logging import set_up_logging
from config.settings import SettingsError, load_settings
from workers.queue.process import die_with_parent, name_process, stop_signal
from workers.run import NEEDS, PARTS
from workers.run import main as run_part
from workers.supervision import Supervised, stop_all

_USAGE = f"usage: python -m workers.parts {'|'.join(PARTS)}..."
_LOOK_SECONDS = 0.5
# Under what the command that started this gives it.
_STOP_SECONDS = 24.0
_FORK = multiprocessing.get_context("fork")


def main(names: Sequence[str]) -> int:
    """Run parts until it is told to stop: 0 done, 2 a wrong call."""
    if not names or not set(names) <= set(PARTS):
        return _say(_USAGE)
    stopped = stop_signal()
    _load(names)
    line = sys.stdin.readline()
    if not line or stopped.is_set():
        return 0
    os.environ.update(json.loads(line))
    try:
        set_up_logging(load_settings())
    except SettingsError as error:
        return _say(str(error))
    parts = [Supervised(name, partial(_Forked, name)) for name in names]
    try:
        for part in parts:
            part.start()
        sys.stdout.write(json.dumps({part.name: part.pid for part in parts}) + "\n")
        sys.stdout.flush()
        while not stopped.wait(_LOOK_SECONDS):
            for part in parts:
                part.look_after()
    finally:
        stop_all(parts, _STOP_SECONDS)
    return 0


def _say(text: str) -> int:
    print(text, file=sys.stderr)  # noqa: T201
    return 2


def _load(names: Sequence[str]) -> None:
    """Load what those parts need, all but what reads the settings."""
    for module in dict.fromkeys(module for name in names for module in NEEDS[name]):
        importlib.import_module(module)
    # A collector that looks at it would write to it, and give each part its own.
    gc.collect()
    gc.freeze()


class _Forked:
    """A part in a process that is forked from this one."""

    def __init__(self, name: str) -> None:
        self._process = _FORK.Process(target=_become, args=(name, os.getpid()), name=name)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0.0)
        return self._process.exitcode


def _become(name: str, parent: int) -> None:
    die_with_parent(parent)
    name_process(name)
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, signal.SIG_DFL)
    os.setsid()
    # Celery's banner and farewells; the logs are on standard error.
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)
    sys.exit(run_part([name]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
