"""What groups are to be given once more from the files: plans, and how far each has come."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import NamedTuple

from workers.state.connection import Client, key
from workers.state.outbox import again_of
from workers.state.scripts import Scripts, packed
from workers.storage.places import Place


class Reached(NamedTuple):
    """How far a plan has come: places are taken by day, number, source."""

    day: str
    number: int
    source: str

    @classmethod
    def of(cls, place: Place) -> "Reached":
        """A document's place in the order."""
        return cls(str(place.day), place.number or 0, place.source)


@dataclass(frozen=True, slots=True)
class Plan:
    """All documents from one day until another, for one group."""

    since: str
    """The first day, `2026-11-27`."""
    until: str
    name: str = ""
    """Tells one plan from the next."""
    cut: str = "0-0"
    """The last entry of the outbox that the group had been given: what is behind it comes from there."""
    reached: Reached | None = None
    """The last document that was taken; None at the beginning."""
    given: int = 0
    """Documents so far."""

    def behind(self, reached: Reached, given: int) -> "Plan":
        """The plan once so many more documents were given, up to a place."""
        return replace(self, reached=reached, given=self.given + given)


@dataclass(frozen=True, slots=True)
class Held:
    """A plan as it was read: it is only changed where nobody else has changed it since."""

    plan: Plan
    raw: str


class Again:
    """The plans, by group, and the streams that they fill."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def ask(self, group: str, since: date, until: date) -> tuple[Plan, bool]:
        """Begin a plan for a group, which is made where there is none; False, and its plan, where one is under way."""
        plan = Plan(str(since), str(until), secrets.token_hex(4))
        _, raw = self._scripts.run("ask_again", group, json.dumps(asdict(plan)))
        held = _plan(raw)
        # The same plan again: the reply was lost on its way, and the script was sent twice.
        return held, held.name == plan.name

    def held(self) -> dict[str, Held]:
        """The plans under way, by group."""
        raw = self._client.hgetall(key("again"))
        return {name.decode(): Held(_plan(plan), plan.decode()) for name, plan in raw.items()}

    def of(self, group: str) -> Held | None:
        """The plan of a group, if one is under way."""
        raw = self._client.hget(key("again"), group)
        return Held(_plan(raw), raw.decode()) if raw else None

    def waiting(self, group: str) -> int:
        """Entries in a group's own stream."""
        return int(self._client.xlen(again_of(group)))

    def fill(
        self, group: str, held: Held, plan: Plan | None, entries: Sequence[Mapping[str, str]]
    ) -> bool:
        """Give a group documents, and keep the plan as it is then (None: done); False where another was quicker.

        Raises `Full` where the server has no room for them.
        """
        step: dict[str, object] = {"group": group, "held": held.raw, "entries": []}
        step["entries"] = [[part for pair in entry.items() for part in pair] for entry in entries]
        if plan:
            step["plan"] = json.dumps(asdict(plan))
        return bool(self._scripts.run("fill_again", packed(step)))

    def stop(self, group: str) -> bool:
        """Give a group no more of its plan; whether there was one. What is in its stream stays."""
        return bool(self._scripts.write(("HDEL", key("again"), group))[0])


def _plan(raw: bytes) -> Plan:
    fields = json.loads(raw)
    reached = fields["reached"]
    return Plan(**{**fields, "reached": Reached(*reached) if reached else None})
