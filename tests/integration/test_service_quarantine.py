"""`copydesk quarantine`: what failed for good is listed, and tried again."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from rig.command import command_line
from rig.desk import Desk, Result
from rig.site import Site
from rig.stories import Story

GOOD, MENDED, STILL, LONG = (Story.numbered(n, paragraphs=2) for n in range(4))
LEFT = Story.numbered(9)


@dataclass(frozen=True)
class Course:
    """Pages fail; some are tried again while one source has left the file; what came of them."""

    desk: Desk
    site: Site
    first: list[dict[str, Any]]
    on_terminal: str
    status: Result
    refused: Result
    retried: Result
    row: dict[str, Any]
    """Of `sources`, while they are owed again."""
    then: Result
    last: list[dict[str, Any]]

    def id_of(self, story: Story) -> str:
        (found,) = [row["id"] for row in self.first if story.path in row["url"]]
        assert isinstance(found, str)
        return found


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    with ExitStack() as stack:
        site, other = stack.enter_context(Site()), stack.enter_context(Site())
        desk = stack.enter_context(Desk(tmp_path_factory.mktemp("quarantine"), attempts=1))
        site.publish(GOOD, MENDED, STILL, LONG)
        other.publish(LEFT)
        for story in (MENDED, STILL, LONG):
            site.put(story.path, status=500)
        other.put(LEFT.path, status=500)
        sources = [
            {"name": name, "feeds": [where.url("/rss.xml")], "article_urls": "/news/"}
            for name, where in (("site", site), ("left", other))
        ]
        desk.write_sources(*sources)
        assert desk.run("once").code == 0

        first = desk.run("quarantine", "--json").lines
        ids = {row["url"].rpartition("/")[2].partition("-")[0]: row["id"] for row in first}
        on_terminal, status = _on_terminal(desk, "quarantine"), desk.run("status")
        desk.write_sources(sources[0])
        site.publish(GOOD, MENDED, STILL, LONG)
        site.put(STILL.path, status=500)
        refused = desk.run("quarantine", "retry", "no-such-id", "", ids["9"], ids["1"][:8])
        retried = desk.run("quarantine", "retry", ids["2"], "no-such-id", "--json")
        row = desk.run("sources", "--json").lines[0]
        then = desk.run("once", "--json")
        last = desk.run("quarantine", "--json").lines
        yield Course(
            desk, site, first, on_terminal, status, refused, retried, row, then, last
        )  # fmt: skip


def _on_terminal(desk: Desk, *arguments: str) -> str:
    """What a command shows on a terminal of 80 columns."""
    reading, writing = os.openpty()
    subprocess.run(  # our own command
        command_line(*arguments),
        env=desk.environment | {"COLUMNS": "80"},
        stdout=writing,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=True,
    )
    os.close(writing)
    shown = b""
    try:
        while part := os.read(reading, 65536):
            shown += part
    except OSError:  # the end of a terminal that nobody writes to
        pass
    os.close(reading)
    return shown.decode().replace("\r\n", "\n")


def test_a_page_is_listed_with_reason_attempts_and_time(course: Course) -> None:
    assert len(course.first) == 4
    row = next(row for row in course.first if row["url"] == course.site.url(MENDED.path))
    assert row | {"id": "", "when": ""} == {
        "id": "",
        "source": "site",
        "url": course.site.url(MENDED.path),
        "reason": "http-500",
        "attempts": 1,
        "when": "",
    }
    assert re.fullmatch("[0-9a-f]{12}", row["id"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["when"])


def test_a_person_sees_the_same_and_it_fits_the_terminal(course: Course) -> None:
    lines = course.on_terminal.splitlines()
    assert max(map(len, lines)) <= 80
    # An address that is too long is folded.
    told = "".join(line.strip() for line in lines)
    for row in course.first:
        when = row["when"].replace("T", " ").rstrip("Z")
        head = f"{row['id']}  {when}  http-500, 1 attempt"
        assert head in lines
        assert f"{head}{row['source']}  {row['url']}" in told


def test_status_names_how_many(course: Course) -> None:
    assert "4 in quarantine" in course.status.out


def test_what_is_asked_for_wrongly_is_named_and_the_rest_goes_on(course: Course) -> None:
    assert course.refused.code == 1
    assert course.refused.out == ""
    unknown, empty, left = course.refused.err.splitlines()[-3:]
    assert '"no-such-id": nothing of this id is in quarantine' in unknown
    assert '"": nothing' in empty
    assert course.id_of(LEFT) in left
    assert f"'left' is not enabled in {course.desk.sources}" in left
    assert "1 page owed again" in course.refused.err


def test_a_program_is_told_the_same(course: Course) -> None:
    assert course.retried.code == 1
    assert course.retried.json["retried"] == [
        {"id": course.id_of(STILL), "source": "site", "url": course.site.url(STILL.path)}
    ]
    assert list(course.retried.json["errors"]) == ["no-such-id"]


def test_what_is_tried_again_is_owed_and_fetched_anew(course: Course) -> None:
    assert course.row["owed"] == 2
    assert course.then.json["owed"] == 0
    paths = course.site.paths()
    assert [paths.count(s.path) for s in (GOOD, MENDED, STILL, LONG)] == [1, 2, 2, 1]


def test_it_ends_in_an_outcome_of_its_own_beside_the_former_one(course: Course) -> None:
    assert {o: n for o, n in course.then.json["totals"].items() if n} == {"new": 1, "failed": 1}
    assert {o: n for o, n in course.row["outcomes"].items() if n} == {"new": 1, "failed": 3}
    assert course.site.url(MENDED.path) in {d.url for d in course.desk.documents().values()}


def test_what_fails_again_comes_back_under_its_id(course: Course) -> None:
    rows = {row["id"]: row for row in course.last}
    assert rows.keys() == {course.id_of(s) for s in (STILL, LONG, LEFT)}
    again = rows[course.id_of(STILL)]
    assert (again["reason"], again["attempts"]) == ("http-500", 1)
    assert [row["id"] for row in course.last][-1] == course.id_of(STILL)


def test_what_is_of_one_source_and_all_at_once(course: Course) -> None:
    left = course.desk.run("quarantine", "--source", "left", "--json").lines
    assert [row["id"] for row in left] == [course.id_of(LEFT)]
    every = course.desk.run("quarantine", "retry", "--all", "--json")
    assert every.code == 1
    pages = [page["id"] for page in every.json["retried"]]
    assert sorted(pages) == sorted(course.id_of(story) for story in (STILL, LONG))
    assert list(every.json["errors"]) == [course.id_of(LEFT)]


@pytest.mark.parametrize("arguments", [(), ("some-id", "--all")], ids=" ".join)
def test_a_call_that_says_nothing_clear_is_wrong(
    course: Course, arguments: tuple[str, ...]
) -> None:
    done = course.desk.run("quarantine", "retry", *arguments)
    assert done.code == 2
    assert "name pages by their ids" in done.err
