"""What a check has found."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and may not for long, or not as well as it might."""
    WRONG = "wrong"
    """It does not work until somebody does something."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line."""

    check: str
    """What was looked at, in a word or two."""
    verdict: Verdict
    told: str
    """What was found."""
    advice: str = ""
    """What to do; empty where nothing is to be done."""


def ok(check: str, told: str) -> Finding:
    """All is well."""
    return Finding(check, Verdict.OK, told)


def warning(check: str, told: str, advice: str) -> Finding:
    """Something to know of."""
    return Finding(check, Verdict.WARNING, told, advice)


def wrong(check: str, told: str, advice: str) -> Finding:
    """Something to mend."""
    return Finding(check, Verdict.WRONG, told, advice)
