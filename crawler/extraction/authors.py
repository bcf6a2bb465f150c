"""Who wrote an article: names of people or agencies, as the markup gives them."""

import re
from collections.abc import Iterable, Iterator

from crawler.document import normal_line
from crawler.extraction.titles import Site, letters

MOST = 20
_LONGEST_NAME = 80
_MOST_WORDS = 6
_LONGEST_LIST = 150

_PARTS = re.compile(
    r"\s*(?:[;|/]|,(?!\s*(?:Jr|Sr|I{2,3}|IV)\b)|\band\b|\bund\b|\s&\s)\s*", re.IGNORECASE
)
_BY = re.compile(
    r"^(?:(?:analysis|compiled|edited|opinion|posted|reported|reviewed|story|text|words|written) )?"
    r"(?:by|par|por|von|di|door|av|przez|autor|author|автор)\b:?\s+",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
# An address, a time, a telephone; the account of whoever typed it in.
_NO_NAME = re.compile(
    r"https?:|@|\w\.[A-Za-z]{2,4}$|^[a-z0-9_.-]+$|\d{3}|(?<!\w)\d+(?!\w)|:|[<>{}=]"
)
_ACCOUNT = re.compile(
    r"(?:admin|administrator|anonymous|author|default|editor|guest|none|null|root|superuser|test|"
    r"undefined|unknown|user|webmaster|гость|админ|redaktor|redaktion|редактор|редакция)",
    re.IGNORECASE,
)
# Firms make sites, and write no articles.
_FIRM = re.compile(
    r"\b(?:s\.?\s?a\.?|ltd|limited|inc|llc|plc|gmbh|b\.v|oy|s\.r\.l|srl|s\.p\.a|spa|ooo|co|pty|"
    r"sp\.? z o\.? ?o|α\.?ε)\.?$",
    re.IGNORECASE,
)
# What stands behind a name: a degree, or what somebody is there.
_DEGREE = re.compile(r"(?:[A-Z][A-Za-z]?\.?){1,4}$")
_POST = re.compile(
    r"\b(?:correspondent|editor|writer|reporter|columnist|contributor|producer|staff|bureau chief|"
    r"critic|analyst|photographer)\b",
    re.IGNORECASE,
)


def authors_of(
    places: Iterable[Iterable[str]], makers: frozenset[str], site: Site
) -> tuple[str, ...]:
    """The names in the first of the places that has any.

    `makers` are the letters of who made or owns the site, which pages name as their author, too.
    """
    for said in places:
        names = [name for text in said for name in _names(text, makers, site)]
        if names:
            return tuple(dict.fromkeys(names))[:MOST]
    return ()


def _names(text: str, makers: frozenset[str], site: Site) -> Iterator[str]:
    line = normal_line(_TAG.sub(" ", text))
    if letters(line) in makers or _FIRM.search(line):
        return
    parts = _PARTS.split(line)
    # A name with what its bearer has done so far is no list of names.
    for place, part in enumerate(parts if len(line) <= _LONGEST_LIST else parts[:1]):
        name = _BY.sub("", part).strip(" ,.-–—•·")
        is_title = place > 0 and (
            name[:1].islower() or _DEGREE.fullmatch(name) or _POST.search(name)
        )
        if not is_title and _is_name(name, makers, site):
            yield name


def _is_name(text: str, makers: frozenset[str], site: Site) -> bool:
    return (
        1 < len(text) <= _LONGEST_NAME
        and len(text.split()) <= _MOST_WORDS
        and not _NO_NAME.search(text)
        and not _ACCOUNT.fullmatch(text)
        and not _FIRM.search(text)
        and not site.is_named(text)
        and letters(text) not in makers
    )
