"""A bucket holds the same paths and bytes as a folder."""

from datetime import date
from pathlib import Path

from obstore.store import MemoryStore

from crawler.document import Document, Sidecar, render
from workers.storage.bucket import BucketStore
from workers.storage.folder import FolderStore
from workers.storage.places import Place
from workers.storage.store import Kept, Store

DOCUMENT = Document("Un cuerpo.\n\nCon dos párrafos.", "Título", "https://a.example/1", "A")
PLACE = Place("a", date(2026, 11, 21), DOCUMENT.id, 7)


def _kept() -> Kept:
    sidecar = Sidecar(
        id=DOCUMENT.id, outcome="new", url=DOCUMENT.url, title=DOCUMENT.title, site_name="A", source="a",
        layout="titled", language="es", published=None, modified=None, fetched="2026-11-21T10:00:00Z",
        extractor={"name": "trafilatura"}, page_sha256="00",
    )  # fmt: skip
    return PLACE, DOCUMENT, sidecar


def _contents(store: Store) -> tuple[bytes | None, bytes | None]:
    return store.read(PLACE.text_path), store.read(PLACE.sidecar_path)


def test_folder_and_bucket_hold_the_same(tmp_path: Path) -> None:
    folder, bucket = FolderStore(tmp_path), BucketStore(MemoryStore(), "memory")
    for store in (folder, bucket):
        store.write([_kept()])
        store.write([_kept()])
        assert store.body(PLACE) == DOCUMENT.body
        sidecar = store.sidecar(PLACE.text_path)
        assert sidecar == _kept()[2]
    assert _contents(folder) == _contents(bucket)
    assert _contents(bucket)[0] == render(DOCUMENT).encode()


def test_what_is_removed_is_gone_and_may_be_removed_again() -> None:
    bucket = BucketStore(MemoryStore(), "memory")
    bucket.write([_kept()])
    bucket.remove(PLACE)
    bucket.remove(PLACE)
    assert _contents(bucket) == (None, None)
    assert bucket.sidecar(PLACE.text_path) is None
