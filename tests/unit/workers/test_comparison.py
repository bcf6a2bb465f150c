from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.dedup.compare import Comparison, Verdict, compare, verdict

FIXTURES = Path(__file__).parents[2] / "fixtures"
STORY = (FIXTURES / "wire_story_a.txt").read_text()
EDITED = (FIXTURES / "wire_story_b.txt").read_text()
PARAGRAPHS = STORY.split("\n\n")

LANGUAGES = {
    "zh": "市政府周二宣布，跨越海湾的新桥将于明年春天开通。届时两岸之间的车程会从一小时缩短到十分钟。",
    "ja": "市は火曜日、湾をまたぐ新しい橋が来年の春に開通すると発表した。車での移動は一時間から十分に縮まる。",
    "th": "เทศบาลแถลงเมื่อวันอังคารว่าสะพานใหม่ข้ามอ่าวจะเปิดใช้ในฤดูใบไม้ผลิปีหน้า การเดินทางจะเหลือเพียงสิบนาที",
    "ar": "أعلنت البلدية يوم الثلاثاء أن الجسر الجديد فوق الخليج سيفتح في الربيع المقبل وأن الرحلة ستستغرق عشر دقائق",
    "el": "Ο δήμος ανακοίνωσε την Τρίτη ότι η νέα γέφυρα πάνω από τον κόλπο θα ανοίξει την άνοιξη του επόμενου έτους",
    "ru": "Мэрия объявила во вторник, что новый мост через залив откроется весной и дорога займёт всего десять минут",
}

prose = st.lists(st.sampled_from(" ".join(LANGUAGES.values()).split()), min_size=3).map(" ".join)


def counted(shared: int, own: int, kept: int) -> Comparison:
    return Comparison(shared=shared, own=own, kept=kept)


@given(prose, prose)
def test_jaccard_is_symmetric_and_containments_change_places(one: str, other: str) -> None:
    there, back = compare(one, other), compare(other, one)
    assert there.jaccard == back.jaccard
    assert there.containment == back.kept_containment
    assert 0 <= there.jaccard <= round(there.containment, 3) <= 1


@given(prose, prose)
def test_a_beginning_is_contained_in_the_whole(beginning: str, rest: str) -> None:
    assert compare(beginning, f"{beginning} {rest}").containment == 1.0


