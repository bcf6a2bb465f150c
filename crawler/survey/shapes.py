"""What a site's article addresses look like, by comparing them with its other addresses. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from crawler.urls import authority

FEWEST = 5
"""Addresses of articles from which a pattern is worth something."""
_FEWEST_BELOW = 3
"""The same where a path is kept, which says much by itself."""
_MOST_COMPARED = 1_500
_MOST_PATTERNS = 3
# Of the articles, the share that a pattern finds; of the others, the share that it may take for articles.
_FINDS = 0.9
_WRONG = 0.02
# What adds less than this is an exception, and no form of its own.
_ADDS = 0.05
# A word that all of so many addresses share at the same place belongs to their form.
_CONSTANT = 12
_MOST_ALTERNATIVES = 8
_LONGEST_NAME = 400
"""Characters of a part of an address above which its kind is not looked for, which may take their square."""

_EXTENSION = re.compile(r"\.(?:s?html?|php|aspx?|jsp|cfm|cms|story)$", re.IGNORECASE)
_ANY = "[^/]+"
_YEAR, _FEW_DIGITS, _NUMBER = r"\d{4}", r"\d{1,2}", r"\d+"
# Linear in the length of what they are tried on, whatever that is.
_KINDS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(seen), made)
    for seen, made in (
        (r"(?:19|20)\d\d", _YEAR),
        (r"\d{1,2}", _FEW_DIGITS),
        (r"(?:19|20)\d\d[-_.][01]?\d[-_.][0-3]?\d", r"\d{4}[-_.]\d{1,2}[-_.]\d{1,2}"),
        (r"\d+", _NUMBER),
        (r"(?:19|20)\d\d[-_][01]\d[-_][0-3]\d[-_].+", r"\d{4}[-_]\d\d[-_]\d\d[-_][^/]+"),
        (r"\d{2,}-.+", r"\d+-"),
        (r"\d{2,}_.+", r"\d+_"),
        (r".+-\d{3,}", r"[^/]*-\d+"),
        (r".+_\d{3,}", r"[^/]*_\d+"),
        (r".+,\d{3,}", r"[^/]*,\d+"),
        (r"[a-z]{1,3}\d{4,}", r"[a-z]+\d+"),
        (r"(?=\D*\d\D*\d)[0-9a-zA-Z]{8,}", r"\w*\d\w*"),
        (r".+-(?=\D*\d\D*\d)[0-9a-zA-Z]{8,}", r"[^/]*-\w*\d\w*"),
        (r"[^-]+(?:-[^-]+){2,}-?", r"[^/-]+(?:-[^/-]+){2,}-?"),
        (r"[^_]+(?:_[^_]+){2,}_?", r"[^/_]+(?:_[^/_]+){2,}_?"),
    )
)
_MONTH = re.compile("jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.IGNORECASE)
_WORD = re.compile(r"[\w.~%+-]{1,40}")
_QUERY_ID = re.compile(r"([a-z_]{1,20})=(?:[a-z-]{0,10}\d{2,}|\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression for `article_urls`, and how well it tells articles from all else."""

    expression: str
    finds: int
    """Of the articles."""
    articles: int
    wrong: int
    """Of the others, taken for articles."""
    others: int


def propose(articles: Iterable[str], others: Iterable[str], keep: str = "") -> Pattern | None:
    """A pattern that finds nearly all articles and next to none of the others, or None.

    All are printed URLs. `keep` is a path, such as `/fr`, below which all articles wanted are: of
    another edition's, with an address of the same form, none is.
    """
    articles = list(dict.fromkeys(articles))[:_MOST_COMPARED]
    wanted = [_Address.of(url) for url in articles]
    unwanted = list(dict.fromkeys(others))[:_MOST_COMPARED]
    if len(wanted) < (_FEWEST_BELOW if keep else FEWEST):
        return None
    hosts = Counter(address.host for address in wanted)
    literal = _constants(wanted, [s for s in keep.split("/") if s])
    chosen: list[str] = []
    left = wanted
    while len(chosen) < _MOST_PATTERNS and len(left) > _ADDS * len(wanted):
        best = _best(left, unwanted, literal, hosts)
        if best is None or len(best[1]) <= _ADDS * len(wanted):
            break
        chosen.append(best[0])
        left = [address for address in left if address not in best[1]]
    if not chosen or len(wanted) - len(left) < _FINDS * len(wanted):
        return None
    expression = _whole(
        hosts, chosen, has_index=any("/index.php/" in url for url in (*articles, *unwanted))
    )
    return _measured(expression, [address.url for address in wanted], unwanted)


def _measured(expression: str, articles: Sequence[str], others: Sequence[str]) -> Pattern | None:
    compiled = re.compile(expression)
    finds = sum(1 for url in articles if compiled.search(url))
    wrong = sum(1 for url in others if compiled.search(url))
    is_good = finds >= _FINDS * len(articles) and wrong <= _WRONG * len(others)
    return Pattern(expression, finds, len(articles), wrong, len(others)) if is_good else None


