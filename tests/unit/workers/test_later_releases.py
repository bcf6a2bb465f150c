"""What a later release says beside what this one knows, in messages and records, is passed by."""

import inspect
from dataclasses import dataclass

import pytest

from config.records import known_fields
from config.sources import Source
from workers import tasks
from workers.app import app
from workers.crawling.kept_listings import from_json
from workers.following import _DEFAULTS, edition_of

SOURCE = {"name": "gazette", "start": "https://e.org/"}


def test_every_task_takes_what_it_does_not_know() -> None:
    names = [name for name in app.tasks if name.startswith("copydesk.")]
    assert len(names) >= 5
    assert tasks.crawl.name in names
    for name in names:
        named = inspect.signature(app.tasks[name].run).parameters.values()
        assert any(one.kind is one.VAR_KEYWORD for one in named), name


def test_a_source_in_a_message_may_have_more_fields() -> None:
    assert Source.from_message(SOURCE | {"mood": "good"}) == Source.model_validate(SOURCE)
    with pytest.raises(ValueError, match="mood"):
        Source.model_validate(SOURCE | {"mood": "good"})
    with pytest.raises(ValueError, match="near_duplicates"):
        Source.from_message(SOURCE | {"near_duplicates": "adopt"})


def test_a_listing_may_have_more_fields() -> None:
    plain = '{"kind": "feed", "memory": {"read": 1.0}}'
    more = '{"kind": "feed", "mood": 1, "memory": {"read": 1.0, "mood": 1}, "health": {"mood": 1}}'
    assert from_json(more) == from_json(plain)


def test_only_fields_are_taken() -> None:
    @dataclass
    class Kept:
        a: int
        b: int = 2

    assert known_fields(Kept, {"a": 1, "c": 3}) == {"a": 1}


def test_a_release_that_knows_of_more_settings_names_a_source_the_same() -> None:
    class Later(Source):
        mood: str = "good"

    now, later = Source.model_validate(SOURCE), Later.model_validate(SOURCE)
    _DEFAULTS["mood"] = "good"
    try:
        assert edition_of(later) == edition_of(now)
        assert edition_of(later.model_copy(update={"mood": "bad"})) != edition_of(now)
    finally:
        del _DEFAULTS["mood"]
    assert edition_of(now.model_copy(update={"delay": 9.0})) != edition_of(now)
