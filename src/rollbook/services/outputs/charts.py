"""A chart of a released table: what is drawn, and its description in Vega-Lite, which any of its tools can draw again.

A chart is made of the published figures alone and tells nothing beside them. The description holds them, so it is drawn
without a network; the page shows a picture made here (`chart_drawing`), with the table beside it for those who cannot
see one. A hidden figure is not drawn.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from rollbook.dataplane.runs.gather import BAND
from rollbook.sdc.hiding import MARK
from rollbook.sdc.models import MODELS, WHOLE
from rollbook.sdc.nesting import TOTAL
from rollbook.sdc.survival import SURVIVAL, SURVIVING, TIME, UP_TO

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v5.json"
BARS, STEPS, RANGES = "bars", "steps", "ranges"
MOST_MARKS: Final = 60
MOST_SERIES: Final = 8
# Half the width of an interval that holds the estimate in 95 of 100 samples, in standard errors.
_NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class Mark:
    """One figure: which `series` it is of, its `place` on the other axis, and where an interval about it lies. `at` is
    the time of a step, by which steps stand as far apart as they are.
    """

    series: str
    place: str
    figure: float
    low: float
    high: float
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn: `kind` is `BARS`, `STEPS` or `RANGES`, `across` and `up` say what the axes are."""

    title: str
    kind: str
    across: str
    up: str
    series: tuple[str, ...]
    places: tuple[str, ...]
    marks: tuple[Mark, ...]

    @property
    def named(self) -> bool:
        """Whether the series has a name to show: one alone has too, where the figures of the others are hidden."""
        return any(self.series)


def chart_of(
    title: str,
    dimensions: Sequence[str],
    measure: str,
    rows: Sequence[Sequence[str]],
    nested: Sequence[Sequence[str]] = (),
) -> Chart | None:
    """The chart of a released table: bars over its last dimension, steps of a survival table, intervals of a model's
    estimates. None where a picture would show nothing, or too much to read. Of dimensions that lie in each other
    (`nested`, from wide to narrow) the narrowest is drawn.
    """
    if measure in MODELS:
        marks, names = _estimates(rows), ("term", "estimate, with its 95 % interval")
        kind = RANGES
    elif measure == SURVIVAL:
        marks, names = _curves(rows), (TIME, "share without the event")
        kind = STEPS
    else:
        place = BAND if dimensions[-1] == BAND else dimensions[-1].replace("_", " ")
        narrowest = {axis[-1] for axis in nested}
        kept = [at for at, name in enumerate(dimensions) if not nested or name in narrowest]
        marks, names = _bars(rows, kept), (place, "people" if measure in ("count", "histogram") else measure)
        kind = BARS
    series = tuple(dict.fromkeys(mark.series for mark in marks))
    if not 1 < len(marks) <= MOST_MARKS or len(series) > MOST_SERIES:
        return None
    places = tuple(dict.fromkeys(mark.place for mark in marks))
    return Chart(title, kind, *names, series, places, tuple(marks))


def vega_lite(chart: Chart) -> str:
    """The chart as a Vega-Lite description (JSON), its figures inside."""
    values = [asdict(mark) for mark in chart.marks]
    place = {"field": "place", "type": "nominal", "sort": list(chart.places), "title": chart.across}
    figure = {"field": "figure", "type": "quantitative", "title": chart.up}
    described: dict[str, Any] = {
        "$schema": SCHEMA,
        "title": chart.title,
        "data": {"values": values},
        **{BARS: _bar_layer, STEPS: _step_layer, RANGES: _range_layer}[chart.kind](place, figure, chart),
    }
    return json.dumps(described, ensure_ascii=False, indent=1)


Field = Mapping[str, Any]


def _bar_layer(place: Field, figure: Field, chart: Chart) -> dict[str, Any]:
    return {"mark": "bar", "encoding": {"x": place, "y": figure, **_coloured(chart, "xOffset")}}


def _step_layer(place: Field, figure: Field, chart: Chart) -> dict[str, Any]:
    whole = {**figure, "scale": {"domain": [0, 1]}}
    time = {"field": "at", "type": "quantitative", "title": place["title"]}
    mark = {"type": "line", "interpolate": "step-after", "point": True}
    return {"mark": mark, "encoding": {"x": time, "y": whole, **_coloured(chart)}}


def _range_layer(place: Field, figure: Field, chart: Chart) -> dict[str, Any]:
    interval = {"x": {"field": "low", "type": "quantitative", "title": chart.up}, "x2": {"field": "high"}}
    layers = [{"mark": "rule", "encoding": interval}, {"mark": "point", "encoding": {"x": figure}}]
    return {"encoding": {"y": place}, "layer": layers}


def _coloured(chart: Chart, *beside: str) -> dict[str, Any]:
    if not chart.named:
        return {}
    by = {"field": "series", "type": "nominal", "sort": list(chart.series), "title": None}
    return dict.fromkeys(("color", *beside), by)


def _bars(rows: Sequence[Sequence[str]], kept: Sequence[int]) -> list[Mark]:
    """A mark for each cell, by its labels at the places `kept`; totals are left out: they would dwarf their parts."""
    shown = [row for row in rows if row[-1] != MARK and TOTAL not in row[:-1]]
    return [_mark(", ".join(row[at] for at in kept[:-1]), row[kept[-1]], float(row[-1])) for row in shown]


def _curves(rows: Sequence[Sequence[str]]) -> list[Mark]:
    """Every curve begins with everybody."""
    steps = [row for row in rows if row[-2] == SURVIVING]
    curves = dict.fromkeys(", ".join(row[:-3]) for row in steps)
    times = [float(row[-3].removeprefix(UP_TO)) for row in steps]
    first = min([0.0, *times])
    begin = [Mark(curve, "start", 1.0, 1.0, 1.0, first) for curve in curves]
    for row, time in zip(steps, times, strict=True):
        begin.append(replace(_mark(", ".join(row[:-3]), row[-3], float(row[-1])), at=time))
    return begin


def _estimates(rows: Sequence[Sequence[str]]) -> list[Mark]:
    figures = {(row[0], row[1]): float(row[2]) for row in rows}
    terms = [term for term, statistic in figures if statistic == "estimate" and term != WHOLE]
    found = []
    for term in terms:
        estimate, wide = figures[term, "estimate"], _NORMAL_95 * figures[term, "standard error"]
        # Four digits, as of the figures it is made from.
        found.append(Mark("", term, estimate, float(f"{estimate - wide:.4g}"), float(f"{estimate + wide:.4g}")))
    return found


def _mark(series: str, place: str, figure: float) -> Mark:
    return Mark(series, place, figure, figure, figure)
