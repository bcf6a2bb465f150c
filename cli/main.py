"""The command `copydesk`: errors that a person can act on, and their exit codes."""

import os
import sys

import typer
from redis.exceptions import OutOfMemoryError, RedisError

from cli import (
    add,
    backfill,
    coverage,
    dashboard,
    diff,
    documents,
    inspection,
    lists,
    metrics,
    operation,
    quarantine,
    rebuild,
    replay,
)
from cli.failure import Failure
from cli.output import harmless
from config.settings import SettingsError, misspelt
from config.sources import SourcesError
from workers.state.connection import StateUnavailable
from workers.state.memory import ADVICE

FAILED, WRONG_CALL = 1, 2

app = typer.Typer(
    name="copydesk",
    help="Visits news sites on a schedule and hands each new article, once, to whoever consumes it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_ROOMS = (
    operation,
    dashboard,
    add,
    backfill,
    lists,
    documents,
    inspection,
    metrics,
    coverage,
    diff,
    quarantine,
    rebuild,
    replay,
)
for room in _ROOMS:
    room.add_to(app)


def main() -> None:
    """Run a command. Exit 0 done, 1 something failed, 2 the call or the configuration is wrong."""
    for line in misspelt(os.environ):
        print(f"copydesk: {harmless(line)}", file=sys.stderr)  # noqa: T201
    try:
        app()
    except (SettingsError, SourcesError) as error:
        _end(str(error), WRONG_CALL)
    except (Failure, StateUnavailable) as error:
        _end(str(error), FAILED)
    except OutOfMemoryError:
        _end(f"the server is full, and refused this: {ADVICE}", FAILED)
    except RedisError as error:
        _end(f"the server was lost: {error}", FAILED)
    except BrokenPipeError:
        # Whoever read the output has gone; closing it again at exit must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _end(f"{where}{error.strerror or error}", FAILED)


def _end(message: str, code: int) -> None:
    # What is wrong with a file is told in as many lines as there are mistakes.
    for line in message.splitlines():
        print(f"copydesk: {harmless(line)}", file=sys.stderr)  # noqa: T201
    sys.exit(code)
