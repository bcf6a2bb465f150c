"""What is told of alarms to whoever cannot look at `status`: once a change, and a flapping one ever more seldom.

What is to be told is decided, and kept as a notice, in one step; it is sent in another, by a process of its own, until
each of the places in `COPYDESK_NOTIFY` has it or a day has gone by. What is sent twice by a kill is the rule's price.
"""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from config.records import known_fields
from crawler.document import normal_line
from workers.alarms.kinds import UNSENT
from workers.alarms.sources import roots
from workers.service import Service
from workers.state.alarms import Alarm

log = structlog.get_logger(__name__)

# An alarm that comes again after it was told waits so long from when it was told last, then four times as long.
_FIRST_PAUSE, _LONGEST_PAUSE = 3600.0, 86400.0
_REMEMBERED = 2 * 86400.0
_MOST_LINES, _LONGEST_LINE = 20, 500
# A notice that cannot be sent is tried again after these seconds, then every hour, for a day.
_RETRIES = (60.0, 240.0, 900.0, 3600.0)
_GIVEN_UP_SECONDS = 86400.0
_SEND_SECONDS = 30
_LOCK_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Told:
    """What was last told of an alarm."""

    is_raised: bool
    at: float
    times: int
    """How often it was told as raised, lately."""


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told now, and what was told after that."""

    raised: tuple[Alarm, ...]
    cleared: tuple[str, ...]
    """Names of alarms: `silent gazette`."""
    told: Mapping[str, Told]
    forgotten: tuple[str, ...]


def news(standing: Iterable[Alarm], told: Mapping[str, Told], now: float) -> News:
    """What changed since it was told; of alarms with one cause the cause."""
    # That nothing can be sent is nothing to send.
    alarms = [alarm for alarm in standing if alarm.kind != UNSENT]
    names = {alarm.name for alarm in alarms}
    raised = tuple(a for a in roots(alarms) if _is_news(told.get(a.name), now))
    cleared = tuple(n for n, one in told.items() if one.is_raised and n not in names)
    after = {n: Told(is_raised=False, at=now, times=told[n].times) for n in cleared}
    after |= {
        a.name: Told(is_raised=True, at=now, times=_times(told.get(a.name)) + 1) for a in raised
    }
    forgotten = tuple(
        n
        for n, one in told.items()
        if not one.is_raised and now - one.at > _REMEMBERED and n not in after
    )
    return News(raised, cleared, after, forgotten)


def _times(one: Told | None) -> int:
    return one.times if one else 0


def _is_news(one: Told | None, now: float) -> bool:
    if one is None:
        return True
    pause = min(_FIRST_PAUSE * 4.0 ** (min(one.times, 9) - 1), _LONGEST_PAUSE)
    return not one.is_raised and now - one.at >= pause


def text_of(told: News) -> tuple[str, str]:
    """Title and body, for a person."""
    counts = [(len(told.raised), "raised"), (len(told.cleared), "cleared")]
    title = f"Copydesk: {', '.join(f'{n} {what}' for n, what in counts if n)}"
    lines = [f"{a.kind}, {a.subject}, since {_stamp(a.since)}: {a.evidence}" for a in told.raised]
    lines += [f"cleared: {name.replace(' ', ', ', 1)}" for name in told.cleared]
    shown = [normal_line(line)[:_LONGEST_LINE] for line in lines[:_MOST_LINES]]
    more = len(lines) - len(shown)
    return title, "\n".join([*shown, *([f"and {more} more: copydesk status"] if more else [])])


def _stamp(seconds: float | None) -> str:
    return "?" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def compose(service: Service, now: float) -> bool:
    """Keep what is to be told as a notice; whether one is due to be sent."""
    state = service.state.alarms
    if not service.settings.notify:
        return False
    told = {name: Told(**known_fields(Told, fields)) for name, fields in state.told().items()}
    changed = news(state.standing(), told, now)
    after = {
        n: {"is_raised": t.is_raised, "at": t.at, "times": t.times} for n, t in changed.told.items()
    }
    notice = None
    if changed.raised or changed.cleared:
        title, body = text_of(changed)
        notice = {"title": title, "body": body, "made": now, "due": now, "tries": 0, "left": None}
    if notice or changed.forgotten:
        state.note_told(after, changed.forgotten, notice)
    return any(one["due"] <= now for one in state.notices().values())


def send_notices(service: Service, now: float) -> None:
    """Send what is due, the oldest first; what fails is kept for later."""
    state = service.state
    if not state.is_time("sending-notices", _LOCK_SECONDS):
        return
    try:
        for name, notice in sorted(state.alarms.notices().items()):
            if notice["due"] <= now:
                state.alarms.keep_notice(name, _after(notice, _send(notice), now))
    finally:
        state.is_time_again("sending-notices")


def _after(notice: Mapping[str, Any], sent: Mapping[str, Any], now: float) -> dict[str, Any] | None:
    """The notice as it is kept after it was tried; None for one that is done with."""
    if not sent["left"] and not sent["problem"]:
        return None
    tries = notice["tries"] + 1
    is_over = now - notice["made"] > _GIVEN_UP_SECONDS
    level = logging.ERROR if is_over else logging.WARNING
    log.log(level, "notice.unsent", problem=sent["problem"], tries=tries, given_up=is_over)
    if is_over:
        return None
    pause = _RETRIES[min(tries, len(_RETRIES)) - 1]
    left = sent["left"] or notice["left"]
    return {**notice, "tries": tries, "due": now + pause, "left": left, "problem": sent["problem"]}


def _send(notice: Mapping[str, Any]) -> dict[str, Any]:
    """Have a process of its own send it: what it loads, says and waits for is not this one's."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "workers.alarms.notify"],
            input=json.dumps({name: notice[name] for name in ("title", "body", "left")}).encode(),
            capture_output=True,
            timeout=_SEND_SECONDS,
            env=os.environ,
            check=False,
        )
        told: dict[str, Any] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        # Its own words may hold an address with its password.
        return {"left": [], "problem": "the process that sends did not come to its end"}
    return told
