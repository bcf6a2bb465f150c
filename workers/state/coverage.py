"""Up to when each source has been met whole, and the gaps in it. Lost with the server: then the past is unknown."""

import json
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from config.records import known_fields
from workers.coverage.days import Walked
from workers.coverage.intervals import Interval, within, without
from workers.state.connection import Client, key
from workers.state.scripts import Scripts

KEPT_SECONDS = 400 * 86400.0
"""Gaps are kept for so long."""
MOST_GAPS = 2_000
"""Gaps of one source that are kept at the most; the oldest go first."""


@dataclass(frozen=True, slots=True)
class SourceGap:
    """A while of which nothing is known, or was not until it was walked back to."""

    start: float
    end: float
    listing: str = ""
    """The listing that no longer reached back."""
    closed: str = ""
    """What closed it, in words; empty while it is open."""
    found: float = 0.0
    """Unix seconds: when it was noticed."""

    @property
    def name(self) -> str:
        """Sorts by time, and is one for the same gap."""
        return f"{int(self.start):011d}-{zlib.crc32(self.listing.encode()):08x}"

    @property
    def interval(self) -> Interval:
        """From when to when."""
        return Interval(self.start, self.end)

    def to_json(self) -> str:
        """As it is kept."""
        fields = {"end": self.end, "start": self.start, "listing": self.listing}
        return json.dumps(fields | {"closed": self.closed, "found": self.found})


@dataclass(frozen=True, slots=True)
class Covered:
    """What a walk says of the time that it covers."""

    until: float
    """Unix seconds up to which all has been met, but for the gaps."""
    gaps: tuple[SourceGap, ...] = ()

    def for_script(self, now: float) -> dict[str, object]:
        """As `offer.lua` takes it."""
        flat = [part for gap in self.gaps for part in (gap.name, replace(gap, found=now).to_json())]
        oldest = f"{max(0, int(now - KEPT_SECONDS)):011d}"
        return {"until": self.until, "gaps": flat, "most": MOST_GAPS, "oldest": oldest}


@dataclass(frozen=True, slots=True)
class SourceCoverage:
    """What is kept of a source."""

    since: float | None = None
    until: float = 0.0
    gaps: tuple[SourceGap, ...] = ()
    """The oldest first."""

    @property
    def open_gaps(self) -> tuple[SourceGap, ...]:
        """Those that nothing has closed."""
        return tuple(gap for gap in self.gaps if not gap.closed)

    @property
    def walked(self) -> Walked:
        """As intervals of time."""
        return Walked(
            self.since,
            self.until,
            tuple(gap.interval for gap in self.open_gaps),
            tuple(gap.interval for gap in self.gaps if gap.closed),
        )


class Coverage:
    """Reads what walks have left, and closes gaps that were walked over by other means."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def of(self, names: Sequence[str]) -> dict[str, SourceCoverage]:
        """What is kept of these sources, by name."""
        with self._client.pipeline(transaction=False) as batch:
            for name in names:
                batch.hgetall(key("coverage", name))
                batch.hgetall(key("gaps", name))
            replies = batch.execute()
        pairs = zip(replies[::2], replies[1::2], strict=True)
        return {name: _read(*pair) for name, pair in zip(names, pairs, strict=True)}

    def open_gaps(self, names: Sequence[str]) -> dict[str, tuple[SourceGap, ...]]:
        """The gaps of these sources that are open; sources without any are left out."""
        with self._client.pipeline(transaction=False) as batch:
            for name in names:
                batch.hvals(key("gaps", name))
            replies = batch.execute()
        read = {name: _gaps(raw) for name, raw in zip(names, replies, strict=True) if raw}
        still = {name: tuple(g for g in gaps if not g.closed) for name, gaps in read.items()}
        return {name: gaps for name, gaps in still.items() if gaps}

    def close(self, source: str, listing: str, start: float, end: float, how: str) -> int:
        """Close what of a listing's gaps lies between two times (unix seconds), since it was walked over; how many.

        `how` says by what, for a person. What is left of a gap stays open.
        """
        commands: list[tuple[bytes | str | float, ...]] = []
        closed = 0
        for gap in self.open_gaps([source]).get(source, ()):
            parts = within([gap.interval], Interval(start, end))
            if not parts or gap.listing != listing:
                continue
            closed += 1
            left = without([gap.interval], parts)
            pieces = [*(replace(gap, start=i.start, end=i.end) for i in left)]
            pieces += [replace(gap, start=i.start, end=i.end, closed=how) for i in parts]
            commands.append(("HDEL", key("gaps", source), gap.name))
            commands += [("HSET", key("gaps", source), p.name, p.to_json()) for p in pieces]
        if commands:
            self._scripts.write(*commands)
        return closed

    def counts_by_day(
        self, names: Collection[str], days: Iterable[date], outcomes: Sequence[str] = ("new",)
    ) -> dict[str, dict[date, tuple[int, ...]]]:
        """Pages of sources that ended so on UTC days, as far as that is kept (40 days), in the order of `outcomes`."""
        wanted = list(days)
        fields = [f"{name} {outcome}" for name in names for outcome in outcomes]
        with self._client.pipeline(transaction=False) as batch:
            for day in wanted:
                for hour in range(24):
                    batch.hmget(key("outcomes", f"{day:%Y%m%d}{hour:02d}"), fields)
            replies = batch.execute() if fields and wanted else []
        counted: dict[str, dict[date, tuple[int, ...]]] = {name: {} for name in names}
        for i, day in enumerate(wanted if replies else ()):
            by_hour = replies[24 * i : 24 * i + 24]
            sums = [
                sum(int(count or 0) for count in counts) for counts in zip(*by_hour, strict=True)
            ]
            for j, name in enumerate(names):
                counted[name][day] = tuple(sums[j * len(outcomes) : (j + 1) * len(outcomes)])
        return counted


def kept_days(now: float) -> list[date]:
    """The UTC days of which the yield is kept, today last."""
    today = datetime.fromtimestamp(now, UTC).date()
    return [today - timedelta(days=back) for back in range(38, -1, -1)]


def _read(raw: Mapping[bytes, bytes], gaps: Mapping[bytes, bytes]) -> SourceCoverage:
    if b"since" not in raw:
        return SourceCoverage()
    return SourceCoverage(float(raw[b"since"]), float(raw[b"until"]), _gaps(gaps.values()))


def _gaps(raw: Iterable[bytes]) -> tuple[SourceGap, ...]:
    return tuple(
        sorted(
            (SourceGap(**known_fields(SourceGap, json.loads(text))) for text in raw),
            key=lambda g: g.start,
        )
    )
