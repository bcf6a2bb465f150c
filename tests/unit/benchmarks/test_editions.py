"""Editions of a page: other words in the same markup."""

import gzip
from pathlib import Path

import pytest

from benchmarks.editions import edition, editions
from benchmarks.figure import Bench, Size
from workers.dedup.compare import compare

WORDS = " ".join(f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(400))
PAGE = (
    "<html><head><title>Some title here</title><style>body {color: black}</style></head><body>"
    f'<h1>Some title here</h1><p class="quiet lines">{WORDS} caf&eacute;</p>'
    "<script>some.code('stays here');</script><!-- some words here --></body></html>"
)  # fmt: skip


def test_the_first_edition_is_the_page() -> None:
    assert edition(PAGE.encode(), 0) == PAGE.encode()


def test_an_edition_has_the_markup_and_other_words() -> None:
    other = edition(PAGE.encode(), 1).decode()
    before, after = PAGE.split(WORDS)
    assert other.startswith(before)
    assert other.endswith(after)
    text = other.removeprefix(before).removesuffix(after)
    assert len(text.split()) == 400
    assert 120 < sum(a != b for a, b in zip(text.split(), WORDS.split(), strict=True)) < 280
    assert edition(PAGE.encode(), 1).decode() == other


def test_no_two_editions_are_nearly_the_same() -> None:
    bodies = [edition(PAGE.encode(), number).decode() for number in range(4)]
    pairs = [(a, b) for i, a in enumerate(bodies) for b in bodies[:i]]
    assert all(compare(a, b).jaccard < 0.5 for a, b in pairs)


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251", "gb18030"])
def test_a_page_stays_readable_in_its_charset(charset: str) -> None:
    page = PAGE.replace("café", "слово 报纸" if charset != "windows-1251" else "слово").encode(
        charset
    )
    assert len(edition(page, 1).decode(charset)) > 0


def test_made_up_pages_stand_in_for_a_corpus(tmp_path: Path) -> None:
    pages = editions(Bench(tmp_path, Size.SMALL), 45)
    assert len({page.slug for page in pages}) == 45
    first, again = (gzip.decompress(pages[n].file.read_bytes()) for n in (0, 40))
    assert first != again
    assert first[:60] == again[:60]
