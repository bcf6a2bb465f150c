"""How far a backfill has walked: what of each listing is still to be read, and where a way ends. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from config.records import known_fields
from crawler.discovery.days import Span, days_of_article, days_of_sitemaps
from crawler.discovery.listing import Child, Link, Listing, ListingKind
from crawler.urls import url_key

MOST_PAGES = 5_000
"""Pages of one listing that are walked back at the most."""
OLD_IN_A_ROW = 30
"""Articles, older than asked and one after the other, after which a listing without dates is left."""
MOST_STOPS = 20_000
"""Sitemaps of one index that are walked at the most: of fifty years, a day each."""
_MOST_PROBLEMS = 20
# Fewer dates than these may be those of a box beside the list.
_FEW_DATES = 3
# What stands in a listing for weeks says nothing of how far back it goes.
_MOST_PINNED = 2
# Listings are of the same subject where so much of the newer one's first page is on the other one's.
_NEARLY_ALL, _MOST_COMPARED, _MOST_NEWEST = 0.75, 400, 40

OLDER = "older than asked"
LAST_PAGE = "its last page"
REPEATS = "its pages repeat"


@dataclass(frozen=True, slots=True)
class Stop:
    """A listing, or a page of one, that is still to be read."""

    url: str
    at: str = ""
    """The latest time that it may speak of, RFC 3339 or a day; empty where that is not known."""


@dataclass(frozen=True, slots=True)
class Road:
    """One listing of a source, and how far back it has been walked."""

    kind: ListingKind
    stops: tuple[Stop, ...]
    """What is to be read next first; none: the road is at its end."""
    at: str = ""
    """How far back it has come; empty where nothing said so."""
    least: str = ""
    """The oldest date that it has named, but for a few that may be pinned to it."""
    pages: int = 0
    visited: tuple[str, ...] = ()
    """Marks of the addresses that were read."""
    first: tuple[str, ...] = ()
    """Marks of the links of the first page, which stand on many others too; of a sitemap, of some of its newest."""
    last: tuple[str, ...] = ()
    """Marks of the links of the page before."""
    misses: int = 0
    """How often the present stop could not be read."""
    end: str = ""
    """Why it is at its end."""
    url: str = ""
    """The listing's own address."""

    @property
    def position(self) -> str:
        """How far back the next stop is; empty where nobody knows."""
        return (self.stops[0].at if self.stops else "") or self.at

    def ended(self, why: str) -> "Road":
        """The road at its end."""
        return replace(
            self, stops=(), visited=(), first=self.first[:_MOST_COMPARED], last=(), end=why
        )


@dataclass(frozen=True, slots=True)
class Cursor:
    """A backfill's walk over all listings of a source."""

    roads: tuple[Road, ...] = ()
    current: int = -1
    """Of which road the links are that wait to be entered."""
    is_dated: bool = True
    """Whether the listing that named them gave their dates."""
    is_turned: bool = False
    """Whether they are taken from their other end."""
    problems: tuple[str, ...] = ()
    """Listings that could not be read, and why."""

    def next_road(self) -> int | None:
        """The road that is to be walked on: the least far back of all, so that what is newest comes first."""
        open_roads = [number for number, road in enumerate(self.roads) if road.stops]
        return max(open_roads, key=self._newness, default=None)

    def _newness(self, number: int) -> tuple[bool, str, int]:
        road = self.roads[number]
        # Where nothing says how far back a road is, that is found out; several such take turns.
        return (not road.position, road.position, -road.pages)

    def with_road(self, number: int, road: Road) -> "Cursor":
        """One road of it is another."""
        roads = (*self.roads[:number], road, *self.roads[number + 1 :])
        return replace(self, roads=roads)

    def with_problem(self, problem: str) -> "Cursor":
        """One more listing could not be read."""
        return replace(self, problems=(*self.problems, problem)[-_MOST_PROBLEMS:])

    def reached(self, at: Mapping[int, str]) -> "Cursor":
        """With how far back the roads are of which only the articles tell, by the road's number."""
        roads = (replace(r, at=r.at or at.get(n, "")) for n, r in enumerate(self.roads))
        return replace(self, roads=tuple(roads))


