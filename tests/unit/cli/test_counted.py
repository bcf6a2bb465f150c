"""A number with its noun."""

import pytest

from cli.output import counted


@pytest.mark.parametrize(
    ("number", "noun", "told"),
    [
        (1, "entry", "1 entry"),
        (2, "entry", "2 entries"),
        (0, "page", "0 pages"),
        (2, "day", "2 days"),
    ],
)
def test_a_number_with_its_noun(number: int, noun: str, told: str) -> None:
    assert counted(number, noun) == told