@given(prose)
def test_a_text_is_like_itself_in_other_typography(text: str) -> None:
    retyped = text.upper().replace(" ", "\u00a0").replace(",", "،")
    assert compare(text, retyped).jaccard == 1.0


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    comparison = compare(one, other)
    assert 0 <= comparison.jaccard <= 1
    assert all(passage in one for passage in comparison.passages)
    assert len(comparison.reason.splitlines()) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_knows_an_edited_sentence_from_another_text(language: str) -> None:
    text = LANGUAGES[language]
    half = text[: len(text) // 2]
    others = [other for name, other in LANGUAGES.items() if name != language]
    assert 0.3 < compare(half, text).jaccard < 0.6
    assert compare(half, text).containment > 0.8
    assert max(compare(text, other).jaccard for other in others) < 0.05


def test_one_story_of_two_sites_is_a_near_duplicate_both_ways() -> None:
    comparison = compare(EDITED, STORY)
    assert comparison.jaccard == 0.867
    assert round(comparison.containment, 3) == 0.958
    assert round(comparison.kept_containment, 3) == 0.9
    assert verdict(comparison) is verdict(compare(STORY, EDITED)) is Verdict.DROP


def test_the_reason_states_figures_and_the_longest_passage_in_the_texts_own_typography() -> None:
    comparison = compare(EDITED, STORY)
    assert comparison.reason == (
        "shares 461 of its 481 word triples (96%) with the kept text, which has 512 (90%); "
        "Jaccard 0.867; longest passage, 290 words: «et rappelle que deux repreneurs ont déjà "
        "jeté l’éponge. « Un bac tous les huit mois, ce n’est pas une industrie, c’est un "
        "atelier », a-t-il ironisé, avant de de…»"
    )


def test_a_shortened_copy_is_dropped_and_the_whole_story_queued_after_it() -> None:
    shortened = "\n\n".join(PARAGRAPHS[:2])
    assert compare(shortened, STORY).jaccard < 0.3
    assert verdict(compare(shortened, STORY)) is Verdict.DROP
    assert verdict(compare(STORY, shortened)) is Verdict.FULLER


def test_a_story_continued_is_fuller() -> None:
    earlier = "\n\n".join(PARAGRAPHS[:5])
    assert verdict(compare(STORY, earlier)) is Verdict.FULLER


def test_stories_that_quote_the_same_words_are_distinct() -> None:
    quotation = PARAGRAPHS[1]
    one = f"{quotation}\n\n{PARAGRAPHS[5]}\n\n{PARAGRAPHS[6]}"
    other = f"{PARAGRAPHS[2]}\n\n{PARAGRAPHS[3]}\n\n{quotation}"
    assert compare(one, other).passages == (quotation.rstrip('."'),)
    assert verdict(compare(one, other)) is Verdict.DISTINCT


def test_a_follow_up_with_the_old_background_is_distinct() -> None:
    follow_up = f"{PARAGRAPHS[5]}\n\n{PARAGRAPHS[6]}\n\n{PARAGRAPHS[4]}\n\n{PARAGRAPHS[2]}"
    earlier = f"{PARAGRAPHS[0]}\n\n{PARAGRAPHS[1]}\n\n{PARAGRAPHS[3]}\n\n{PARAGRAPHS[2]}"
    assert compare(follow_up, earlier).passages
    assert verdict(compare(follow_up, earlier)) is Verdict.DISTINCT


def column(high: str, low: str, wind: str, sky: str, town: str) -> str:
    return (
        f"Tides for the week at the mouth of the estuary: high water {high}, low water {low}. "
        f"Wind {wind}. The sky will be {sky}. The ferry from {town} runs as usual unless the "
        f"harbour office says otherwise. All times are local and are worked out by the harbour "
        f"office; sailors should ask there before they leave. This column appears every Friday."
    )


LAST_WEEK = column("6.12", "12.40", "from the west, 15 knots", "grey at first", "Port-Alban")


def test_a_weekly_column_is_linked_to_the_last_one() -> None:
    this_week = column("7.05", "13.31", "northerly and cold", "clear from noon", "Lanvaon")
    assert verdict(compare(this_week, LAST_WEEK)) is Verdict.FULLER


def test_a_column_of_which_less_than_a_fifth_is_new_is_dropped() -> None:
    # What differs may be all that matters; figures alone cannot tell. The text is kept apart.
    this_week = column("6.12", "12.40", "from the west, 18 knots", "grey at first", "Port-Alban")
    assert verdict(compare(this_week, LAST_WEEK)) is Verdict.DROP


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        (counted(80, 100, 1000), Verdict.DROP),
        (counted(79, 100, 1000), Verdict.DISTINCT),
        (counted(80, 1000, 100), Verdict.FULLER),
        (counted(79, 1000, 100), Verdict.DISTINCT),
        (counted(62, 100, 100), Verdict.DISTINCT),
        (counted(63, 100, 100), Verdict.FULLER),
        (counted(50, 50, 50), Verdict.DROP),
        (counted(49, 49, 900), Verdict.DROP),
        (counted(48, 49, 900), Verdict.DISTINCT),
        (counted(48, 49, 50), Verdict.FULLER),
        (counted(40, 49, 49), Verdict.DISTINCT),
        (counted(49, 100, 49), Verdict.DISTINCT),
    ],
)
def test_verdict(comparison: Comparison, expected: Verdict) -> None:
    assert verdict(comparison) is expected


def test_a_short_text_with_another_score_is_not_dropped() -> None:
    result = "Lanvaon beat Port-Alban {} on Sunday in front of four hundred people at the old dock."
    assert verdict(compare(result.format("2-1"), result.format("3-0"))) is not Verdict.DROP
