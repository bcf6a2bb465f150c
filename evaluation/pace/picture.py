"""Draws delays over requests, of fixed intervals and of adaptive ones."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from evaluation.pace.figures import TOGETHER, USUAL, Comparison, Row
from evaluation.pace.publishing import KINDS

_LEFT, _TOP, _PLOT_WIDTH, _PLOT_HEIGHT = 46, 40, 212, 170
_PANEL_WIDTH, _PANEL_HEIGHT, _ACROSS = 290, 262, 3
_LEGEND = 34
_INK, _FAINT, _FIXED, _ADAPTIVE = "#24292f", "#d0d7de", "#b3541e", "#1f5f99"
_DELAYS = (2.0, 2000.0)
"""Minutes, from the lower edge to the upper one."""
_DELAY_RULES = {3: "3 m", 10: "10 m", 30: "30 m", 60: "1 h", 180: "3 h", 720: "12 h", 1440: "24 h"}
_REQUESTS = (24.0, 9600.0)
"""A month and source."""
_REQUEST_RULES = (30, 100, 300, 1000, 3000)


def picture(told: Comparison) -> str:
    """An SVG: a panel for all sources together, and one for each kind."""
    panels = []
    for at, what in enumerate((TOGETHER, *KINDS)):
        x, y = at % _ACROSS * _PANEL_WIDTH, at // _ACROSS * _PANEL_HEIGHT + _LEGEND
        panels.append(f'<g transform="translate({x},{y})">{_panel(told, what)}</g>')
    width = _ACROSS * _PANEL_WIDTH
    height = _LEGEND + _PANEL_HEIGHT * math.ceil(len(panels) / _ACROSS)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="11" fill="{_INK}">'
        "<title>Delay over requests, of fixed and of adaptive intervals</title>"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>{_legend()}{"".join(panels)}</svg>\n'
    )


def _legend() -> str:
    marks = (
        (_FIXED, "", "fixed, 90th percentile"),
        (_FIXED, "5 4", "fixed, median"),
        (_ADAPTIVE, "", "adaptive, 90th percentile"),
        (_ADAPTIVE, "5 4", "adaptive, median"),
    )
    return "".join(
        f'<line x1="{x}" x2="{x + 26}" y1="18" y2="18" stroke="{colour}" stroke-width="2" '
        f'stroke-dasharray="{dashes}"/><text x="{x + 32}" y="22">{name}</text>'
        for x, (colour, dashes, name) in zip((46, 220, 366, 560), marks, strict=True)
    )


def _panel(told: Comparison, what: str) -> str:
    share = len(KINDS) if what == TOGETHER else 1
    name = "all five, requests a source" if what == TOGETHER else what
    return "".join(
        (
            f'<text x="{_LEFT}" y="24" font-size="13" font-weight="bold">{name}</text>',
            *_rules(),
            *_lines(told.fixed, what, share, _FIXED),
            *_lines(told.adaptive, what, share, _ADAPTIVE),
            _usual(told.adaptive, what, share),
        )
    )


def _rules() -> Iterator[str]:
    right, foot = _LEFT + _PLOT_WIDTH, _TOP + _PLOT_HEIGHT
    for minutes, name in _DELAY_RULES.items():
        y = _down(minutes)
        yield (
            f'<line x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_FAINT}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{name}</text>'
        )
    for requests in _REQUEST_RULES:
        x = _right(requests)
        yield (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{foot}" stroke="{_FAINT}"/>'
            f'<text x="{x:.1f}" y="{foot + 16}" text-anchor="middle">{requests:,}</text>'
        )
    yield f'<text x="{_LEFT + _PLOT_WIDTH / 2}" y="{foot + 32}" text-anchor="middle">requests in four weeks</text>'


def _lines(rows: Mapping[float, Row], what: str, share: int, colour: str) -> Iterator[str]:
    figures = [rows[minutes][what] for minutes in sorted(rows)]
    for delay, dashes in (("ninetieth", ""), ("median", "5 4")):
        places = [(_right(f.requests / share), _down(getattr(f, delay))) for f in figures]
        yield (
            f'<polyline points="{_path(places)}" fill="none" stroke="{colour}" stroke-width="2" '
            f'stroke-dasharray="{dashes}"/>'
        )


def _usual(rows: Mapping[float, Row], what: str, share: int) -> str:
    """A dot on each line where a source that states nothing stands."""
    if USUAL not in rows:
        return ""
    found = rows[USUAL][what]
    x = _right(found.requests / share)
    return "".join(
        f'<circle cx="{x:.1f}" cy="{_down(delay):.1f}" r="3.5" fill="{_ADAPTIVE}"/>'
        for delay in (found.median, found.ninetieth)
    )


def _path(places: Iterable[Sequence[float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _share(value: float, bounds: tuple[float, float]) -> float:
    lowest, highest = bounds
    return math.log(max(value, lowest) / lowest) / math.log(highest / lowest)


def _right(requests: float) -> float:
    return _LEFT + _PLOT_WIDTH * _share(requests, _REQUESTS)


def _down(minutes: float) -> float:
    return _TOP + _PLOT_HEIGHT * (1 - _share(minutes, _DELAYS))