def mark(text: str) -> str:
    """Few letters that stand for an address."""
    return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()


def is_asked_for(link: Link, span: Span) -> bool:
    """Whether a link may be to an article of the time asked for.

    Its address tells the day. A listing's date may be that of a change: what it says is only that the
    article is no younger.
    """
    days = days_of_article(link.url)
    if days is not None:
        return span.holds(days)
    return not (link.published and span.is_before(link.published))


def past_sitemap(
    road: Road, stop: Stop, listing: Listing, links: Sequence[Link], span: Span
) -> tuple[Road, tuple[Link, ...]]:
    """The road after one of its sitemaps was read, and the links that are asked for, newest first."""
    visited = (*road.visited, mark(stop.url))
    met = {*visited, *(mark(other.url) for other in road.stops)}
    found = [child for child in _stops_of(listing.children, span) if mark(child.url) not in met]
    stops = _newest_first([*road.stops[1:], *found])[:MOST_STOPS]
    dates = sorted(link.published for link in links if link.published)
    at = stop.at or (dates[-1] if dates else "") or road.at
    least = min(filter(None, (road.least, *_oldest(dates))), default="")
    road = replace(
        road,
        stops=stops,
        at=at,
        least=least,
        pages=road.pages + 1,
        visited=visited,
        first=(*road.first, *_newest_of(links))[:_MOST_COMPARED],
        misses=0,
    )
    return _at_end(road, "all of it was read"), tuple(x for x in links if is_asked_for(x, span))


def _newest_of(links: Sequence[Link]) -> tuple[str, ...]:
    """Marks of some of a sitemap's newest; where nothing says which these are, from both of its ends."""
    is_dated = any(link.published for link in links)
    half = _MOST_NEWEST // 2
    some = links[:_MOST_NEWEST] if is_dated else [*links[:half], *links[half:][-half:]]
    return tuple(mark(url_key(link.url)) for link in some)


