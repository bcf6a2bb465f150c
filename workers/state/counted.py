"""What pages have added to the metrics, each with its end, since the state was made."""

from collections.abc import Sequence

from workers.state.connection import Client, key

_PAGES_A_CALL = 1000
ARCHIVED_BYTES = "archived bytes"
"""The counter of what was written to the archive."""


class Counted:
    """Counters that only grow, by their names; and the few figures that nobody but the metrics asks for."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def all(self) -> dict[str, int]:
        """Every counter."""
        raw = self._client.hgetall(key("counted"))
        return {name.decode(): int(count) for name, count in raw.items()}

    def texts(self) -> int:
        """Texts that are known."""
        return int(self._client.hget(key("texts"), "count") or 0)

    def published(self) -> int:
        """Entries that were ever put in the outbox."""
        if not self._client.exists(key("documents")):
            return 0
        return int(self._client.xinfo_stream(key("documents"))["entries-added"])

    def sources(self) -> list[str]:
        """Every source that is scheduled, or was ever crawled: a counter that is there stays."""
        with self._client.pipeline(transaction=False) as batch:
            batch.zrange(key("schedule"), 0, -1)
            batch.hkeys(key("settings"))
            scheduled, crawled = batch.execute()
        return sorted({name.decode() for name in (*scheduled, *crawled)})

    def outcomes(self, sources: Sequence[str]) -> dict[str, dict[str, int]]:
        """By source and outcome."""
        found: dict[str, dict[str, int]] = {}
        for i in range(0, len(sources), _PAGES_A_CALL):
            some = sources[i : i + _PAGES_A_CALL]
            with self._client.pipeline(transaction=False) as batch:
                for name in some:
                    batch.hgetall(key("totals", name))
                for name, raw in zip(some, batch.execute(), strict=True):
                    found[name] = {o.decode(): int(count) for o, count in raw.items()}
        return found
