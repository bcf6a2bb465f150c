"""What every test may ask for."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings

from rig.site import Site

# No test is about speed, and a machine may be busy with other things.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def make_site() -> Iterator[Callable[[], Site]]:
    """A factory of running sites, each on a port of its own; all are stopped at the end."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Site())


@pytest.fixture
def site(make_site: Callable[[], Site]) -> Site:
    """A running site."""
    return make_site()