def past_page(
    road: Road,
    stop: Stop,
    links: Sequence[Link],
    next_page: str | None,
    times: Sequence[str],
    span: Span,
) -> tuple[Road, tuple[Link, ...]]:
    """The road after a page of a section or feed was read, and the links that are asked for.

    `times` are those that the page shows, in any order.
    """
    marks = tuple(mark(url_key(link.url)) for link in links)
    seen = {*road.first, *road.last}
    own = [link for link, m in zip(links, marks, strict=True) if m not in road.first]
    dates = sorted(filter(None, map(_date_of, own))) or sorted(times)
    at = dates[len(dates) // 2] if dates else road.at
    is_first = not road.pages
    end = _end_of_page(road, next_page, span, dates, is_news=is_first or not seen.issuperset(marks))
    after = replace(
        road,
        stops=() if end else (Stop(next_page or ""),),
        at=at,
        least=min(filter(None, (road.least, *_oldest(dates))), default=""),
        pages=road.pages + 1,
        visited=(*road.visited, mark(stop.url)),
        first=marks if is_first else road.first,
        last=marks,
        misses=0,
    )
    asked_for = tuple(link for link in links if is_asked_for(link, span))
    return (after.ended(end) if end else after), asked_for


def _end_of_page(
    road: Road, next_page: str | None, span: Span, dates: Sequence[str], *, is_news: bool
) -> str:
    if not is_news:
        return REPEATS
    if len(dates) >= _FEW_DATES and span.is_before(dates[-1]):
        return OLDER
    if next_page is None:
        return LAST_PAGE
    if mark(next_page) in road.visited:
        return REPEATS
    return f"{MOST_PAGES} pages were read" if road.pages + 1 >= MOST_PAGES else ""


def past_nothing(road: Road, why: str) -> Road:
    """The road after a stop that is not there, or cannot be read."""
    if road.kind is not ListingKind.SITEMAP:
        return road.ended(LAST_PAGE if road.pages and why.startswith("http-4") else why)
    return _at_end(replace(road, stops=road.stops[1:], misses=0), why)


def after_old(cursor: Cursor, in_a_row: Mapping[int, int]) -> tuple[Cursor, str]:
    """What follows from articles that proved to be older than asked, by the number of the road.

    A section is then at its end. A sitemap whose order nobody knows is tried from its other end, and
    then left. Gives the cursor, and what becomes of the links that wait: `drop`, `turn` or nothing.
    """
    fate = ""
    for number, road in enumerate(cursor.roads):
        if in_a_row.get(number, 0) < OLD_IN_A_ROW:
            continue
        if road.kind is not ListingKind.SITEMAP:
            cursor = cursor.with_road(number, road.ended(OLDER)) if road.stops else cursor
            fate = "drop" if number == cursor.current else fate
        elif number == cursor.current:
            fate = "drop" if cursor.is_turned else "turn"
            cursor = replace(cursor, is_turned=True)
    return cursor, fate


def covered_since(cursor: Cursor, span: Span, listing: str) -> str | None:
    """Since when, of the time asked for, a walk that is over has met all that a listing named; None: nobody can say.

    It is met by the listing's own older pages, and by those of another one that names nearly all that it names:
    any other is about something else. Of a listing that the source no longer has, a sitemap is taken to be of all.
    """
    if cursor.problems:
        return None
    own = next((road for road in cursor.roads if road.url == listing), None)
    walked = [
        span.since if road.end == OLDER else road.least or road.at
        for road in cursor.roads
        if road is own or _names_all_of(road, own)
    ]
    least = min(filter(None, walked), default=None)
    if least is None or span.is_after(least):
        return None
    return span.since if span.is_before(least) else least


def _names_all_of(road: Road, other: Road | None) -> bool:
    if other is None:
        return road.kind is ListingKind.SITEMAP
    newest = other.first[: len(road.first)]
    return bool(newest) and len({*newest} & {*road.first}) >= _NEARLY_ALL * len(newest)


def _oldest(dates: Sequence[str]) -> Sequence[str]:
    """The oldest of some sorted dates: one at the most, and not one of the few that may be pinned."""
    place = min(_MOST_PINNED, len(dates) // 2)
    return dates[place : place + 1]


def _stops_of(children: Sequence[Child], span: Span) -> list[Stop]:
    """The sitemaps of an index that may speak of the time asked for."""
    stops = []
    named = days_of_sitemaps([child.url for child in children])
    for child, days in zip(children, named, strict=True):
        if child.lastmod and span.is_before(child.lastmod):
            continue
        if days is None:
            stops.append(Stop(child.url, child.lastmod or ""))
        elif span.holds(days):
            stops.append(Stop(child.url, days.last))
    return stops


def _newest_first(stops: Iterable[Stop]) -> tuple[Stop, ...]:
    # Those without a date stay in their order, and come last.
    return tuple(sorted(stops, key=lambda stop: stop.at, reverse=True))


def _at_end(road: Road, why: str) -> Road:
    return road if road.stops else road.ended(why)


def _date_of(link: Link) -> str:
    days = days_of_article(link.url)
    return days.last if days else link.published or ""


def to_json(cursor: Cursor) -> dict[str, Any]:
    """What is kept of a cursor."""
    return {
        "roads": [
            {
                "kind": road.kind.value,
                "stops": [[stop.url, stop.at] for stop in road.stops],
                "at": road.at,
                "least": road.least,
                "pages": road.pages,
                "visited": "".join(road.visited),
                "first": "".join(road.first),
                "last": "".join(road.last),
                "misses": road.misses,
                "end": road.end,
                "url": road.url,
            }
            for road in cursor.roads
        ],
        "current": cursor.current,
        "is_dated": cursor.is_dated,
        "is_turned": cursor.is_turned,
        "problems": list(cursor.problems),
    }


def from_json(kept: Mapping[str, Any]) -> Cursor:
    """The cursor that was kept."""
    roads = tuple(
        Road(
            **known_fields(Road, road)
            | {
                "kind": ListingKind(road["kind"]),
                "stops": tuple(Stop(*stop) for stop in road["stops"]),
                **{name: _marks(road[name]) for name in ("visited", "first", "last")},
            }
        )
        for road in kept["roads"]
    )
    return Cursor(
        **{**known_fields(Cursor, kept), "roads": roads, "problems": tuple(kept["problems"])}
    )


def _marks(text: str) -> tuple[str, ...]:
    length = len(mark(""))
    return tuple(text[i : i + length] for i in range(0, len(text), length))
