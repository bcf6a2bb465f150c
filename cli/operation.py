"""The commands that make the service work: up, once, crawl."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import structlog
import typer

from cli.commands import command
from cli.completion import enabled_names
from cli.embedded import EmbeddedServer
from cli.failure import Failure
from cli.home import alone
from cli.output import counted, moment, put, put_json, put_table, say, short
from cli.parts import Parts
from cli.rendering import BrowserPart
from cli.session import Session, chosen, session
from config.logging import set_up_logging
from config.settings import DEFAULT_USER_AGENT, Settings, SettingsError, load_settings
from crawler.outcome import Outcome
from workers.archive.archive import ArchiveFull
from workers.delivered import WEBHOOK
from workers.queue.process import stop_signal
from workers.storage.store import StoreAway, StoreFull

if TYPE_CHECKING:
    from cli.once import Summary

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 1.0
_WRONG = 2
_HASTE_SECONDS, _REST_SECONDS = 3.0, 15.0
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(
        app,
        up,
        ("copydesk up", "until Ctrl-C"),
        ("COPYDESK_HOME=/srv/news copydesk up", "with documents and state elsewhere"),
    )
    command(
        app,
        once,
        ("copydesk once", "each source of the file"),
        ("copydesk once --source example", "one of them"),
        ("copydesk once --json > summary.json", "for a program"),
    )
    command(
        app,
        crawl,
        ("copydesk crawl example", "now, and not when it is due"),
        ("copydesk crawl example another", "both"),
    )


def up(as_json: Json = False) -> None:
    """Run the whole service in the foreground; Ctrl-C ends it.

    Starts an embedded Valkey where COPYDESK_REDIS_URL is not set, beat, crawl and ingest workers, the
    dashboard, and the webhook where COPYDESK_WEBHOOK_URL is set. A part that dies is started again.
    """
    from cli.dashboard import DashboardPart  # noqa: PLC0415 - the other commands do without

    settings = load_settings()
    count = len(chosen(settings, []))
    _check_notify(settings)
    names = ["beat", "ingest", "crawl", *_webhook(settings)]
    with ExitStack() as stack:
        # Who finds another one at work here is told that, and not that its port is taken.
        stack.enter_context(alone(settings.home))
        board = DashboardPart(settings)
        parts = stack.enter_context(Parts(names, board.guests))
        opened = stack.enter_context(session(settings, migrates=True))
        void_leases(opened)
        settled(opened)
        # They are started where they are needed, and else not missed.
        opened.service.state.gone("browser")
        opened.service.state.gone("dashboard")
        opened.service.state.gone(WEBHOOK)
        browser = BrowserPart(parts, settings)
        browser.look()
        stopped = stop_signal()
        parts.start({"COPYDESK_REDIS_URL": opened.redis_url})
        if as_json:
            home = str(settings.home.absolute())
            told = {"sources": count, "home": home, "parts": parts.pids()}
            put_json(told | {"dashboard": board.address})
        _greet(settings, count, board.address)
        while not stopped.wait(_LOOK_SECONDS):
            parts.look_after()
            browser.look()
        _say_stopping(settings)
        parts.stop()
        close_archive(opened)
        _say_stopped(settings)


def _check_notify(settings: Settings) -> None:
    """Whether alarms can be told where the settings say; in a process of its own, which loads it."""
    if settings.notify:
        command = [sys.executable, "-P", "-m", "workers.alarms.notify", "check"]
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - ourselves
        if done.returncode == _WRONG:
            raise SettingsError(done.stdout.decode().strip())


def _webhook(settings: Settings) -> list[str]:
    """The part that posts documents, where there is an address; what is wrong with it is said before all else."""
    if not settings.webhook_url:
        return []
    from workers.webhook.part import receiver_of  # noqa: PLC0415 - few have one

    receiver_of(settings)
    return [WEBHOOK]


def _is_for_programs(settings: Settings) -> bool:
    """Whether whoever reads standard error takes each line for an event."""
    return settings.log_format == "json"


def _say_stopping(settings: Settings) -> None:
    if _is_for_programs(settings):
        log.info("service.stopping")
    else:
        say("stopping: running pages are given their time, at most 30 s")


def _say_stopped(settings: Settings) -> None:
    if _is_for_programs(settings):
        log.info("service.stopped")
    else:
        say("stopped; what is owed is kept, and goes on at the next start")


def _greet(settings: Settings, count: int, dashboard: str | None) -> None:
    documents = documents_of(settings)
    if _is_for_programs(settings):
        home = str(settings.home.absolute())
        log.info(
            "service.up", sources=count, home=home, documents=documents, dashboard=dashboard or ""
        )
        return
    for line in greeting(settings, count, documents, dashboard):
        say(line)


def documents_of(settings: Settings) -> str:
    """Where documents go, for a person: a folder, or an address in a bucket."""
    if settings.store and "://" in settings.store:
        return f"{settings.store.rstrip('/')}/documents"
    return str((Path(settings.store or settings.home) / "documents").absolute())


def greeting(
    settings: Settings, count: int, documents: str, dashboard: str | None
) -> Iterator[str]:
    """What `up` says to a person, with so many sources; lines of 80 columns, but for addresses and folders."""
    yield f"copydesk is up: {counted(count, 'source')} from {settings.sources}"
    if not count:
        yield "nothing is visited yet: `copydesk add URL` makes a source of a site"
    if dashboard:
        yield f"the dashboard is at {dashboard}"
    yield f"documents go to {documents}"
    if settings.user_agent == DEFAULT_USER_AGENT:
        yield "sites are not told who you are: set COPYDESK_USER_AGENT"
    yield "documents are taken with `copydesk consume --group NAME`"
    yield "`copydesk status` shows how it goes; Ctrl-C ends it"


def once(
    source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Only this source; may be given several times.",
            autocompletion=enabled_names,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Crawl each source once, now, and end when every page has its outcome."""
    settings = load_settings()
    names = chosen(settings, source or [])
    with Parts(["ingest", "crawl"]) as parts, session(settings, migrates=True) as opened:
        if opened.is_own_server:
            void_leases(opened)
        settled(opened)
        browser = BrowserPart(parts, settings, names)
        browser.look()
        stopped = stop_signal()
        parts.start({"COPYDESK_REDIS_URL": opened.redis_url} | quiet(settings))
        _log_less(settings)
        from cli.once import Once  # noqa: PLC0415 - Celery loads while the parts do

        try:
            summary = Once(opened.service, names, parts).run(stopped)
            is_safe = opened.is_own_server and not browser.is_added
            if is_safe and not opened.service.state.is_busy():
                # Celery's own way out takes it more than a second.
                parts.cut_off()
        finally:
            if stopped.is_set():
                say("stopping; what is owed goes on at the next run")
            # Nothing is lost with a task that is cut off, and a person waits.
            parts.stop(_HASTE_SECONDS if stopped.is_set() else _REST_SECONDS)
            close_archive(opened)
    if as_json:
        put_json(summary.to_json())
    else:
        _show(summary)
    for alarm in summary.alarms:
        say(f"alarm: {alarm.kind}, {alarm.subject}: {alarm.evidence}")
    sys.exit(0 if summary.is_whole else 1)


