"""What a person types as an expression of SQLite's full text, and what of a document it is held against. Pure."""

import re
from collections.abc import Iterator

from workers.dedup.words import words

MOST_WORDS = 20_000
"""Words of a text that can be found; beyond them are no articles."""
_MOST_TERMS = 20
# Where every tenth word of all texts begins so, the lists that are joined are too long to wait for.
_LEAST_BEGINNING = 4
_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')


def indexed_words(title: str, body: str) -> str:
    """The words of a document, as the service's own splitter has them, with blanks between."""
    return " ".join([*words(title), *words(body)[:MOST_WORDS]])


def facets(*, source: str = "", day: str = "", outcome: str = "") -> list[str]:
    """A word each, which no text has, for what a document is found by beside its words; `day` is YYYY-MM-DD."""
    named = {"s": source, "d": day.replace("-", ""), "o": outcome}
    return [f"{kind}-{value}" for kind, value in named.items() if value]


def expression(typed: str, kinds: list[str]) -> str:
    """An expression that is true of documents with all words and all facets; empty for none of either.

    Words in quotes stand side by side, and so do the characters of scripts without blanks; `word*` is its
    beginning, of four letters or more. Nothing that is typed is taken for an operator.
    """
    terms = [f"facets:{_quoted([kind])}" for kind in kinds]
    terms += [f"text:{term}" for term in _terms(typed)]
    return " AND ".join(terms[:_MOST_TERMS])


def has_words(typed: str) -> bool:
    """Whether there is anything in it to look for."""
    return any(True for _ in _terms(typed))


def _terms(typed: str) -> Iterator[str]:
    for match in _TERM.finditer(typed):
        phrase, word = match.groups()
        if found := words(phrase if phrase is not None else word):
            is_long = len(found[-1]) >= _LEAST_BEGINNING
            is_beginning = word is not None and word.endswith("*") and is_long
            yield _quoted(found) + (" *" if is_beginning else "")


def _quoted(found: list[str]) -> str:
    return f'"{" ".join(found)}"'
