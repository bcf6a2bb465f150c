"""The command that gives a group documents once more, or a new group all that there are: redeliver."""

from datetime import date
from typing import Annotated

import typer

from cli.commands import command
from cli.completion import group_names
from cli.failure import Failure
from cli.input import check_group
from cli.output import counted, put_json, say
from cli.session import session
from config.settings import SettingsError
from workers.redelivery import WrongStore
from workers.service import Service
from workers.storage.places import day_of


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(
        app,
        redeliver,
        ("copydesk redeliver --group mine --since 2026-11-20", "what it lost since that day"),
        ("copydesk redeliver --group new", "a group that starts with the oldest file"),
        ("copydesk redeliver --group mine --stop", "no more of it"),
    )


def redeliver(
    group: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The consumer group; made where there is none.",
            autocompletion=group_names,
        ),
    ],
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Only what was fetched on that UTC day (2026-11-27) or later.",
            show_default="all documents",
        ),
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Give it no more of them.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on standard output.")
    ] = False,
) -> None:
    """Give one group documents once more, from the files, however long the stream has let go of them.

    They come in a stream of the group's own, which `consume` and the webhook read before what is new;
    other consumers name it beside the other one. A group that is made by this starts with them, and goes on
    with what is published from now on. The running service does it, piece by piece, as the group reads.
    """
    check_group(group)
    if stop and since:
        raise typer.BadParameter("--stop goes without --since")
    day = _day(since)
    with session() as opened:
        if stop:
            told = {"group": group, "stopped": opened.service.state.again.stop(group)}
        else:
            told = _begin(opened.service, group, day)
    if as_json:
        put_json(told)
    else:
        say(_words(told, since))


def _words(told: dict[str, object], since: str | None) -> str:
    group = told["group"]
    if "stopped" in told:
        return f"{group} is given no more of them" if told["stopped"] else f"{group} was given none"
    what = f"those since {since}" if since else "all documents"
    waiting = counted(int(str(told["waiting"])), "document")
    return (
        f"{group}: {what} come once more, {waiting} so far; `copydesk groups` shows how far it is"
    )


def _begin(service: Service, group: str, since: date | None) -> dict[str, object]:
    state = service.state
    is_new = group not in state.outbox.names()
    try:
        plan, is_begun = service.redelivery.ask(group, since)
        if not is_begun:
            raise Failure(
                f"documents since {plan.since} come to {group} once more already; --stop ends that"
            )
        service.redelivery.fill(group)
        # What it had of an earlier time and has acknowledged is not told as waiting.
        state.outbox.again(group).trim_read(group)
    except WrongStore as error:
        raise SettingsError(str(error)) from None
    return {
        "group": group,
        "made": is_new,
        "since": str(since) if since else None,
        "waiting": state.again.waiting(group),
    }


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    day = day_of(text)
    if day is None:
        raise SettingsError(f"--since {text}: allowed is a day, such as 2026-11-27")
    return day
