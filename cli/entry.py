"""Where the command `copydesk` begins."""

import os
import signal
import sys


def main() -> None:
    """Load the commands, and run the one that is asked for; see `cli.main.main`."""
    _have_streams()
    # Ctrl-C while they load is no error of theirs.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from cli.main import main as run  # noqa: PLC0415 - it takes a tenth of a second

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def _have_streams() -> None:
    """Where one was closed, as by `>&-`, what is written there goes nowhere; nor does a file come in its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
