"""The command `groups`: consumer groups, what was put aside for them, and letting one go."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from cli.commands import Group, command, written
from cli.completion import group_names
from cli.failure import Failure, WrongCall
from cli.output import counted, moment, put, put_json, put_table, put_whole, say, stamp
from cli.session import session
from config.wording import nearest, shown
from workers.delivered import WEBHOOK
from workers.state.again import Held
from workers.state.groups import GroupLag, PutAside
from workers.state.state import State

_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, one object a line.")]
Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A consumer group.", autocompletion=group_names),
]


def add_to(root: typer.Typer) -> None:
    """Register the command, and its own."""
    listed = ("copydesk groups", "how far each is")
    let_go = ("copydesk groups drop mine", "nothing is kept for it any longer")
    aside = ("copydesk groups dead", "what consumers failed on")
    again = ("copydesk groups retry mine --all", "give it to them again")
    group = typer.Typer(
        cls=Group,
        callback=groups,
        invoke_without_command=True,
        rich_markup_mode=None,
        epilog=written(listed, let_go, aside, again),
    )
    command(
        group,
        drop,
        let_go,
        ("copydesk groups drop mine --yes", "without being asked"),
        does="Let a group go.",
    )
    command(
        group,
        dead,
        aside,
        ("copydesk groups dead mine", "those of one group"),
        does="What consumers failed on, and was put aside.",
    )
    command(
        group,
        retry,
        ("copydesk groups retry mine 5f3a", "by the beginning of the document's id"),
        again,
        does="Give a group once more what was put aside.",
    )
    root.add_typer(group, name="groups")


def groups(context: typer.Context, as_json: Json = False) -> None:
    """The consumer groups: what waits for each, who reads it, and since when the stream is kept for it.

    `again` counts documents in the group's own stream, those that it is given once more.
    """
    context.obj = as_json
    if context.invoked_subcommand:
        return
    with session() as opened:
        state, now = opened.service.state, opened.service.clock()
        told, held = state.groups.all(now), state.again.held()
        aside = [one.group for one in state.groups.put_aside()]
    if as_json:
        for one in told:
            put_json(_row(one, held.get(one.name), aside.count(one.name), now))
    elif told:
        _show(told, held, aside, now)
    else:
        say("no group reads documents yet; `copydesk consume --group NAME` makes one")


def _row(one: GroupLag, held: Held | None, aside: int, now: float) -> dict[str, Any]:
    plan = held.plan if held else None
    return {
        "group": one.name,
        "lag": one.lag,
        "pending": one.pending,
        "again": one.again,
        "redelivery": plan
        and {
            "since": plan.since,
            "reached": plan.reached.day if plan.reached else None,
            "given": plan.given,
        },
        "put_aside": aside,
        "consumers": one.consumers,
        "last_read": stamp(one.seen),
        "idle_seconds": None if one.seen is None else max(0, round(now - one.seen)),
        "oldest": stamp(one.oldest),
    }


def _show(
    told: Sequence[GroupLag], held: dict[str, Held], aside: Sequence[str], now: float
) -> None:
    columns = ("group", "to read", "pending", "again", "dead", "readers", "idle", "kept since")
    rows = [
        (
            one.name,
            "?" if one.lag is None else one.lag,
            one.pending,
            one.again,
            aside.count(one.name),
            one.consumers,
            "?" if one.seen is None else _age(now - one.seen),
            moment(one.oldest)[:16],
        )
        for one in told
    ]
    put_table(columns, rows)
    for name, one in held.items():
        plan = one.plan
        day = f"reached {plan.reached.day}" if plan.reached else "begins"
        say(f"{name}: documents since {plan.since} come once more, {plan.given} so far; {day}")


def _age(seconds: float) -> str:
    for unit, name in _UNITS:
        if seconds >= unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{max(0.0, seconds):.0f} s"


def drop(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on standard output.")
    ] = False,
) -> None:
    """Let a group go: what it has not acknowledged is kept for it no longer, and no file is touched.

    A group of that name that is made later begins with what the stream holds then.
    """
    with session() as opened:
        state, now = opened.service.state, opened.service.clock()
        one = _named(state, name, now)
        if name == WEBHOOK and WEBHOOK in state.parts(now):
            raise Failure(
                "the part webhook reads it: take COPYDESK_WEBHOOK_URL away, and start again"
            )
        aside = sum(1 for _ in state.groups.put_aside(name))
        lost = _let_go(one, aside)
        if lost and not yes:
            _ask(name, lost)
        state.groups.drop(name)
        if name == WEBHOOK:
            state.gone(WEBHOOK)
            state.webhook_works()
    told = {"dropped": name, "lag": one.lag, "pending": one.pending, "again": one.again}
    if as_json or context.obj:
        put_json(told | {"put_aside": aside})
    else:
        say(f"{name} is no more" + (f"; let go: {lost}" if lost else ""))


def _let_go(one: GroupLag, aside: int) -> str:
    """What a group has not acknowledged, in words; empty where there is nothing, and nobody reads it."""
    unread = "documents that it has not read" if one.lag is None else None
    parts = [
        unread or (one.lag and f"{counted(one.lag, 'document')} that it has not read"),
        one.pending and f"{counted(one.pending, 'document')} that it has not acknowledged",
        one.again and f"{counted(one.again, 'document')} that it was to have once more",
        aside and f"{counted(aside, 'document')} put aside",
        one.consumers and f"{counted(one.consumers, 'consumer')} under its name",
    ]
    return ", ".join(str(part) for part in parts if part)


def _ask(name: str, lost: str) -> None:
    if not sys.stdin.isatty():
        raise WrongCall(f"{name} would let go {lost}: say --yes where that is meant")
    if not typer.confirm(f"{name} lets go {lost}. Drop it?", err=True):
        raise Failure(f"{name} stays")


def _named(state: State, name: str, now: float) -> GroupLag:
    found = {one.name: one for one in state.groups.all(now)}
    if name not in found:
        hint = nearest(name, found) or "; `copydesk groups` lists those that there are"
        raise WrongCall(f"{shown(name)}: there is no such group{hint}")
    return found[name]


def dead(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="Only those of this group.", autocompletion=group_names
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """What consumers failed on again and again, and was put aside so that it holds up no other."""
    with session() as opened:
        aside = list(opened.service.state.groups.put_aside(name))
    for one in aside:
        if as_json or context.obj:
            put_json(_dead_row(one))
        else:
            put(f"{one.document.get('id', '')}  {one.at.replace('T', ' ')[:19]}  {_why(one)}")
            put_whole(f"{one.group}  {one.document.get('path', '')}")
    if not (as_json or context.obj):
        say(
            f"{counted(len(aside), 'document')} put aside; `copydesk groups retry NAME` gives them again"
            if aside
            else "nothing was put aside"
        )


def _why(one: PutAside) -> str:
    times = f"given out {one.delivered} times" if one.delivered != 1 else "given out once"
    return f"{one.reason}, {times}" if one.reason else f"{times}, never acknowledged"


def _dead_row(one: PutAside) -> dict[str, Any]:
    return {
        "id": one.document.get("id"),
        "group": one.group,
        "reason": one.reason or None,
        "deliveries": one.delivered,
        "when": one.at,
        "source": one.document.get("source"),
        "url": one.document.get("url"),
        "path": one.document.get("path"),
    }


def retry(
    context: typer.Context,
    name: Name,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="As listed; its beginning will do."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that was put aside for the group.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on standard output.")
    ] = False,
) -> None:
    """Give a group once more what was put aside for it, in its own stream, before what is new."""
    if bool(ids) == everything:
        raise typer.BadParameter("name documents by their ids, or say --all")
    with session() as opened:
        state = opened.service.state
        _named(state, name, opened.service.clock())
        aside = list(state.groups.put_aside(name))
        picked, errors = (aside, []) if everything else _picked(aside, ids or ())
        given = state.groups.give_again(name, picked)
    if as_json or context.obj:
        put_json({"group": name, "given": given, "errors": errors})
    else:
        say(f"{counted(given, 'document')} to be given again")
    for wanted in errors:
        say(f"copydesk: {shown(wanted)}: nothing of this id was put aside for {name}")
    sys.exit(1 if errors else 0)


def _picked(aside: Sequence[PutAside], ids: Sequence[str]) -> tuple[list[PutAside], list[str]]:
    """What was put aside under ids that begin so, each once; and the ids that are none."""
    picked: dict[str, PutAside] = {}
    errors = []
    for wanted in ids:
        found = [one for one in aside if wanted and one.document.get("id", "").startswith(wanted)]
        picked |= {one.dead_id: one for one in found}
        if not found:
            errors.append(wanted)
    return list(picked.values()), errors
