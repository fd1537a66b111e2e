"""The SQL that gathers a table's evidence: which columns each measure adds up, and the steps of the one statement.

Steps: `cleaned` names the columns, `persons` adds up each person's rows in a cell, `cells` aggregates, and where asked
`units` and `sides` add the second unit and the people about a quantile or at a mode.
"""

from rollbook.sdc import measures
from rollbook.sdc.measures import Measure

# The other figures follow from the evidence.
_FIGURES = {
    measures.DEVIATION: "stddev_samp(c0)",
    measures.MAXIMUM: "max(c0)",
    measures.MINIMUM: "min(c0)",
}


# Measures whose evidence says how much of the figure is whose.
_ADDED_UP = measures.MAGNITUDES | {measures.DEVIATION}


def quoted(name: str) -> str:
    """A column's name as SQL, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as SQL, whatever is in it."""
    return "'" + value.replace("'", "''") + "'"


def statement(dimensions: tuple[str, ...], measure: Measure, *, once: bool, positive: bool = False) -> str:
    """The statement over the table `given`: one row a cell, dimensions as d0, d1, ... `once` leaves out adding up the
    rows of a person; `positive` holds where the measure adds up one quantity and everybody's is above nought.
    """
    parts = contributions(measure)
    groups = [f"d{place}" for place in range(len(dimensions) + (measure.kind == measures.HISTOGRAM))]
    steps = [f"cleaned AS ({_cleaned(dimensions, measure, parts)})"]
    people = "cleaned" if once else "persons"
    if not once:
        sums = "".join(f", sum(c{number}) AS c{number}" for number in range(len(parts)))
        group = ", ".join(groups)
        steps.append(f"persons AS (SELECT {group}, count(*) AS n{sums} FROM cleaned GROUP BY {group}, ppid)")
    steps.append(f"cells AS ({_cells(groups, measure, parts, people, once=once, positive=positive)})")
    joined, columns = "cells", ["cells.*"]
    for name, step, more in (*_units(groups, measure, parts), *_sides(groups, measure, people)):
        steps.append(f"{name} AS ({step})")
        same = " AND ".join(f"cells.{group} IS NOT DISTINCT FROM {name}.{group}" for group in groups)
        joined += f" LEFT JOIN {name} ON {same}" if more else ""
        columns += [f"{name}.{column}" for column in more]
    return f"WITH {', '.join(steps)} SELECT {', '.join(columns)} FROM {joined}"


def least(measure: Measure) -> str:
    """The statement for the least value of a measure that adds up one quantity; empty for any other measure."""
    parts = contributions(measure)
    return f"SELECT min({parts[0]}) FROM given" if measure.kind in (measures.SUM, measures.MEAN) else ""


def contributions(measure: Measure) -> tuple[str, ...]:
    """What a row adds to each quantity, as SQL; a row that lacks any of the columns adds nothing to any of them."""
    value, other, weight = (quoted(name) for name in (measure.value, measure.denominator, measure.weight))
    if measure.kind == measures.COUNT:
        return (f"{weight}::DOUBLE",) if measure.weight else ()
    if measure.kind == measures.HISTOGRAM:
        return ()
    if measure.kind == measures.WEIGHTED_MEAN:
        first = f"{value}::DOUBLE * {weight}::DOUBLE"
        return (first, f"CASE WHEN {value} IS NOT NULL THEN {weight}::DOUBLE END")
    if measure.kind == measures.RATIO:
        return tuple(
            f"CASE WHEN {without} IS NOT NULL THEN {one}::DOUBLE END"
            for one, without in ((value, other), (other, value))
        )
    return (f"{value}::DOUBLE",)


def _cleaned(dimensions: tuple[str, ...], measure: Measure, parts: tuple[str, ...]) -> str:
    columns = ["ppid", *(f"{quoted(name)} AS d{place}" for place, name in enumerate(dimensions))]
    if measure.kind == measures.HISTOGRAM:
        columns.append(f"{_band(measure)} AS d{len(dimensions)}")
    columns += [f"{part} AS c{number}" for number, part in enumerate(parts)]
    columns += [f"{quoted(measure.unit)} AS unit"] if measure.unit else []
    return f"SELECT {', '.join(columns)} FROM given"


def _band(measure: Measure) -> str:
    """The number of a value's band, counted from 0; NULL for a row without a value."""
    value = f"{quoted(measure.value)}::DOUBLE"
    return " + ".join(f"({value} >= {edge!r})::INTEGER" for edge in measure.edges)


