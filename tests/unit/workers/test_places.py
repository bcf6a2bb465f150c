"""Places and their paths: one for one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.storage.places import Place

places = st.builds(
    Place,
    source=st.from_regex("[a-z0-9][a-z0-9-]{0,99}", fullmatch=True),
    day=st.dates(min_value=date(1970, 1, 1)),
    id=st.from_regex("[0-9a-f]{16}", fullmatch=True),
    number=st.none() | st.integers(0, 999_999_999),
)


@given(places)
def test_a_path_leads_back_to_its_place(place: Place) -> None:
    assert Place.of(place.stem) == place


@given(st.text() | st.from_regex(r"d[a-z]+/[^/]*/[\d-]*/[0-9a-f_]*", fullmatch=True))
def test_what_is_no_path_of_a_place_is_none(stem: str) -> None:
    place = Place.of(stem)
    assert place is None or place.stem == stem


@pytest.mark.parametrize(
    "stem",
    [
        "documents/a/2026-11-21/7_0123456789abcdef",
        "documents/a/2026-11-21/0007_0123456789abcdef",
        "documents/a/20261121/007_0123456789abcdef",
        "documents/a/2026-W47-6/007_0123456789abcdef",
        "documents/../2026-11-21/007_0123456789abcdef",
        "duplicates/a/2026-11-21/007_0123456789abcdef",
        "documents/a/2026-11-21/0123456789abcdef",
        "/documents/a/2026-11-21/007_0123456789abcdef",
    ],
)
def test_names_that_nobody_gave(stem: str) -> None:
    assert Place.of(stem) is None
