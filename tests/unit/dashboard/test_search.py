"""The index of documents: what is found, in which order, and that it can be lost."""

from datetime import date
from pathlib import Path

import pytest

from crawler.document import Document, Sidecar
from crawler.outcome import Outcome
from dashboard.search.follower import read_texts
from dashboard.search.index import Copy, SearchIndex
from dashboard.search.shelves import Shelves
from dashboard.search.words import expression, facets, has_words
from tests.unit.dashboard.sidecars import sidecar
from workers.storage.folder import FolderStore
from workers.storage.places import Place

TEXTS = {
    "harbour": "The old harbour opens again, says the well-known captain.",
    "pont": "Le pont de Río Manso rouvre aux piétons.",
    "chinese": "北京的新图书馆今天开放。",
    "thai": "ห้องสมุดใหม่เปิดวันนี้",
    "japanese": "新しい図書館が今日開館した。",
    "hindi": "नई दिल्ली में पुस्तकालय खुला।",
    "markup": '<script>alert("x")</script> AND NOT harbour OR',
}


def made(
    name: str, body: str, source: str = "a", day: str = "2026-11-20", **fields: object
) -> tuple[str, Sidecar, str]:
    document = Document(body, title=f"About {name}", url="https://a.example/", site_name="A")
    about = sidecar(
        None, f"{day}T10:00:00Z", id=document.id, source=source, title=f"About {name}", **fields
    )
    return f"documents/{source}/{day}/000_{document.id}", about, document.body


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    made_index = SearchIndex(tmp_path / "dashboard" / "search.sqlite3")
    made_index.prepare()
    made_index.add((made(name, body) for name, body in TEXTS.items()), (), {"documents": "1-1"})
    return made_index


def found(index: SearchIndex, typed: str, **kinds: str) -> list[str]:
    hits = index.search(expression(typed, facets(**kinds)), before=None, most=50)
    return [hit.title.removeprefix("About ") for hit in hits]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("harbour", ["markup", "harbour"]),
        ("HARBOUR captain", ["harbour"]),
        ("captain harbour", ["harbour"]),
        ('"old harbour"', ["harbour"]),
        ('"harbour old"', []),
        ("well-known", ["harbour"]),
        ("harb*", ["markup", "harbour"]),
        ("harb", []),
        ("har*", []),
        ("pietons", ["pont"]),
        ("PIÉTONS rio", ["pont"]),
        ("图书馆", ["chinese"]),
        ("馆图", []),
        ("北京 开放", ["chinese"]),
        ("ห้องสมุด", ["thai"]),
        ("図書館", ["japanese"]),
        ("पुस्तकालय", ["hindi"]),
        ("about", ["markup", "hindi", "japanese", "thai", "chinese", "pont", "harbour"]),
        ('<script> "alert(', ["markup"]),
        ("AND NOT OR", ["markup"]),
        ("title:x NEAR(", []),
    ],
)
def test_words_are_found_in_every_script_and_are_never_operators(
    index: SearchIndex, typed: str, names: list[str]
) -> None:
    assert found(index, typed) == names


def test_nothing_to_look_for_is_everything(index: SearchIndex) -> None:
    assert len(found(index, "  ... !")) == len(TEXTS)
    assert not has_words("... !")
    assert has_words("a")


def test_sources_days_and_outcomes_are_no_words(index: SearchIndex) -> None:
    later = made(
        "later", "Later news.", "radio-fr", "2026-11-21", outcome="revision", supersedes="0" * 16
    )
    index.add([later], (), {})
    assert found(index, "", source="radio-fr") == ["later"]
    assert found(index, "news", source="radio-fr", day="2026-11-21", outcome="revision") == [
        "later"
    ]
    assert found(index, "", source="radio") == []
    assert found(index, "", day="2026-11-22") == []
    assert found(index, "s-radio-fr") == []
    assert found(index, "o-revision") == []
    later_hit = index.superseding("0" * 16)
    assert later_hit is not None
    assert (later_hit.title, later_hit.source) == ("About later", "radio-fr")


def test_pages_go_on_where_the_one_before_ended(index: SearchIndex) -> None:
    for typed in ("", "about"):
        asked = expression(typed, [])
        first = index.search(asked, before=None, most=3)
        rest = index.search(asked, before=first[-1].seq, most=50)
        assert [hit.seq for hit in first + rest] == list(range(len(TEXTS), 0, -1))


def test_a_document_enters_once(index: SearchIndex) -> None:
    index.add((made(name, body) for name, body in TEXTS.items()), (), {"documents": "2-1"})
    assert index.count() == len(TEXTS)
    assert found(index, "captain") == ["harbour"]
    assert (index.mark("documents"), index.mark("nothing")) == ("2-1", "")
    known = made("harbour", TEXTS["harbour"])[1].id
    assert index.unknown([known, "f" * 16]) == {"f" * 16}


def test_a_record_says_more_than_a_file_does(index: SearchIndex) -> None:
    copy = Copy(1.0, "1" * 16, "2" * 16, "a", "near-duplicate", "https://a/", "", 0.8, False, "")
    index.add((), [copy], {})
    record = Copy(
        2.0,
        "1" * 16,
        "2" * 16,
        "a",
        "near-duplicate",
        "https://a/",
        "https://o/",
        0.8,
        False,
        "why",
    )
    index.add((), [record, copy], {})
    (kept,) = index.copies_of("2" * 16, 10)
    assert (kept.reason, kept.original_url, kept.at) == ("why", "https://o/", 2.0)
    assert index.copies(source="a", outcome="near-duplicate", most=10) == [kept]
    assert index.copies(source="b", most=10) == []


def test_a_lost_index_finds_nothing_and_a_broken_one_is_made_anew(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path / "dashboard" / "search.sqlite3")
    assert index.search("", before=None, most=5) == []
    assert (index.count(), index.find("0" * 16)) == (0, None)
    index.file.parent.mkdir()
    index.file.write_bytes(b"no database at all" * 100)
    index.prepare()
    index.add([made("a", "Some text.")], (), {})
    index.prepare()
    assert index.count() == 1


def test_the_store_is_looked_through_for_what_is_unknown(
    tmp_path: Path, index: SearchIndex
) -> None:
    store = FolderStore(tmp_path)
    for number, (day, name) in enumerate([("2026-11-22", "second"), ("2026-11-21", "first")]):
        _, about, body = made(name, f"The {name} text.", day=day)
        document = Document(body, title=about.title, url=about.url, site_name="A")
        place = Place("a", date.fromisoformat(day), document.id, number)
        store.write([(place, document, about)])
    _, dropped, body = made(
        "copy", "A copy of it.", outcome=Outcome.NEAR_DUPLICATE.value, duplicate_of="9" * 16
    )
    store.write(
        [(Place("a", date.fromisoformat("2026-11-21"), dropped.id, None), Document(body), dropped)]
    )
    batches = list(Shelves(store, index).unknown())
    assert "day 2 of 2" in batches[-1].told
    for batch in batches:
        index.add(read_texts(store, batch.stems), batch.copies, {})
    assert found(index, "text about")[:2] == ["second", "first"]
    assert [copy.id for copy in index.copies_of("9" * 16, 5)] == [dropped.id]
    assert all(not (batch.stems or batch.copies) for batch in Shelves(store, index).unknown())
