"""Every event that the code logs is in the list of events, with its level and its fields, and the list in the docs."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from config.events import EVENTS, FIELDS, LIBRARY

ROOT = Path(__file__).parents[3]
ROOMS = ("config", "crawler", "workers", "cli", "dashboard")
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
# A traceback is no field.
NO_FIELDS = {"exc_info"}


@dataclass(frozen=True)
class Call:
    """One line of code that logs."""

    where: str
    event: str
    level: str
    """Empty where it is decided when it runs."""
    fields: frozenset[str]


@cache
def calls() -> list[Call]:
    files = [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]
    texts = ((file.read_text(encoding="utf-8"), str(file.relative_to(ROOT))) for file in files)
    # Most files log nothing, and need not be parsed.
    return [call for text, name in texts if "log." in text for call in calls_in(text, name)]


def calls_in(code: str, name: str) -> Iterator[Call]:
    for node in ast.walk(ast.parse(code)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        target, method = node.func.value, node.func.attr
        if not (isinstance(target, ast.Name) and target.id == "log" and method in {*LEVELS, "log"}):
            continue
        where = f"{name}:{node.lineno}"
        said = node.args[method == "log"]
        assert isinstance(said, ast.Constant), f"{where}: the name of an event is constant"
        fields = frozenset(keyword.arg or "**" for keyword in node.keywords) - NO_FIELDS
        yield Call(where, said.value, "" if method == "log" else method, fields)


def test_what_is_logged_is_as_the_list_has_it() -> None:
    wrong = []
    for call in calls():
        event = EVENTS.get(call.event)
        if event is None:
            wrong.append(f"{call.where}: {call.event!r} is not in config/events.py")
        elif set(event.fields) != call.fields:
            wrong.append(f"{call.where}: {call.event} has the fields {sorted(event.fields)}")
        elif call.level and call.level not in event.level.split(", "):
            wrong.append(f"{call.where}: {call.event} has the level {event.level}")
    assert not wrong, "\n".join(wrong)


def test_every_event_of_the_list_is_logged_somewhere() -> None:
    assert {call.event for call in calls()} == EVENTS.keys() - {LIBRARY}


def test_every_field_is_explained_and_used() -> None:
    assert {field for event in EVENTS.values() for field in event.fields} == FIELDS.keys()


@pytest.mark.parametrize("code", ["log.info(what, a=1)", "log.info(f'{what} ended')"])
def test_a_name_that_is_made_when_it_runs_is_found(code: str) -> None:
    with pytest.raises(AssertionError, match=r"x\.py:1"):
        list(calls_in(code, "x.py"))


def test_a_call_is_read_with_its_level_and_fields() -> None:
    code = "log.log(level, 'a.b', page=1)\nlog.warning('c.d', exc_info=e)"
    assert [(c.event, c.level, c.fields) for c in calls_in(code, "x.py")] == [
        ("a.b", "", {"page"}),
        ("c.d", "warning", set()),
    ]