@dataclass(frozen=True)
class _Address:
    """An article's address, taken apart."""

    url: str
    host: str
    segments: tuple[str, ...]
    query: str
    has_index: bool

    @classmethod
    def of(cls, url: str) -> "_Address":
        """The parts of a printed URL."""
        address, _, query = url.partition("?")
        path = address.partition("://")[2].partition("/")[2]
        segments = [segment for segment in path.split("/") if segment]
        has_index = bool(segments) and segments[0].lower() == "index.php" and len(segments) > 1
        return cls(url, authority(url), tuple(segments[has_index:]), query, has_index)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """An expression for each segment; empty where it is a word like any other."""
        last = len(self.segments) - 1
        kinds = [_kind(s, is_last=n == last) for n, s in enumerate(self.segments)]
        return tuple(
            kind.replace(_FEW_DIGITS, _NUMBER) if _may_grow(kinds, place) else kind
            for place, kind in enumerate(kinds)
        )

    @cached_property
    def end(self) -> str:
        """What follows the path: nothing, or the parameter that tells one article from another."""
        found = next(filter(None, map(_QUERY_ID.fullmatch, self.query.split("&"))), None)
        return rf"\?(?:.*&)?{re.escape(found[1])}=" if found else ""


def _kind(segment: str, *, is_last: bool) -> str:
    extension = _EXTENSION.search(segment) if is_last else None
    name = segment[: extension.start()] if extension else segment
    if len(name) > _LONGEST_NAME:
        return ""
    for seen, made in _KINDS:
        if seen.fullmatch(name):
            # What follows an id may be cut, or be changed with a headline.
            is_open = made.endswith(("-", "_"))
            return made if is_open or not extension else made + re.escape(extension[0])
    if not is_last and _MONTH.fullmatch(name):
        return "[a-z]{3}"
    return _ANY + re.escape(extension[0]) if extension else ""


def _may_grow(kinds: Sequence[str], place: int) -> bool:
    """Whether a number is small only so far; one that stands beside a year is a month or a day."""
    if not kinds[place].startswith(_FEW_DIGITS):
        return False
    for step in (-1, 1):
        beside = place + step
        while 0 <= beside < len(kinds) and kinds[beside] in (_FEW_DIGITS, "[a-z]{3}"):
            beside += step
        if 0 <= beside < len(kinds) and kinds[beside] == _YEAR:
            return False
    return True


def _constants(wanted: Sequence[_Address], keep: Sequence[str]) -> dict[int, str]:
    """By place, the words that belong to the form of all addresses."""
    constant = dict(enumerate(keep))
    if len(wanted) >= _CONSTANT:
        for place in range(min(len(address.segments) for address in wanted) - 1):
            words = {address.segments[place] for address in wanted}
            if len(words) == 1 and not wanted[0].kinds[place]:
                constant[place] = words.pop()
    return constant


def _best(
    left: Sequence[_Address],
    unwanted: Sequence[str],
    literal: dict[int, str],
    hosts: Counter[str],
) -> tuple[str, set[_Address]] | None:
    """The path that finds most of what is left and little else: the more general, the better."""
    found: tuple[str, set[_Address]] | None = None
    for path in _paths(left, literal):
        compiled = re.compile(_whole(hosts, [path], has_index=True))
        hits = {address for address in left if compiled.search(address.url)}
        if found and len(hits) <= len(found[1]):
            continue
        if sum(1 for url in unwanted if compiled.search(url)) <= _WRONG * len(unwanted):
            found = path, hits
    return found


def _paths(left: Sequence[_Address], literal: dict[int, str]) -> Iterator[str]:
    """Forms that some of these have, those with fewer words of their own first."""
    forms: dict[tuple[tuple[str, ...], str], list[_Address]] = {}
    for address in left:
        if address.segments and (any(address.kinds) or address.end or literal):
            forms.setdefault((address.kinds, address.end), []).append(address)
    often = sorted(forms.items(), key=lambda form: -len(form[1]))[:20]
    for level in range(3):
        for (kinds, end), addresses in often:
            parts = [
                kind or _word(place, addresses, literal, level) for place, kind in enumerate(kinds)
            ]
            if any(kinds) or end or any(part != _ANY for part in parts[:-1]):
                yield "/".join(parts) + (end or _closed(parts[-1]))


def _word(place: int, addresses: Sequence[_Address], literal: dict[int, str], level: int) -> str:
    """A place where words stand: any, those that were seen at the first such place, or only those."""
    if place in literal:
        return re.escape(literal[place])
    seen = Counter(address.segments[place] for address in addresses)
    words = sorted(word for word, count in seen.items() if count > 1 and _WORD.fullmatch(word))
    first = next(
        (n for n, kind in enumerate(addresses[0].kinds) if not kind and n not in literal), 0
    )
    is_particular = level == 2 or (level == 1 and place == first)
    is_last = place == len(addresses[0].segments) - 1
    if not is_particular or is_last or not 0 < len(words) <= _MOST_ALTERNATIVES:
        return _ANY
    escaped = [re.escape(word) for word in words]
    return escaped[0] if len(escaped) == 1 else f"(?:{'|'.join(escaped)})"


def _closed(last: str) -> str:
    """Where an address ends, unless what follows an id is anything."""
    return "" if last.endswith(("+-", "+_")) else r"/?(?:\?|$)"


def _whole(hosts: Counter[str], paths: Sequence[str], *, has_index: bool) -> str:
    least = _ADDS * hosts.total()
    names = [re.escape(host) for host, number in hosts.most_common(3) if number > least]
    host = names[0] if len(names) == 1 else f"(?:{'|'.join(names)})"
    path = paths[0] if len(paths) == 1 else f"(?:{'|'.join(paths)})"
    index = r"(?:index\.php/)?" if has_index else ""
    return rf"^https?://(?:www\.)?{host}/{index}{path}"
