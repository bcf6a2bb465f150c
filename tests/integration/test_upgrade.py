"""What earlier releases left is gone on with: nothing is lost, and nothing done twice.

`rig/release.py` recorded it; it is given to whichever server the tests run on.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.embedded import EmbeddedServer
from crawler.document import Document
from rig import release
from rig.command import ROOT
from rig.desk import Desk, Result, until
from rig.recorded import load
from rig.site import Site
from rig.stories import Story
from workers.state.connection import Client, connect

RELEASES = sorted((ROOT / "tests" / "releases").iterdir())
ALL = (*release.FIRST, *release.LATER)
PAST = 1_000_000_000


@dataclass(frozen=True)
class Upgraded:
    """A home of an earlier release after this one has worked on it."""

    release: Path
    files: dict[str, bytes]
    """That were there before, by path."""
    revisits: int
    entries: list[str]
    """Ids of the documents in the outbox before, oldest first."""
    desk: Desk
    documents: dict[str, Document]
    totals: dict[str, int]
    status: Result
    consumed: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]


@pytest.fixture(scope="module", params=RELEASES, ids=lambda folder: folder.name)
def upgraded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    folder: Path = request.param
    with ExitStack() as stack:
        site = release.listen()
        stack.callback(site.stop)
        release.publish(site, *ALL, release.COPY, release.NEAR)
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("upgraded"), attempts=1))
        shutil.copytree(folder / "home", desk.home)
        files = {str(f.relative_to(desk.home)): f.read_bytes() for f in documents_in(desk.home)}
        revisits, entries = hand_over(desk, folder)
        desk.write_sources(release.SOURCE)
        run = desk.up()
        with closing(connect(EmbeddedServer(desk.home).url, patience=5)) as client:
            until(lambda: is_done(client, revisits), 90, "all has its outcome")
        status = desk.run("status", "--json")
        run.terminate()
        run.wait(40)
        totals = desk.run("sources", "--json").lines[0]["outcomes"]
        consumed = desk.run("consume", "--group", release.GROUP).lines
        quarantine = desk.run("quarantine", "--json").lines
        yield Upgraded(
            folder,
            files,
            revisits,
            entries,
            desk,
            desk.documents(),
            totals,
            status,
            consumed,
            quarantine,
        )


def documents_in(home: Path) -> list[Path]:
    return [
        f for top in ("documents", "duplicates") for f in (home / top).rglob("*") if f.is_file()
    ]


def hand_over(desk: Desk, folder: Path) -> tuple[int, list[str]]:
    """Give the recorded state to a server, and let the hours go by after which pages are looked at again."""
    server = EmbeddedServer(desk.home)
    server.ensure()
    try:
        client = connect(server.url, patience=5)
        load(client, folder / "state.jsonl")
        due = client.zrange("copydesk:revisits:gazette", 0, -1)
        client.zadd("copydesk:revisits:gazette", dict.fromkeys(due, PAST))
        client.zadd("copydesk:schedule", {"gazette": PAST})
        entries = [fields[b"id"].decode() for _, fields in client.xrange("copydesk:documents")]
        client.close()
        return len(due), entries
    finally:
        server.stop()


def is_done(client: Client, revisits: int) -> bool:
    totals = client.hgetall("copydesk:totals:gazette")
    ended = {name: int(totals.get(name.encode(), 0)) for name in ("new", "unchanged")}
    return ended["new"] >= len(ALL) and ended["unchanged"] >= revisits


def test_what_stood_there_is_as_it_was(upgraded: Upgraded) -> None:
    assert len(upgraded.files) == 2 * (len(release.FIRST) + 1)
    now = {name: (upgraded.desk.home / name).read_bytes() for name in upgraded.files}
    assert now == upgraded.files


def test_every_page_that_was_owed_ended_once(upgraded: Upgraded) -> None:
    counts = {outcome: n for outcome, n in upgraded.totals.items() if n}
    assert counts == {
        "new": len(ALL),
        "duplicate": 1,
        "near-duplicate": 1,
        "failed": 1,
        "unchanged": upgraded.revisits,
    }
    assert upgraded.revisits >= len(release.FIRST)
    assert (upgraded.status.json["owed"], upgraded.status.json["waiting"]) == (0, 0)


def test_every_text_has_one_file(upgraded: Upgraded) -> None:
    ids = [document.id for document in upgraded.documents.values()]
    assert len(ids) == len(set(ids)) == len(ALL)
    bodies = {"\n\n".join(story.paragraphs) for story in ALL}
    assert {document.body for document in upgraded.documents.values()} == bodies


def test_a_consumer_goes_on_where_it_was(upgraded: Upgraded) -> None:
    got = [row["id"] for row in upgraded.consumed]
    had = upgraded.entries[: release.ACKNOWLEDGED]
    assert len(got) == len(set(got))
    assert sorted(got + had) == sorted(d.id for d in upgraded.documents.values())


def test_what_is_in_quarantine_stays_there(upgraded: Upgraded) -> None:
    (row,) = upgraded.quarantine
    assert row["url"].endswith(release.BROKEN.path)


def test_the_state_says_of_which_version_it_is(upgraded: Upgraded) -> None:
    versions = upgraded.status.json["versions"]
    seen = versions.pop("parts").values()
    assert all(one == versions for one in seen)


def test_workers_of_the_first_release_work_beside_ours(tmp_path: Path, site: Site) -> None:
    tag = "v0.1.0"
    with ExitStack() as stack:
        older = stack.enter_context(_worktree(tag, tmp_path / "older"))
        desk = stack.enter_context(Desk(tmp_path / "desk", batch_pages=2))
        desk.folder.mkdir(exist_ok=True)
        stories = [Story.numbered(n, paragraphs=2) for n in range(24)]
        site.publish(*stories)
        desk.write_sources({"name": "site", "start": site.url()})
        server = EmbeddedServer(desk.home)
        server.ensure()
        stack.callback(server.stop)
        settings = desk.environment | {"COPYDESK_REDIS_URL": server.url}
        for root, part in [(ROOT, "beat"), (older, "beat")] + [
            (root, part) for root in (ROOT, older) for part in ("crawl", "ingest")
        ]:
            stack.enter_context(_part(root, part, settings))
        with closing(connect(server.url, patience=5)) as client:
            until(
                lambda: client.hget("copydesk:totals:site", "new") == b"%d" % len(stories),
                90,
                "all are there",
            )
        kept = desk.documents()
        assert len({d.id for d in kept.values()}) == len(kept) == len(stories)
        rows = desk.run("consume", "--group", "g").lines
        assert sorted(row["id"] for row in rows) == sorted(d.id for d in kept.values())


class _worktree:  # noqa: N801 - a block, not a thing
    """A tag's tree beside this one; skips the test where this clone has no such tag."""

    def __init__(self, tag: str, folder: Path) -> None:
        self._tag, self._folder = tag, folder

    def __enter__(self) -> Path:
        if not (ROOT / ".git").exists() or self._git("rev-parse", "-q", "--verify", self._tag):
            pytest.skip(f"this clone has no tag {self._tag}")
        assert self._git("worktree", "add", "--detach", str(self._folder), self._tag) == 0
        return self._folder

    def __exit__(self, *_: object) -> None:
        self._git("worktree", "remove", "--force", str(self._folder))

    def _git(self, *arguments: str) -> int:
        return subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, check=False
        ).returncode


class _part:  # noqa: N801 - a block, not a thing
    """A part of the service from a tree, which ends with the block."""

    def __init__(self, root: Path, part: str, settings: dict[str, str]) -> None:
        self._command = [sys.executable, "-m", "workers.run", part]
        self._root, self._settings = root, settings | {"PYTHONPATH": str(root)}

    def __enter__(self) -> None:
        self._process = subprocess.Popen(
            self._command, cwd=self._root, env=self._settings, stderr=subprocess.DEVNULL
        )

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.kill(self._process.pid, 9)
            self._process.wait()
