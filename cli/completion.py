"""What a shell is told that completes a word: the names of sources, and of consumer groups."""

from collections.abc import Iterable

from config.settings import SettingsError, load_settings
from config.sources import Source, SourcesError, load_sources


def source_names(incomplete: str) -> list[tuple[str, str]]:
    """The sources whose names begin so, each with its address; none where the file cannot be read."""
    return _named(_sources(), incomplete)


def enabled_names(incomplete: str) -> list[tuple[str, str]]:
    """The same, of those that are enabled."""
    return _named((source for source in _sources() if source.enabled), incomplete)


def group_names(incomplete: str) -> list[str]:
    """The consumer groups whose names begin so; none where no server runs: for a name none is started."""
    from redis.exceptions import RedisError  # noqa: PLC0415 - completing sources does without

    from cli.embedded import EmbeddedServer  # noqa: PLC0415
    from workers.state.connection import connect  # noqa: PLC0415
    from workers.state.outbox import Outbox  # noqa: PLC0415
    from workers.state.scripts import Scripts  # noqa: PLC0415

    try:
        settings = load_settings()
        own = EmbeddedServer(settings.home)
        url = settings.redis_url or (own.url if own.is_running() else None)
        client = connect(url, patience=0) if url else None
        names = Outbox(client, Scripts(client)).names() if client else []
    # Whoever presses TAB is shown no error.
    except (SettingsError, RedisError, OSError, ValueError):
        return []
    return [name for name in names if name.startswith(incomplete)]


def _named(sources: Iterable[Source], incomplete: str) -> list[tuple[str, str]]:
    return [(one.name, _address(one)) for one in sources if one.name.startswith(incomplete)]


def _address(source: Source) -> str:
    named = (source.start, *source.feeds, *source.sitemaps, *source.sections)
    return next(filter(None, named), "")


def _sources() -> tuple[Source, ...]:
    # Whoever presses TAB is shown no error: the call itself tells it.
    try:
        return load_sources(load_settings().sources)
    except (SettingsError, SourcesError):
        return ()
