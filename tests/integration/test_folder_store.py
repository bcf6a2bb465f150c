"""The folder of documents: whatever is visible in it is whole, whoever ends whenever."""

import errno
import itertools
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Never

import pytest

from crawler.document import Document, Layout, Sidecar, parse, render
from workers.storage.folder import FolderStore
from workers.storage.places import Place
from workers.storage.store import Kept, StoreFull

DAY = date(2026, 11, 21)


def _kept(number: int, *, size: int = 200, dropped: bool = False) -> Kept:
    body = f"Text {number}.\n\n" + "é" * size
    document = Document(body, f"Title {number}", "https://a.example/", "Site", Layout.TITLED)
    sidecar = Sidecar(
        id=document.id, outcome="new", url=document.url, title=document.title, site_name="Site",
        source="gazette", layout="titled", language="fr", published=None, modified=None,
        fetched="2026-11-21T00:00:00Z", extractor={}, page_sha256="0" * 64,
    )  # fmt: skip
    return Place("gazette", DAY, document.id, None if dropped else number), document, sidecar


def _files(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def _wholes(root: Path) -> set[str]:
    """Every visible file, each tried: a text is whole, and has its sidecar."""
    visible = {path: raw for path, raw in _files(root).items() if not path.endswith(".part")}
    for path, raw in visible.items():
        if path.endswith(".json"):
            assert Sidecar.from_json(raw).id in path
        else:
            assert parse(raw.decode()).id in path
            assert path.removesuffix(".txt") + ".json" in visible
    return set(visible)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


def test_what_is_written_is_read(store: FolderStore, tmp_path: Path) -> None:
    batch = [_kept(0), _kept(1, dropped=True), _kept(1000)]
    store.write(batch)
    assert len(_wholes(tmp_path)) == 6
    for place, document, sidecar in batch:
        assert (tmp_path / place.text_path).read_bytes() == render(document).encode()
        assert store.text(place.text_path) == render(document)
        assert store.body(place) == document.body
        assert store.sidecar(place.text_path) == sidecar


def test_writing_again_changes_nothing(store: FolderStore, tmp_path: Path) -> None:
    batch = [_kept(0), _kept(1)]
    store.write(batch)
    before = _files(tmp_path)
    store.write(batch)
    store.write([])
    assert _files(tmp_path) == before


def test_what_stands_is_never_written_over(store: FolderStore, tmp_path: Path) -> None:
    mine, other = _kept(0), _kept(1)
    assert store.write([mine]) == []
    (tmp_path / mine[0].sidecar_path).write_text("another's")
    (tmp_path / mine[0].text_path).unlink()
    assert store.write([mine, other]) == [mine[0]]
    assert (tmp_path / mine[0].sidecar_path).read_text() == "another's"
    assert len(_files(tmp_path)) == 3


def test_a_file_system_without_links(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refused)
    assert store.write([_kept(0)]) == store.write([_kept(0)]) == []
    assert len(_files(tmp_path)) == 2


def test_what_is_not_there(store: FolderStore) -> None:
    place, _, _ = _kept(0)
    assert store.body(place) is None
    assert store.text(place.text_path) is None
    assert store.sidecar(place.text_path) is None
    store.remove(place)


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"\n\n# *cut off", b"null"])
def test_what_someone_damaged_counts_as_gone(
    store: FolderStore, tmp_path: Path, raw: bytes
) -> None:
    place, document, sidecar = _kept(0)
    store.write([(place, document, sidecar)])
    for path in (place.text_path, place.sidecar_path):
        (tmp_path / path).write_bytes(raw)
    assert store.body(place) in {None, "null"}
    assert store.sidecar(place.text_path) is None


@pytest.mark.parametrize(
    "changed",
    [{"id": "no id"}, {"supersedes": "../x"}, {"duplicate_of": 5}, {"fetched": "yesterday"}, {"fetched": None},
     {"fetched": "0001-01-01"}, {"title": 5}, {"url": None}, {"language": ["fr"]}, {"similarity": "much"},
     {"title": "\ud800"}, {"rights": [1]}],
    ids=str,
)  # fmt: skip
def test_a_sidecar_with_values_that_nobody_wrote_counts_as_gone(
    store: FolderStore, tmp_path: Path, changed: dict[str, object]
) -> None:
    place, document, sidecar = _kept(0)
    store.write([(place, document, sidecar)])
    values = json.loads(sidecar.to_json()) | changed
    (tmp_path / place.sidecar_path).write_text(json.dumps(values))
    assert store.sidecar(place.text_path) is None


def test_a_text_goes_with_its_sidecar(store: FolderStore, tmp_path: Path) -> None:
    first, second = _kept(0), _kept(1)
    store.write([first, second])
    store.remove(first[0])
    assert _wholes(tmp_path) == {second[0].text_path, second[0].sidecar_path}


