"""What may recur, and what is left of a text without it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.document import normal_body
from crawler.extraction.recurring import (
    NO_RULES,
    Rules,
    block_key,
    framing_blocks,
    is_long,
    without_recurring,
)

PROSE = "The harbour council met in the morning and counted the boats that had come in before. " * 3
SHARE = "Share this story with your friends"
BOX = "Subscribe to our newsletter and get the best of the week, every Friday."


def rules(*blocks: str) -> Rules:
    return Rules(1, {block_key(block): block for block in blocks})


def body(*blocks: str) -> str:
    return normal_body("\n\n".join(blocks))


def test_whole_blocks_go_wherever_they_stand() -> None:
    text = body(SHARE, PROSE, SHARE, "An end that is its own.", BOX)
    assert without_recurring(text, rules(SHARE, BOX)) == body(PROSE, "An end that is its own.")


def test_a_block_is_known_in_other_typography() -> None:
    assert block_key("Don't miss  it") == block_key("don’t MISS it")
    assert without_recurring(body(PROSE, "DON’T MISS IT"), rules("Don't miss it")) == body(PROSE)


def test_a_paragraph_that_only_holds_what_recurs_stays() -> None:
    text = body(PROSE, f"{SHARE} and with mine.")
    assert without_recurring(text, rules(SHARE)) == text


def test_a_text_with_too_little_of_its_own_stays_whole() -> None:
    text = body("Short.", SHARE, BOX)
    assert without_recurring(text, rules(SHARE, BOX)) == text
    assert without_recurring(body(SHARE), rules(SHARE)) == body(SHARE)


def test_a_short_report_in_chinese_has_enough_of_its_own() -> None:
    report = "市政府周三宣布，港口大桥将于明年春天重新开放，届时渡轮将停止运营，居民对此表示欢迎。"
    assert without_recurring(body(report, "分享到微博"), rules("分享到微博")) == report


def test_without_rules_nothing_changes() -> None:
    assert without_recurring(body(PROSE, SHARE), NO_RULES) == body(PROSE, SHARE)


BLOCKS = st.lists(
    st.sampled_from([PROSE, SHARE, BOX, "Copyright 2026", "A", "B " * 60]), min_size=1
)


@given(BLOCKS, st.sets(st.sampled_from([SHARE, BOX, "Copyright 2026", "A", PROSE])))
def test_nothing_but_whole_blocks_goes_and_twice_changes_nothing_more(
    blocks: list[str], named: set[str]
) -> None:
    text = body(*blocks)
    found = without_recurring(text, rules(*named))
    assert found
    kept = [b for b in text.split("\n\n") if block_key(b) not in rules(*named).blocks]
    assert found in (text, "\n\n".join(kept))
    assert without_recurring(found, rules(*named)) == found


@given(BLOCKS, st.lists(st.sampled_from([SHARE, BOX, "Copyright 2026", "A"]), unique=True))
def test_later_rules_make_of_an_earlier_text_what_they_make_of_the_page(
    blocks: list[str], named: list[str]
) -> None:
    text = body(*blocks, PROSE)
    earlier = without_recurring(text, rules(*named[:1]))
    assert without_recurring(earlier, rules(*named)) == without_recurring(text, rules(*named))


def test_what_stands_near_the_ends_may_frame_a_text() -> None:
    middle = [f"{number} {PROSE}" for number in range(40)]
    found = framing_blocks(body(SHARE, *middle[:20], BOX, *middle[20:], "Copyright 2026"))
    assert found[block_key(SHARE)] == SHARE
    assert block_key("Copyright 2026") in found
    assert block_key(BOX) not in found


def test_what_stands_twice_in_a_text_is_its_own() -> None:
    assert framing_blocks(body("Question:", PROSE, "Question:", "Because.")).keys() == {
        block_key(PROSE.strip()),
        block_key("Because."),
    }


@pytest.mark.parametrize(
    "dateline",
    [
        "PARIS (AFP) -",
        "Saint-Pierre-et-Miquelon (AP)",
        "WASHINGTON, D.C. (Reuters) —",
        "Rio de Janeiro (EFE):",
        "МОСКВА (РИА) —",
    ],
)
def test_no_dateline_is_taken_for_a_frame(dateline: str) -> None:
    assert framing_blocks(dateline) == {}


@pytest.mark.parametrize(
    "line", ["Share on Facebook (Opens in new window)", "All rights reserved (c)", "(AFP)"]
)
def test_not_everything_in_brackets_is_a_dateline(line: str) -> None:
    assert set(framing_blocks(line).values()) == {line}


def test_long_blocks_need_more_and_the_longest_are_never_learnt() -> None:
    assert is_long(PROSE)
    assert not is_long(BOX)
    assert framing_blocks("word " * 250) == {}
