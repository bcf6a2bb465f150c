"""Charts as numbers: where each bar stands, for a template to draw. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_TICKS = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in the units of the picture."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    """Its series: a class of the stylesheet."""


@dataclass(frozen=True, slots=True)
class Column:
    """Values at one place of the axis, each drawn from the ground up, later ones in front."""

    label: str
    """For a person who points at it."""
    values: tuple[tuple[str, float], ...]
    """Series and value; never negative."""
    mark: str = ""
    """What stands below it on the axis; empty for nothing."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the chart, and what it stands for."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """One column as it is drawn."""

    column: Column
    bars: tuple[Bar, ...]
    middle: float


@dataclass(frozen=True, slots=True)
class Chart:
    """All of it, in a picture of this size; `ground` is where the axis lies, `left` where it begins."""

    width: int
    height: int
    left: float
    ground: float
    columns: tuple[Drawn, ...]
    ticks: tuple[Tick, ...]


def chart(
    columns: Sequence[Column], *, width: int = 720, height: int = 180, axes: bool = True
) -> Chart:
    """A column chart; without `axes` a small one, whose bars take all of its room."""
    left, top, below = (44.0, 16.0, 22.0) if axes else (0.0, 1.0, 0.0)
    ground = height - below
    highest = max((value for c in columns for _, value in c.values), default=0.0)
    scale = round_up(highest) if axes else max(highest, 1.0)
    step = (width - left) / max(1, len(columns))
    drawn = []
    for number, column in enumerate(columns):
        x = left + number * step
        bars = tuple(
            _bar(x, step, value / scale * (ground - top), ground, kind)
            for kind, value in column.values
            if value
        )
        drawn.append(Drawn(column, bars, round(x + step / 2, 2)))
    ticks = _ticks(scale, ground, top) if axes else ()
    return Chart(width, height, left, ground, tuple(drawn), ticks)


def _bar(x: float, step: float, height: float, ground: float, kind: str) -> Bar:
    gap = min(2.0, step / 4)
    # What is there at all can be seen.
    tall = max(1.0, height)
    return Bar(
        round(x + gap / 2, 2), round(ground - tall, 2), round(step - gap, 2), round(tall, 2), kind
    )


def _ticks(scale: float, ground: float, top: float) -> tuple[Tick, ...]:
    lines = min(_TICKS, int(scale))
    return tuple(
        Tick(round(ground - (ground - top) * i / lines, 2), f"{scale * i / lines:,.0f}")
        for i in range(1, lines + 1)
        if (scale * i) % lines == 0
    )


def round_up(value: float) -> float:
    """The next number that reads well on an axis: 1, 2, 4, 8, 10, 20, 40, ..."""
    if value <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 2, 4, 6, 8, 10) if power * step >= value)
