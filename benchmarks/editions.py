"""Many pages out of few: each edition of a page has its markup, and other words here and there."""

import gzip
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from benchmarks.figure import Bench
from evaluation.corpus import StoredPage, read_part
from rig.stories import Story, article_page

SITE = "site"
"""The name of the one site on which they all are."""
_EDITED = 2
"""One word in so many of those with four letters or more is another: no two editions are nearly the same."""
_MADE_UP = 40
_LEAST_NEW = 0.9
# What is no text of the page, or is compared with what stands elsewhere on it.
_KEPT = re.compile(
    r"(<(script|style|h1|title|head)\b.*?</\2\s*>|<!--.*?-->|<[^>]*>|&#?\w+;)",
    re.DOTALL | re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{4,}")
_ASCII_WORD = re.compile(r"(?<![\x80-\xff])\b[A-Za-z]{4,}\b(?![\x80-\xff])")


def editions(bench: Bench, count: int) -> list[StoredPage]:
    """So many pages, in files of the folder; real ones where there is a corpus. Raises `CorpusError`."""
    originals = list(_originals(bench))
    folder = bench.folder / "pages"
    folder.mkdir()
    write = partial(_write, originals=originals, folder=folder)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return list(pool.map(write, range(count), chunksize=50))


def check_outcomes(outcomes: Mapping[str, int], pages: int, log: str) -> None:
    """Raise `AssertionError` where not every page has ended, or few became documents: that would be quick."""
    if sum(outcomes.values()) != pages or outcomes["new"] < _LEAST_NEW * pages:
        raise AssertionError(f"of {pages} pages became {dict(outcomes)}: {log[-2000:]}")


def edition(page: bytes, number: int) -> bytes:
    """A page with half of its longer words replaced by others of its own; number 0 is the page as it is."""
    if not number:
        return page
    try:
        text, charset, word = page.decode(), "utf-8", _WORD
    except UnicodeDecodeError:
        # Whatever it is, most charsets of the web leave ASCII as it is.
        text, charset, word = page.decode("latin-1"), "latin-1", _ASCII_WORD
    return "".join(_edited(text, word, random.Random(number))).encode(charset)


def _edited(text: str, word: re.Pattern[str], moments: random.Random) -> Iterator[str]:
    parts = _parts(text)
    vocabulary = [found for is_text, part in parts if is_text for found in word.findall(part)]

    def another(match: re.Match[str]) -> str:
        return moments.choice(vocabulary) if moments.randrange(_EDITED) == 0 else match[0]

    for is_text, part in parts:
        yield word.sub(another, part) if is_text else part


def _parts(text: str) -> list[tuple[bool, str]]:
    """A page cut into text and what is none."""
    parts, at = [], 0
    for kept in _KEPT.finditer(text):
        parts += [(True, text[at : kept.start()]), (False, kept[0])]
        at = kept.end()
    return [*parts, (True, text[at:])]


def _originals(bench: Bench) -> Iterator[bytes]:
    if bench.corpus is None:
        stories = (Story.numbered(number, paragraphs=12) for number in range(_MADE_UP))
        yield from (article_page(story).encode() for story in stories)
    else:
        pages = read_part(bench.corpus, "articles").pages
        yield from (gzip.decompress(page.file.read_bytes()) for page in pages)


def _write(number: int, originals: Sequence[bytes], folder: Path) -> StoredPage:
    edited, original = divmod(number, len(originals))
    name = f"{number:05}"
    file = folder / f"{name}.html.gz"
    file.write_bytes(gzip.compress(edition(originals[original], edited), 6, mtime=0))
    return StoredPage(name, SITE, f"story-{name}", None, file, "")
