"""Records that another release may have written: what is new in them is passed by.

Two releases work side by side on a state of one version while a service is upgraded machine by
machine. The later one may keep more of a thing than the earlier knows of; whatever changes the
meaning of what was there before has a version of its own (`workers/state/version.py`).
"""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any


def known_fields(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values for which a dataclass has a field."""
    names = _names(kind)  # type: ignore[arg-type] # a class can be hashed
    return {name: value for name, value in values.items() if name in names}


@cache
def _names(kind: type[Any]) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind))
