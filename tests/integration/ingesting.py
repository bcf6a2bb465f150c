"""Ingest on a real state and a folder, called directly, with a clock that a test moves."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.settings import Settings
from crawler.document import Sidecar
from crawler.page import Page, Visit
from rig.stories import Story, article_page
from tests.integration.work import NOW, Work
from workers.archive.archive import open_archive
from workers.ingest import Ingest
from workers.recovery.settle import settle
from workers.service import Service
from workers.sources_file import SourcesFile
from workers.state.state import State, open_state
from workers.storage.folder import FolderStore
from workers.storage.owners import FOLDER as OWNERS
from workers.storage.store import Store

SOURCES = """
[[source]]
name = "gazette"
start = "https://www.gazette.example/"
site_name = "The Gazette"
revisit = ["1h", "6h", "1d"]

[[source]]
name = "keeper"
start = "https://www.keeper.example/"
near_duplicates = "keep"

[[source]]
name = "plain"
start = "https://www.plain.example/"
layout = "plain"
"""


def story(number: int, *, paragraphs: int = 6) -> Story:
    """A story that was published just now."""
    made = Story.numbered(number, paragraphs=paragraphs)
    return replace(made, published=datetime.fromtimestamp(NOW, UTC))


@dataclass
class Desk:
    """An ingest worker, what it is given, and what came of it."""

    server_url: str
    state: State
    folder: Path
    page_seconds: int = 2
    """Beyond which an extraction ends its process: this one, where a test does not see to it."""
    has_archive: bool = False

    def __post_init__(self) -> None:
        sources = self.folder / "sources.toml"
        sources.write_text(SOURCES)
        self.settings = Settings(
            redis_url=self.server_url,
            sources=sources,
            page_seconds=self.page_seconds,
            home=self.folder,
            store=str(self.folder / "store"),
        )
        self.works = {"gazette": Work(self.state)}
        self.sent: list[tuple[list[str], bool]] = []
        self.later = 0.0
        self.keep_in(FolderStore(self.folder / "store"))

    def keep_in(self, store: Store) -> None:
        """Have this store, which is the state's from now on."""
        self.store = store
        self.service = self._service(self.state)
        settle(self.service)

    def _service(self, state: State) -> Service:
        sources = SourcesFile(self.settings.sources, allow_private=False)
        archive = open_archive(self.settings) if self.has_archive else None
        return Service(self.settings, state, self.store, sources, clock=self.time, archive=archive)

    def time(self) -> float:
        """The present, for ingest."""
        return NOW + self.later

    def work(self, source: str = "gazette") -> Work:
        """The crawl of a source, at the present time."""
        if source not in self.works:
            self.works[source] = Work(self.state, source, (f"{source}.example",))
        self.works[source].now = self.time()
        return self.works[source]

    def page(
        self, name: str, page: Story | str | bytes, *, source: str = "gazette", **fields: Any
    ) -> Visit:
        """Bring a page to where it waits for ingest."""
        visit = self.work(source).one(name)
        assert self.work(source).hand_in(visit, _html(page), **fields)
        return visit

    def revisit(self, page: Story | str | bytes, *, later: float) -> Visit:
        """Look again at the one URL that is due for it."""
        self.later += later
        (visit,) = self.work().take(revisits=True)
        assert self.work().hand_in(visit, _html(page))
        return visit

    def run(self, *visits: Visit, alone: bool = False) -> None:
        """Ingest these in one batch."""
        tokens = [visit.token for visit in visits]
        Ingest(self.service, self._send).run(tokens, alone=alone)

    def run_tokens(self, *tokens: str) -> None:
        """Ingest these pages as ones that travel alone."""
        Ingest(self.service, self._send).run(tokens, alone=True)

    def _send(self, tokens: list[str], *, alone: bool = False) -> None:
        self.sent.append((tokens, alone))

    def run_and_be_killed(
        self, *visits: Visit, prepare: Callable[[Ingest], None], alone: bool = False
    ) -> int:
        """Ingest in a process of its own; the signal that ended it, or 0."""
        child = os.fork()
        if not child:
            try:
                own = open_state(self.server_url, self.settings, patience=0)
                ingest = Ingest(self._service(own), lambda *_, **__: None)
                prepare(ingest)
                ingest.run([visit.token for visit in visits], alone=alone)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    def files(self) -> list[str]:
        """Every file in the store but those that say whose it is, by its path, half-written ones included."""
        root = self.folder / "store"
        paths = (str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())
        return sorted(path for path in paths if not path.startswith(f"{OWNERS}/"))

    def texts(self) -> list[str]:
        """The paths of the documents."""
        return [path for path in self.files() if path.endswith(".txt")]

    def sidecar(self, path: str) -> Sidecar:
        """The sidecar of a document."""
        found = self.store.sidecar(path)
        assert found
        return found

    def entries(self) -> list[dict[str, str]]:
        """What stands in the outbox."""
        return [
            {name.decode(): value.decode() for name, value in fields.items()}
            for _, fields in self.state.client.xrange("copydesk:documents")
        ]

    def records(self) -> list[dict[str, Any]]:
        """What was dropped or linked."""
        return list(self.state.ledger.duplicates())

    def outcomes(self, source: str = "gazette") -> dict[str, int]:
        """Outcomes so far."""
        return dict(self.state.ledger.totals(source))

    def is_idle(self) -> bool:
        """Whether nothing waits, and nothing is owed."""
        owed = sum(self.state.frontier.owed(source) for source in self.works)
        pages = list(self.state.client.scan_iter(match="copydesk:page:*"))
        return not (owed or pages or self.state.frontier.waiting())


def _html(page: Story | str | bytes) -> bytes:
    if isinstance(page, Story):
        page = article_page(page)
    return page if isinstance(page, bytes) else page.encode()


def kill_self(*_: object, **__: object) -> None:
    """End this process as the kernel would."""
    os.kill(os.getpid(), signal.SIGKILL)


def dies_on(word: bytes, extract: Callable[..., Any]) -> Callable[..., Any]:
    """An extraction that ends its process on pages with this word."""

    def dying(page: Page, **options: Any) -> Any:
        if word in page.body:
            kill_self()
        return extract(page, **options)

    return dying


@contextmanager
def blocked(folder: Path) -> Iterator[None]:
    """Have a folder in whose place nothing can be written, whoever asks."""
    kept = folder.with_name(f"{folder.name}.kept")
    if folder.exists():
        folder.rename(kept)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_bytes(b"")
    yield
    folder.unlink()
    if kept.exists():
        kept.rename(folder)
