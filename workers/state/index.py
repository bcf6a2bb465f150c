"""What is known already: URLs, texts, signatures; and the one end of every page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crawler.extraction.recurring import is_long
from crawler.outcome import Outcome
from crawler.page import Visit
from workers.archive.kept import Kept
from workers.state.counted import ARCHIVED_BYTES
from workers.state.ledger import Ledger
from workers.state.numbers import url_field, url_number
from workers.state.quarantine import Quarantined
from workers.state.scripts import Scripts, packed
from workers.state.settlement import Settlement, Unsettled
from workers.storage.places import Place

_DAY = 86400


@dataclass(frozen=True, slots=True)
class Reservation:
    """The answer to a request for a place."""

    place: Place | None
    """The place, bound to this URL or known before; None where another page brings the same text."""
    known: bool = False
    stale: bool = False
    former: Place | None = None
    """Where an earlier try of the page may have written; nothing was changed, and it goes first."""
    spent: bool = False
    """The one path that a dropped text can have on its day was let go, and is given to nobody again."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the index says of a text and its URLs."""

    place: Place | None
    """Where this very text is kept, if it is known."""
    heads: tuple[str | None, ...]
    """The id last found at each of the URLs asked for, within the window."""
    candidates: Mapping[str, Place]
    """Texts of the window that share a band, most bands first."""
    seen: bytes = b""
    """What of the window was looked through: a commit looks at what came since."""
    reserved: Reservation | None = None
    """Given: the text is new, and this is what `Index.reserve` says of it."""


@dataclass(frozen=True, slots=True)
class TextMark:
    """What the index is to keep of a text."""

    id: str
    place: Place | None = None
    """Given: the id is known from now on, and where."""
    url_keys: tuple[str, ...] = ()
    """Given: the id is the present text of these URLs."""
    bands: tuple[bytes, ...] = ()
    """Given: the text enters the near-duplicate index."""
    verified: Collection[str] = ()
    """The candidates that were compared."""
    seen: bytes = b""
    """What the look-up that found them has seen; without it, the commit looks through all again."""


