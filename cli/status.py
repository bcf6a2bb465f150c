"""The command that shows how the service is."""

from typing import Annotated, Any

import typer

from cli.alarms import as_json as alarm_as_json
from cli.alarms import put_alarms
from cli.commands import command
from cli.home import is_up
from cli.output import counted, put, put_json, put_table, put_wrapped, short, stamp
from cli.session import session
from config.settings import load_settings
from config.sources import SourcesError, load_sources
from crawler.outcome import Outcome
from workers.alarms.standing import standing_alarms
from workers.service import Service
from workers.state.memory import Memory
from workers.state.version import STATE_VERSION, release

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        status,
        ("copydesk status", "how things stand"),
        ("watch -n 10 copydesk status", "time and again"),
        ("copydesk status --json", "for a program"),
    )


def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """What runs, what waits, how far consumers are, the outcomes of the last day, and alarms."""
    settings = load_settings()
    try:
        names, problems = [s.name for s in load_sources(settings.sources) if s.enabled], []
    except SourcesError as error:
        # The service goes on with what it read last, and a person looks here to see why.
        names, problems = [], str(error).splitlines()
    with session(settings) as opened:
        told = _told(opened.service, names, is_served=not opened.is_own_server)
    told["sources_file"] = problems
    if as_json:
        put_json(told)
    else:
        _show(told)


def _told(service: Service, names: list[str], *, is_served: bool) -> dict[str, Any]:
    state, now = service.state, service.clock()
    names = names or sorted(state.schedule.names())
    by_source = state.ledger.last_day(now)
    parts, memory = state.parts(now), state.memory()
    placed = state.machines.placed(now)
    return {
        # A part is seen when it works, which takes a moment after the start.
        # One that was stopped in order was seen at work lately, and is nowhere any more.
        "running": is_up(service.settings.home)
        or (is_served and bool(parts) and any(one.is_alive(now) for one in placed)),
        "parts": {part: stamp(seen) for part, seen in parts.items()},
        "hosts": [
            {"host": p.host, "part": p.part, "seen": stamp(p.seen), "alive": p.is_alive(now)}
            for p in placed
        ],
        "versions": _versions(service, now),
        "sources": len(names),
        "crawling": sorted(state.schedule.crawling()),
        "owed": sum(state.frontier.owed_of(names).values()),
        "waiting": state.frontier.waiting(),
        "quarantine": len(state.quarantine),
        "outbox": {
            "entries": state.outbox.length(),
            "groups": {
                g.name: {
                    "lag": g.lag,
                    "pending": g.pending,
                    "again": g.again,
                    "consumers": g.consumers,
                    "last_read": stamp(g.seen),
                }
                for g in state.groups.all(now)
            },
            "put_aside": state.outbox.dead(),
        },
        "memory": {"used": memory.used, "limit": memory.limit or None},
        "archive": _archive(service, now),
        "last_day": {o: sum(c[o] for c in by_source.values()) for o in map(str, Outcome)},
        "alarms": list(map(alarm_as_json, standing_alarms(service, names, now))),
    }


def _versions(service: Service, now: float) -> dict[str, Any]:
    """Of this command, of the state, and of each part that was seen lately."""
    seen = service.state.releases(now).items()
    return {
        "copydesk": release(),
        "state": service.state.version().version or STATE_VERSION,
        "parts": {name: {"copydesk": one.release, "state": one.state} for name, one in seen},
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


def _show(told: dict[str, Any]) -> None:
    show_parts(told)
    put("")
    put(f"{counted(told['sources'], 'source')}, {len(told['crawling'])} being crawled")
    put(
        f"{counted(told['owed'], 'page')} owed, {told['waiting']} of them wait for ingest; "
        f"{told['quarantine']} in quarantine"
    )
    put(_archive_line(told["archive"]))
    put(str(Memory(told["memory"]["used"], told["memory"]["limit"] or 0)))
    put(f"outbox: {counted(told['outbox']['entries'], 'document')}")
    if groups := told["outbox"]["groups"]:
        put("")
        columns = ("consumer group", "to be read", "not acknowledged", "consumers")
        rows = ((n, g["lag"], g["pending"], g["consumers"]) for n, g in groups.items())
        put_table(columns, rows)
    put("")
    put_table(
        ("last day", *(short(outcome) for outcome in told["last_day"])),
        [("pages", *told["last_day"].values())],
    )
    if told["sources_file"] or told["alarms"]:
        put("")
    for problem in told["sources_file"]:
        put("alarm: the sources file cannot be used", colour="red")
        put_wrapped(problem)
    put_alarms(told["alarms"])


def show_parts(told: dict[str, Any]) -> None:
    """Whether the service runs, and which parts of it were seen when; where, too, if there are several hosts."""
    if not told["running"]:
        put("the service is not running", colour="yellow")
        return
    if not told["parts"]:
        put("the service is up, and begins just now", colour="green")
        return
    put("the service is up", colour="green")
    seen = ((part, _moment(at)) for part, at in told["parts"].items())
    put_table(("part", "last at work (UTC)"), list(seen))
    if len({one["host"] for one in told["hosts"]}) > 1:
        put("")
        put_table(("host", "part", "there at (UTC)", ""), [_placed_row(p) for p in told["hosts"]])


def _placed_row(placed: dict[str, Any]) -> tuple[str, ...]:
    is_missing = "" if placed["alive"] else "missing"
    return placed["host"], placed["part"], _moment(placed["seen"]), is_missing


def _moment(at: str) -> str:
    return at.replace("T", " ").rstrip("Z")


def _archive_line(archive: dict[str, Any] | None) -> str:
    if archive is None:
        return "archive: off"
    day = archive["last_day"]
    return (
        f"archive: {_size(archive['bytes'])}; last day: {counted(day['pages'], 'page')} "
        f"({day['revisits']} unchanged), {_size(day['bytes'])}"
    )


def _size(count: float) -> str:
    """Bytes for a person: `1.2 MB`."""
    for unit in _UNITS:
        if count < 1000 or unit == _UNITS[-1]:
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
