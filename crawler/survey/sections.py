"""Which of the pages that a front page leads to may list articles, and which did. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from crawler.discovery.links import NO_ARTICLE
from crawler.survey.front import Front
from crawler.survey.places import is_below, is_front, language_in, segments_of
from crawler.urls import url_key

FEWEST = 3
"""Articles of its own from which a page is a section."""
_DEEPEST = 4
_LONGEST_LABEL = 40
# What is on so many of the pages is a box beside them, and makes no section of one.
_RECURS = 0.8
_FROM_PAGES = 3
_ADDS = 2
"""Articles that no other listing names, for which one is read."""
_FILE = re.compile(r"\.(?!html?$|php$|aspx?$|jsp$)[a-z0-9]{2,5}$", re.IGNORECASE)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LISTS = _words(
    """
    category categories categoria categorias categorie kategorie kategorien kategoria kategorii topic topics
    """
)
_NOT_TEXT = _words(
    """
    audios audio videos video podcasts podcast galleries gallery fotos photos photo live
    jobs stellen emploi empleo wetter weather meteo games spiele jeux apps app
    """
)
_NO_SECTION = (NO_ARTICLE - _LISTS) | _NOT_TEXT


def candidates(front: Front, start: str, articles: Iterable[str]) -> list[str]:
    """The addresses of a front page that may be sections of what is at `start`, the likeliest first.

    Those below which articles are, by their addresses, come first; the others as they stand.
    """
    below = Counter[tuple[str, ...]]()
    for url in {url_key(url): url for url in articles}.values():
        segments = segments_of(url)
        below.update(segments[:length] for length in range(1, len(segments)))
    found: dict[str, tuple[int, int]] = {}
    for place, (url, text) in enumerate(front.others.items()):
        support = below[segments_of(url)]
        is_other_edition = language_in(url) != language_in(start) and not support
        if _may_list(url, text) and _is_of(url, start) and not is_other_edition:
            found.setdefault(url, (-support, place))
    once: dict[str, str] = {}
    for url in sorted(found, key=lambda url: found[url]):
        once.setdefault(url_key(url), url)
    return list(once.values())


def _may_list(url: str, text: str) -> bool:
    segments = segments_of(url)
    return (
        "?" not in url
        and 0 < len(segments) <= _DEEPEST
        and 0 < len(text) <= _LONGEST_LABEL
        and _NO_SECTION.isdisjoint(segment.lower() for segment in segments)
        and not _FILE.search(segments[-1])
    )


def _is_of(url: str, start: str) -> bool:
    """Whether a page is within a start, and not the start itself."""
    if segments_of(url) == segments_of(start):
        return False
    return is_below(url, start) and not is_front(url)


def listed(page: Front, pages: Sequence[Front]) -> list[str]:
    """The articles that a page lists as a section does: several of its own, or some below its address."""
    own = own_articles(page, pages)
    below = [url for url in page.articles if is_below(url, page.url)]
    if segments_of(page.url) and (len(below) > 1 or set(below) & set(own)):
        return list(dict.fromkeys([*own, *below]))
    return own if len(own) >= FEWEST else []


def own_articles(page: Front, pages: Sequence[Front]) -> list[str]:
    """The articles of a page, each once, less those that nearly all of the pages have beside their text."""
    often = Counter(key for other in pages for key in {url_key(url) for url in other.articles})
    limit = _RECURS * len(pages) if len(pages) >= _FROM_PAGES else float("inf")
    own = {url_key(url): url for url in page.articles}
    return [url for key, url in own.items() if often[key] < limit]


def covering(named: Mapping[str, Collection[str]], known: Collection[str], most: int) -> list[str]:
    """As few of the listings as name what is not known, those that name most of it first.

    `named` has the keys of the articles of each, by its address; `known` those of other listings.
    """
    left = {url: set(keys) - set(known) for url, keys in named.items()}
    chosen: list[str] = []
    while left and len(chosen) < most:
        url = max(left, key=lambda url: len(left[url]))
        keys = left.pop(url)
        if len(keys) < _ADDS:
            break
        chosen.append(url)
        left = {other: others - keys for other, others in left.items()}
    return chosen
