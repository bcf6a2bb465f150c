"""What a process of the service works with, wired in one place."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from config.settings import Settings, load_settings
from config.sources import Source, SourcesError
from workers.archive.archive import Archive, open_archive
from workers.metrics.times import Times
from workers.redelivery import Redelivery
from workers.rules.book import RuleBook
from workers.sources_file import STILL_SECONDS, SourcesFile, kept_in
from workers.state.state import State, open_state
from workers.storage.folder import FolderStore
from workers.storage.store import Store


@dataclass(frozen=True)
class Service:
    """Settings, state, store, sources and clock of one process."""

    settings: Settings
    state: State
    store: Store
    sources: SourcesFile = field(compare=False)
    clock: Callable[[], float] = field(default=time.time, compare=False)
    """The present, in unix seconds, as the server has it; whoever tries a year of it in minutes gives another."""
    archive: Archive | None = field(default=None, compare=False)
    """Where fetched pages are kept; None where it is off."""

    def source(self, name: str) -> Source | None:
        """A source by its name, be it that it has left the file, or that the file is broken; None for a stranger."""
        try:
            found = self.sources.enabled().get(name)
        except SourcesError:
            found = None
        remembered = None if found else self.state.schedule.remembered(name)
        return Source.from_message(json.loads(remembered)) if remembered else found

    @cached_property
    def rules(self) -> RuleBook:
        """The frozen rules of each source."""
        return RuleBook(self.state.recurring, self.store)

    @cached_property
    def redelivery(self) -> Redelivery:
        """What groups are given once more, from the files."""
        return Redelivery(self.state, self.store, self.settings, self.clock)

    @cached_property
    def times(self) -> Times:
        """What steps of pages took in this process."""
        return Times()


def open_service(
    settings: Settings,
    *,
    patience: float = 60.0,
    at_first: float = 0.0,
    migrates: bool = False,
    is_alone: bool = False,
) -> Service:
    """Wire a service; raises `StateUnavailable` where the server cannot be used: see `open_state`."""
    if not settings.redis_url:
        raise ValueError("a server is started, or named, before a service is opened")
    state = open_state(
        settings.redis_url,
        settings,
        patience=patience,
        at_first=at_first,
        migrates=migrates,
        is_alone=is_alone,
    )
    return Service(
        settings=settings,
        state=state,
        clock=state.clock,
        store=open_store(settings),
        sources=SourcesFile(
            settings.sources,
            allow_private=settings.allow_private,
            still_seconds=STILL_SECONDS,
            kept=kept_in(settings.home, settings.sources),
        ),
        archive=open_archive(settings),
    )


def open_store(settings: Settings) -> Store:
    """The folder that `documents/` stands in, or the bucket."""
    if settings.store and "://" in settings.store:
        from workers.storage.bucket import open_bucket  # noqa: PLC0415 - a folder does without

        return open_bucket(settings.store)
    return FolderStore(Path(settings.store or settings.home))


@cache
def _opened(_process: int) -> Service:
    # A child is often made when the server has just been away, and has its task already.
    return open_service(load_settings(), at_first=60.0)


def service() -> Service:
    """The service of this process: a child that was forked opens its own."""
    opened = _opened(os.getpid())
    opened.state.clock.keep()
    return opened
