"""A page that was killed between its file and its commit, and is something else at the next try."""

from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import Settings
from rig.stories import Story, article_page
from tests.integration.work import Work
from workers.ingest import Ingest
from workers.service import Service
from workers.sources_file import SourcesFile
from workers.state.connection import key
from workers.state.state import State
from workers.storage.folder import FolderStore

STORY = Story.numbered(1, paragraphs=8)
TWIN = replace(STORY, paragraphs=(*STORY.paragraphs[:-1], "The twin ends in words of its own."))
OTHER = Story.numbered(2, paragraphs=8)


@pytest.fixture
def ingest(state: State, home: Path) -> Ingest:
    sources = home.parent / "sources.toml"
    sources.write_text('[[source]]\nname = "gazette"\nstart = "https://www.gazette.example/"\n')
    settings = Settings(home=home, sources=sources)
    service = Service(settings, state, FolderStore(home), SourcesFile(sources, allow_private=False))
    return Ingest(service, lambda *_, **__: None)


def handed_in(work: Work, name: str, story: Story) -> str:
    visit = work.one(name)
    assert work.hand_in(visit, article_page(story).encode())
    return visit.token


def killed_before_its_commit(ingest: Ingest, token: str) -> None:
    decided = ingest._begin(token, alone=False)
    assert decided
    ingest._filing.write([decided])


def texts(home: Path) -> list[str]:
    return sorted(str(file.relative_to(home)) for file in home.glob("*/*/*/*.txt"))


def test_a_document_that_became_a_near_duplicate_leaves_no_second_file(
    state: State, home: Path, ingest: Ingest
) -> None:
    work = Work(state)
    first = handed_in(work, "first", STORY)
    killed_before_its_commit(ingest, first)
    ingest.run([handed_in(work, "twin", TWIN)])
    state.frontier.void_leases()
    ingest.run([first], alone=True)
    assert state.ledger.totals("gazette") == {"new": 1, "near-duplicate": 1}
    document, dropped = texts(home)
    assert document.startswith("documents/gazette/")
    assert dropped.startswith("duplicates/gazette/")
    assert document.rpartition("_")[2] != dropped.rpartition("/")[2]


def test_a_page_that_reads_otherwise_at_the_next_try_leaves_no_second_file(
    state: State, home: Path, ingest: Ingest
) -> None:
    token = handed_in(Work(state), "page", STORY)
    killed_before_its_commit(ingest, token)
    state.frontier.void_leases()
    state.client.hset(key("page", token), "body", article_page(OTHER).encode())
    ingest.run([token], alone=True)
    assert state.ledger.totals("gazette") == {"new": 1}
    (document,) = texts(home)
    assert OTHER.title in (home / document).read_text()
