"""The command that takes in a source's older articles: backfill."""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from cli.commands import command
from cli.completion import enabled_names
from cli.failure import Failure
from cli.home import is_up
from cli.operation import settled, void_leases
from cli.output import counted, put, put_json, put_table, say, stamp
from cli.progress import progress
from cli.session import Session, chosen, session
from config.settings import Settings, SettingsError, load_settings
from config.sources import load_sources
from crawler.outcome import Outcome
from workers.backfilling import cursor_of, ends_of, position_of, seconds_left, share_of, state_of
from workers.queue.process import stop_signal
from workers.service import Service
from workers.state.backfills import Backfilling

_LOOK_SECONDS = 0.2
_DAY = timedelta(days=1)
_SERVICE = {"beat", "crawl"}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        backfill,
        ("copydesk backfill example --since 2026-01-01", "back to the first day of 2026"),
        ("copydesk backfill example", "how far it is"),
        ("copydesk backfill", "all that are under way"),
        ("copydesk backfill example --stop", "end it"),
    )


def backfill(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="The source; without it, all under way.",
            autocompletion=enabled_names,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="The first UTC day (2026-01-01), or time (2026-01-01T12:00:00Z)."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The last UTC day, or the time before which; else now."),
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="End the one of this source.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Take in the articles that a source has published since a day.

    Its sitemaps, paged sections and feeds are walked back in time, newest first. The running service does it,
    beside its schedule; Ctrl-C only ends the looking on. Without a running service the command does it by
    itself, to the end. Without --since, shows how far one is.
    """
    settings = load_settings()
    if name is None:
        _only_with_a_name(since=since, until=until, stop=stop)
        _list(settings, as_json=as_json)
    elif stop:
        _only_without_stop(since=since, until=until)
        _stop(settings, name, as_json=as_json)
    else:
        _go_on(settings, name, span_of(since, until, datetime.now(UTC)), as_json=as_json)


def _go_on(
    settings: Settings, name: str, span: tuple[str, str | None] | None, *, as_json: bool
) -> None:
    chosen(settings, [name])
    with session(settings, migrates=True) as opened:
        service = opened.service
        found = _begun(service, name, span)
        is_served = _is_served(opened)
        if not found.ended and not is_served:
            found = _run(opened, name)
        elif not found.ended and sys.stderr.isatty() and not as_json:
            found = _follow(service, name, lambda: True)
            if not found.ended:
                say(f"it goes on in the service; look again with `copydesk backfill {name}`")
        told = _told(name, found)
    _tell(told, as_json=as_json)
    if not found.ended and not is_served:
        say(f"not over yet; `copydesk backfill {name}` goes on with it, and `copydesk up` does")
        sys.exit(1)


def _is_served(opened: Session) -> bool:
    """Whether a service runs that goes on with it: `up` here, or its parts somewhere else."""
    service = opened.service
    parts = service.state.parts(service.clock()).keys()
    return is_up(service.settings.home) or (not opened.is_own_server and parts >= _SERVICE)


def span_of(since: str | None, until: str | None, now: datetime) -> tuple[str, str | None] | None:
    """The time asked for, RFC 3339 in UTC; None where none is given."""
    if since is None:
        if until is not None:
            raise SettingsError(f"--until {until}: --since is needed with it")
        return None
    begin = _moment("--since", since)
    if begin >= now:
        raise SettingsError(f"--since {since}: allowed is a time that has been, at the latest now")
    if until is None:
        return _text(begin), None
    end = _moment("--until", until, whole_day=True)
    if end <= begin:
        raise SettingsError(f"--until {until}: allowed is a time after --since, {since}")
    return _text(begin), _text(end)


def _moment(option: str, text: str, *, whole_day: bool = False) -> datetime:
    """A time in UTC: of a day its begin, or its end."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if whole_day and ":" not in text and "T" not in text.upper():
            moment += _DAY
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise SettingsError(
            f"{option} {text}: allowed is a day, 2026-01-31, or a time, 2026-01-31T12:00:00Z"
        ) from None


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _only_with_a_name(**options: object) -> None:
    for option, value in options.items():
        if value:
            raise SettingsError(f"--{option}: name the source too, `copydesk backfill NAME ...`")


def _only_without_stop(**options: object) -> None:
    for option, value in options.items():
        if value:
            raise SettingsError(f"--{option}: not allowed with --stop")


def _list(settings: Settings, *, as_json: bool) -> None:
    with session(settings) as opened:
        backfills = opened.service.state.backfills
        found = ((name, backfills.get(name)) for name in backfills.under_way())
        rows = [_told(name, one) for name, one in found if one]
    if as_json:
        for row in rows:
            put_json(row)
    elif rows:
        columns = ("source", "state", "since", "reached", "walked", "articles", "known", "left")
        put_table(columns, map(_row, rows))
    else:
        say("no backfill is under way; `copydesk backfill NAME --since DATE` begins one")


def _row(told: dict[str, Any]) -> tuple[object, ...]:
    days = ((told[field] or "")[:10] for field in ("since", "reached"))
    articles = sum(told["outcomes"].values())
    left = _about(told["seconds_left"])
    return (told["source"], told["state"], *days, _percent(told), articles, told["known"], left)


def _stop(settings: Settings, name: str, *, as_json: bool) -> None:
    known = [source.name for source in load_sources(settings.sources)]
    with session(settings) as opened:
        backfills = opened.service.state.backfills
        was_under_way = backfills.stop(name, opened.service.clock())
        found = backfills.get(name)
    if was_under_way and found:
        _tell(_told(name, found), as_json=as_json)
        return
    # One that left the file while a backfill was under way can be stopped all the same.
    if name not in known:
        chosen(settings, [name])
    raise Failure(f"no backfill of {name} is under way")


def _begun(service: Service, name: str, span: tuple[str, str | None] | None) -> Backfilling:
    """The backfill that is asked for, which may be the one under way; else the last one."""
    backfills, now = service.state.backfills, service.clock()
    if span is not None:
        since, until = span
        service.state.schedule.add({name: now})
        _, *present = backfills.start(name, since, until or _text(datetime.now(UTC)), now)
        if present[0] != since or (until and present[1] != until):
            raise Failure(
                f"another backfill of {name} is under way, since {present[0]} until {present[1]};"
                f" end it first: `copydesk backfill {name} --stop`"
            )
    found = backfills.get(name)
    if found is None:
        raise SettingsError(f"--since is missing: no backfill of {name} was ever asked for")
    return found


def _run(opened: Session, name: str) -> Backfilling:
    """Without a service: the parts that it takes, to the end or until Ctrl-C."""
    if opened.is_own_server:
        void_leases(opened)
    settled(opened)
    from cli.backfill_run import parts_at_work  # noqa: PLC0415 - Celery takes a while to load

    with parts_at_work(opened, name) as is_moving:
        return _follow(opened.service, name, is_moving)


def _follow(service: Service, name: str, is_moving: Callable[[], bool]) -> Backfilling:
    """Show how far it is, to its end, until Ctrl-C, or as long as it moves."""
    stopped = stop_signal()
    with progress(name) as shown:
        while True:
            is_over = stopped.wait(_LOOK_SECONDS) or not is_moving()
            found = service.state.backfills.get(name)
            assert found  # the last one of a source is kept
            if found.ended or is_over:
                return found
            told = _told(name, found)
            done = sum(told["outcomes"].values())
            text = f"{name} {(told['reached'] or '')[:10]} {_about(told['seconds_left'])}".strip()
            shown.show(done, done + found.open or None, text, _line(told))


def _told(name: str, backfill: Backfilling) -> dict[str, Any]:
    share, left = share_of(backfill), seconds_left(backfill)
    return {
        "source": name,
        "state": state_of(backfill, time.time()),
        "since": backfill.since,
        "until": backfill.until,
        "asked": stamp(backfill.asked),
        "ended": stamp(backfill.ended),
        "reached": position_of(backfill) or None,
        "share": None if share is None else round(share, 3),
        "seconds_left": None if left is None or backfill.ended else round(left),
        "outcomes": {o: backfill.outcomes.get(o, 0) for o in map(str, Outcome)},
        "open": backfill.open + backfill.left,
        "known": backfill.known,
        "outside": backfill.outside,
        "listings": sum(road.pages for road in cursor_of(backfill).roads),
        "ends": [{"listing": kind, "reason": why} for kind, why in ends_of(backfill)],
        "problems": list(cursor_of(backfill).problems),
    }


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        put_json(told)
        return
    put(_line(told))
    for end in told["ends"]:
        put(f"  {end['listing']}: {end['reason']}")
    for problem in told["problems"]:
        put(f"  not read: {problem}")


def _line(told: dict[str, Any]) -> str:
    outcomes = [f"{count} {outcome}" for outcome, count in told["outcomes"].items() if count]
    back_to = told["since"] if told["state"] == "done" else told["reached"]
    reached = f", back to {back_to[:10]}" if back_to else ""
    percent = f" ({share})" if (share := _percent(told)) else ""
    known = f"{told['known']} known already"
    outside = [f"{told['outside']} of another time"] if told["outside"] else []
    named = [f"{told['open']} to be fetched"] if told["open"] else []
    left = [_about(told["seconds_left"])] if told["seconds_left"] is not None else []
    pages = counted(told["listings"], "listing page")
    facts = ", ".join([*outcomes, known, *outside, *named, pages, *left])
    return f"{told['source']}: {told['state']}{reached}{percent}: {facts}"


def _percent(told: dict[str, Any]) -> str:
    return "" if told["share"] is None else f"{told['share']:.0%}"


def _about(seconds: int | None) -> str:
    """An estimate for a person, as rough as it is."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"about {max(seconds, 1)} s left"
    return (
        f"about {seconds / 60:.0f} min left"
        if seconds < 5400
        else f"about {seconds / 3600:.0f} h left"
    )
