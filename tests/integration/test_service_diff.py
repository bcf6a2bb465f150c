"""`copydesk diff`: what was changed between two texts, shown by the real command."""

import dataclasses
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rig.command import command_line, environment
from rig.desk import Desk, Result
from tests.integration import ingesting
from tests.integration.ingesting import story
from workers.state.state import State

HOUR = 3600.0
Run = Callable[..., Result]


@pytest.fixture
def desk(server_url: str, state: State, tmp_path: Path) -> ingesting.Desk:
    return ingesting.Desk(server_url, state, tmp_path)


@pytest.fixture
def settings(desk: ingesting.Desk) -> dict[str, object]:
    return {"redis_url": desk.server_url, "store": desk.folder / "store"}


@pytest.fixture
def run(settings: dict[str, object], tmp_path: Path) -> Run:
    return Desk(tmp_path, **settings).run


def three_revisions(desk: ingesting.Desk) -> list[str]:
    first = story(1)
    second = dataclasses.replace(
        first, paragraphs=(f"{first.paragraphs[0]} Twelve came.", *first.paragraphs[1:])
    )
    third = dataclasses.replace(
        second,
        title="Corrected",
        paragraphs=(second.paragraphs[0].replace("Twelve", "Thirteen"), *second.paragraphs[1:]),
    )
    desk.run(desk.page("a", first))
    desk.run(desk.revisit(second, later=HOUR))
    desk.run(desk.revisit(third, later=5 * HOUR))
    return [entry["id"] for entry in desk.entries()]


def test_with_what_it_supersedes_or_what_supersedes_it(desk: ingesting.Desk, run: Run) -> None:
    first, second, third = three_revisions(desk)
    pairs = {
        (first,): (first, second),
        (second,): (first, second),
        (third,): (second, third),
        (third, first): (first, third),
        (first, third): (first, third),
        (first.upper(), first): (first, first),
    }
    for asked, shown in pairs.items():
        told = run("diff", *asked, "--json").json
        assert (told["old"]["id"], told["new"]["id"]) == shown, asked


def test_the_changes_as_json(desk: ingesting.Desk, run: Run) -> None:
    _, second, third = three_revisions(desk)
    told = run("diff", third, "--json").json
    assert told["new"]["supersedes"] == second
    assert told["paragraphs"] == {"same": 5, "changed": 1, "removed": 0, "added": 0}
    assert told["title"][-1] == {"kind": "added", "text": "Corrected"}
    (change,) = told["changes"]
    assert (change["kind"], change["old_paragraph"], change["new_paragraph"]) == ("changed", 1, 1)
    assert [word for word in change["words"] if word["kind"] != "same"] == [
        {"kind": "removed", "text": "Twelve"},
        {"kind": "added", "text": "Thirteen"},
    ]


def test_for_a_person_in_eighty_columns_without_colours_in_a_pipe(
    desk: ingesting.Desk, run: Run
) -> None:
    _, second, third = three_revisions(desk)
    done = run("diff", second, third)
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith(f"--- {second} ")
    assert lines[1].startswith(f"+++ {third} ")
    assert "[-Twelve-]{+Thirteen+} came." in " ".join(line[2:] for line in lines)
    assert "  (5 paragraphs the same)" in lines
    assert "\x1b" not in done.out


def test_with_colours_on_a_terminal(
    desk: ingesting.Desk, settings: dict[str, object], tmp_path: Path
) -> None:
    third = three_revisions(desk)[-1]
    leader, follower = pty.openpty()
    variables = environment(home=tmp_path / "home", **settings) | {"TERM": "xterm-256color"}
    variables.pop("NO_COLOR", None)
    subprocess.run(
        command_line("diff", third), stdout=follower, env=variables, check=True, timeout=100
    )
    os.close(follower)
    shown = b""
    while chunk := _read(leader):
        shown += chunk
    os.close(leader)
    assert b"\x1b[31m[-Twelve-]\x1b[0m" in shown
    assert b"\x1b[32m{+Thirteen+}\x1b[0m" in shown


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:  # the end, on Linux
        return b""


def test_a_dropped_copy_with_its_original(desk: ingesting.Desk, run: Run) -> None:
    whole = story(1)
    desk.run(desk.page("a", whole))
    desk.run(desk.page("b", dataclasses.replace(whole, paragraphs=whole.paragraphs[:-1])))
    (record,) = desk.records()
    told = run("diff", record["id"], "--json").json
    assert (told["old"]["id"], told["new"]["id"]) == (record["duplicate_of"], record["id"])
    assert [change["kind"] for change in told["changes"]] == ["removed"]


def test_what_a_text_says_never_commands_a_terminal(desk: ingesting.Desk, run: Run) -> None:
    hostile = "A \u202elast\u202c line \u009b31m [bold]of[/bold] \u2066words\u2069 in it."
    whole = story(1)
    desk.run(desk.page("a", whole))
    desk.run(
        desk.revisit(
            dataclasses.replace(whole, paragraphs=(*whole.paragraphs, hostile)), later=HOUR
        )
    )
    last = desk.entries()[-1]["id"]
    for arguments in (("diff", last), ("diff", last, "--json")):
        out = run(*arguments).out
        assert all(c.isprintable() for c in out.replace("\n", ""))
        assert "[bold]of[/bold]" in out.replace("\n+ ", " ")


def test_what_cannot_be_compared_is_said_in_a_line(desk: ingesting.Desk, run: Run) -> None:
    desk.run(desk.page("a", story(1)))
    (entry,) = desk.entries()
    unknown = run("diff", "0" * 16)
    assert (unknown.code, unknown.out) == (1, "")
    assert unknown.err == f"copydesk: no text with the id {'0' * 16} is kept\n"
    alone = run("diff", entry["id"])
    assert (alone.code, alone.out) == (1, "")
    assert "supersedes nothing" in alone.err
    for wrong in ("", "xyz", "0" * 15, "0" * 17, "\x1b[2J"):
        for call in (("diff", wrong), ("diff", entry["id"], wrong)):
            done = run(*call)
            assert (done.code, done.out) == (2, ""), call
            assert "16 hex digits" in done.err
            assert "\x1b" not in done.err
