"""Where the prose of a page stands, and what of an extraction stands behind it."""

import time

import pytest
from lxml.html import HtmlElement, document_fromstring, tostring

from crawler.extraction.loose_text import make_paragraphs
from crawler.extraction.trunk import find_trunk, misses, share_of_title, without_tail

SAID = "The council met on Tuesday and agreed, after four hours, to repair the bridge this year."
MORE = (
    "The works begin in June, so the ferry will run by night too, the mayor told reporters there."
)
OTHER = "Swimmers from nine countries arrived for the championship, which starts on Friday at noon."
TITLE = "Council to repair the bridge"


def page(body: str) -> HtmlElement:
    return document_fromstring(f"<html><body>{body}</body></html>")


STORY = f"<div id='story'><h1>{TITLE}</h1><p>{SAID}</p><p>{MORE}</p></div>"
ASIDE = f"<div id='aside'><p>{OTHER}</p><p>{OTHER} {OTHER[:30]}</p></div>"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (STORY, "story"),
        (ASIDE + STORY, "story"),  # less prose, but the page's heading is there
        (STORY.replace("h1", "h3") + ASIDE, "story"),
        (STORY.replace(TITLE, "Another heading") + ASIDE, "story"),  # the first h1, for want of it
        (STORY.replace(f"<h1>{TITLE}</h1>", "") + ASIDE, "aside"),
        (f"<div id='links'><p><a href='/x'>{SAID * 9}</a></p></div>{STORY}", "story"),
        (f"<div id='bare'>{SAID}<br>{MORE}</div>", "bare"),
        (f"<div id='split'>{SAID[:30]}<b>{SAID[30:50]}</b>{SAID[50:]}</div>", "split"),
    ],
)
def test_the_trunk_is_where_most_prose_is_near_the_heading(body: str, where: str) -> None:
    trunk = find_trunk(page(body), TITLE)
    assert trunk is not None
    assert trunk.element.get("id") == where


@pytest.mark.parametrize("body", ["", "<p>Short.</p>", f"<script>{SAID * 5}</script>"])
def test_a_page_without_prose_has_none(body: str) -> None:
    assert find_trunk(page(body), TITLE) is None


def test_what_stands_behind_the_trunk_goes() -> None:
    tail = "<div><p>Most read</p><ul><li>Storm over the bay</li><li>Ferry sold</li></ul></div>"
    trunk = find_trunk(page(STORY + tail), TITLE)
    kept = [SAID, MORE]
    assert without_tail([*kept, "Most read", "- Storm over the bay\n- Ferry sold"], trunk) == kept


def test_what_announces_it_goes_too() -> None:
    story = STORY.replace("</div>", "<p>Read also:</p></div>")
    assert without_tail([SAID, MORE, "Read also:", "- One"], find_trunk(page(story), TITLE)) == [
        SAID,
        MORE,
    ]


def test_what_stands_before_the_trunk_or_between_stays() -> None:
    trunk = find_trunk(page(STORY), TITLE)
    blocks = ["From our correspondent", SAID, "Between", MORE]
    assert without_tail(blocks, trunk) == blocks


def test_a_second_half_elsewhere_stays() -> None:
    trunk = find_trunk(page(STORY), TITLE)
    assert without_tail([SAID, MORE, OTHER], trunk) == [SAID, MORE, OTHER]


def test_a_list_and_a_table_in_the_trunk_are_known_by_their_lines() -> None:
    rows = "<table><tr><td>May</td><td>12</td></tr></table>"
    trunk = find_trunk(page(STORY.replace("</div>", f"<ul><li>One</li><li>Two</li></ul>{rows}</div>")), TITLE)  # fmt: skip
    blocks = [SAID, MORE, "- One\n- Two", "May | 12"]
    assert without_tail(blocks, trunk) == blocks


