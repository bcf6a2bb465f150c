"""What is kept of a page so that it is asked for only if it has changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.validators import conditions_of, validator_of

DATE = "Fri, 20 Nov 2026 09:30:00 GMT"


@pytest.mark.parametrize("etag", ['"a"', 'W/"a-1:b"', '"' + "x" * 100 + '"', ' "a" '])
def test_an_etag_is_asked_by_before_a_date(etag: str) -> None:
    kept = validator_of(etag, DATE)
    assert conditions_of(kept) == {"If-None-Match": etag.strip()}


@pytest.mark.parametrize(
    "etag", ["", "a", '""', '"a', '"a"b"', '"\xe9"', '"a\nb"', "*", '"' + "x" * 101 + '"', DATE]
)
def test_what_is_no_etag_leaves_it_to_the_date(etag: str) -> None:
    assert conditions_of(validator_of(etag, DATE)) == {"If-Modified-Since": DATE}


@pytest.mark.parametrize("date", ["", "yesterday", "2026-11-20", f"{DATE}\nX: y", DATE * 9])
def test_without_either_a_page_is_asked_for_as_a_whole(date: str) -> None:
    assert validator_of("", date) == ""
    assert conditions_of("") == {}


@given(st.text(max_size=300), st.text(max_size=300))
def test_whatever_a_site_says_is_one_short_line(etag: str, date: str) -> None:
    kept = validator_of(etag, date)
    assert len(kept) <= 104
    assert kept.isprintable()
    assert kept.isascii()
    assert len(conditions_of(kept)) == (1 if kept else 0)
