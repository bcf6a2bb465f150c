"""`kill -9` in the middle of a run, three times over: in the end it is as if nothing had happened."""

import contextlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from rig.desk import Desk, Result, until
from rig.site import Reply, Site
from rig.stories import Story

PAGES = 60
MOMENTS = (5, 25, 55)
"""How many pages had been fetched when the run was killed."""
SECONDS_TO_DIE = 10


@dataclass(frozen=True)
class Killed:
    """Three runs that were killed, one that was not, and what consumers get."""

    desk: Desk
    site: Site
    survivors: list[dict[int, str]]
    last: Result
    owed: int
    totals: dict[str, int]
    entries: list[dict[str, Any]]
    metrics: dict[str, Any]

    def measured(self, name: str, **labels: str) -> Any:
        samples = self.metrics[name]["samples"]
        (value,) = (s["value"] for s in samples if labels.items() <= s["labels"].items())
        return value


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killed]:
    with ExitStack() as stack:
        site = stack.enter_context(Site())
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("killed"), batch_pages=4))
        stories = [Story.numbered(n, paragraphs=2) for n in range(PAGES)]
        site.publish(*stories)
        slow_down(site)
        desk.write_sources({"name": "site", "start": site.url()})
        survivors = [kill_at(desk, site, moment) for moment in MOMENTS]
        last = desk.run("once", "--json")
        status = desk.run("status", "--json").json
        row = desk.run("sources", "--json").lines[0]
        entries = desk.run("consume", "--group", "all").lines
        metrics = desk.run("metrics", "--json").json
        yield Killed(desk, site, survivors, last, status["owed"], row["outcomes"], entries, metrics)


def slow_down(site: Site) -> None:
    """A tenth of a second a page, so that a run can be hit in its middle."""
    for path, reply in site.routes.items():
        if path.startswith("/news/") and isinstance(reply, Reply):
            site.routes[path] = Reply(reply.body, headers=reply.headers, delay=0.1)


def fetched(site: Site) -> int:
    return len({path for path in site.paths() if path.startswith("/news/")})


def kill_at(desk: Desk, site: Site, moment: int) -> dict[int, str]:
    """Kill a run at that moment; the processes that are alive too long after."""
    run = desk.start("once", "--json")
    until(lambda: fetched(site) >= moment, 60, f"{moment} pages fetched")
    run.kill()
    run.wait()
    with contextlib.suppress(AssertionError):
        until(lambda: not desk.processes(), SECONDS_TO_DIE)
    return desk.processes()


def test_nothing_outlives_a_run_that_was_killed(killed: Killed) -> None:
    assert killed.survivors == [{}, {}, {}]


def test_the_next_run_ends_everything(killed: Killed) -> None:
    assert killed.last.code == 0, killed.last.err
    assert killed.last.json["owed"] == 0
    assert killed.owed == 0


def test_every_page_has_exactly_one_outcome(killed: Killed) -> None:
    assert {o: n for o, n in killed.totals.items() if n} == {"new": PAGES}


def test_no_kill_has_the_metrics_count_anything_twice(killed: Killed) -> None:
    assert killed.measured("copydesk_outcomes_total", outcome="new") == PAGES
    assert killed.measured("copydesk_published_documents_total") == PAGES
    assert killed.measured("copydesk_outcomes_total", outcome="failed") == 0
    # A text that was found in the store, since its server forgot it, brings no times.
    for step in ("fetch", "extract", "look-up", "write"):
        assert 0 < killed.measured("copydesk_step_seconds", step=step)["count"] <= PAGES


def test_the_same_documents_are_there_as_without_a_kill(killed: Killed) -> None:
    expected = {
        killed.site.url(story.path): "\n\n".join(story.paragraphs)
        for story in (Story.numbered(n, paragraphs=2) for n in range(PAGES))
    }
    kept = killed.desk.documents()
    assert {document.url: document.body for document in kept.values()} == expected
    assert len(kept) == PAGES


def test_no_id_stands_twice_in_files_or_stream(killed: Killed) -> None:
    kept = {document.id: path for path, document in killed.desk.documents().items()}
    assert len(kept) == PAGES
    assert {path.rpartition("_")[2] for path in kept.values()} == {f"{i}.txt" for i in kept}
    assert len(killed.entries) == PAGES
    assert {entry["id"]: entry["path"] for entry in killed.entries} == kept


def test_every_file_is_whole(killed: Killed) -> None:
    for path, document in killed.desk.documents().items():
        sidecar = json.loads((killed.desk.home / path).with_suffix(".json").read_text())
        assert sidecar["id"] == document.id
        assert sidecar["url"] == document.url
    files = [f.name for f in killed.desk.home.glob("documents/**/*") if f.is_file()]
    hidden = [name for name in files if name.startswith(".") and name.endswith(".part")]
    assert len(files) - len(hidden) == 2 * PAGES
