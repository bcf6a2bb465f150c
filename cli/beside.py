"""Commands that need no server, and keep out of the way of one that is there."""

from collections.abc import Iterator
from contextlib import contextmanager

from cli.embedded import EmbeddedServer
from cli.output import say
from config.settings import Settings
from workers.looking import Looking, looking
from workers.state.connection import StateUnavailable
from workers.state.state import State, open_state

_PATIENCE_SECONDS = 2.0


@contextmanager
def beside_service(settings: Settings) -> Iterator[Looking | None]:
    """What holds hosts while they are looked at; None where no server runs for this home, or is named: none is started."""
    state = _state(settings)
    if state is None:
        yield None
        return
    try:
        with looking(state.hosts, state.clock, say) as look:
            yield look
    finally:
        state.client.close()


def _state(settings: Settings) -> State | None:
    url = settings.redis_url
    if not url:
        embedded = EmbeddedServer(settings.home)
        if not embedded.is_running():
            return None
        url = embedded.url
    try:
        return open_state(url, settings, patience=_PATIENCE_SECONDS)
    except StateUnavailable as problem:
        say(f"{problem}; so nobody can tell whether a crawl is on that host just now")
        return None
