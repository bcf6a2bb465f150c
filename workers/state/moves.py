"""The hosts that sources have moved to: they are locked with those that a source names."""

from collections.abc import Sequence

from workers.state.connection import Client, key
from workers.state.scripts import Scripts


class Moves:
    """A field a source, and none for those that stand where the sources file says: nearly all."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def hosts(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The other hosts of these sources, as `crawler.urls.authority` writes them; without those that have none."""
        raw = self._client.hmget(key("moves"), names) if names else []
        pairs = zip(names, raw, strict=True)
        return {name: tuple(text.decode().split()) for name, text in pairs if text}

    def note(self, name: str, hosts: Sequence[str]) -> None:
        """A source is crawled on these hosts too from the next crawl on."""
        if hosts:
            self._scripts.write(("HSET", key("moves"), name, " ".join(hosts)))
        else:
            self._scripts.write(("HDEL", key("moves"), name))
