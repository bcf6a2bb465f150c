"""Which pages of an archive are extracted again, and in which order."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crawler.outcome import Outcome
from crawler.urls import printed_url, url_key
from workers.archive.files import files, name_of
from workers.archive.members import members
from workers.archive.records import Head, NotOurs, head_of

_OWN = {Outcome.NEW.value, Outcome.REVISION.value}

Order = tuple[bool, str, int]
"""Whether another URL has its text, the file's name, and where in it: what comes first is less."""


@dataclass(frozen=True, slots=True)
class Item:
    """One page of the archive."""

    path: Path
    start: int
    """Where in the file its record begins."""
    source: str
    url_key: str
    """Of the address at which it was found."""
    fetched: datetime
    is_second: bool
    """Its text was another URL's, or none: it comes after those whose text was their own."""
    head: str | None = None
    """The text of its URL as the store has it, where that is older than what the state remembers."""

    @property
    def order(self) -> Order:
        """Its place in a run, whatever the file is called by then."""
        return self.is_second, name_of(self.path), self.start


@dataclass(slots=True)
class _Seen:
    item: Item
    has_text: bool
    last: datetime
    """When the URL was fetched last, be it that nothing had changed."""


def plan(
    folder: Path,
    sources: Collection[str],
    since: datetime | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[Item]:
    """The newest page with a text of every URL, or else its newest page, in the order of a run.

    With `since`: of those URLs that were fetched at that time or later.
    """
    seen: dict[str, _Seen] = {}
    found = files(folder)
    for number, path in enumerate(found):
        for start, head in _heads(path):
            if head.source in sources:
                _note(seen, path, start, head)
        progress(number + 1, len(found))
    kept = (one.item for one in seen.values() if since is None or one.last >= since)
    return sorted(kept, key=lambda item: item.order)


def _heads(path: Path) -> Iterable[tuple[int, Head]]:
    try:
        for member in members(path):
            try:
                head = head_of(member.record)
            except NotOurs:
                continue
            yield member.start, head
    except FileNotFoundError:  # closed or removed just now
        closed = path.with_name(path.name.removesuffix(".open"))
        if closed != path:
            yield from _heads(closed)


def _note(seen: dict[str, _Seen], path: Path, start: int, head: Head) -> None:
    key = url_key(printed_url(head.url) or head.url)
    before = seen.get(key)
    if head.kind == "revisit":
        if before:
            before.last = max(before.last, head.fetched)
        return
    item = Item(path, start, head.source, key, head.fetched, _is_second(head, before))
    one = _Seen(item, head.text is not None, head.fetched)
    if before:
        one.last = max(before.last, head.fetched)
        if (before.has_text, before.item.fetched) > (one.has_text, item.fetched):
            before.last = one.last
            return
    seen[key] = one


def _is_second(head: Head, before: _Seen | None) -> bool:
    if head.outcome == Outcome.UNCHANGED.value:
        return before.item.is_second if before else False
    return head.outcome not in _OWN


def with_heads(items: Iterable[Item], heads: Mapping[str, str], before: float) -> list[Item]:
    """The items, those that were fetched before a time (unix seconds) with the text that the store has of their URL."""
    limit = datetime.fromtimestamp(before, UTC)
    return [
        Item(i.path, i.start, i.source, i.url_key, i.fetched, i.is_second, heads.get(i.url_key))
        if i.fetched < limit
        else i
        for i in items
    ]