def _cells(
    groups: list[str], measure: Measure, parts: tuple[str, ...], people: str, *, once: bool, positive: bool
) -> str:
    columns = [*groups, "count(*) AS rows" if once else "sum(n)::BIGINT AS rows", "count(*) AS persons"]
    columns.append(f"count({'c0' if parts else '*'}) AS contributors")
    if parts:
        spread = "c0 / nullif(c1, 0)" if len(parts) == 2 else "c0"
        highest = "max(c0, 2)[1]" if positive else f"max({spread})"
        columns += [f"min({spread}) AS lowest", f"{highest} AS highest"]
    if measure.kind in _ADDED_UP:
        # Where all are above nought the same aggregates say it, and one that stands twice is made once.
        columns.append("count(c0) AS something" if positive else "count_if(c0 <> 0) AS something")
        for number in range(len(parts)):
            size = f"c{number}" if positive else f"abs(c{number})"
            columns += [f"sum(c{number}) AS total{number}", f"sum({size}) AS absolute{number}"]
            columns += [f"max({size}, 2) AS top{number}"]
    if measure.kind == measures.COUNT and parts:
        columns.append("sum(c0) AS figure")
    if measure.kind in _FIGURES:
        columns.append(f"{_FIGURES[measure.kind]} AS figure")
    return f"SELECT {', '.join(columns)} FROM {people} GROUP BY {', '.join(groups)}"


def _units(groups: list[str], measure: Measure, parts: tuple[str, ...]) -> list[tuple[str, str, list[str]]]:
    if not measure.unit:
        return []
    group, found = ", ".join(groups), " AND c0 IS NOT NULL" if parts else ""
    sums = "".join(f", sum(abs(c{number})) AS a{number}" for number in range(len(parts)))
    each = f"SELECT {group}, unit{sums} FROM cleaned WHERE unit IS NOT NULL{found} GROUP BY {group}, unit"
    tops = [f"unit_top{number}" for number in range(len(parts))] if measure.kind in measures.MAGNITUDES else []
    most = "".join(f", max(a{number}, 2) AS {name}" for number, name in enumerate(tops))
    whole = f"SELECT {group}, count(*) AS units{most} FROM by_unit GROUP BY {group}"
    return [("by_unit", each, []), ("units", whole, ["units", *tops])]


def _sides(groups: list[str], measure: Measure, people: str) -> list[tuple[str, str, list[str]]]:
    group = ", ".join(groups)
    if measure.kind == measures.QUANTILE:
        return _about_a_quantile(groups, measure, people)
    if measure.kind == measures.MODE:
        held = f"SELECT {group}, c0, count(*) AS n FROM {people} WHERE c0 IS NOT NULL GROUP BY {group}, c0"
        at = f"SELECT {group}, first(c0 ORDER BY n DESC, c0) AS figure FROM ({held}) GROUP BY {group}"
    else:
        return []
    sides = _levels_of("figure", "figure", groups, people)
    return [("point", at, []), ("sides", sides, ["figure", "below", "level", "over"])]


def _levels_of(figure: str, name: str, groups: list[str], people: str) -> str:
    """The people below, at and over a figure of the step `point`."""
    same = " AND ".join(f"p.{one} IS NOT DISTINCT FROM point.{one}" for one in groups)
    return (
        f"SELECT {', '.join(f'p.{one}' for one in groups)}, any_value({figure}) AS {name},"
        f" count_if(c0 < {figure}) AS below, count_if(c0 = {figure}) AS level, count_if(c0 > {figure}) AS over"
        f" FROM {people} AS p JOIN point ON {same} GROUP BY ALL"
    )


def _about_a_quantile(groups: list[str], measure: Measure, people: str) -> list[tuple[str, str, list[str]]]:
    """The figure of a quantile, made of the people next to it by rank: nobody's own value, as long as they differ.

    This is the pseudo-percentile of research with Danish registers, where a percentile must rest on five people or
    more, with the number asked for in place of five. Where as many people have the very value, it is shown as it is.
    """
    group = ", ".join(groups)
    point = f"SELECT {group}, quantile_cont(c0, {measure.at!r}) AS exact FROM {people} GROUP BY {group}"
    ranked = (
        f"SELECT {group}, c0, row_number() OVER (PARTITION BY {group} ORDER BY c0) AS place,"
        f" 1 + {measure.at!r} * (count(*) OVER (PARTITION BY {group}) - 1) AS middle"
        f" FROM {people} WHERE c0 IS NOT NULL"
    )
    near = (
        f"SELECT {group}, favg(c0) AS average, sum(c0) AS total0, sum(abs(c0)) AS absolute0, max(abs(c0), 2) AS top0"
        f" FROM ranked WHERE abs(place - middle) <= {measure.around / 2!r} GROUP BY {group}"
    )
    # With so many people at the value none of them stands out; then the dominance of those near it is no matter.
    tied = f"level >= {measure.around}"
    shown = (
        f"SELECT {', '.join(f'near.{one}' for one in groups)}, below, level, over,"
        f" CASE WHEN {tied} THEN exact ELSE average END AS figure, CASE WHEN {tied} THEN 0 ELSE total0 END AS total0,"
        f" CASE WHEN {tied} THEN 0 ELSE absolute0 END AS absolute0, CASE WHEN {tied} THEN [0, 0] ELSE top0 END AS top0"
        f" FROM near JOIN sides ON {' AND '.join(f'near.{one} IS NOT DISTINCT FROM sides.{one}' for one in groups)}"
    )
    columns = ["figure", "below", "level", "over", "total0", "absolute0", "top0"]
    sides = _levels_of("exact", "exact", groups, people)
    return [("point", point, []), ("sides", sides, []), ("ranked", ranked, []), ("near", near, []),
            ("shown", shown, columns)]  # fmt: skip
