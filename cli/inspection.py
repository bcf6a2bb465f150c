"""The commands that show how things stand: status, sources, duplicates."""

import json
import re
import sys
import time
from dataclasses import asdict
from textwrap import wrap
from typing import Annotated, Any

import typer
from rich import filesize

from cli.output import counted, harmless, put, put_json, put_table, say, stamp
from cli.session import session
from config.settings import SettingsError, load_settings
from config.sources import Source, SourcesError, load_sources
from crawler.document import is_id
from crawler.outcome import Outcome
from workers.alarms.standing import alarms_of, standing_alarms
from workers.service import Service
from workers.state.alarms import Alarm

_LINE = 78
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(short_help="Sources: schedule, last crawl, yield.")(sources)
    app.command(short_help="How the service is, and the last day.")(status)
    app.command(short_help="What was dropped or linked, and why.")(duplicates)


def sources(as_json: Json = False) -> None:
    """The sources with their schedule, next time, last crawl and yield."""
    settings = load_settings()
    named = load_sources(settings.sources)
    with session(settings) as opened:
        service = opened.service
        raised: dict[str, list[Alarm]] = {source.name: [] for source in named}
        for alarm in alarms_of(service, list(raised), time.time()):
            raised[alarm.subject].append(alarm)
        rows = [_source_row(service, source, raised[source.name]) for source in named]
    if as_json:
        for row in rows:
            put_json(row)
        return
    if not rows:
        say(f"{service.settings.sources} names no source yet")
    put_table(
        ("source", "schedule", "next", "last crawl", "new", "alarms"),
        [
            (
                row["name"],
                row["schedule"] if row["enabled"] else "disabled",
                _short(row["next"]),
                _short(row["last_crawl"]),
                row["outcomes"]["new"],
                "; ".join(_in_short(alarm) for alarm in row["alarms"]),
            )
            for row in rows
        ],
    )


# In a table there is no room for where it was seen; `status` says it whole.
_ADDRESS = re.compile(r"https?://\S+: ")


def _short(time_stamp: str | None) -> str:
    return (time_stamp or "")[5:16].replace("T", " ")


def _in_short(alarm: dict[str, Any]) -> str:
    evidence = _ADDRESS.sub("", alarm["evidence"])
    return f"{alarm['kind']} since {_short(alarm['since'])}: {evidence}"


def _source_row(service: Service, source: Source, raised: list[Alarm]) -> dict[str, Any]:
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
        "rules": service.rules.number(source.name),
        "error": facts.error or None,
        "failures": facts.failures,
        "alarms": list(map(_told, raised)),
    }


def _told(alarm: Alarm) -> dict[str, Any]:
    return asdict(alarm) | {"since": stamp(alarm.since)}


def status(as_json: Json = False) -> None:
    """What runs, what waits, how far consumers are, and the outcomes of the last day."""
    settings = load_settings()
    try:
        names, problems = [s.name for s in load_sources(settings.sources) if s.enabled], []
    except SourcesError as error:
        # The service goes on with what it read last, and a person looks here to see why.
        names, problems = [], str(error).splitlines()
    with session(settings) as opened:
        told = _status(opened.service, names, is_running=not opened.is_own_server)
    told["sources_file"] = problems
    if as_json:
        put_json(told)
    else:
        _show_status(told)


def _status(service: Service, names: list[str], *, is_running: bool) -> dict[str, Any]:
    state, now = service.state, time.time()
    names = names or sorted(state.schedule.names())
    by_source = state.ledger.last_day(now)
    last_day = {o: sum(c[o] for c in by_source.values()) for o in map(str, Outcome)}
    parts, groups, memory = state.parts(now), state.outbox.groups(), state.memory()
    raised = standing_alarms(service, names, now)
    return {
        "running": is_running and bool(parts),
        "parts": {part: stamp(seen) for part, seen in parts.items()},
        "sources": len(names),
        "crawling": sorted(state.schedule.crawling()),
        "owed": sum(state.frontier.owed(name) for name in names),
        "waiting": state.frontier.waiting(),
        "quarantine": len(state.quarantine),
        "outbox": {
            "entries": state.outbox.length(),
            "groups": {
                g.name: {"lag": g.lag, "pending": g.pending, "consumers": g.consumers}
                for g in groups
            },
            "put_aside": state.outbox.dead(),
        },
        "memory": {"used": memory.used, "limit": memory.limit or None},
        "archive": _archive(service, now),
        "last_day": last_day,
        "alarms": list(map(_told, raised)),
    }


def _archive(service: Service, now: float) -> dict[str, Any] | None:
    if service.archive is None:
        return None
    day = service.state.ledger.archived(now)
    return {
        "folder": str(service.archive.folder),
        "bytes": service.archive.size(),
        "last_day": {name: day[name] for name in ("pages", "bytes", "revisits")},
    }


def _show_status(told: dict[str, Any]) -> None:
    put("the service is up" if told["running"] else "the service is not running")
    if told["running"]:
        put_table(
            ("part", "last seen (UTC)"),
            [(p, (seen or "").replace("T", " ").rstrip("Z")) for p, seen in told["parts"].items()],
        )
    put(
        f"{counted(told['sources'], 'source')}, {len(told['crawling'])} being crawled; "
        f"{counted(told['owed'], 'page')} owed, "
        f"{told['waiting']} of them wait for ingest; {told['quarantine']} in quarantine"
    )
    day = ", ".join(f"{count} {name}" for name, count in told["last_day"].items() if count)
    put(f"last day: {day or 'no page'}")
    put(_archive_line(told["archive"]))
    put(f"outbox: {told['outbox']['entries']} documents")
    for name, group in told["outbox"]["groups"].items():
        put(f"  group {name}: {group['lag']} to be read, {group['pending']} not acknowledged")
    for problem in told["sources_file"]:
        put(f"alarm: {problem}")
    for alarm in told["alarms"]:
        since = f", since {alarm['since']}" if alarm["since"] else ""
        put(f"alarm: {alarm['kind']}, {alarm['subject']}{since}")
        for line in wrap(harmless(alarm["evidence"]), _LINE, break_on_hyphens=False):
            put(f"  {line}")


def _archive_line(archive: dict[str, Any] | None) -> str:
    if archive is None:
        return "archive: off"
    day = archive["last_day"]
    return (
        f"archive: {filesize.decimal(archive['bytes'])}; last day: {counted(day['pages'], 'page')} "
        f"({day['revisits']} unchanged), {filesize.decimal(day['bytes'])}"
    )


def duplicates(
    text_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Only of this document.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Which documents were dropped or linked, to which original, and why."""
    if text_id is not None and not is_id(text_id):
        raise SettingsError(f"{text_id!r} is no id: allowed are 16 hex digits")
    with session() as opened:
        records = list(opened.service.state.ledger.duplicates(text_id))
    for record in records:
        if as_json:
            put_json(record)
            continue
        verb = "queued, linked" if record["queued"] else "dropped"
        put(f"{record['outcome']}, {verb}: {record['url']} ({record['source']}, {record['id']})")
        put(f"  of {record['original_url']} ({record['duplicate_of']})")
        put(f"  {record['reason']}")
    if not records and not as_json:
        say("no duplicates are on record" if text_id is None else f"nothing on record of {text_id}")
        sys.exit(0)
