"""A trial in a process of its own, for one that leaves this machine's network."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from chaos.promise import Finding, Size
from rig.command import environment
from workers.queue.process import die_with_parent

_IMPOSSIBLE = 3


def findings_of(module: str, folder: Path, size: Size, promise: str) -> list[Finding]:
    """What a trial finds that `module` tells when it is run; for `promise`, where it comes to nothing."""
    parent = os.getpid()
    inside = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", module, str(folder), size],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        preexec_fn=lambda: die_with_parent(parent),
    )
    if inside.returncode == _IMPOSSIBLE:
        told = "this machine lets no process have a network of its own (user namespaces)"
        return [Finding(promise, "nothing", "nothing", (told,))]
    if inside.returncode:
        return [Finding(promise, "a part of it", "it broke off", ("the trial broke off",))]
    return [Finding(**{**f, "broken": tuple(f["broken"])}) for f in json.loads(inside.stdout)]


def tell(trial: Callable[[Path, Size], list[Finding]]) -> None:
    """The other end of it: run a trial in this process, and print what it finds."""
    try:
        found = trial(Path(sys.argv[1]), Size(sys.argv[2]))
    except PermissionError:
        sys.exit(_IMPOSSIBLE)
    print(json.dumps([asdict(finding) for finding in found]))
