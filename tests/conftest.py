"""What every test may ask for."""

import logging
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

from rig.site import Site

_TESTS = Path(__file__).parent
# No test is about speed, and a machine may be busy with other things.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What the service leaves in the folder for temporary files when it is killed goes with the tests; pytest's own stays.
_TEMPORARY = pytest.StashKey[TemporaryDirectory[str]]()

_FOLDERS = ("documentation", "chaos", "benchmarks", "corpus", "integration", "unit")
"""In the order in which they are run: what takes longest first, so that nobody waits for it alone at the end."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests of the service wait much of their time."""
    return min(len(os.sched_getaffinity(0)) + 1, 4) if hasattr(os, "sched_getaffinity") else 2


def pytest_configure(config: pytest.Config) -> None:
    """Have all that is started here put its temporary files into one folder."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    config.stash[_TEMPORARY] = TemporaryDirectory(prefix="desk-", ignore_cleanup_errors=True)
    os.environ["TMPDIR"] = tempfile.tempdir = config.stash[_TEMPORARY].name


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take that folder away again."""
    config.stash[_TEMPORARY].cleanup()


def pytest_report_header() -> str:
    """Which server they run on."""
    return f"server: {os.environ.get('COPYDESK_EMBEDDED_SERVER') or 'the embedded Valkey'}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order tests by folder; within one their order stays random."""
    items.sort(key=lambda item: _FOLDERS.index(item.path.relative_to(_TESTS).parts[0]))


@pytest.fixture(autouse=True)
def _logging_of_its_own() -> Iterator[None]:
    """What a test sets up for logging ends with it: its standard error is closed then."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    for handler in root.handlers[:]:
        # Those of pytest are of kinds of their own.
        if handler not in before and type(handler) is logging.StreamHandler:
            root.removeHandler(handler)


@pytest.fixture
def make_site() -> Iterator[Callable[[], Site]]:
    """A factory of running sites, each on a port of its own; all are stopped at the end."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Site())


@pytest.fixture
def site(make_site: Callable[[], Site]) -> Site:
    """A running site."""
    return make_site()
