"""What every command that needs the service begins with: settings, server, state."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from cli.embedded import server
from cli.output import say
from config.logging import set_up_logging
from config.settings import Settings, load_settings
from config.sources import SourcesError, load_sources
from workers.service import Service, open_service
from workers.state.connection import StateUnavailable
from workers.state.version import OtherVersion


@dataclass(frozen=True, slots=True)
class Session:
    """A service, and the server it stands on."""

    service: Service
    redis_url: str
    is_own_server: bool
    """Started for this command alone: nobody else can be using it."""


@contextmanager
def session(settings: Settings | None = None, *, migrates: bool = False) -> Iterator[Session]:
    """A service for the duration of a command; an embedded server is started where none runs.

    A command that `migrates` brings a state of an older release up to date; others refuse it.
    """
    settings = settings or load_settings()
    set_up_logging(settings)
    if not settings.redis_url and not settings.home.exists():
        say(f"a new home is made in {settings.home.absolute()}; COPYDESK_HOME names another")
    with server(settings.home, settings.redis_url) as (url, is_own):
        open_it = partial(
            open_service,
            settings.model_copy(update={"redis_url": url}),
            migrates=migrates,
            is_alone=is_own,
        )
        yield Session(_opened(open_it, settings.redis_url is None), url, is_own)


def _opened(open_it: Callable[[], Service], is_embedded: bool) -> Service:
    """Another command may just have ended the embedded server: it is back in a moment."""
    for pause in (0.3, 0.6, 1.0, 2.0) if is_embedded else ():
        try:
            return open_it()
        except OtherVersion:
            raise
        except StateUnavailable:
            time.sleep(pause)
    return open_it()


def chosen(settings: Settings, names: Sequence[str]) -> list[str]:
    """The names, checked against the sources file before anything is started; all enabled ones for none."""
    enabled = [source.name for source in load_sources(settings.sources) if source.enabled]
    for name in names:
        if name not in enabled:
            known = ", ".join(enabled) or "none: the file has no enabled source"
            raise SourcesError(
                f"{settings.sources}: no enabled source {name!r}; allowed is one of {known}"
            )
    return list(dict.fromkeys(names)) or enabled
