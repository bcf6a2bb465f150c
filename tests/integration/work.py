"""A source's crawl in small steps, for tests of the state."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crawler.page import Page, Visit
from workers.state.frontier import Offered, new_token
from workers.state.schedule import SourceLease
from workers.state.state import State

NOW = float(int(time.time()))
LEASE_SECONDS = 300.0


@dataclass
class Work:
    """A leased source; the clock stands at `now` until a test moves it."""

    state: State
    source: str = "gazette"
    authorities: tuple[str, ...] = ("gazette.example",)
    now: float = NOW
    lease: SourceLease = field(init=False)

    def __post_init__(self) -> None:
        self.state.schedule.add({self.source: self.now})
        self.begin()

    def begin(self) -> None:
        """Lease the source."""
        token, until = new_token(), self.now + LEASE_SECONDS
        leased = self.state.schedule.lease(self.source, self.authorities, token, self.now, until)
        assert leased
        self.lease = leased

    def offer(
        self,
        names: Iterable[str],
        *,
        most: int | None = None,
        listings: dict[str, str] | None = None,
    ) -> Offered:
        """Offer the URLs of these names."""
        return self.state.frontier.offer(
            self.source,
            self.lease.token,
            [(key_of(name), url_of(name)) for name in names],
            now=self.now,
            most=most,
            settings="settings-1",
            listings=listings or {},
        )

    def take(
        self, count: int = 100, *, revisits: bool = False, waiting_max: int = 1000
    ) -> list[Visit]:
        """Lease due URLs."""
        return self.state.frontier.take(
            self.source,
            self.lease.token,
            count,
            now=self.now,
            until=self.now + LEASE_SECONDS,
            waiting_max=waiting_max,
            with_revisits=revisits,
        )

    def one(self, name: str) -> Visit:
        """Offer one URL and take it."""
        self.offer([name])
        (visit,) = self.take()
        return visit

    def hand_in(self, visit: Visit, body: bytes = b"<p>page</p>", **fields: Any) -> bool:
        """Hand in a page for a visit."""
        page = page_of(visit, body, fetched=self.now, **fields)
        return self.state.frontier.hand_in(visit, page, self.now + 20)

    def waiting(self, name: str) -> Visit:
        """Bring a URL all the way to a page that waits for ingest."""
        visit = self.one(name)
        assert self.hand_in(visit)
        return visit


def key_of(name: str) -> str:
    """The key of a name's URL."""
    return f"gazette.example/{name}"


def url_of(name: str) -> str:
    """The URL of a name."""
    return f"https://www.gazette.example/{name}"


def page_of(visit: Visit, body: bytes, *, fetched: float = NOW, **fields: Any) -> Page:
    """A page as it is fetched for a visit."""
    facts: dict[str, Any] = {
        "url": visit.url,
        "requested": visit.url,
        "status": 200,
        "fetched": datetime.fromtimestamp(fetched, UTC),
        "content_type": "text/html; charset=utf-8",
        "content_encoding": "",
    }
    return Page(body=body, **(facts | fields))


def dump(state: State) -> dict[bytes, object]:
    """Everything that the server holds, times of expiry included."""
    client = state.client
    held: dict[bytes, object] = {}
    for name in client.scan_iter(count=1000):
        kind = client.type(name).decode()
        match kind:
            case "string":
                value: object = client.get(name)
            case "hash":
                value = {field: _parsed(text) for field, text in client.hgetall(name).items()}
            case "set":
                value = client.smembers(name)
            case "zset":
                value = client.zrange(name, 0, -1, withscores=True)
            case "list":
                value = client.lrange(name, 0, -1)
            case "stream":
                value = client.xrange(name)
            case _:
                raise AssertionError(kind)
        held[name] = (kind, value, client.expiretime(name))
    return held


def _parsed(text: bytes) -> object:
    """JSON as what it says: in which order a script writes it is not the same on every server."""
    try:
        return json.loads(text) if text.startswith(b"{") else text
    except ValueError:
        return text
