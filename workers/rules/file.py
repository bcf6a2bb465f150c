"""A file of rules, `rules/{source}/{number}.json` in the store: pure.

It holds all rules of its number, those of the number before it included, each with its text and with
what it was frozen for, so that a person can see why a line went.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from crawler.extraction.recurring import Rules, block_key

_SCHEMA = 1
_NAME = re.compile(r"(\d{3}|[1-9]\d{3,8})\.json")
# A site that fills its pages with lists of the day's stories would have the files grow for ever.
_MOST = 500


@dataclass(frozen=True, slots=True)
class Rule:
    """A block that is taken out wherever it stands as a whole."""

    text: str
    seen: int
    """On so many pages with different texts,"""
    pages: int
    """of so many recent ones of the source,"""
    since: int
    """when the file of this number was made,"""
    frozen: str
    """at this time."""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The rules of one number."""

    source: str
    number: int
    frozen: str
    """When the file was made: UTC, to the second."""
    rules: tuple[Rule, ...] = ()

    def grown(self, added: Sequence[Rule]) -> tuple[Rule, ...]:
        """These rules and new ones; the oldest go where there are too many."""
        return (*self.rules, *added)[-_MOST:]

    @property
    def active(self) -> Rules:
        """What an extraction needs of them."""
        blocks = {block_key(rule.text): rule.text for rule in self.rules}
        return Rules(self.number, MappingProxyType(blocks))

    def to_json(self) -> str:
        """For people too: a line a field."""
        rules = [{"block": block_key(rule.text).hex(), **asdict(rule)} for rule in self.rules]
        told = {
            "schema": _SCHEMA,
            "source": self.source,
            "number": self.number,
            "frozen": self.frozen,
            "rules": rules,
        }
        return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def rules_folder(source: str) -> str:
    """Where the files of a source stand, relative to the store."""
    return f"rules/{source}"


def rules_path(source: str, number: int) -> str:
    """The path of a file, relative to the store."""
    return f"{rules_folder(source)}/{number:03}.json"


def number_of(name: str) -> int | None:
    """The number of a file by its name; None where it is none of ours."""
    match = _NAME.fullmatch(name)
    return int(match[1]) if match else None


def read_rules(raw: bytes, source: str, number: int) -> RuleFile:
    """The inverse of `to_json`; a `ValueError` where a file is not as it was written."""
    try:
        told: dict[str, Any] = json.loads(raw)
        if told["schema"] != _SCHEMA or (told["source"], told["number"]) != (source, number):
            raise ValueError("it is of another schema, source or number")
        rules = tuple(_rule(row) for row in told["rules"])
        return RuleFile(source, number, str(told["frozen"]), rules)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a file of rules: {error!r}") from None


def _rule(row: dict[str, Any]) -> Rule:
    fields = dict(row)
    if fields.pop("block") != block_key(fields["text"]).hex():
        raise ValueError("a rule's text is not the one that was frozen")
    return Rule(**fields)
