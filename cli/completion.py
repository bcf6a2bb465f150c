"""What a shell is told that completes a word: the names of sources."""

from collections.abc import Iterable

from config.settings import SettingsError, load_settings
from config.sources import Source, SourcesError, load_sources


def source_names(incomplete: str) -> list[tuple[str, str]]:
    """The sources whose names begin so, each with its address; none where the file cannot be read."""
    return _named(_sources(), incomplete)


def enabled_names(incomplete: str) -> list[tuple[str, str]]:
    """The same, of those that are enabled."""
    return _named((source for source in _sources() if source.enabled), incomplete)


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
