"""One service a home: the lock that `up` holds, and by which others see that it runs."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.failure import Failure


def is_up(home: Path) -> bool:
    """Whether `up` runs on this home."""
    try:
        with (home / "up.lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One `up` a home; raises `Failure` where another holds it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(
                f"the service is up already in {home.absolute()}; "
                "stop it there, or name another folder in COPYDESK_HOME"
            ) from None
        yield
