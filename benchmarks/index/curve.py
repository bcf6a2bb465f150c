"""Draws the index's figures over its size: `python -m benchmarks.index.curve build/bench.json docs/index.svg`."""

import json
import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

_SIZE = re.compile(r"(.+), ([\d,]+) documents")
_WIDTH, _HEIGHT = 880, 320
_LEFT, _TOP, _PLOT_WIDTH, _PLOT_HEIGHT = 48, 46, 200, 216
_PANEL = 450
_COLOURS = ("#1f5f99", "#b3541e", "#2e7d4f")
_INK, _FAINT = "#24292f", "#d0d7de"

Points = Mapping[str, Mapping[int, float]]
"""By what a figure is about, its value at each size."""


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    unit: str
    lines: Mapping[str, str]
    """By what a figure is about, its name in the picture."""


_PANELS = (
    _Panel(
        "Processor time a text",
        "ms",
        {
            "signature, look-up and insertion": "signature, look-up, insertion",
            "a page on the server": "the server's, of a whole page",
        },
    ),
    _Panel(
        "Memory of the server",
        "bytes",
        {
            "a document in the window": "document in the window",
            "a known text": "known text",
            "a known URL": "known URL",
        },
    ),
)


def picture(figures: Iterable[Mapping[str, object]]) -> str:
    """The figures of `benchmarks.measures.index`, as the bench writes them, as an SVG. Raises `ValueError` without any."""
    points = _points(figures)
    wanted = {name for panel in _PANELS for name in panel.lines}
    if missing := sorted(wanted - points.keys()):
        raise ValueError(f"no figures of the index: {', '.join(missing)}")
    panels = "".join(
        f'<g transform="translate({at * _PANEL},0)">{_panel(panel, points)}</g>'
        for at, panel in enumerate(_PANELS)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="12" fill="{_INK}">'
        f"<title>The index at 10,000 to 1,000,000 documents</title>"
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>{panels}</svg>\n'
    )


def _points(figures: Iterable[Mapping[str, object]]) -> Points:
    points: dict[str, dict[int, float]] = {}
    for figure in figures:
        if named := _SIZE.fullmatch(str(figure["what"])):
            at = int(named[2].replace(",", ""))
            points.setdefault(named[1], {})[at] = float(str(figure["value"]))
    return points


def _panel(panel: _Panel, points: Points) -> str:
    drawn = [points[name] for name in panel.lines]
    sizes = sorted({size for line in drawn for size in line})
    step = _step(max(value for line in drawn for value in line.values()))
    top = step * math.ceil(max(value for line in drawn for value in line.values()) / step)
    parts = [
        f'<text x="8" y="22" font-size="14" font-weight="bold">{panel.title}, {panel.unit}</text>'
    ]
    parts += [_rule(step * i / top, step * i) for i in range(round(top / step) + 1)]
    parts += [_tick(_across(size, sizes), size) for size in sizes]
    parts.append(
        f'<text x="{_LEFT + _PLOT_WIDTH / 2}" y="{_TOP + _PLOT_HEIGHT + 40}" text-anchor="middle">documents</text>'
    )
    ends = _apart([(line[sizes[-1]] / top, i) for i, line in enumerate(drawn)])
    for i, (line, name) in enumerate(zip(drawn, panel.lines.values(), strict=True)):
        places = [(_across(size, sizes), _down(line[size] / top)) for size in sorted(line)]
        parts.append(_line(places, name, ends[i], _COLOURS[i]))
    return "".join(parts)


def _step(most: float) -> float:
    """A round distance between two rules, so that there are four to eight."""
    power = 10.0 ** math.floor(math.log10(most / 4))
    return next(power * i for i in (1, 2, 5, 10) if most / (power * i) <= 8)


def _across(size: int, sizes: Sequence[int]) -> float:
    return _LEFT + _PLOT_WIDTH * math.log(size / sizes[0]) / math.log(sizes[-1] / sizes[0])


def _down(share: float) -> float:
    return _TOP + _PLOT_HEIGHT * (1 - share)


def _apart(ends: Iterable[tuple[float, int]]) -> dict[int, float]:
    """Where the names of lines stand, so that none is on another."""
    placed: dict[int, float] = {}
    lowest = -1.0
    for share, line in sorted(ends):
        lowest = max(share, lowest + 16 / _PLOT_HEIGHT)
        placed[line] = _down(lowest)
    return placed


def _rule(share: float, value: float) -> str:
    y = _down(share)
    return (
        f'<line x1="{_LEFT}" x2="{_LEFT + _PLOT_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_FAINT}"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
    )


def _tick(x: float, size: int) -> str:
    y = _TOP + _PLOT_HEIGHT + 20
    anchor = "end" if x > _LEFT + _PLOT_WIDTH - 1 else "middle"
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{size:,}</text>'


def _line(places: Sequence[tuple[float, float]], name: str, name_at: float, colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places
    )
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'
        f'<text x="{_LEFT + _PLOT_WIDTH + 10}" y="{name_at + 4:.1f}" font-size="10" fill="{colour}">{escape(name)}</text>'
    )


def main(told: Path, drawn: Path) -> None:
    """Draw a bench's JSON."""
    drawn.write_text(
        picture(json.loads(told.read_text(encoding="utf-8"))["figures"]), encoding="utf-8"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
