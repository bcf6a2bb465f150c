"""Promise 3: Redis is wiped, and one command has marks and stream back from the files."""

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chaos.agreement import disagreements, entries
from chaos.load import Load
from chaos.picture import Picture, differences, picture
from chaos.promise import Finding, Size
from chaos.running import Running, at_rest, holds_within, outcomes
from chaos.set_back import set_back
from rig.desk import Desk
from rig.site import HTML, Reply, Site
from rig.stories import Story, article_page
from workers.state.state import State

_REVISITS = ["1d", "30d"]
_NUMBERS = 5_000_000
"""Stories of the gazette: no other site's."""
_LATER = 100
_FLUSHALL, _FOLDER = "FLUSHALL", "the loss of its folder"


@dataclass(frozen=True, slots=True)
class _Scale:
    sites: int
    pages: int
    """Of one site; about three in four are documents."""
    wipes: tuple[str, ...]
    set_backs: int
    patience: float


_SCALES = {
    Size.SMALL: _Scale(sites=2, pages=20, wipes=(_FLUSHALL,), set_backs=0, patience=60),
    Size.FULL: _Scale(
        sites=6, pages=2_300, wipes=(_FLUSHALL, _FOLDER), set_backs=12, patience=1800
    ),
}


def trial(folder: Path, size: Size) -> list[Finding]:
    """Try the loss of all, and of the last; see `chaos.promise.Trial`."""
    scale = _SCALES[size]
    return [
        wiped(folder / "wiped", scale),
        set_back(folder / "set-back", scale.set_backs, scale.patience),
    ]


def wiped(folder: Path, scale: _Scale) -> Finding:
    """Wipe the server in two ways, have it rebuilt, and go on."""
    folder.mkdir(parents=True)
    with (
        Load(sites=scale.sites, pages=scale.pages) as load,
        Gazette() as gazette,
        Desk(folder) as desk,
    ):
        desk.write_sources(*load.sources, *gazette.sources)
        tried = _Trial(desk, gazette)
        tried.crawl(load.expected.pages.total(), scale.patience)
        for how in scale.wipes:
            tried.wipe_and_rebuild(how)
        tried.go_on()
        documents = len(desk.documents())
        return Finding(
            "Redis wiped: one command rebuilds marks and stream, no kept document differs",
            f"{documents:,} documents with revisions and near-duplicates; wiped by "
            f"{' and '.join(scale.wipes)}; "
            "`copydesk rebuild --outbox`, `once`, `up`",
            f"{len(tried.before.marks):,} marks, known URLs, candidates, numbers as before; "
            f"{tried.seconds:.1f} s at the most; {len(tried.problems)} wrong",
            tuple(tried.problems),
        )


class Gazette:
    """Two sources of one site: with a revision, and with a near-duplicate that is kept."""

    def __init__(self) -> None:
        self.site = Site()
        self.revised = Story.numbered(_NUMBERS, paragraphs=5)
        self.original = Story.numbered(_NUMBERS + 1, paragraphs=5)
        self.versions = 1

    def __enter__(self) -> "Gazette":
        self.site.start()
        self.publish("a", self.revised, self.original, Story.numbered(_NUMBERS + 2))
        self.site.routes[self.revised.path] = lambda _: self._present()
        self.publish("b", edited(self.original, _NUMBERS + 3), Story.numbered(_NUMBERS + 4))
        return self

    def __exit__(self, *_: object) -> None:
        self.site.stop()

    @property
    def sources(self) -> list[dict[str, Any]]:
        """For the sources file."""
        common = {"article_urls": "/news/", "schedule": "every 1h", "revisit": []}
        return [
            common | {"name": "gazette", "feeds": [self.site.url("/a.xml")], "revisit": _REVISITS},
            common
            | {
                "name": "keeper",
                "feeds": [self.site.url("/b.xml")],
                "near_duplicates": "keep",
                "schedule": "every 1d",
            },
        ]

    def publish(self, feed: str, *stories: Story) -> None:
        """List these stories, and no others, in a feed."""
        dated = [replace(story, published=datetime.now(UTC)) for story in stories]
        self.site.publish(*dated)
        self.site.routes[f"/{feed}.xml"] = self.site.routes["/rss.xml"]

    def _present(self) -> Reply:
        """The page that changes: the text is new each time it is asked for, up to the present version."""
        asked = self.site.paths().count(self.revised.path)
        version = min(asked, self.versions)
        line = f"Version {version} of the story has this line of its own in the end."
        story = replace(
            self.revised,
            published=datetime.now(UTC) if asked == 0 else self._first(),
            paragraphs=(*self.revised.paragraphs, line),
        )
        return Reply(article_page(story).encode(), headers={"Content-Type": HTML})

    def _first(self) -> datetime:
        first = next(r.at for r in self.site.requests if r.path == self.revised.path)
        return datetime.fromtimestamp(time.time() - (time.monotonic() - first), UTC)


def edited(story: Story, number: int) -> Story:
    """A story with nearly the same text at another address."""
    *same, last = story.paragraphs
    shortened = f"{last.rsplit('. ', 1)[0]}. The editors cut it, as number {number}."
    return replace(story, path=f"/news/{number}", paragraphs=(*same, shortened))


