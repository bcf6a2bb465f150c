"""A web that follows from a seed: what each site publishes when, how it answers, and when it is down."""

import bisect
import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from scrapy.exceptions import DownloadConnectionRefusedError
from scrapy.http import Response

from rig.stories import Story

HOUR, DAY = 3600.0, 86400.0
IN_FEED = 25
"""Entries of a feed."""
# As many as there are made-up stories, which go back by a minute each.
_TEXTS = 10**9
RHYTHMS = ("fast", "slow", "bursty", "weekdays", "dying", "steady")


@dataclass(frozen=True)
class Piece:
    """An article of a site."""

    url: str
    published: float
    text: int
    """Names the text: two pieces with one number have one text."""
    edits: tuple[int, ...] = ()
    """Sentences that were changed, as wire copies are."""
    kind: str = "article"
    """`article`; or `gone`, `listing`, `poison` (whoever reads it dies), `broken` (its server fails)."""
    until: float = 0.0
    """A broken one answers from then on; a gone one was there before."""
    revised: float = float("inf")
    """When its text changes."""


@dataclass
class Site:
    """One source's part of the web."""

    name: str
    host: str
    pieces: Sequence[Piece]
    down: Sequence[tuple[float, float, str]]
    """From, to, how: `503`, `429` (with Retry-After), `refused`."""
    has_etag: bool = True
    asked: int = 0
    _by_url: dict[str, Piece] = field(init=False)

    def __post_init__(self) -> None:
        self._by_url = {piece.url: piece for piece in self.pieces}

    @property
    def feed(self) -> str:
        """The address of its feed."""
        return f"https://{self.host}/{self.name}/feed.json"

    @cached_property
    def _times(self) -> list[float]:
        return [piece.published for piece in self.pieces]

    def answer(self, url: str, headers: Mapping[bytes, list[bytes]], now: float) -> Response:
        """What the site answers at a moment; raises what a download raises."""
        self.asked += 1
        for begin, end, how in self.down:
            if begin <= now < end:
                return _no_answer(url, how)
        if url == self.feed:
            return self._feed(url, headers, now)
        return self._page(url, now)

    def listed(self, now: float) -> Sequence[Piece]:
        """What the feed names, newest first."""
        last = bisect.bisect_right(self._times, now)
        return self.pieces[max(0, last - IN_FEED) : last][::-1]

    def _feed(self, url: str, headers: Mapping[bytes, list[bytes]], now: float) -> Response:
        listed = self.listed(now)
        etag = (
            f'"{len(listed)}-{listed[0].url if listed else ""}"'.encode() if self.has_etag else b""
        )
        if etag and headers.get(b"If-None-Match") == [etag]:
            return Response(url, 304)
        items = [
            {"id": p.url, "url": p.url, "title": p.url, "date_published": _day(p.published)}
            for p in listed
        ]
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": self.name, "items": items}
        sent = {b"Content-Type": [b"application/feed+json"]} | ({b"ETag": [etag]} if etag else {})
        return Response(url, 200, headers=sent, body=json.dumps(feed).encode())

    def _page(self, url: str, now: float) -> Response:
        piece = self._by_url.get(url)
        if piece is None or (piece.kind == "gone" and now >= piece.until):
            return Response(url, 404)
        if piece.kind == "broken" and now < piece.until:
            return Response(url, 500)
        page = {"kind": piece.kind, "published": _day(piece.published)} | text_of(piece, now)
        return Response(url, 200, body=json.dumps(page).encode())


def text_of(piece: Piece, now: float) -> dict[str, str]:
    """Title and body of a piece at a moment."""
    story = Story.numbered(piece.text, paragraphs=2)
    sentences = " ".join(story.paragraphs).split(". ")
    for edit in piece.edits:
        sentences[edit % len(sentences)] = f"As the desk of copy {edit} has it"
    if now >= piece.revised:
        sentences.append(f"Corrected at {piece.revised:.0f} by the night desk.")
    return {"title": story.title, "body": ". ".join(sentences)}


def _no_answer(url: str, how: str) -> Response:
    if how == "refused":
        raise DownloadConnectionRefusedError
    headers = {b"Retry-After": [b"1800"]} if how == "429" else {}
    return Response(url, int(how), headers=headers)


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def make_site(
    seed: int, name: str, host: str, start: float, end: float, wire: list[int], down_days: float
) -> Site:
    """A site by its name and a seed. `wire` are texts that several sites bring."""
    rng = random.Random(f"{seed} {name}")
    times = _times(rng, rng.choice(RHYTHMS), start, end)
    pieces = [_piece(rng, f"https://{host}/{name}", i, t, wire) for i, t in enumerate(times)]
    return Site(name, host, pieces, _downs(rng, start, end, down_days), has_etag=rng.random() < 0.8)


def _times(rng: random.Random, rhythm: str, start: float, end: float) -> list[float]:
    rate = {"fast": 7.0, "slow": 0.4, "bursty": 0.25, "weekdays": 2.5, "dying": 5.0, "steady": 2.0}[
        rhythm
    ]
    # What the site had before it was met.
    times = [start - rng.uniform(0, 3 * DAY) for _ in range(rng.randrange(8))]
    now = start
    while (now := now + rng.expovariate(rate / DAY)) < end:
        if rhythm == "weekdays" and datetime.fromtimestamp(now, UTC).weekday() > 4:
            continue
        if rhythm == "dying" and rng.random() < 2 * (now - start) / (end - start):
            continue
        count = rng.randrange(3, IN_FEED) if rhythm == "bursty" else 1
        times += [now + rng.uniform(0, 600) for _ in range(count)]
    return sorted(times)


def _piece(rng: random.Random, root: str, number: int, published: float, wire: list[int]) -> Piece:
    url = f"{root}/story-{number}-of-{int(published)}-in-full"
    edits: tuple[int, ...] = ()
    text = int.from_bytes(hashlib.sha256(url.encode()).digest()[:8]) % _TEXTS
    if rng.random() < 0.12:
        text = wire[int(published // (DAY / 4)) % len(wire)]
        edits = tuple(rng.randrange(6) for _ in range(rng.choice([0, 0, 1, 1, 3])))
    kind, until, revised = "article", 0.0, float("inf")
    luck = rng.random()
    if luck < 0.02:
        kind, until = "gone", published + rng.choice([0.0, 3 * HOUR])
    elif luck < 0.05:
        kind, until = "broken", published + rng.choice([0.3, 1.0, 50.0]) * HOUR
    elif luck < 0.06:
        kind = "listing"
    elif luck < 0.061:
        kind = "poison"
    elif luck < 0.15:
        revised = published + rng.uniform(0.2, 20) * HOUR
    return Piece(url, published, text, edits, kind, until, revised)


def _downs(
    rng: random.Random, start: float, end: float, mean_days: float
) -> list[tuple[float, float, str]]:
    downs, now = [], start
    while (now := now + rng.expovariate(1 / (mean_days * DAY))) < end:
        until = min(end, now + rng.choice([0.05, 0.5, 2.0, 9.0, 30.0]) * HOUR)
        downs.append((now, until, rng.choice(["503", "429", "refused"])))
        now = until
    return downs
