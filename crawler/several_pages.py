"""Articles over several pages: where the others are, and how all are kept as one. Pure.

A page's links are believed slowly: only an address that is the article's own but for a page's number,
at a link that is a number or says that it is the next, is a further page of it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qsl, urljoin, urlsplit

from crawler.urls import printed_url

MOST = 20
"""Pages of one article, the first one included."""
WHOLE = -1
"""In place of a page's number: the edition that has all on one page."""

_NAMES = frozenset(
    {"page", "p", "pg", "pag", "pagina", "pageno", "page_no", "pagenum", "pagenumber", "seite"}
    | {"part", "startpage", "currentpage"}
)
_ALL = frozenset({"all", "full", "whole", "alle", "alles", "tout", "todo", "todas", "single"})
_ALL_NAMES = frozenset({"singlepage", "single_page", "onepage", "showall", "viewall", "fullpage"})
_YES = frozenset({"1", "true", "yes", "all"})
_BELOW = re.compile(r"/(?:(?:page|seite|pagina|p)[/-]?)?(\d{1,2}|all)/?")
_ENDING = re.compile(r"(.*?)(\.(?:s?html?|php\d?|aspx?|jsp|ece|jhtml))")
_BESIDE = re.compile(r"[-_,](?:page[-_]?|p)?(\d{1,2})")

_LONGEST_TAG = 2000
_MOST_PLACES = 2000
_LINK = re.compile(rb"<(?:a|link)\b([^<>]{1,2000})>([^<]{0,60})", re.IGNORECASE)
_HREF = re.compile(rb"\bhref\s*=\s*[\"']?([^\"'\s]{1,600})", re.IGNORECASE)
_QUERY_ALONE = (b'href="?', b"href='?", b"href=?")
_NEXT = re.compile(rb"rel\s*=\s*[\"']?next\b", re.IGNORECASE)
_PROSE = re.compile(rb"<p\b[^<>]{0,300}>([^<]{80,2000})", re.IGNORECASE)
_LEAST_PROSE = 2
_MUCH_THE_SAME = 0.8
# A page's number, or one digit that says how long the text is.
_SMALL = re.compile(rb"\W*(\d{1,2})\W*")

_MARK = re.compile(rb"\n<!--copydesk:page (\{[^\n]{1,5000}\})-->\n")
_CUT = b'\n<!--copydesk:page {"cut": true}-->\n'


@dataclass(frozen=True, slots=True)
class Part:
    """A further page of an article."""

    url: str
    content_type: str
    body: bytes
    """Unpacked."""


def number_of(first: str, other: str) -> int:
    """Which page of the article at `first` is at `other`: 2 and more, `WHOLE`, or 0 for none of it."""
    try:
        own, named = urlsplit(first), urlsplit(other)
    except ValueError:
        return 0
    if own.netloc.lower() != named.netloc.lower():
        return 0
    if own.path.rstrip("/") == named.path.rstrip("/"):
        return _by_query(own.query, named.query)
    return _by_path(own.path.rstrip("/"), named.path) if own.query == named.query else 0


def _by_query(own: str, named: str) -> int:
    before, after = parse_qsl(own, keep_blank_values=True), parse_qsl(named, keep_blank_values=True)
    added = [pair for pair in after if pair not in before]
    if len(added) != 1 or len(after) != len(before) + 1:
        return 0
    name, value = added[0][0].lower(), added[0][1].lower()
    if name in _NAMES and value.isdecimal():
        return _sensible(value)
    is_whole = (name in _NAMES or name == "view") and value in _ALL
    return WHOLE if is_whole or (name in _ALL_NAMES and value in _YES) else 0


def _by_path(own: str, named: str) -> int:
    if not own:
        return 0
    if named.startswith(own) and (found := _BELOW.fullmatch(named[len(own) :])):
        return WHOLE if found[1] == "all" else _sensible(found[1])
    # Without an ending, `/port-opens-2` is another article as like as not.
    if not (ending := _ENDING.fullmatch(own)) or not named.endswith(ending[2]):
        return 0
    middle = named[: -len(ending[2])]
    beside = _BESIDE.fullmatch(middle[len(ending[1]) :]) if middle.startswith(ending[1]) else None
    return _sensible(beside[1]) if beside else 0


def _sensible(number: str) -> int:
    return int(number) if 2 <= int(number) <= MOST else 0