class _Trial:
    """What is done to one home, and what was wrong with it."""

    def __init__(self, desk: Desk, gazette: Gazette) -> None:
        self.desk = desk
        self.gazette = gazette
        self.problems: list[str] = []
        self.seconds = 0.0
        self.before: Picture
        self._files: dict[str, str] = {}

    def crawl(self, pages: int, patience: float) -> None:
        """Have all pages brought to their outcome, the revision too; then see what there is."""
        with self._up() as running:
            # Two sources' five pages beside those of the load, and one of them again.
            done = holds_within(lambda: (running.ended() or 0) >= pages + 5, patience)
            self._check(done, f"{running.ended()} of {pages + 5} pages had ended")
            self._bring_forward(running.state())
            revised = self._await_revisions(running, 1)
            self._check(revised, f"no revision: {outcomes(running.state(), 'gazette')}")
        self._files = _hashes(self.desk.home)
        with at_rest(self.desk) as state:
            self.problems += disagreements(self.desk.home, state)
            self.before = picture(self.desk.home, state)

    def wipe_and_rebuild(self, how: str) -> None:
        """Wipe; nothing may be crawled before the rebuild, which brings all back, once."""
        self._wipe(how)
        refused = self.desk.run("once")
        self._check(refused.code == 1 and "rebuild" in refused.err, f"{how}: `once` went on")
        began = time.monotonic()
        told = self.desk.run("rebuild", "--outbox", "--json", timeout=1800)
        self.seconds = max(self.seconds, time.monotonic() - began)
        self._check(told.code == 0, f"{how}: rebuild ended with {told.code}: {told.out[:500]}")
        with at_rest(self.desk) as state:
            after = picture(self.desk.home, state)
            wrong = [*disagreements(self.desk.home, state)]
            wrong += differences(self.before, after, published=True)
        again = self.desk.run("rebuild", "--outbox", "--json", timeout=1800).json
        self._check(again["entered"] == again["published"] == 0, f"{how}: twice is not once")
        with at_rest(self.desk) as state:
            self._check(picture(self.desk.home, state) == after, f"{how}: twice is not once")
        self.problems += [f"{how}: {problem}" for problem in wrong]
        self._consume(len(self.before.published))
        self._same_files(how)

    def _wipe(self, how: str) -> None:
        if how == _FOLDER:
            shutil.rmtree(self.desk.home / "valkey")
            return
        with at_rest(self.desk) as state:
            state.client.flushall()

    def go_on(self) -> None:
        """The next crawl finds nothing new; what comes then is told apart as it was before."""
        told = self.desk.run("once", "--json", timeout=1800)
        kept = {o: told.json["totals"][o] for o in ("new", "revision", "near-duplicate")}
        self._check(told.code == 0 and not any(kept.values()), f"the next crawl brought {kept}")
        self._same_files("once")
        first, second = self.gazette.original, Story.numbered(_NUMBERS + _LATER)
        self.gazette.publish("a", edited(first, _NUMBERS + _LATER + 1), second)
        self.gazette.versions = 2
        with self._up() as running:
            self._bring_forward(running.state())
            self._check(self._await_revisions(running, 2), "the second revision was not found")
            self.desk.run("crawl", "gazette")
            found = holds_within(lambda: self._gained(running) == (1, 1), 30)
            self._check(
                found, f"new and near-duplicate: {self._gained(running)}, where 1 and 1 came"
            )
        with at_rest(self.desk) as state:
            self.problems += disagreements(self.desk.home, state)
            self._supersedes(state)

    def _gained(self, running: Running) -> tuple[int, int]:
        counts = outcomes(running.state(), "gazette")
        before = self.before.outcomes["gazette"]
        return counts["new"] - before["new"], counts["near-duplicate"] - before["near-duplicate"]

    def _supersedes(self, state: State) -> None:
        """Each version names the one before it."""
        url = self.gazette.site.url(self.gazette.revised.path)
        versions = [entry for entry in entries(state) if entry["url"] == url]
        chain = [(entry["outcome"], entry["supersedes"]) for entry in versions]
        ids = [entry["id"] for entry in versions]
        expected = [("new", ""), *(("revision", former) for former in ids[:-1])]
        self._check(chain == expected, f"versions of one URL: {chain}")

    @contextmanager
    def _up(self) -> Iterator[Running]:
        running = Running(self.desk)
        running.start()
        yield running
        running.up.terminate()
        running.up.wait(60)

    def _await_revisions(self, running: Running, count: int) -> bool:
        return holds_within(lambda: outcomes(running.state(), "gazette")["revision"] >= count, 60)

    def _bring_forward(self, state: State) -> None:
        """The time comes at which pages are looked at again."""
        name = "copydesk:revisits:gazette"
        state.client.zadd(name, dict.fromkeys(state.client.zrange(name, 0, -1), time.time()))
        state.client.zadd("copydesk:schedule", {"gazette": time.time()}, xx=True, lt=True)

    def _consume(self, count: int) -> None:
        """A new group is given each document once."""
        lines = self.desk.run("consume", "--group", "after", timeout=1800).lines
        ids = {line["id"] for line in lines}
        self._check(
            len(ids) == len(lines) == count, f"{len(lines)} lines, {len(ids)} ids for {count}"
        )

    def _same_files(self, after: str) -> None:
        now = _hashes(self.desk.home)
        changed = [path for path in self._files if now.get(path) != self._files[path]]
        more = now.keys() - self._files.keys()
        self.problems += [f"{after}: {path} differs" for path in changed]
        self.problems += [f"{after}: {path} is new" for path in sorted(more)]

    def _check(self, holds: object, problem: str) -> None:
        if not holds:
            self.problems.append(problem)


def _hashes(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for top in ("documents", "duplicates")
        for path in sorted((home / top).rglob("*"))
        if path.is_file()
    }
