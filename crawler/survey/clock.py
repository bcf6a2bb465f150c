"""Whose clock a site goes by: from its country and the offsets of its times. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

_COUNTRY_OF = {"uk": "GB"}
# Sold to all the world: without times they say nothing of a country.
_SOLD = {"ac", "ai", "am", "bz", "cc", "cd", "co", "fm", "gg", "io", "la", "ly", "me", "mu", "nu", "pw",
         "sc", "sh", "st", "tk", "to", "tv", "vc", "ws"}  # fmt: skip


def zone_of(host: str, times: Iterable[str | None]) -> tuple[str, str]:
    """A time zone's name and what it was told by; the name is empty where it cannot be told.

    `times` are articles' times as pages state them, with their offsets. A country of several zones
    is told apart by them; without a country, an offset alone is no zone, and is only told.
    """
    moments = [moment for moment in map(_with_offset, times) if moment]
    offsets = {moment.utcoffset() for moment in moments}
    fitting = [
        zone
        for zone in _zones(host, is_dated=bool(moments))
        if all(_fits(zone, moment) for moment in moments)
    ]
    if fitting and _are_alike(fitting):
        return fitting[0], "country" if not moments else "country and times"
    if len(offsets) == 1 and (offset := offsets.pop()):
        return "", f"its times are UTC{_written(offset)}"
    return "", ""


def _with_offset(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    # Many sites write UTC, whatever their own clock says.
    return moment if moment.utcoffset() else None


def _zones(host: str, *, is_dated: bool) -> tuple[str, ...]:
    last = host.rpartition(".")[2].lower()
    if len(last) != 2 or (last in _SOLD and not is_dated):
        return ()
    return _by_country().get(_COUNTRY_OF.get(last, last.upper()), ())


@cache
def _by_country() -> dict[str, tuple[str, ...]]:
    """The zones of each country, those with most people first, as the time zone database lists them."""
    found: dict[str, tuple[str, ...]] = {}
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if not line.startswith("#") and len(columns := line.split("\t")) > 2:
            found[columns[0]] = (*found.get(columns[0], ()), columns[2])
    return found


def _fits(zone: str, moment: datetime) -> bool:
    return moment.astimezone(ZoneInfo(zone)).utcoffset() == moment.utcoffset()


def _are_alike(zones: list[str]) -> bool:
    """Whether the clocks of all these show the same now: in January and in July."""
    days = (
        datetime.fromisoformat("2026-01-15T12:00Z"),
        datetime.fromisoformat("2026-07-15T12:00Z"),
    )
    shown = {tuple(day.astimezone(ZoneInfo(zone)).utcoffset() for day in days) for zone in zones}
    return len(shown) == 1


def _written(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
