"""The stories of the sample sites, and the relations between them that the demo promises."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.document import document_id
from demo import stories
from demo.stories import Story, body_html
from demo.typography import french, straight
from workers.dedup.compare import Verdict, compare, verdict

OPENED = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
LATER = OPENED + timedelta(hours=1)
LANGUAGES = ("fr", "es", "en")


def broadcast() -> dict[int, Story]:
    every = [story for lang in LANGUAGES for story in stories.of_edition(lang, OPENED)]
    return {story.number: story for story in every}


def carried() -> dict[int, Story]:
    return {story.number: story for story in stories.of_agency(OPENED, LATER)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_edition_is_newest_first_and_of_one_language(language: str) -> None:
    edition = stories.of_edition(language, OPENED)
    times = [story.published for story in edition]
    assert times == sorted(times, reverse=True)
    assert all(story.language == language for story in edition)
    assert times[0] <= OPENED


def test_articles_are_long_enough_to_be_articles() -> None:
    articles = [s for s in [*broadcast().values(), *carried().values()] if s.kind == "article"]
    assert len(articles) == 44
    assert all(150 <= len(story.text.split()) <= 400 for story in articles)


def test_the_wire_story_comes_back_in_other_words() -> None:
    wire = compare(carried()[501].text, broadcast()[1201].text)
    assert 0.8 <= wire.jaccard <= 0.9
    assert verdict(wire) is Verdict.DROP


def test_a_story_comes_back_to_the_letter_in_other_typography() -> None:
    original, copy = broadcast()[2103], carried()[502]
    assert copy.text.strip() != original.text.strip()
    assert document_id(copy.text) == document_id(original.text)


def test_a_story_comes_back_fuller() -> None:
    fuller = compare(carried()[503].text, broadcast()[3304].text)
    assert fuller.kept_containment == 1
    assert verdict(fuller) is Verdict.FULLER


def test_the_agency_carries_stories_only_later() -> None:
    before, after = stories.of_agency(OPENED), stories.of_agency(OPENED, LATER)
    assert after[3:] == before
    assert {story.number for story in after[:3]} == {501, 502, 503}
    assert all(story.published == LATER for story in after[:3])


def test_a_correction_changes_one_story() -> None:
    before, after = stories.of_edition("fr", OPENED), stories.of_edition("fr", OPENED, LATER)
    changed = [new for old, new in zip(before, after, strict=True) if new != old]
    assert [story.number for story in changed] == [1207]
    assert changed[0].modified == LATER
    assert "juin, et non de mai" in changed[0].text


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("One\nline.", "<p>One line.</p>"),
        ("a\n\nb < c", "<p>a</p>\n<p>b &lt; c</p>"),
        ("## Head", "<h2>Head</h2>"),
        ("> Said.", "<blockquote><p>Said.</p></blockquote>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        (
            "| A | B |\n| 1 | 2 |",
            "<table>\n<tr><th>A</th><th>B</th></tr>\n<tr><td>1</td><td>2</td></tr>\n</table>",
        ),
    ],
)
def test_blocks_become_markup(text: str, markup: str) -> None:
    assert body_html(text) == markup


def test_french_is_set_with_no_break_spaces() -> None:
    assert french("Il dit : « Oui ! »") == "Il dit\u00a0: «\u00a0Oui\u202f!\u00a0»"


def test_a_teleprinter_knows_straight_marks_only() -> None:
    assert straight("« L’eau – enfin » “again”") == '"L\'eau - enfin" "again"'
