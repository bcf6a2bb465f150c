"""The part that starts browsers: it runs where a source asks for it, and only there."""

from collections.abc import Iterable, Sequence

from cli.output import say
from cli.parts import Parts
from config.settings import Settings
from config.sources import SourcesError, load_sources
from workers.rendering.chromium import INSTALL, find


class BrowserPart:
    """Adds the part to others as soon as the sources file has a source that renders."""

    def __init__(self, parts: Parts, settings: Settings, names: Iterable[str] = ()) -> None:
        self._parts = parts
        self._settings = settings
        self._names = frozenset(names)
        """The sources that matter; all for none."""
        self._stamp: object = None
        self.is_added = False
        """Whether it runs with the others, and has profiles to take away at the end."""

    def look(self) -> None:
        """Look at the file where it has changed; whoever follows it says what is wrong with it."""
        if self.is_added or (stamp := self._stamp_of_file()) == self._stamp:
            return
        self._stamp = stamp
        rendered = self._rendered()
        if not rendered:
            return
        if find(self._settings) is None:
            told = "render = true needs Chromium, and none was found"
            say(f"{', '.join(rendered)}: {told}: {INSTALL}")
        self._parts.add("browser")
        self.is_added = True

    def _stamp_of_file(self) -> object:
        try:
            status = self._settings.sources.stat()
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_size, status.st_ino)

    def _rendered(self) -> Sequence[str]:
        try:
            sources = load_sources(self._settings.sources)
        except SourcesError:
            return ()
        named = self._names
        return [
            s.name for s in sources if s.render and s.enabled and (not named or s.name in named)
        ]