@dataclass(frozen=True, slots=True)
class Commit:
    """How a page ends, whole: see `commit.lua`."""

    visit: Visit
    outcome: Outcome
    reason: str = ""
    url_keys: tuple[str, ...] = ()
    """URLs that are known from now on; the visit's own is always among them."""
    text: TextMark | None = None
    entry: Mapping[str, str] | None = None
    """Fields for the outbox: given where the document is queued."""
    record: str | None = None
    """JSON for the log of duplicates."""
    quarantine: Quarantined | None = None
    """Given: the page failed for good."""
    revisits: tuple[float, ...] | None = None
    """When the URL is to be looked at again; None leaves what was planned."""
    removed: Place | None = None
    """The place that an earlier try had reserved, once its files are gone."""
    blocks: Mapping[bytes, str] = field(default_factory=dict)
    """By their keys, those that may recur on the source's pages: of a text that was nowhere before."""
    archived: Kept | None = None
    """What the archive has of the page."""
    validator: str = ""
    """By which the page is asked for at its next visit, if it is the one whose text stands."""
    age: str = ""
    """Given: whether an article that a backfill has named is `older`, `asked-for`, or `younger`."""
    published: str = ""
    """With an age: when it was published, RFC 3339 in UTC or a day."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """What the page adds to the metrics, by the names of their counters."""


class Index:
    """Look-ups read only; whatever is entered is entered by the commit of a page."""

    def __init__(self, scripts: Scripts, ledger: Ledger, settlement: Settlement) -> None:
        self._scripts = scripts
        self._ledger = ledger
        self._settlement = settlement

    def look_up(
        self, text_id: str, url_keys: Sequence[str], bands: Sequence[bytes], now: float
    ) -> Known:
        """What is known of a text, in one round trip. Raises `Unsettled`."""
        reply = self._settled("look_up", *_asked(text_id, url_keys, bands, now))
        return self._known(text_id, reply)

    def place_new(
        self,
        visit: Visit,
        text_id: str,
        url_keys: Sequence[str],
        bands: Sequence[bytes],
        now: float,
        fetched: datetime,
    ) -> Known:
        """What `look_up` says; where nothing is known, the text is new and is bound as by `reserve`, in the same round trip.

        Raises `Unsettled`.
        """
        reply = self._settled(
            "place_new",
            *_asked(text_id, url_keys, bands, now),
            visit.source,
            visit.key,
            visit.token,
            text_id,
            _day_of(fetched),
        )
        return self._known(text_id, reply)

    def _known(self, text_id: str, reply: Sequence[Any]) -> Known:
        place, heads, found, seen, *reserved = reply
        rows = [found[i : i + 3] for i in range(0, len(found), 3)]
        rows.sort(key=lambda row: (-int(row[2]), row[0]))
        return Known(
            place=self._ledger.place(text_id, place) if place else None,
            heads=tuple(head.hex() or None for head in heads),
            candidates={i.hex(): self._ledger.place(i.hex(), packed) for i, packed, _ in rows},
            seen=seen,
            reserved=self._reservation(text_id, reserved[0]) if reserved else None,
        )

    def places(self, text_ids: Sequence[str], now: float) -> dict[str, Place]:
        """Where texts are kept; one that is not known is left out."""
        raw = self._scripts.run("places", *(bytes.fromhex(i) for i in text_ids))
        found = zip(text_ids, raw, strict=True)
        return {i: self._ledger.place(i, place) for i, place in found if place}

    def reserve(
        self,
        visit: Visit,
        text_id: str,
        fetched: datetime,
        *,
        dropped: bool = False,
        removed: Place | None = None,
        spent: Place | None = None,
    ) -> Reservation:
        """Bind a text to its URL and give its place, the same whenever asked again.

        Where the URL has a place for another text already, or the one that is `spent` since something
        else stands there, it is given as `former`; that place is let go when it comes back as `removed`.
        Raises `Unsettled`.
        """
        reply = self._settled(
            "reserve",
            visit.source,
            visit.key,
            visit.token,
            bytes.fromhex(text_id),
            text_id,
            _day_of(fetched),
            "" if dropped else "1",
            self._ledger.packed_place(removed) if removed else "",
            self._ledger.packed_place(spent) if spent else "",
        )
        return self._reservation(text_id, reply)

    def _reservation(self, text_id: str, reply: Sequence[bytes]) -> Reservation:
        if reply[0] == b"former":
            return Reservation(None, former=self._ledger.place(reply[1].decode(), reply[2]))
        if reply[0] == b"other":
            return Reservation(None)
        if reply[0] in (b"stale", b"spent"):
            return Reservation(None, stale=reply[0] == b"stale", spent=reply[0] == b"spent")
        return Reservation(self._ledger.place(text_id, reply[1]), known=reply[0] == b"known")

    def _settled(self, name: str, *arguments: bytes | str | float) -> Any:
        """Run a script that answers only whoever knows the last settlement."""
        for _ in range(2):
            reply = self._scripts.run(name, *arguments, self._settlement.epoch)
            if reply != [b"unsettled"]:
                return reply
            self._ledger.forget_sources()
            if not self._settlement.refresh():
                break
        raise Unsettled

    def commit(self, commit: Commit, now: float) -> tuple[str, ...] | Place:
        """End a page. Returns `("done",)`, or, with nothing changed, why not.

        `("stale",)`; `("unreserved",)`, where the place is no longer the page's; the ids of candidates
        that were not verified; or the place where an earlier try may have written: its files go first,
        and then it comes back as `removed`.
        """
        reply = self._scripts.run("commit", packed(self._plan(commit, now)))
        if reply[0] == b"candidates":
            return tuple(raw.hex() for raw in reply[1:])
        if reply[0] == b"former":
            return self._ledger.place(reply[1].decode(), reply[2])
        return (reply[0].decode(),)

    def disown(self, place: Place) -> bool:
        """Whether files that a page wrote, and could not commit, may be taken away: they are nobody's.

        They never will be: the place is let go for good.
        """
        # A process that knows of no settlement knows of no place either.
        return self._let_go(place, self._settlement.epoch or "none")

    def disown_copy(self, place: Place) -> bool:
        """The same of files whose text, the state just said, has another place; while it is settled, too."""
        return self._let_go(place, "")

    def _let_go(self, place: Place, epoch: str) -> bool:
        raw_id, raw_place = bytes.fromhex(place.id), self._ledger.packed_place(place)
        return bool(self._scripts.run("disown", raw_id, place.id, raw_place, epoch))

    def _plan(self, commit: Commit, now: float) -> dict[str, Any]:
        visit = commit.visit
        url_keys = dict.fromkeys((visit.key, *commit.url_keys))
        plan: dict[str, Any] = {
            "source": visit.source,
            "key": visit.key,
            "token": visit.token,
            "now": now,
            "hour": datetime.fromtimestamp(now, UTC).strftime("%Y%m%d%H"),
            "outcome": commit.outcome.value,
            "reason": commit.reason,
            "counts": [part for pair in _counts(commit).items() for part in pair],
            "numbers": [url_number(url_key) for url_key in url_keys],
            **({"age": commit.age, "published": commit.published} if commit.age else {}),
        }
        if commit.text:
            plan["text"] = self._text_plan(commit.text)
        if commit.entry:
            plan["entry"] = [part for pair in commit.entry.items() for part in pair]
        if commit.record:
            plan["record"] = commit.record
        if commit.quarantine:
            plan["quarantine"] = [commit.quarantine.id, commit.quarantine.to_json()]
        if commit.revisits:
            plan["revisits"] = list(commit.revisits)
        if commit.blocks:
            plan["blocks"] = [[k, block, is_long(block)] for k, block in commit.blocks.items()]
        if commit.validator:
            plan["validator"] = commit.validator
        if kept := commit.archived:
            is_revisit = "1" if kept.is_revisit else ""
            plan["archived"] = {
                "original": kept.original.to_text(),
                "size": kept.size,
                "is_revisit": is_revisit,
            }
        if commit.removed:
            plan["removed"] = self._ledger.packed_place(commit.removed)
        return plan

    def _text_plan(self, text: TextMark) -> dict[str, Any]:
        plan: dict[str, Any] = {"id": bytes.fromhex(text.id), "hex": text.id}
        if text.place:
            plan["place"] = self._ledger.packed_place(text.place)
        if text.url_keys:
            plan["head"] = text.id
            plan["fields"] = [url_field(url_key) for url_key in text.url_keys]
        if text.bands:
            plan["bands"] = list(text.bands)
            if text.seen:
                plan["seen"] = text.seen
            plan["verified"] = {bytes.fromhex(i): True for i in (*text.verified, text.id)}
        return plan


def _counts(commit: Commit) -> Mapping[str, int]:
    archived = {ARCHIVED_BYTES: commit.archived.size} if commit.archived else {}
    return {**commit.counts, **archived}


def _asked(
    text_id: str, url_keys: Sequence[str], bands: Sequence[bytes], now: float
) -> tuple[float, bytes, bytes, bytes]:
    """What `look_up.lua` is given of a text."""
    fields = packed([url_field(url_key) for url_key in url_keys])
    return now, bytes.fromhex(text_id), fields, packed(list(bands))


def _day_of(moment: datetime) -> int:
    """Days since 1970."""
    return int(moment.timestamp()) // _DAY
