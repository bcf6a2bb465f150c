import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.dedup.signature import BANDS, FEWEST_SHINGLES, signature

STORY = Path(__file__).parents[2] / "fixtures" / "wire_story_a.txt"
EDITED = STORY.with_name("wire_story_b.txt")

TOKENS = ["l'eau", "d'un", "port-neuf", '"dit"', "Οδός", "ещё", "新桥", "ไทย", "مدينة"]
TYPOGRAPHY = str.maketrans({"'": "’", '"': "”", "-": "–", " ": "\u00a0"})


def made_up(rng: random.Random, length: int) -> list[str]:
    return [f"word{rng.randrange(5000)}" for _ in range(length)]


def met(one: str, other: str) -> bool:
    return not set(signature(one)).isdisjoint(signature(other))


def test_one_short_key_a_band_and_no_two_alike() -> None:
    keys = signature(STORY.read_text())
    assert {len(key) for key in keys} == {5}
    assert len(set(keys)) == len(keys) == BANDS


def test_the_signature_is_the_same_on_every_machine_in_every_run() -> None:
    # Were it another, what was indexed before would not be found: `rebuild` the index then.
    keys = signature(STORY.read_text())
    assert (keys[0].hex(), keys[-1].hex()) == ("4c5fbb994b", "2a6a41efe4")


def test_a_story_edited_by_another_site_is_met() -> None:
    assert met(STORY.read_text(), EDITED.read_text())


@given(st.lists(st.sampled_from(TOKENS), min_size=20))
def test_typography_does_not_change_it(tokens: list[str]) -> None:
    text = " ".join(tokens)
    assert signature(text) == signature(text.translate(TYPOGRAPHY)) == signature(text.upper())


def test_a_very_short_text_has_none() -> None:
    shortest = [str(number) for number in range(FEWEST_SHINGLES + 2)]
    assert signature(" ".join(shortest))
    assert signature(" ".join(shortest[1:])) == ()
    assert signature("tick tock " * 100) == ()
    assert signature("") == ()


@pytest.mark.parametrize(
    ("replaced", "least", "most"),
    # Of 300 words, those that differ at the end; the share of such pairs that must be met:
    # 1 - (1 - j³)^21 at the Jaccard similarities .82, .60, .33 and .05, a few of 200 aside.
    [(30, 1.0, 1.0), (75, 0.97, 1.0), (150, 0.40, 0.66), (270, 0.0, 0.02)],
)
def test_the_more_alike_the_surer_met(replaced: int, least: float, most: float) -> None:
    rng = random.Random(replaced)
    hits = 0
    for _ in range(200):
        one = made_up(rng, 300)
        other = one[: 300 - replaced] + made_up(rng, replaced)
        hits += met(" ".join(one), " ".join(other))
    assert least <= hits / 200 <= most
