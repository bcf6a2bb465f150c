"""The command that shows the sources."""

import json
from typing import Annotated, Any

import typer

from cli.alarms import as_json as alarm_as_json
from cli.alarms import put_alarms
from cli.commands import command
from cli.output import put, put_json, put_table, say, stamp
from cli.session import session
from config.settings import load_settings
from config.sources import Source, load_sources
from crawler.outcome import Outcome
from workers.alarms.standing import alarms_of
from workers.service import Service
from workers.state.alarms import Alarm


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        sources,
        ("copydesk sources", "a line each, and what is wrong with them"),
        ("copydesk sources --json", "all that is known of each, an object a line"),
    )


def sources(
    as_json: Annotated[bool, typer.Option("--json", help="JSON, one object a line.")] = False,
) -> None:
    """The sources with their schedule, next time, last crawl, yield and alarms; times are UTC."""
    settings = load_settings()
    named = load_sources(settings.sources)
    with session(settings) as opened:
        service = opened.service
        raised: dict[str, list[Alarm]] = {source.name: [] for source in named}
        for alarm in alarms_of(service, list(raised), service.clock()):
            raised[alarm.subject].append(alarm)
        rows = [_row(service, source, raised[source.name]) for source in named]
    if as_json:
        for row in rows:
            put_json(row)
        return
    if not rows:
        say(f"{settings.sources} names no source yet; `copydesk add URL` makes one of a site")
        return
    put_table(("source", "schedule", "next", "last crawl", "new", "alarms"), map(_shown, rows))
    if alarms := [alarm for row in rows for alarm in row["alarms"]]:
        put("")
        put_alarms(alarms)


def _row(service: Service, source: Source, raised: list[Alarm]) -> dict[str, Any]:
    facts = service.state.schedule.facts(source.name)
    totals = service.state.ledger.totals(source.name)
    return {
        "name": source.name,
        "enabled": source.enabled,
        "schedule": source.schedule,
        "every": facts.every or None,
        "next": stamp(service.state.schedule.next_due(source.name)),
        "last_crawl": stamp(facts.ended),
        "last_walk": stamp(facts.walked),
        "links": facts.links,
        "new_links": facts.new_links,
        "passed_over": json.loads(facts.passed_over),
        "problems": json.loads(facts.problems),
        "owed": service.state.frontier.owed(source.name),
        "outcomes": {o: totals[o] for o in map(str, Outcome)},
        "reasons": dict(service.state.ledger.reasons(source.name)),
        "rules": service.rules.told_number(source.name),
        "error": facts.error or None,
        "failures": facts.failures,
        "alarms": list(map(alarm_as_json, raised)),
    }


def _shown(row: dict[str, Any]) -> tuple[object, ...]:
    return (
        row["name"],
        row["schedule"] if row["enabled"] else "paused",
        _short(row["next"]) if row["enabled"] else "",
        _short(row["last_crawl"]),
        row["outcomes"]["new"],
        ", ".join(alarm["kind"] for alarm in row["alarms"]),
    )


def _short(time_stamp: str | None) -> str:
    return (time_stamp or "")[5:16].replace("T", " ")
