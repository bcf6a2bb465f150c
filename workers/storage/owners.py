"""Whose a store is: a file for each service that it belonged to, `owners/{number}.json`; the highest is the present one's.

They are created and never changed, as all that stands in a store.
"""

import errno
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from workers.storage.store import Store, StoreUnread

FOLDER = "owners"
_SCHEMA = 1
_NAME = re.compile(r"(\d{3}|[1-9]\d{3,8})\.json")
# What stands there is shown to people: no more is taken from it than was put there.
_FIELDS = {
    "service": re.compile(r"[0-9a-f]{16}"),
    "since": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    "host": re.compile(r"[\w.-]{1,253}", re.ASCII),
}


@dataclass(frozen=True, slots=True)
class Owner:
    """A service that has, or had, a store for its own."""

    number: int
    """Of its file; the highest is that of the present owner."""
    service: str = ""
    """The name of its state; empty, as all below, where the file does not say it."""
    since: str = ""
    """UTC, to the second."""
    host: str = ""
    """Where it was at work then."""

    @property
    def path(self) -> str:
        """Where its file is, relative to the store."""
        return f"{FOLDER}/{self.number:03}.json"

    def to_json(self) -> str:
        """For people too: a line a field."""
        told = {"schema": _SCHEMA, **asdict(self)}
        return json.dumps(told, indent=1) + "\n"


def owner_of(store: Store) -> Owner | None:
    """Whose a store is at present, None for nobody's; an `OSError` where that cannot be read."""
    names = store.shelf(FOLDER).files
    numbers = [int(found[1]) for name in names if (found := _NAME.fullmatch(name))]
    if not numbers:
        return None
    owner = Owner(max(numbers))
    raw = store.read(owner.path)
    if raw is None:
        raise StoreUnread(errno.EIO, f"{store.name}: {owner.path} is listed, and not to be read")
    return _read(owner, raw)


def _read(owner: Owner, raw: bytes) -> Owner:
    try:
        found: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return owner
    told = found if isinstance(found, Mapping) else {}
    values = {name: str(told.get(name, "")) for name in _FIELDS}
    fit = {name: values[name] for name, form in _FIELDS.items() if form.fullmatch(values[name])}
    return Owner(owner.number, **fit)
