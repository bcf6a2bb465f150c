"""Where on a site an address is: its path, its edition, the section above it. Pure."""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CODES = _words(
    """
    af am ar as az be bg bn bs ca ckb cs cy da de el en eo es et eu fa fi fil fr ga gl gu ha he hi hr ht hu
    hy id ig is it iw ja ka kk km kn ko ku ky lo lt lv mg mk ml mn mr ms mt my nb ne nl nn no om or pa pl ps
    pt ro ru rw sd si sk sl so sq sr sv sw ta te tg th ti tk tl tr tt ug uk ur uz vi wo xh yi yo zh zu
    """
)
_EDITION = re.compile(r"([a-z]{2,3})(?:[-_][a-z]{2,4})?", re.IGNORECASE)


def path_of(url: str) -> str:
    """The path of a printed URL, without what names a query; `/` at the least."""
    return "/" + url.partition("?")[0].partition("://")[2].partition("/")[2]


def segments_of(url: str) -> tuple[str, ...]:
    """The parts of that path; `index.php` is none where more follows."""
    segments = tuple(segment for segment in path_of(url).split("/") if segment)
    return segments[1:] if segments[:1] == ("index.php",) else segments


def language_in(url: str) -> str:
    """The language that an address begins with, `fr` in `/fr/monde` and in `/fr-be/`; else empty."""
    first = next(iter(segments_of(url)), "")
    match = _EDITION.fullmatch(first)
    code = match[1].lower() if match else ""
    return code if code in _CODES else ""


def is_front(url: str) -> bool:
    """Whether an address is that of a whole site or of one of its languages."""
    segments = segments_of(url)
    return not segments or (len(segments) == 1 and bool(language_in(url)))


def is_below(url: str, place: str) -> bool:
    """Whether one path is within another: `/fr/monde` within `/fr`."""
    above = segments_of(place)
    return segments_of(url)[: len(above)] == above
