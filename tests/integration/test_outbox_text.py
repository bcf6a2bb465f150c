"""The text in the entry: the same as in the file, wherever an entry is made."""

from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import Settings
from crawler.document import Sidecar
from tests.integration.ingesting import Desk, kill_self, story
from workers.delivered import Missing, delivered
from workers.ingest import Ingest
from workers.recovery.rebuild import Rebuild
from workers.recovery.settle import adopt_recent
from workers.state.state import State
from workers.storage.folder import FolderStore


@pytest.fixture
def desk(server_url: str, state: State, tmp_path: Path) -> Desk:
    desk = Desk(server_url, state, tmp_path, page_seconds=30)
    desk.settings = desk.settings.model_copy(update={"outbox_text": True})
    desk.service = replace(desk.service, settings=desk.settings)
    return desk


def entries(state: State) -> list[dict[str, str]]:
    return [
        {name.decode(): value.decode() for name, value in fields.items()}
        for _, fields in state.client.xrange("copydesk:documents")
    ]


def _dies_before_its_commit(ingest: Ingest) -> None:
    ingest._commit = kill_self  # type: ignore[method-assign,assignment]


def test_committed_adopted_and_published_anew(desk: Desk, state: State) -> None:
    desk.run(desk.page("a", story(1)), desk.page("p", story(3), source="plain"))
    left = desk.page("b", story(2))
    desk.run_and_be_killed(left, prepare=_dies_before_its_commit)
    state.client.delete(*state.client.keys("copydesk:reserved:*"))
    assert len(adopt_recent(desk.service)) == 1
    texts = {entry["path"]: desk.store.text(entry["path"]) for entry in entries(state)}
    assert len(texts) == 3
    assert {entry["path"]: entry["text"] for entry in entries(state)} == texts
    state.client.flushall()
    Rebuild(desk.service, outbox=True).run()
    assert {entry["path"]: entry["text"] for entry in entries(state)} == texts


def test_without_the_setting_an_entry_has_no_text(desk: Desk, state: State) -> None:
    desk.service = replace(desk.service, settings=Settings(redis_url=desk.server_url))
    desk.run(desk.page("a", story(1)))
    assert "text" not in entries(state)[0]


def test_who_does_not_see_the_store_is_given_the_text_of_the_entry(
    desk: Desk, state: State, tmp_path: Path
) -> None:
    desk.run(desk.page("a", story(1)))
    (entry,) = entries(state)
    nowhere = FolderStore(tmp_path / "nowhere")
    seen = delivered(desk.store, entry)
    assert seen["text"] == entry["text"]
    assert set(seen) > {"authors", "extractor", "path", "text"}
    # As whoever sees the store is told it, null and false for what is empty.
    assert delivered(nowhere, entry) == {name: seen[name] for name in entry}
    assert Sidecar.from_json(
        (desk.folder / "store" / entry["path"]).with_suffix(".json").read_text()
    )
    del entry["text"]
    with pytest.raises(Missing, match=entry["path"]):
        delivered(nowhere, entry)


class _Away(FolderStore):
    def read(self, path: str) -> bytes | None:
        raise OSError(5, "away")


def test_a_store_that_cannot_be_read_is_no_matter_where_the_entry_has_the_text(
    desk: Desk, state: State, tmp_path: Path
) -> None:
    desk.run(desk.page("a", story(1)))
    (entry,) = entries(state)
    assert delivered(_Away(tmp_path), entry)["text"] == entry["text"]
    del entry["text"]
    with pytest.raises(OSError, match="away"):
        delivered(_Away(tmp_path), entry)
