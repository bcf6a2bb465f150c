"""The one counted end of a page."""

from enum import StrEnum


class Outcome(StrEnum):
    """How a page ended. Every page that was owed ends in exactly one of these."""

    NEW = "new"
    """A text that was not known."""
    REVISION = "revision"
    """A changed text at a known URL."""
    DUPLICATE = "duplicate"
    """A text that is known, to the letter of its normalised form."""
    NEAR_DUPLICATE = "near-duplicate"
    """A text that shares most of its words with a known one."""
    UNCHANGED = "unchanged"
    """A known URL with the text it had."""
    REJECTED = "rejected"
    """Fetched, but no article: the reason is counted beside it."""
    GONE = "gone"
    """404 or 410."""
    FAILED = "failed"
    """Given up after the attempts, and in quarantine."""
