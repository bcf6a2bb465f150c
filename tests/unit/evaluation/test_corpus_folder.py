"""A corpus as it lies in its folder."""

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from evaluation.corpus import CorpusError, read_part

WIRE = {
    "20120106_b.example_22": {"language": "English", "site": "b.example", "text": "Two."},
    "20120105_a.example_11": {"language": "English", "site": "a.example", "text": "One."},
    "20120107_a.example_33": {"language": "English", "site": "a.example", "text": "Three."},
}
PAIRS = "jaccard5\tcontainment5\ta\tb\n0.75\t0.9\t20120106_b.example_22\t20120107_a.example_33\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for part, names in (("articles", ["ab12"]), ("wire", list(WIRE))):
        pages = tmp_path / part / "pages"
        pages.mkdir(parents=True)
        for name in names:
            (pages / f"{name}.html.gz").write_bytes(gzip.compress(b"<p>page</p>"))
    truth = {"ab12": {"url": "https://x.example/2019/Some_Title.html?a=1", "articleBody": "Text."}}
    (tmp_path / "articles" / "ground-truth.json").write_text(json.dumps(truth))
    (tmp_path / "wire" / "gold.json").write_text(json.dumps(WIRE))
    (tmp_path / "wire" / "pairs.tsv").write_text(PAIRS)
    return tmp_path


def test_articles(corpus: Path) -> None:
    (page,) = read_part(corpus, "articles").pages
    assert (page.id, page.gold, page.day) == ("ab12", "Text.", None)
    assert page.slug == "2019-some-title-html"
    assert page.file.is_file()


def test_wire_pages_stand_with_those_of_their_site(corpus: Path) -> None:
    part = read_part(corpus, "wire")
    assert {site: [page.gold for page in pages] for site, pages in part.sites.items()} == {
        "a-example": ["One.", "Three."],
        "b-example": ["Two."],
    }
    assert part.pages[0].day == date(2012, 1, 5)
    (pair,) = part.pairs
    assert (pair.jaccard, pair.containment) == (0.75, 0.9)


def test_of_few_pages_those_of_pairs_come_first(corpus: Path) -> None:
    part = read_part(corpus, "wire", limit=2)
    assert [page.gold for page in part.pages] == ["Three.", "Two."]
    assert len(part.pairs) == 1
    assert not read_part(corpus, "wire", limit=1).pairs


def test_what_is_missing_is_named(corpus: Path) -> None:
    (corpus / "wire" / "pairs.tsv").unlink()
    with pytest.raises(CorpusError, match=r"pairs\.tsv: No such file"):
        read_part(corpus, "wire")


def test_a_folder_in_another_shape_is_refused(corpus: Path) -> None:
    (corpus / "articles" / "ground-truth.json").write_text('{"ab12": {"text": "no body"}}')
    with pytest.raises(CorpusError, match="not in the shape of a corpus"):
        read_part(corpus, "articles")