def test_the_sweep_takes_old_halves_alone(store: FolderStore, tmp_path: Path) -> None:
    store.write([_kept(0), _kept(1, dropped=True)])
    whole = _wholes(tmp_path)
    folders = {(tmp_path / path).parent for path in whole}
    old = [folder / ".000_a.txt.1234abcd.part" for folder in folders]
    for part in old:
        part.write_text("half")
        os.utime(part, (time.time() - 4000, time.time() - 4000))
    young = old[0].with_name(".001_b.txt.1234abcd.part")
    young.write_text("at work")
    assert store.sweep(since="9999-01-01") == 0
    assert store.sweep() == 2
    assert set(_files(tmp_path)) == whole | {str(young.relative_to(tmp_path))}
    assert store.sweep(older_than=-1) == 1
    assert FolderStore(tmp_path / "nothing").sweep() == 0


def _in_child(work: Callable[[], None]) -> int:
    """Run in a process of its own; its exit status."""
    child = _fork(work)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if not child:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def test_a_kill_leaves_no_half_of_anything(store: FolderStore, tmp_path: Path) -> None:
    pauses, kills = random.Random(1), 12
    reading, writing = os.pipe()

    def write_on(kill: int) -> None:
        for batch in itertools.count():
            start = 10_000 * kill + 5 * batch
            store.write([_kept(start + i, size=20_000) for i in range(5)])
            if not batch:
                os.write(writing, b".")

    for kill in range(kills):
        child = _fork(partial(write_on, kill))
        os.read(reading, 1)
        time.sleep(pauses.uniform(0, 0.04))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert len(_wholes(tmp_path)) >= 10 * (kill + 1)
    os.close(reading)
    os.close(writing)
    halves = len(_files(tmp_path)) - len(_wholes(tmp_path))
    assert store.sweep(older_than=-1) == halves


def test_a_text_is_never_to_be_seen_without_its_sidecar(tmp_path: Path) -> None:
    batch = [_kept(0), _kept(1)]

    def dies_at(moves_left: Iterator[int]) -> None:
        link = os.link

        def link_or_die(part: Path, whole: Path) -> None:
            if not next(moves_left):
                os.kill(os.getpid(), signal.SIGKILL)
            link(part, whole)

        os.link = link_or_die  # type: ignore[assignment]
        FolderStore(tmp_path).write(batch)

    for moves in range(4):
        assert _in_child(partial(dies_at, iter(range(moves, -1, -1)))) == -signal.SIGKILL
        assert len(_wholes(tmp_path)) == moves
    FolderStore(tmp_path).write(batch)
    assert len(_wholes(tmp_path)) == 4


def test_a_batch_that_does_not_fit_leaves_nothing(store: FolderStore, tmp_path: Path) -> None:
    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
        with pytest.raises(StoreFull, match="cannot write to"):
            store.write([_kept(0), _kept(1, size=100_000), _kept(2)])
        store.write([_kept(3)])

    assert _in_child(fill) == 0
    place, _, _ = _kept(3)
    assert set(_files(tmp_path)) == {place.text_path, place.sidecar_path}


FILL = """
import sys
from pathlib import Path
from tests.integration.test_folder_store import fill_up
fill_up(Path(sys.argv[1]))
"""


def fill_up(root: Path) -> None:
    """Write until the disk is full, twice, and tell what is left to see of it."""
    store, written = FolderStore(root), 0

    def write_on() -> Never:
        nonlocal written
        while True:
            store.write([_kept(written + i, size=1000) for i in range(3)])
            written += 3

    for _ in range(2):
        with pytest.raises(StoreFull, match="No space left on device"):
            write_on()
        assert 0 < written < 100
        assert len(_wholes(root)) == len(_files(root)) == 2 * written
        first = _kept(0, size=1000)
        store.remove(first[0])
        store.write([first])


@pytest.mark.skipif(shutil.which("unshare") is None, reason="a disk of our own needs unshare")
def test_a_full_disk_shows_whole_documents_only(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = 'mount -t tmpfs -o size=128k none "$0" || exit 77; exec "$1" -c "$2" "$0"'
    command = ["unshare", "-rm", "sh", "-c", mount, str(disk), sys.executable, FILL]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip(f"no disk of our own here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr


def test_a_folder_that_cannot_be_made(store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "documents").write_text("in the way")
    with pytest.raises(StoreFull, match=str(tmp_path)):
        store.write([_kept(1, dropped=True), _kept(0)])
    assert set(_files(tmp_path)) == {"documents"}
    (tmp_path / "documents").unlink()
    store.write([_kept(1, dropped=True), _kept(0)])
    assert len(_wholes(tmp_path)) == 4
