from hypothesis import given
from hypothesis import strategies as st

from workers.dedup.compare import compare
from workers.dedup.passages import shared_spans
from workers.dedup.words import shingles_of, words

LEAD = "The «old» lighthouse — so the keeper’s family says — was sold on Monday for one crown"
CODA = "Nobody has asked for the key since the lamp was put out ten years ago"
CHINESE = "市政府周二宣布跨越海湾的新桥将于明年春天开通"
THAI = "เทศบาลแถลงว่าสะพานใหม่ข้ามอ่าวจะเปิดใช้ในฤดูใบไม้ผลิปีหน้า"

tokens = st.lists(st.sampled_from("abcdefgh"), max_size=60)


def passages(body: str, kept: str) -> tuple[str, ...]:
    return compare(body, kept).passages


def test_passages_stand_as_in_the_text_longest_first() -> None:
    body = f"Ahead of all: {CODA}! Between them, {LEAD}. And more."
    kept = f"{LEAD.upper()}. In short. {CODA}."
    assert passages(body, kept) == (LEAD, CODA)


def test_passages_of_fewer_than_eight_words_are_not_shown() -> None:
    assert passages(CODA, f"Nobody has asked for the key since. {LEAD[4:]}") == ()
    assert passages(CODA, "Nobody has asked for the key since the") == (
        "Nobody has asked for the key since the",
    )


def test_three_passages_at_most() -> None:
    parts = [" ".join(f"{part}{number}" for number in range(9)) for part in "abcde"]
    assert passages(" one ".join(parts), " two ".join(parts)) == tuple(parts[:3])


def test_letters_that_normalising_adds_or_takes_away_do_not_shift_a_passage() -> None:
    strange = "½ ﬁnd Straße… ´ № Bundes\u00adrat ❤️ ㎏ İ "
    assert passages(strange * 3 + LEAD, LEAD) == (LEAD,)


def test_scripts_without_spaces_are_cut_between_characters() -> None:
    assert passages(f"消息：{CHINESE}。完", f"{CHINESE}，") == (CHINESE,)
    assert passages(f"ข่าว {THAI}ครับ", f"{THAI}") == (THAI,)


def test_a_passage_stands_in_the_other_text_in_one_piece() -> None:
    kept = f"{CODA[:40]} {LEAD} {CODA[40:]}"
    assert all(passage.casefold() in kept.casefold() for passage in passages(CODA + LEAD, kept))


@given(tokens, tokens)
def test_a_passage_is_of_both_texts_whatever_repeats(own: list[str], kept: list[str]) -> None:
    body, other = " ".join(own), " ".join(kept)
    for passage in passages(body, other):
        assert len(words(passage)) >= 8
        assert f" {passage} " in f" {body} "
        assert f" {passage} " in f" {other} "


@given(tokens, st.lists(st.sampled_from("stuvw"), min_size=8, max_size=20, unique=False), tokens)
def test_a_copied_passage_among_other_words_is_found(
    before: list[str], copied: list[str], after: list[str]
) -> None:
    passage = " ".join(f"{word}{place}" for place, word in enumerate(copied))
    found = passages(" ".join([*before, passage, *after]), passage)
    assert found == (passage,)


def test_a_hostile_text_of_one_word_is_compared_in_linear_time() -> None:
    short, long = "a " * 2_000, "a " * 200_000
    assert len(passages(short, long)[0]) == len(short) - 1


def spans(body: str, kept: str) -> list[str]:
    found = shared_spans(body, shingles_of(body), shingles_of(kept))
    return [body[start:stop] for start, stop in found]


def test_all_passages_are_marked_in_their_order() -> None:
    parts = [" ".join(f"{part}{number}" for number in range(9)) for part in "abcde"]
    assert spans(" one ".join(parts), " two ".join(reversed(parts))) == parts
    assert spans(f"Ahead: {CHINESE}。", f"{CHINESE}，") == [CHINESE]
    assert spans(LEAD, CODA) == []


@given(tokens, tokens)
def test_marked_passages_part_a_text(one: list[str], other: list[str]) -> None:
    body, kept = " ".join(one), " ".join(other)
    found = shared_spans(body, shingles_of(body), shingles_of(kept))
    edges = [edge for span in found for edge in span]
    assert edges == sorted(set(edges))
    assert all(passage in " ".join(spans(body, kept)) for passage in passages(body, kept))
