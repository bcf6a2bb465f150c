"""How full the server is, as it says itself."""

import re
from collections.abc import Iterator

import pytest

from config.settings import Settings
from workers.state.connection import StateUnavailable
from workers.state.state import State, open_state


@pytest.fixture
def limited(state: State) -> Iterator[State]:
    yield state
    state.client.config_set("maxmemory", 0)
    state.client.config_set("maxmemory-policy", "noeviction")


def test_without_a_limit_there_is_always_room(state: State) -> None:
    memory = state.memory()
    assert (memory.limit, memory.share, memory.is_short) == (0, 0.0, False)
    assert memory.used > 100_000


def test_room_comes_and_goes_with_the_limit(limited: State) -> None:
    used = limited.memory().used
    limited.client.config_set("maxmemory", used * 100)
    assert not limited.memory().is_short
    limited.client.config_set("maxmemory", used)
    assert limited.memory().is_short
    assert re.fullmatch(
        r"\d\.\d of \d\.\d MiB of the server's memory are used", str(limited.memory())
    )


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_server_that_drops_what_it_holds_is_refused(
    limited: State, server_url: str, policy: str
) -> None:
    limited.client.config_set("maxmemory-policy", policy)
    # Without a limit nothing is ever dropped.
    open_state(server_url, Settings(), patience=0).client.close()
    limited.client.config_set("maxmemory", 2**30)
    with pytest.raises(StateUnavailable, match=f"{policy}.*noeviction"):
        open_state(server_url, Settings(), patience=0)
