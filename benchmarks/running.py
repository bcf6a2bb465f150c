"""The whole service, as `copydesk up` runs it, on the sites of a farm: started, watched and ended."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.farm import sources_text
from cli.embedded import EmbeddedServer
from config.settings import Settings
from rig.desk import Desk
from workers.state.connection import connect, key
from workers.state.state import State

_PATIENCE_SECONDS = 900
_LOOK_SECONDS = 0.5


@dataclass
class Running:
    """A service that is up."""

    desk: Desk
    state: State
    names: Sequence[str]
    """Of its sources."""

    def pids(self, part: str = "") -> list[int]:
        """Its processes, or those whose command lines hold this: `workers.run crawl`, `valkey-server`."""
        return [pid for pid, line in self.desk.processes().items() if part in line]

    def crawl_all(self) -> None:
        """Have every source crawled now, and wait until that is done, and no page waits any more."""
        asked = time.time()
        self.state.schedule.add(dict.fromkeys(self.names, asked))
        self.state.schedule.ask(self.names, asked)
        while not self._is_done(asked):
            if time.time() - asked > _PATIENCE_SECONDS:
                raise TimeoutError(f"not every source was crawled within {_PATIENCE_SECONDS} s")
            # Whoever asks more often is seen in the server's figures.
            time.sleep(_LOOK_SECONDS)

    def _is_done(self, since: float) -> bool:
        with self.state.client.pipeline(transaction=False) as batch:
            for name in self.names:
                batch.hmget(key("crawl", name), "ended", "error")
            told = batch.execute()
        ended = [at for at, _ in told]
        if errors := {error for at, error in told if error and float(at or 0) >= since}:
            raise AssertionError(f"crawls failed, which would be quick: {errors}")
        is_crawled = all(at and float(at) >= since for at in ended)
        return (
            is_crawled and not self.state.schedule.crawling() and not self.state.frontier.waiting()
        )


@contextmanager
def running(
    folder: Path, sources: Sequence[dict[str, object]], **settings: object
) -> Iterator[Running]:
    """Run the service on these sources, on an embedded server, while the block runs."""
    folder.mkdir(exist_ok=True)
    usual = {"allow_private": True, "log_level": "WARNING", "dashboard": "127.0.0.1:0"}
    with Desk(folder, **usual | settings) as desk:
        desk.sources.write_text(sources_text(sources))
        desk.up()
        url = EmbeddedServer(desk.home).url
        client = connect(url)
        try:
            names = [str(source["name"]) for source in sources]
            yield Running(desk, State(client, Settings().window_days), names)
        finally:
            client.close()
