"""Words, figures, charts and strangers' text, as pages have them."""

from datetime import UTC, date, datetime
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from config.sources import Source
from dashboard.addresses import number_of, with_changed
from dashboard.charts import Column, chart, round_up
from dashboard.firsts import FETCHED, PUBLISHED, firsts
from dashboard.pages.coverage import state_of
from dashboard.pages.duplicates import stretches
from dashboard.pages.sources import head, in_order, is_meant
from dashboard.story import what_changed
from dashboard.templating import page
from dashboard.wording import ago, coming, counted, span, visible, web_address
from tests.unit.dashboard.sidecars import sidecar
from workers.coverage.days import Walked, day_of
from workers.coverage.intervals import Interval


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (119, "1 min"),
        (3600, "1 h"),
        (3600 + 20 * 60, "1 h 20 min"),
        (86400 + 59, "1 d"),
        (2 * 86400 + 5 * 3600, "2 d 5 h"),
    ],
)
def test_a_while(seconds: float, told: str) -> None:
    assert span(seconds) == told


def test_a_desk_without_documents_says_so() -> None:
    seal = SimpleNamespace(form="", token=None)
    app = SimpleNamespace(state=SimpleNamespace(seal=seal))
    asked = Request({"type": "http", "path": "/documents", "headers": [], "app": app})
    fields = {
        "typed": "",
        "asked": {},
        "newest": "",
        "older": "",
        "is_slow": False,
        "is_first": True,
    }
    told = [
        page(
            asked,
            "documents.html",
            hits=[],
            sources=[],
            outcomes=[],
            total=total,
            progress="",
            **fields,
        )
        for total in (0, 3)
    ]
    assert b"No document is kept yet" in told[0].body
    assert b"Nothing was found" in told[1].body


def test_what_is_due_is_not_ago() -> None:
    assert [coming(at, 100.0) for at in (40.0, 100.0, 220.0)] == ["now", "now", "in 2 min"]


def test_times_and_numbers_for_a_person() -> None:
    assert (ago(100.0, 160.0), ago(160.0, 100.0), ago(None, 1.0)) == (
        "1 min ago",
        "in 1 min",
        "never",
    )
    assert (counted(1, "page"), counted(2000, "page")) == ("1 page", "2,000 pages")


@given(st.text())
def test_strangers_text_is_never_markup(text: str) -> None:
    shown = visible(text)
    without_ours = shown.replace('<span class="hidden-sign">', "").replace("</span>", "")
    assert "<" not in without_ours
    assert '"' not in without_ours
    assert not any(c in shown for c in "\u202e\u2066\x00\x1b\x85")


def test_what_turns_a_text_around_is_spelt_out() -> None:
    assert visible("a\u202eb\x1bc") == (
        'a<span class="hidden-sign">U+202E</span>b<span class="hidden-sign">U+001B</span>c'
    )
    assert visible("one\ntwo\tthree") == "one\ntwo\tthree"
    assert visible(None) == ""


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "ftp://a/",
        "http://",
        "http://[",
        "",
        None,
    ],
)
def test_only_web_addresses_become_links(address: str | None) -> None:
    assert web_address(address) == ""
    assert web_address("https://site.example/a?b#c") == "https://site.example/a?b#c"


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=100), st.booleans())
def test_bars_stand_inside_the_picture_side_by_side(values: list[float], axes: bool) -> None:
    drawn = chart([Column("c", (("pages", value),)) for value in values], axes=axes)
    bars = [bar for column in drawn.columns for bar in column.bars]
    assert len(bars) == sum(value > 0 for value in values)
    assert all(drawn.left <= bar.x and bar.x + bar.width <= drawn.width + 0.1 for bar in bars)
    assert all(bar.y >= 0 and bar.y + bar.height <= drawn.ground + 0.1 for bar in bars)
    assert all(one.x + one.width <= other.x + 0.1 for one, other in pairwise(bars))


@given(st.floats(0.01, 1e12))
def test_an_axis_ends_at_a_round_number_not_far_above(value: float) -> None:
    assert value <= round_up(value) <= max(1.0, 2.0001 * value)


def test_ticks_are_whole_numbers() -> None:
    for highest in (0, 1, 2, 3, 5, 7, 9, 13, 99, 1000):
        ticks = chart([Column("c", (("pages", highest),))]).ticks
        assert ticks
        assert len({tick.label for tick in ticks}) == len(ticks)


def test_addresses_of_the_same_page_with_something_changed() -> None:
    assert with_changed("q=a+b&sort=name&done=x", sort="-new", **{"from": 0}) == "?q=a+b&sort=-new"
    assert [number_of(text, 7) for text in ("12", "-1", "1" * 30, "٣", None)] == [12, 7, 7, 7, 7]


def test_sources_are_sorted_and_filtered() -> None:
    a, b, paused = (
        Source(name=name, start="https://site.example/", enabled=name != "paused")
        for name in ("a", "b", "paused")
    )
    sources = [b, a, paused]
    assert in_order(sources, {}, is_down=False) == [a, b, paused]
    assert in_order(sources, {}, is_down=True) == [paused, b, a]
    assert in_order(sources, {"a": 1.0, "b": 1.0}, is_down=False) == [paused, a, b]
    assert in_order(sources, {"a": 1.0, "b": 1.0, "paused": 9.0}, is_down=True) == [paused, a, b]
    assert [s for s in sources if is_meant(s, "", "paused")] == [paused]
    assert [s for s in sources if is_meant(s, "SITE.example", "visited")] == [b, a]
    assert not any(is_meant(s, "elsewhere", "") for s in sources)


def test_the_head_of_a_column_turns_its_order_around() -> None:
    assert head("q=x", "name", "new") == ("?q=x&sort=-new", "none")
    assert head("sort=-new", "-new", "new") == ("?sort=new", "descending")
    assert head("", "name", "name") == ("?sort=-name", "ascending")


def test_who_had_it_first() -> None:
    early = sidecar("2026-11-20T09:00:00+01:00", "2026-11-20T12:00:00Z")
    late = sidecar("2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z")
    told = firsts(late, early)
    assert (told.first, told.seconds, told.how) == (early, 3600.0, PUBLISHED)
    told = firsts(sidecar("2026-11-19", "2026-11-20T12:00:00Z"), late)
    assert (told.first, told.seconds, told.how) == (late, 7200.0, FETCHED)


def test_what_a_version_changed_in_words() -> None:
    text = "One is here.\n\nTwo is there.\n\nThree is gone."
    assert what_changed(text, text) == "nothing"
    assert what_changed(text, None) == "nothing but typography and case"
    other = "One is here.\n\nTwo was there.\n\nA fourth came, all by itself."
    assert what_changed(text, other) == "1 paragraph changed, 1 added, 1 removed"


def test_stretches_are_the_text() -> None:
    body = "one two three four"
    assert list(stretches(body, [(4, 7), (14, 18)])) == [
        ("one ", False), ("two", True), (" three ", False), ("four", True),
    ]  # fmt: skip
    assert list(stretches(body, [])) == [(body, False)]


def test_the_days_of_a_source() -> None:
    def at(day: int, hour: int = 0) -> float:
        return datetime(2026, 11, day, hour, tzinfo=UTC).timestamp()

    walked = Walked(at(10, 12), at(14, 6), open_gaps=(Interval(at(12, 3), at(12, 4)),))
    states = [state_of(day_of("a", date(2026, 11, day), walked, at(14, 8))) for day in range(9, 15)]
    assert states == ["unknown", "part", "complete", "gap", "complete", "part"]
