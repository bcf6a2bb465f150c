"""Files of rules: what is written is what is read, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.recurring import block_key
from workers.rules.file import Rule, RuleFile, number_of, read_rules, rules_path

WHEN = "2026-11-21T20:00:00Z"
FILE = RuleFile(
    "gazette", 2, WHEN, (Rule("Share this", 7, 12, 1, WHEN), Rule("© A", 5, 9, 2, WHEN))
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(st.lists(TEXTS, max_size=5))
def test_what_is_written_is_read_again(texts: list[str]) -> None:
    file = RuleFile("gazette", 3, WHEN, tuple(Rule(text, 5, 6, 3, WHEN) for text in texts))
    assert read_rules(file.to_json().encode(), "gazette", 3) == file


def test_a_person_can_read_why_a_line_went() -> None:
    told = json.loads(FILE.to_json())
    assert told["rules"][0] == {
        "block": block_key("Share this").hex(),
        "text": "Share this",
        "seen": 7,
        "pages": 12,
        "since": 1,
        "frozen": WHEN,
    }
    assert "© A" in FILE.to_json()
    assert FILE.active.number == 2
    assert set(FILE.active.blocks.values()) == {"Share this", "© A"}


@pytest.mark.parametrize(
    "damaged",
    [
        FILE.to_json().replace("Share this", "Share that"),
        FILE.to_json().replace('"number": 2', '"number": 1'),
        FILE.to_json().replace('"schema": 1', '"schema": 9'),
        FILE.to_json().replace('"seen"', '"saw"'),
        FILE.to_json()[:-20],
        "[]",
        "null",
        "[" * 100_000,
        "",
        "\xff",
    ],
)
def test_a_file_that_was_changed_is_none(damaged: str) -> None:
    with pytest.raises(
        ValueError, match=r"file of rules|frozen|another|JSON|Expecting|Unterminated|utf-8|Extra"
    ):
        read_rules(damaged.encode("latin-1", "replace"), "gazette", 2)


def test_files_are_numbered_and_others_are_none() -> None:
    assert rules_path("gazette", 7) == "rules/gazette/007.json"
    assert rules_path("gazette", 1234) == "rules/gazette/1234.json"
    names = ["007.json", "1234.json", "0123.json", "7.json", "007.json.part", "notes.txt"]
    assert [number_of(name) for name in names] == [7, 1234, None, None, None, None]


def test_the_oldest_rules_go_where_there_are_too_many() -> None:
    added = [Rule(f"line {number}", 5, 9, 3, WHEN) for number in range(500)]
    grown = FILE.grown(added)
    assert len(grown) == 500
    assert grown[-1] == added[-1]
    assert FILE.rules[0] not in grown