def test_a_block_with_marks_that_reorder_it_is_known_in_the_trunk() -> None:
    last = "The \u202elast\u202c \u2066line\u2069 of it"
    trunk = find_trunk(page(STORY.replace("</div>", f"<p>{last}</p></div>")), TITLE)
    assert without_tail([SAID, MORE, last], trunk) == [SAID, MORE, last]


def test_a_trunk_that_holds_little_of_a_text_does_not_judge_it() -> None:
    trunk = find_trunk(page(STORY), TITLE)
    blocks = [OTHER * 4, SAID, "Tail"]
    assert without_tail(blocks, trunk) == blocks
    assert without_tail(["a", "b"], None) == ["a", "b"]


def test_a_text_from_another_place_misses_the_trunk() -> None:
    trunk = find_trunk(page(STORY), TITLE)
    assert misses(["Letters in capitals are not printed."], trunk, TITLE)
    assert not misses([SAID, MORE], trunk, TITLE)
    assert not misses([SAID], trunk, "The council agreed")  # short, but about its title
    assert not misses(["Letters"], None, TITLE)


@pytest.mark.parametrize(
    ("text", "title", "share"),
    [
        ("Bridges are repaired", "Repair of a bridge", 1.0),
        ("Дорогу отремонтируют", "Ремонт дороги отложен", 1 / 3),
        ("消防局确认发生火灾", "购物中心火灾", 1 / 5),
        ("anything", None, 0.0),
        ("anything", "a of", 0.0),
    ],
)
def test_words_of_a_title_are_found_whatever_their_endings(
    text: str, title: str | None, share: float
) -> None:
    assert share_of_title(text, title) == pytest.approx(share)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (f"{SAID}<p>x</p>", f"<p>{SAID}</p><p>x</p>"),
        (f"<p>x</p>{SAID}<br>{MORE}<p>y</p>", f"<p>x</p><p>{SAID}<br>{MORE}</p><p>y</p>"),
        (f"<p>x</p>{SAID[:40]}<b>{SAID[40:]}</b>", f"<p>x</p><p>{SAID[:40]}<b>{SAID[40:]}</b></p>"),
        ("label <b>x</b><p>y</p>end", "label <b>x</b><p>y</p>end"),
        (f"<div>{SAID}</div><p>x</p>", f"<p>{SAID}</p><p>x</p>"),
        (f"<div class='caption'>{SAID}</div>", f'<div class="caption">{SAID}</div>'),
        ("<div>short</div><p>x</p>", "<div>short</div><p>x</p>"),
        (SAID, SAID),
    ],
)
def test_loose_text_becomes_paragraphs(inside: str, expected: str) -> None:
    (trunk,) = page(f"<div>{inside}</div>").xpath("body/div")
    make_paragraphs(trunk)
    assert tostring(trunk, encoding="unicode") == f"<div>{expected}</div>"


def test_a_long_tail_of_small_parts_is_looked_for_in_time() -> None:
    prose = " ".join(f"word{n}" for n in range(20_000))
    page = document_fromstring(f"<html><body><h1>A</h1><div><p>{prose}.</p></div></body></html>")
    tail = [
        "\n".join(" | ".join(f"q{n}z{b}y{i}" for n in range(10)) for i in range(100))
        for b in range(60)
    ]
    began = time.process_time()
    assert without_tail([f"{prose}.", *tail], find_trunk(page, "A"))
    assert time.process_time() - began < 5


def test_a_short_part_behind_an_advertisement_stays() -> None:
    parts = [[SAID] * 5, [MORE]]
    body = "<div class=ad>Buy</div>".join(
        f"<div class=text>{''.join(f'<p>{said}</p>' for said in part)}</div>" for part in parts
    )
    trunk = find_trunk(page(f"<main><h1>{TITLE}</h1>{body}</main>"), TITLE)
    assert without_tail([*parts[0], MORE], trunk) == [*parts[0], MORE]
    assert without_tail([*parts[0], OTHER], trunk) == parts[0]
