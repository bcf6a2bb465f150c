"""A collection of stored pages with the texts that people found in them.

A corpus is a folder with up to two parts. `articles/` holds `pages/{id}.html.gz` and
`ground-truth.json`, `{id: {url, articleBody}}`. `wire/` holds `pages/{id}.html.gz`, `gold.json`,
`{id: {language, site, text}}`, and `pairs.tsv`: Jaccard similarity and containment of word 5-grams,
and the two ids, for each pair of gold texts that has .3 of either.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

_SITE_OF_ARTICLES = "articles"
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)_")


class CorpusError(Exception):
    """A folder that holds no such corpus; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class StoredPage:
    """One page as it was stored, and the text that it is known to hold."""

    id: str
    site: str
    """The name of its source."""
    slug: str
    """What its address ends in."""
    day: date | None
    """When it was published, as far as its id says so."""
    file: Path
    """Packed with gzip."""
    gold: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pages with much the same gold text."""

    pages: frozenset[str]
    jaccard: float
    containment: float


@dataclass(frozen=True, slots=True)
class Part:
    """Pages of one collection, those of one site together."""

    name: str
    pages: tuple[StoredPage, ...]
    pairs: tuple[Pair, ...] = ()
    headline_is_text: bool = False
    """Whether a gold text begins with the headline."""

    @property
    def sites(self) -> dict[str, tuple[StoredPage, ...]]:
        """The pages of each site, in the order of its listing."""
        return {site: tuple(pages) for site, pages in groupby(self.pages, lambda page: page.site)}


def read_part(folder: Path, name: str, limit: int | None = None) -> Part:
    """One part of a corpus, or as many of its pages, those of pairs first. Raises `CorpusError`."""
    try:
        return PARTS[name](folder / name, limit)
    except OSError as error:
        raise CorpusError(f"{error.filename}: {error.strerror}") from None
    except (ValueError, KeyError) as error:
        raise CorpusError(f"{folder / name}: not in the shape of a corpus: {error!r}") from None


def _read_articles(folder: Path, limit: int | None) -> Part:
    truth = _json(folder / "ground-truth.json")
    pages = [
        StoredPage(
            id=name,
            site=_SITE_OF_ARTICLES,
            slug=_slug(urlsplit(known["url"]).path),
            day=None,
            file=_page(folder, name),
            gold=known["articleBody"],
        )
        for name, known in sorted(truth.items())
    ]
    return Part("articles", tuple(pages[:limit]))


def _read_wire(folder: Path, limit: int | None) -> Part:
    gold = _json(folder / "gold.json")
    pairs = _pairs(folder / "pairs.tsv")
    chosen = set(_chosen(gold, pairs, limit))
    pages = [
        StoredPage(
            id=name,
            site=_slug(known["site"]),
            slug=_slug(name),
            day=_day(name),
            file=_page(folder, name),
            gold=known["text"],
        )
        for name, known in gold.items()
        if name in chosen
    ]
    pages.sort(key=lambda page: (page.site, page.id))
    kept = tuple(pair for pair in pairs if pair.pages <= chosen)
    return Part("wire", tuple(pages), kept, headline_is_text=True)


def _chosen(gold: Iterable[str], pairs: Iterable[Pair], limit: int | None) -> list[str]:
    paired = (name for pair in pairs for name in sorted(pair.pages))
    return list(dict.fromkeys([*paired, *sorted(gold)]))[:limit]


def _pairs(file: Path) -> list[Pair]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            Pair(
                frozenset((row["a"], row["b"])), float(row["jaccard5"]), float(row["containment5"])
            )
            for row in csv.DictReader(lines, delimiter="\t")
        ]


def _json(file: Path) -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = json.loads(file.read_bytes())
    return read


def _page(folder: Path, name: str) -> Path:
    return folder / "pages" / f"{name}.html.gz"


def _slug(text: str) -> str:
    """The end of a text in letters that an address and the name of a source may have."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[-40:].strip("-")


def _day(name: str) -> date | None:
    found = _DAY.match(name)
    return date(*map(int, found.groups())) if found else None


PARTS: Mapping[str, Callable[[Path, int | None], Part]] = {
    "articles": _read_articles,
    "wire": _read_wire,
}
