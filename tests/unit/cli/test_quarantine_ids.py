"""Which pages in quarantine are meant by what a person typed."""

from cli.quarantine import chosen
from workers.state.quarantine import Quarantined

RECORDS = [
    Quarantined("a", f"https://a.example/{page_id}", "", "http-500", 3, 0.0, page_id)
    for page_id in ("0a1b2c3d4e5f", "0a1bffffffff", "77777777777a")
]


def test_an_id_or_the_beginning_of_one() -> None:
    found, errors = chosen(RECORDS, ["0A1B2c3d4e5f", "7", "0a1bf", "7777"])
    assert [record.id for record in found] == ["0a1b2c3d4e5f", "77777777777a", "0a1bffffffff"]
    assert errors == {}


def test_a_beginning_that_several_have_is_asked_about() -> None:
    found, errors = chosen(RECORDS, ["0a1b", "7"])
    assert [record.id for record in found] == ["77777777777a"]
    assert errors == {"0a1b": "2 ids in quarantine begin so; give more of it"}


def test_what_no_id_begins_with_is_named() -> None:
    found, errors = chosen(RECORDS, ["f", ""])
    assert found == []
    assert list(errors) == ["f", ""]
