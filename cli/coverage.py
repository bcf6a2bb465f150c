"""The command that says of a day whether anything was missed."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any

import typer

from cli.commands import command
from cli.completion import source_names
from cli.output import counted, put_json, put_table, say, stamp
from cli.session import session
from config.settings import Settings, SettingsError, load_settings
from config.sources import SourcesError, load_sources
from config.wording import nearest
from workers.coverage.days import DayCoverage, day_of, of_unknown, usual_yield
from workers.coverage.intervals import Interval, Intervals, seconds
from workers.service import Service
from workers.state.coverage import SourceCoverage, SourceGap, kept_days

_DAYS = 7


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        coverage,
        ("copydesk coverage", "the last week of each source"),
        ("copydesk coverage example --day yesterday", "one day of one source"),
    )


def coverage(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]", help="Only this source; else all.", autocompletion=source_names
        ),
    ] = None,
    day: Annotated[
        str | None,
        typer.Option(metavar="D", help="One UTC day: 2026-11-27, today, yesterday; else a week."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Whether all that sources named on a day was met, hour by hour, and the day's yield beside the usual one.

    A day is complete where each reading of the source's listings named something that the one before named
    too, or was walked back to it by older pages and sitemaps. What came before a source's first walk is
    unknown. Days and hours are UTC.
    """
    settings = load_settings()
    now = time.time()
    days = _days(day, now)
    names = _names(settings, source)
    with session(settings) as opened:
        covered = opened.service.state.coverage.of(names)
        told = _told(opened.service, covered, days, now)
        owed = opened.service.state.frontier.owed_of(names)
    if as_json:
        for one in told:
            put_json(_row(one, covered[one.source].gaps) | {"owed": owed[one.source]})
        return
    if not told:
        say(f"{settings.sources} names no source yet")
        return
    _show(told, covered, owed)


def _show(
    told: Sequence[DayCoverage], covered: Mapping[str, SourceCoverage], owed: Mapping[str, int]
) -> None:
    put_table(("day", "source", "covered", "new", "usually", "gaps closed"), _lines(told, covered))
    for one in told:
        if one.failed:
            say(
                f"{one.day}, {one.source}: {counted(one.failed, 'page')} failed (copydesk quarantine)"
            )
    for name, count in owed.items():
        if count:
            say(f"{name}: {counted(count, 'page')} that were named are still to be read")


def _lines(
    told: Iterable[DayCoverage], covered: Mapping[str, SourceCoverage]
) -> Iterator[tuple[str, ...]]:
    """A line a day; all days before a source was read first are one."""
    for name, days in groupby(told, lambda one: one.source):
        unknown: list[DayCoverage] = []
        known: list[DayCoverage] = []
        for one in days:
            (unknown if one.is_unknown else known).append(one)
        if unknown:
            which, why = of_unknown(unknown, covered[name].walked)
            yield which, name, why, "", "", ""
        for one in known:
            yield (
                *(str(one.day), name, one.words),
                *(_count(one.new), _count(one.usual), _closed(one)),
            )


def _days(day: str | None, now: float) -> list[date]:
    today = datetime.fromtimestamp(now, UTC).date()
    if day is None:
        return [today - timedelta(days=back) for back in range(_DAYS - 1, -1, -1)]
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        chosen = named.get(day) or date.fromisoformat(day)
    except ValueError:
        chosen = None
    if chosen is None or chosen > today:
        raise SettingsError(
            f"--day {day!r}: allowed is a UTC day that has begun, such as {today}, today or yesterday"
        )
    return [chosen]


def _names(settings: Settings, source: str | None) -> list[str]:
    known = [one.name for one in load_sources(settings.sources)]
    if source is None:
        return known
    if source not in known:
        hint = nearest(source, known)
        raise SourcesError(f"{settings.sources}: there is no source {source!r}{hint}")
    return [source]


def _told(
    service: Service, covered: Mapping[str, SourceCoverage], days: list[date], now: float
) -> list[DayCoverage]:
    kept = kept_days(now)
    counts = service.state.coverage.counts_by_day(list(covered), kept, ("new", "failed"))
    told = []
    for name, source in covered.items():
        walked = source.walked
        new = {day: came for day, (came, _) in counts[name].items()}
        failed = {day: lost for day, (_, lost) in counts[name].items()}
        for day in days:
            usual = usual_yield(new, day, walked) if day in kept else None
            told.append(
                day_of(
                    name, day, walked, now, new=new.get(day), usual=usual, failed=failed.get(day)
                )
            )
    return told


def _row(one: DayCoverage, gaps: Iterable[SourceGap]) -> dict[str, Any]:
    return {
        "source": one.source,
        "day": one.day.isoformat(),
        "told": one.words,
        "is_complete": one.is_complete,
        "covered": _whiles(one.covered),
        "covered_hours": round(seconds(one.covered) / 3600, 2),
        "gaps_open": _whiles(one.missing),
        "gaps_closed": _whiles(one.closed),
        "unknown": _whiles(one.unknown),
        "gaps": [
            {**_while(gap.interval), "listing": gap.listing, "closed_by": gap.closed or None}
            for gap in gaps
            if _touches(gap, one.day)
        ],
        "new": one.new,
        "usual": one.usual,
        "failed": one.failed,
    }


def _whiles(intervals: Intervals) -> list[dict[str, str | None]]:
    return [_while(one) for one in intervals]


def _while(one: Interval) -> dict[str, str | None]:
    return {"start": stamp(one.start), "end": stamp(one.end)}


def _touches(gap: SourceGap, day: date) -> bool:
    first, last = (datetime.fromtimestamp(at, UTC).date() for at in gap.interval)
    return first <= day <= last


def _count(count: float | None) -> str:
    return "" if count is None else f"{count:g}"


def _closed(one: DayCoverage) -> str:
    return str(len(one.closed)) if one.closed else ""
