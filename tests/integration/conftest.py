"""The real server, for tests that need state."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.embedded import EmbeddedServer
from config.settings import Settings
from workers.state.state import State, open_state


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The embedded server, for this test run alone."""
    server = EmbeddedServer(tmp_path_factory.mktemp("server"))
    server.ensure()
    yield server.url
    server.stop()


@pytest.fixture
def state(server_url: str) -> Iterator[State]:
    """An empty state, settled with an empty store."""
    opened = open_state(server_url, Settings(), patience=0)
    opened.client.flushall()
    opened.settlement.settle(opened.settlement.server_run(), 0.0)
    yield opened
    opened.client.flushall()
    opened.client.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    return tmp_path / "home"