def _log_less(settings: Settings) -> None:
    """A run logs no more than what goes wrong, unless a person asked for more."""
    if "log_level" not in settings.model_fields_set:
        # That the house was kept is news of a service, not of a run.
        set_up_logging(settings.model_copy(update={"log_level": "WARNING"}))
        # The summary tells of alarms.
        logging.getLogger("workers.alarms.watch").setLevel(logging.ERROR)


def quiet(settings: Settings) -> dict[str, str]:
    """Parts say only what goes wrong in them, unless a person asked for more: `once` tells the rest."""
    return {} if "log_level" in settings.model_fields_set else {"COPYDESK_LOG_LEVEL": "ERROR"}


def _show(summary: "Summary") -> None:
    if not summary.sources:
        say("no source is enabled; add one to the sources file")
        return
    outcomes = [o for o in map(str, Outcome) if summary.totals[o]]
    if outcomes:
        rows = [(n, *(counts[o] for o in outcomes)) for n, counts in summary.sources.items()]
        rows.append(("total", *(summary.totals[o] for o in outcomes)))
        put_table(("source", *map(short, outcomes)), rows, gap=1)
    elif not summary.errors:
        put(f"nothing new from {counted(len(summary.sources), 'source')}")
    for name, reasons in summary.reasons.items():
        say(f"{name}: {', '.join(f'{count} {reason}' for reason, count in reasons.items())}")
    from cli.once import STOPPED  # noqa: PLC0415 - as above

    failed = {name: why for name, why in summary.errors.items() if why != STOPPED}
    for name, reason in failed.items():
        say(f"{name}: {reason}; next at {moment(summary.next_due[name])[11:]} UTC while `up` runs")
    if stopped := summary.errors.keys() - failed.keys():
        say(f"{STOPPED}: {', '.join(name for name in summary.errors if name in stopped)}")
    if failed:
        say("what failed is tried again at the next run; `make demo` needs no network")
    if summary.owed:
        say(f"{counted(summary.owed, 'page')} still owed; the next run goes on")


def crawl(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", help="Names of sources.", autocompletion=enabled_names),
    ],
    as_json: Json = False,
) -> None:
    """Ask the running service for a crawl now."""
    settings = load_settings()
    asked = chosen(settings, names)
    if not settings.redis_url and not EmbeddedServer(settings.home).is_running():
        raise Failure(
            "no service is running here; start it with `copydesk up`, or crawl with `copydesk once`"
        )
    with session(settings) as opened:
        scheduled = opened.service.state.schedule
        now = opened.service.clock()
        scheduled.add(dict.fromkeys(asked, now))
        scheduled.ask(asked, now)
        if as_json:
            put_json({"asked": asked})
        else:
            say(f"asked for {', '.join(asked)} at {moment(now)} UTC")


def void_leases(opened: Session) -> None:
    """A server that was just started has no workers yet: none is at work, and what they had leased is due."""
    if opened.is_own_server:
        opened.service.state.schedule.void_leases(opened.service.clock())
        opened.service.state.frontier.void_leases()
        opened.service.state.forget_parts()


def settled(opened: Session) -> None:
    """Have back from the files what the server may have lost; the loss of all of it is for a person to mend."""
    from workers.recovery.settle import StateLost, settle  # noqa: PLC0415 - other commands do without

    settings = opened.service.settings
    try:
        opened.service.store.try_out()
        if opened.service.archive:
            opened.service.archive.try_out()
    except StoreAway as error:
        raise Failure(str(error)) from None
    except (StoreFull, ArchiveFull) as error:
        raise SettingsError(str(error)) from None
    in_flight = settings.ingest_processes * settings.batch_pages
    try:
        settle(opened.service, spare=0 if opened.is_own_server else in_flight)
    except StateLost as error:
        raise Failure(str(error)) from None


def close_archive(opened: Session) -> None:
    """What the parts had open in the archive is closed, and not only when someone next looks after it."""
    if opened.service.archive:
        with suppress(OSError):
            opened.service.archive.sweep(opened.service.clock())