def further(first: str, url: str, body: bytes) -> dict[int, str]:
    """The further pages of the article at `first` that its page at `url` links to, by their numbers."""
    found: dict[int, str] = {}
    for tag, address, words in _links(first, body):
        other = printed_url(urljoin(url, address)) or ""
        number = number_of(first, other)
        small = _SMALL.fullmatch(words)
        is_said = (
            _NEXT.search(tag) is not None
            or (small is not None and int(small[1]) == number)
            or number == WHOLE
        )
        if number and is_said:
            found.setdefault(number, other)
    return found


def _links(first: str, body: bytes) -> Iterator[tuple[bytes, str, bytes]]:
    """Tag, address and words of the links that could be to one: only what holds the article's name is looked at."""
    name = urlsplit(first).path.rstrip("/").rpartition("/")[2]
    stem = ((_ENDING.fullmatch(name) or [name, name])[1]).encode("utf-8", "replace")
    begun = -1
    for place in sorted(islice(_places(body, (stem, *_QUERY_ALONE)), _MOST_PLACES)):
        tag_at = body.rfind(b"<", max(0, place - _LONGEST_TAG), place)
        if tag_at <= begun or not (tag := _LINK.match(body, tag_at)):
            continue
        begun = tag_at
        href = _HREF.search(tag[1])
        if href and (href[1].startswith(b"?") or (stem and stem in href[1])):
            yield tag[1], href[1].decode("utf-8", "replace").replace("&amp;", "&"), tag[2]


def _places(body: bytes, needles: Iterable[bytes]) -> Iterator[int]:
    for needle in filter(None, needles):
        place = body.find(needle)
        while place >= 0:
            yield place
            place = body.find(needle, place + len(needle))


def starts_of(url: str) -> tuple[str, ...]:
    """Where an article may begin of which this is a further page, by the looks of its address."""
    parts = urlsplit(url)
    found = []
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name.lower() in _NAMES and value.isdecimal():
            kept = [part for part in parts.query.split("&") if part != f"{name}={value}"]
            found.append(parts._replace(query="&".join(kept)).geturl())
    if below := re.fullmatch(r"(.+?)/(?:(?:page|seite|pagina)/)?\d{1,2}(/?)", parts.path):
        found.append(parts._replace(path=below[1] + below[2]).geturl())
    elif beside := re.fullmatch(rf"(.+?){_BESIDE.pattern}(\.[a-z]+\d?)", parts.path):
        found.append(parts._replace(path=beside[1] + beside[3]).geturl())
    return tuple(start for start in found if start != url and number_of(start, url) > 0)


def is_prose(body: bytes) -> bool:
    """Whether a page has paragraphs, as an article has and a list of articles has not."""
    return len(_PROSE.findall(body)) >= _LEAST_PROSE


def says_the_same(first: bytes, other: bytes) -> bool:
    """Whether another page has the first one's paragraphs: its numbers are those of comments, say."""
    known = set(_PROSE.findall(first))
    return bool(known) and len(known & set(_PROSE.findall(other))) >= _MUCH_THE_SAME * len(known)


def joined(first: bytes, parts: Sequence[Part], *, is_cut: bool = False) -> bytes:
    """One body that holds all pages as they came, and whether there are more that were not had."""
    pieces = [first]
    for part in parts:
        told = json.dumps({"url": part.url, "type": part.content_type}).replace(">", "\\u003e")
        pieces += [f"\n<!--copydesk:page {told}-->\n".encode(), part.body]
    return b"".join((*pieces, _CUT if is_cut else b""))


def parted(url: str, body: bytes) -> tuple[bytes, tuple[Part, ...], bool]:
    """The inverse of `joined`, for the article at `url`.

    Whoever writes such a mark into a page of his own divides it, and names no page that is not his.
    """
    first, *rest = _MARK.split(body.removesuffix(_CUT))
    parts = []
    for told, piece in zip(rest[::2], rest[1::2], strict=True):
        try:
            said = json.loads(told)
            part = Part(str(said["url"]), str(said["type"]), piece)
        except (ValueError, KeyError, TypeError):
            return body, (), False
        if not number_of(url, part.url):
            return body, (), False
        parts.append(part)
    return first, tuple(parts[: MOST - 1]), body.endswith(_CUT)
