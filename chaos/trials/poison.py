"""Promise 6: pages that hang, take all memory or kill their worker, among pages that are good."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from chaos.agreement import disagreements
from chaos.poisoned import Poison, mark, runs, sitecustomize
from chaos.processes import kill, tree
from chaos.promise import Finding, Size
from chaos.running import Running, at_rest, outcomes
from config.settings import Settings
from rig.desk import Desk, until
from rig.site import XML, Site
from rig.stories import Story, article_page, rss
from workers.state.outbox import STREAM
from workers.state.state import State

_ATTEMPTS = 3
_MOST_DELAY = 30.0
_REASONS = {
    Poison.HANG: "extraction-timeout",
    Poison.MEMORY: "extraction-memory",
    Poison.DEATH: "extraction-died",
    Poison.CRASH: "extraction-died",
}
_IN_TURN = (Poison.HANG, Poison.MEMORY, Poison.DEATH, Poison.HANG, Poison.MEMORY, Poison.CRASH)
_PATIENCE = 60.0
"""Seconds for a round beyond what its poison takes by the clock."""


@dataclass(frozen=True, slots=True)
class _Scale:
    rounds: Sequence[Sequence[Poison]]
    """The poison pages of each round."""
    innocent: int
    """Good pages of a round."""
    restarts: int
    """Every so many rounds everything is killed, while a poison page runs."""
    page_seconds: int


_SCALES = {
    Size.SMALL: _Scale([(Poison.HANG, Poison.MEMORY, Poison.DEATH)], 20, 1, page_seconds=2),
    Size.FULL: _Scale(
        [*((kind,) for kind in _IN_TURN * 10), *[(Poison.HANG, Poison.HANG)] * 3],
        17,
        3,
        page_seconds=Settings().page_seconds,
    ),
}


@dataclass(slots=True)
class _Course:
    """What was done, and what became of it."""

    innocent: int = 0
    poison: dict[str, Poison] = field(default_factory=dict)
    """By address."""
    pauses: list[tuple[float, float]] = field(default_factory=list)
    """From when to when (unix seconds) nothing ran, for everything had been killed."""
    problems: list[str] = field(default_factory=list)


def trial(folder: Path, size: Size) -> list[Finding]:
    """Pages come in rounds, each with its poison; see `chaos.promise.Trial`."""
    scale, notes, course = _SCALES[size], folder / "notes", _Course()
    with Site() as site, Desk(folder) as desk:
        path = sitecustomize(folder / "path", notes)
        desk.environment["PYTHONPATH"] = f"{path}:{desk.environment['PYTHONPATH']}"
        desk.write_sources(_source(site))
        running = Running(desk, page_seconds=scale.page_seconds)
        for number, kinds in enumerate(scale.rounds):
            is_killed = number % scale.restarts == scale.restarts - 1
            fresh = _publish(site, number, scale.innocent, kinds)
            course.poison |= fresh
            course.innocent += scale.innocent
            if not number:
                running.start()
            if is_killed:
                course.pauses.append(_start_anew(running, notes, list(fresh)))
            patience = len(kinds) * _ATTEMPTS * (scale.page_seconds + 5) + _PATIENCE
            if not running.finish(course.innocent + len(course.poison), patience):
                course.problems.append(f"round {number} had not ended after {patience:.0f} s")
                break
        kill(*tree(running.up.pid))
        if "WorkerLostError" in desk.err:
            course.problems.append("the log has a traceback for a process that was lost")
        with at_rest(desk) as state:
            return list(_findings(course, Counter(runs(notes)), desk.home, state))


def _source(site: Site) -> dict[str, object]:
    return {
        "name": "site",
        "feeds": [site.url("/rss.xml")],
        "article_urls": "/news/",
        "schedule": "every 1s",
        "adaptive": False,
        "revisit": [],
    }


def _publish(site: Site, number: int, innocent: int, kinds: Sequence[Poison]) -> dict[str, Poison]:
    """Have the site name the pages of a round; its poison pages by their addresses."""
    count = innocent + len(kinds)
    stories = [Story.numbered(1000 * number + i) for i in range(count)]
    # Spread among the others, and none of them the last one of its batch.
    poisonous = {stories[(i + 1) * count // (len(kinds) + 1)]: kind for i, kind in enumerate(kinds)}
    for story in stories:
        head = mark(poisonous[story]) if story in poisonous else ""
        site.put(story.path, article_page(story, head=head))
    site.put("/rss.xml", rss(stories, site.url()), content_type=XML)
    return {site.url(story.path): kind for story, kind in poisonous.items()}


def _start_anew(running: Running, notes: Path, poison: Sequence[str]) -> tuple[float, float]:
    """Kill the service, its workers and its server as soon as a poison page of this round runs."""
    until(lambda: set(runs(notes)) & set(poison), _PATIENCE, "a poison page runs")
    killed = time.time()
    kill(*tree(running.up.pid))
    until(lambda: not running.desk.processes(), 15, "all has ended")
    running.start()
    return killed, time.time()


def _findings(course: _Course, begun: Counter[str], home: Path, state: State) -> Iterator[Finding]:
    pages = Counter(course.poison.values())
    told = ", ".join(f"{count} that {_WORDS[kind]}" for kind, count in pages.items())
    tried = (
        f"{told}; among {course.innocent:,} others; all killed {len(course.pauses)} times meanwhile"
    )
    yield Finding(
        f"a poison page runs at most {_ATTEMPTS} times, and is put aside with its reason",
        tried,
        f"at most {max(begun.values(), default=0)} runs; {len(state.quarantine)} in quarantine",
        (*course.problems, *_of_poison(course.poison, begun, state)),
    )
    delay = max(_delays(state, course.pauses), default=0.0)
    late = [f"a page had its outcome {delay:.1f} s after it was fetched"] * (delay >= _MOST_DELAY)
    yield Finding(
        f"pages beside it are not counted, and wait under {_MOST_DELAY:.0f} s more",
        tried,
        f"{outcomes(state)['new']:,} kept, none of them put aside; "
        f"from its fetch to its outcome none took over {delay:.1f} s",
        (*late, *_of_innocent(course, state), *disagreements(home, state)),
    )


_WORDS = {
    Poison.HANG: "hang",
    Poison.MEMORY: "take all memory",
    Poison.DEATH: "have their process killed",
    Poison.CRASH: "crash their process",
}


def _of_poison(poison: dict[str, Poison], begun: Counter[str], state: State) -> Iterator[str]:
    records = {record.url: record for record in state.quarantine.records()}
    for url, kind in poison.items():
        record = records.get(url)
        if begun[url] > _ATTEMPTS:
            yield f"a page ({kind}) ran {begun[url]} times: {url}"
        if record is None:
            yield f"a page ({kind}) is not in quarantine: {url}"
        elif (record.reason, record.attempts) != (_REASONS[kind], _ATTEMPTS):
            yield f"a page ({kind}) is put aside for {record.reason}, {record.attempts} times: {url}"


def _of_innocent(course: _Course, state: State) -> Iterator[str]:
    for record in state.quarantine.records():
        if record.url not in course.poison:
            yield f"an innocent page is in quarantine for {record.reason}: {record.url}"
    expected = Counter(new=course.innocent, failed=len(course.poison))
    if (found := outcomes(state)) != expected:
        yield f"outcomes are {dict(found)}, and should be {dict(expected)}"


def _delays(state: State, pauses: Sequence[tuple[float, float]]) -> Iterator[float]:
    """Seconds from the fetch of each page to its entry in the outbox, up to one too many.

    Those in which nothing ran are left out.
    """
    for entry, fields in state.client.xrange(STREAM):
        committed = int(entry.split(b"-")[0]) / 1000
        fetched = datetime.fromisoformat(fields[b"fetched"].decode()).timestamp()
        paused = sum(max(0.0, min(end, committed) - max(start, fetched)) for start, end in pauses)
        yield committed - fetched - paused
