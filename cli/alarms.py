"""Alarms, as commands show them."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from cli.output import put, put_wrapped, stamp
from workers.state.alarms import Alarm


def as_json(alarm: Alarm) -> dict[str, Any]:
    """The same for a program."""
    return asdict(alarm) | {"since": stamp(alarm.since)}


def put_alarms(told: Iterable[dict[str, Any]]) -> None:
    """What each is about and since when, and below it what was seen and what to do."""
    for alarm in told:
        since = f", since {alarm['since']}" if alarm["since"] else ""
        put(f"alarm: {alarm['kind']}, {alarm['subject']}{since}", colour="red")
        put_wrapped(alarm["evidence"])
