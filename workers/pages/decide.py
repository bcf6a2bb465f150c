"""What a text is, given what is known: pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from crawler.outcome import Outcome
from workers.dedup.compare import Comparison, Verdict, verdict


@dataclass(frozen=True, slots=True)
class Facts:
    """What the index and the comparisons say of a text."""

    id: str
    is_known: bool
    """This very text is kept already, under whatever URL."""
    head: str | None
    """The id that this URL had before."""
    own_past: frozenset[str]
    """Ids that were found at this URL before: never counted as somebody else's text."""
    comparisons: Mapping[str, Comparison]
    """With each candidate, by its id."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, and what goes with it."""

    outcome: Outcome
    queued: bool
    supersedes: str | None = None
    duplicate_of: str | None = None
    similarity: float | None = None
    reason: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the text gets a file."""
        return self.outcome in {Outcome.NEW, Outcome.REVISION, Outcome.NEAR_DUPLICATE}


def decide(facts: Facts, *, keep_near_duplicates: bool) -> Decision:
    """The outcome of a text: the same URL, then the same text, then a text that is alike."""
    if facts.id == facts.head:
        return Decision(Outcome.UNCHANGED, queued=False)
    if facts.is_known:
        return Decision(
            Outcome.DUPLICATE,
            queued=False,
            duplicate_of=facts.id,
            similarity=1.0,
            reason="the same text, but for typography and case",
        )
    if facts.head:
        return Decision(Outcome.REVISION, queued=True, supersedes=facts.head)
    return _against_others(facts, keep_near_duplicates=keep_near_duplicates)


def _against_others(facts: Facts, *, keep_near_duplicates: bool) -> Decision:
    alike = [
        (kept_id, comparison, judged)
        for kept_id, comparison in facts.comparisons.items()
        if kept_id not in facts.own_past and (judged := verdict(comparison)) is not Verdict.DISTINCT
    ]
    if not alike:
        return Decision(Outcome.NEW, queued=True)
    # What holds all of the text decides, then what it has most in common with.
    original, comparison, judged = min(
        alike, key=lambda one: (one[2] is not Verdict.DROP, -one[1].jaccard, one[0])
    )
    return Decision(
        Outcome.NEAR_DUPLICATE,
        queued=keep_near_duplicates or judged is not Verdict.DROP,
        duplicate_of=original,
        similarity=comparison.jaccard,
        reason=comparison.reason,
    )
