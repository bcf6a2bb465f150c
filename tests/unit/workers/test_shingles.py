import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.dedup.words import WIDTH, shingles, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L'eau, «enfin»!", ["l", "eau", "enfin"]),
        ("Η ΠΌΛΗ ΤΟΥΣ", ["η", "πόλη", "τουσ"]),
        ("Ещё 3,5 км", ["еще", "3", "5", "км"]),
        ("قال الـوزيرُ", ["قال", "الوزیر"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("새 다리가 열렸다", ["새", "다리가", "열렸다"]),
        ("新桥开通。", ["新", "桥", "开", "通"]),
        ("ビル・建設が", ["ビ", "ル", "建", "設", "が"]),
        ("แม่น้ำไทย", ["แม่", "น้ํา", "ไท", "ย"]),
        ("ແມ່ນໍ້າລາວ", ["ແມ່", "ນໍ້າ", "ລາ", "ວ"]),
        ("ទន្លេ។", ["ទ", "ន្", "លេ"]),
        ("မြစ်၊", ["မြ", "စ်"]),
        ("COVID-19疫苗 ok", ["covid", "19", "疫", "苗", "ok"]),
        ("...!", []),
    ],
)
def test_words_of_every_script(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('l\'an "deux"', "l’an « deux »"),
        ("l'an", "lʼan"),
        ("l'an", "l´an"),
        ("pages 3-4", "pages 3–4"),
        ("19.000 Menschen", "19\u202f000 Menschen"),
        ("Bundesregierung", "Bundes\u00adregierung"),
        ("Straße", "STRASSE"),
        ("ΛΌΓΟΣ", "λόγος"),
        ("партнёр", "партнер"),
        ("كتاب", "كِتَابٌ"),
        ("كتاب", "كتــاب"),
        ("می‌شود", "میشود"),
        ("يكون", "یکون"),
        ("٢٠٢٦", "2026"),
        ("۲۰۲۶", "2026"),
        ("२०२६", "2026"),
        ("「橋」が開通、祝う。", "『橋』が開通，祝う．"),
        ("ＡＢＣ", "abc"),
        ("한국", "한국"),
        ("שלום", "שָׁלוֹם"),
        ("ガス", "ｶﾞｽ"),
        ("２０２６年", "2026年"),
        ("*very* _new_", "very new"),
        ("I ❤️ it", "I it"),
    ],
)
def test_typography_makes_no_other_words(one: str, other: str) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("πόλη", "πολη"),  # an accent tells words apart, and capitals that lost theirs are others
        ("国", "國"),
        ("été", "ete"),
        ("أحمد", "احمد"),
        ("й", "и"),
    ],
)
def test_letters_that_stay_apart(one: str, other: str) -> None:
    assert words(one) != words(other)


@given(st.text())
def test_any_text_has_words_that_stay_what_they_are(text: str) -> None:
    found = words(text)
    assert words(" ".join(found)) == found


@given(st.lists(st.text("abc", min_size=1, max_size=2)))
def test_there_is_always_a_shingle(found: list[str]) -> None:
    made = shingles(found)
    assert len(made) == max(1, len(found) - WIDTH + 1)
    assert made[-1].split() == found[-WIDTH:]
