"""How a command ends that could not do its work: what a person is told, and the exit code."""

import os
import sys
from typing import NamedTuple

from redis.exceptions import OutOfMemoryError, RedisError, ResponseError

from cli.failure import Failure, WrongCall
from config.settings import SettingsError
from config.sources import SourcesError
from workers.state.connection import StateUnavailable
from workers.state.memory import ADVICE
from workers.state.outbox import NO_GROUP
from workers.storage.store import StoreAway, StoreFull

FAILED, WRONG_CALL = 1, 2


class End(NamedTuple):
    """The last words, in as many lines as there are mistakes, and the exit code."""

    message: str
    code: int


def end_of(error: Exception) -> End | None:
    """The end that an error means; None for one that nobody has foreseen."""
    if isinstance(error, WrongCall | SettingsError | SourcesError):
        return End(str(error), WRONG_CALL)
    if isinstance(error, Failure | StateUnavailable | StoreAway):
        return End(str(error), FAILED)
    if isinstance(error, StoreFull):
        return End(str(error), WRONG_CALL)
    if isinstance(error, OutOfMemoryError):
        return End(f"the server is full, and refused this: {ADVICE}", FAILED)
    if isinstance(error, ResponseError) and str(error).startswith(NO_GROUP):
        return End("the group was dropped meanwhile; the next call makes it anew", FAILED)
    if isinstance(error, RedisError):
        return End(f"the server was lost: {error}", FAILED)
    if isinstance(error, BrokenPipeError):
        # Whoever read the output has gone; closing it again at exit must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return End("", FAILED)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return End(f"{where}{error.strerror or error}", FAILED)
    return None
