"""Where the command `copydesk` begins."""

import signal


def main() -> None:
    """Load the commands, and run the one that is asked for; see `cli.main.main`."""
    # Ctrl-C while they load is no error of theirs.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from cli.main import main as run  # noqa: PLC0415 - it takes a tenth of a second

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()
