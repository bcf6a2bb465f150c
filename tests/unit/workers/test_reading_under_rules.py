"""A reading under other rules is what reading the page under them gives."""

from datetime import UTC, datetime

import pytest

from config.sources import Source
from crawler.extraction.recurring import NO_RULES, Rules, block_key
from crawler.page import Page, Visit
from rig.stories import Story, article_page
from workers.pages.reading import Reading, read
from workers.state.frontier import WaitingPage

STORY = Story.numbered(1, paragraphs=6)
URL = "https://www.example.org/news/1"
SOURCE = Source(name="gazette", start="https://www.example.org/", language="en")


def rules(number: int, *blocks: str) -> Rules:
    return Rules(number, {block_key(block): block for block in blocks})


ALL = [NO_RULES, rules(1, *STORY.paragraphs[:1]), rules(2, *STORY.paragraphs[:1], "Elsewhere")]
ALL.append(rules(3, *STORY.paragraphs))


def reading(under: Rules) -> Reading:
    body = article_page(STORY).encode()
    page = Page(URL, URL, 200, datetime(2026, 11, 21, tzinfo=UTC), "text/html", "", body)
    visit = Visit("token", "gazette", "example.org/news/1", URL)
    found = read(WaitingPage(visit, page, head=None, reserved=None), SOURCE, under)
    assert isinstance(found, Reading)
    return found


@pytest.mark.parametrize("first", ALL)
@pytest.mark.parametrize("then", ALL)
def test_rules_can_be_changed_without_the_page(first: Rules, then: Rules) -> None:
    assert reading(first).under(then) == reading(then)
    assert reading(then).article.rules == then.number


def test_rules_that_name_all_of_it_take_nothing() -> None:
    whole = "\n\n".join(STORY.paragraphs)
    assert reading(NO_RULES).document.body == whole
    assert reading(ALL[1]).document.body == "\n\n".join(STORY.paragraphs[1:])
    assert reading(ALL[3]).document.body == whole
