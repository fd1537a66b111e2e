"""A chart as SVG: lines, bars and words, without a script, a style sheet or anything fetched. Texts are escaped.

Colours are four of the design system's that differ in lightness too; a series is also named beside its colour.
"""

from collections.abc import Callable, Iterator
from html import escape
from itertools import pairwise
from math import ceil, floor, log10
from typing import Final

from rollbook.services.outputs.charts import BARS, STEPS, Chart

Scale = Callable[[float], float]
WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 72, 16, 16, 76
_COLOURS: Final = ("#1d70b8", "#f47738", "#00703c", "#4c2c92", "#505a5f", "#d4351c", "#28a197", "#912b88")
_INK, _GRID = "#0b0c0c", "#b1b4b6"
_LONGEST_LABEL: Final = 16
_ROOM_FOR_LABELS: Final = 12


def svg(chart: Chart) -> str:
    """The picture of `chart`, as an element to stand in a page."""
    body = "".join(_ranges(chart) if chart.kind not in (BARS, STEPS) else _upright(chart))
    words = escape(f"{chart.title}. {chart.up} by {chart.across}; the table has every figure.")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {_height(chart)}" role="img"'
        f' aria-label="{words}" font-family="arial, sans-serif" font-size="13" fill="{_INK}">'
        f"<title>{words}</title>{body}</svg>"
    )


def _height(chart: Chart) -> int:
    if chart.kind in (BARS, STEPS):
        return HEIGHT + (20 * len(chart.series) if chart.named else 0)
    return TOP + 28 * len(chart.places) + 60


def _upright(chart: Chart) -> Iterator[str]:
    marks = chart.marks
    low, high, step = _scale(min(0.0, *(m.low for m in marks)), max(0.0, *(m.high for m in marks)))
    if chart.kind == STEPS:
        low, high, step = 0.0, 1.0, 0.2
    bottom, wide = HEIGHT - BOTTOM, (WIDTH - LEFT - RIGHT) / len(chart.places)

    def up(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - TOP)

    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        yield _line(LEFT, up(value), WIDTH - RIGHT, up(value), _GRID)
        yield _text(LEFT - 8, up(value) + 4, f"{value:,.10g}", "end")
    along = _times(chart) if chart.kind == STEPS else [LEFT + (at + 0.5) * wide for at in range(len(chart.places))]
    every = ceil(len(chart.places) / _ROOM_FOR_LABELS)
    for at, place in enumerate(chart.places):
        if at % every == 0:
            yield _slanted(along[at] + (6 if chart.kind == STEPS else 0), bottom + 16, place)
    for at, series in enumerate(chart.series):
        own = [mark for mark in marks if mark.series == series]
        colour = _COLOURS[at % len(_COLOURS)]
        if chart.kind == STEPS:
            yield from _stairs([(along[chart.places.index(mark.place)], up(mark.figure)) for mark in own], colour)
        else:
            each = 0.8 * wide / len(chart.series)
            for mark in own:
                x = LEFT + (chart.places.index(mark.place) + 0.1) * wide + at * each
                y, base = up(mark.figure), up(0.0)
                yield _rectangle(x, min(y, base), max(each - 1, 1), abs(base - y), colour)
        if chart.named:
            yield _rectangle(LEFT, HEIGHT + 20 * at, 12, 12, colour)
            yield _text(LEFT + 18, HEIGHT + 20 * at + 11, series)
    yield _text(LEFT, HEIGHT - 6, f"{chart.up}, by {chart.across}")


def _times(chart: Chart) -> list[float]:
    """Where each place of a chart of steps stands: by its time."""
    times = {mark.place: mark.at for mark in chart.marks}
    first, span = min(times.values()), max(times.values()) - min(times.values()) or 1.0
    return [LEFT + (times[place] - first) / span * (WIDTH - LEFT - RIGHT) for place in chart.places]


def _stairs(points: list[tuple[float, float]], colour: str) -> Iterator[str]:
    for (x, y), (after, lower) in pairwise(sorted(points)):
        yield _line(x, y, after, y, colour, 2)
        yield _line(after, y, after, lower, colour, 2)


def _ranges(chart: Chart) -> Iterator[str]:
    low, high, step = _scale(min(0.0, *(m.low for m in chart.marks)), max(0.0, *(m.high for m in chart.marks)))
    left, bottom = 200, TOP + 28 * len(chart.places)

    def across(value: float) -> float:
        return left + (value - low) / (high - low) * (WIDTH - left - RIGHT - 16)

    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        yield _line(across(value), TOP, across(value), bottom, _GRID)
        yield _text(across(value), bottom + 18, f"{value:,.10g}", "middle")
    for at, mark in enumerate(chart.marks):
        y = TOP + 28 * at + 14
        yield _text(left - 10, y + 4, _short(mark.place, 26), "end")
        yield _line(across(mark.low), y, across(mark.high), y, _COLOURS[0], 2)
        yield f'<circle cx="{across(mark.figure):.1f}" cy="{y:.1f}" r="5" fill="{_COLOURS[0]}"/>'
    yield _text(left, bottom + 44, chart.up)


def _scale(low: float, high: float) -> tuple[float, float, float]:
    """Ends and step of an axis in round numbers, about five steps long."""
    span = high - low or 1.0
    size = 10.0 ** floor(log10(span / 5))
    step = next(size * times for times in (1, 2, 5, 10) if size * times >= span / 5)
    return floor(low / step) * step, ceil(high / step) * step or step, step


def _slanted(x: float, y: float, text: str) -> str:
    turn = f' transform="rotate(-20 {x:.1f} {y:.1f})"'
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="end"{turn}>{escape(_short(text, _LONGEST_LABEL))}</text>'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(x: float, y: float, x2: float, y2: float, colour: str, width: int = 1) -> str:
    ends = f'x1="{x:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"/>'


def _rectangle(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
