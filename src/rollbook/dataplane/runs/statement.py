"""The SQL that gathers a table's evidence: which columns each measure adds up, and the steps of the one statement.

Steps: `cleaned` names the columns, `persons` adds up each person's rows in a cell, `cells` aggregates, and where asked
`units` and `sides` add the second unit and the people about a quantile or at a mode. `common` counts the people of a
commonest amount, in the few cells where hardly anybody may have another.
"""

from rollbook.sdc import measures
from rollbook.sdc.evidence import COUNTED_APART
from rollbook.sdc.measures import Measure

# The other figures follow from the evidence.
_FIGURES = {
    measures.DEVIATION: "stddev_samp(c0)",
    measures.MAXIMUM: "max(c0)",
    measures.MINIMUM: "min(c0)",
}


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
    more_steps = (*_units(groups, measure, parts), *_sides(groups, measure, people), *_apart(groups, measure, people))
    for name, step, more in more_steps:
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
        spread = _SPREAD if len(parts) == 2 else "c0"
        highest = "max(c0, 2)[1]" if positive else f"max({spread})"
        columns += [f"min({spread}) AS lowest", f"{highest} AS highest"]
    for number, told in enumerate(_looked_at(measure)):
        # A commonest amount is on one side of any lot: where either side has enough people, enough have another.
        odd = f"count_if({told} IS NOT NULL AND hash({told}) & 1 = 1)"
        columns += [f"count({told}) AS held{number}", f"{odd} AS odd{number}"]
    if measure.adds_up:
        # Where all are above nought the same aggregates say it, and one that stands twice is made once.
        columns.append("count(c0) AS something" if positive else "count_if(c0 <> 0) AS something")
        columns += ["count_if(c1 <> 0) AS nonzero1"] if measure.kind == measures.RATIO else []
        for number in range(len(parts)):
            size = f"c{number}" if positive else f"abs(c{number})"
            columns += [f"sum(c{number}) AS total{number}", f"sum({size}) AS absolute{number}"]
            columns += [f"max({size}, 2) AS top{number}"]
    if measure.kind == measures.DEVIATION:
        columns += ["count_if(c0 <> 0) AS something", "avg(c0) AS middle", "var_pop(c0) * count(c0) AS total0"]
        columns += ["max(c0, 2) AS high", "min(c0, 2) AS low"]
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
    # Rows that name no unit may all be of one: they count for none, and may dominate as one.
    each = f"SELECT {group}, unit{sums} FROM cleaned WHERE true{found} GROUP BY {group}, unit"
    tops = [f"unit_top{number}" for number in range(len(parts))] if measure.adds_up else []
    most = "".join(f", max(a{number}, 2) AS {name}" for number, name in enumerate(tops))
    whole = f"SELECT {group}, count(unit) AS units{most} FROM by_unit GROUP BY {group}"
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


# What a person's own figure would be, of two quantities.
_SPREAD = "c0 / nullif(c1, 0)"


def _looked_at(measure: Measure) -> list[str]:
    """What is asked of a measure's quantities: how many people have another amount than the commonest."""
    if measure.kind == measures.WEIGHTED_MEAN:
        return [_SPREAD]
    if measure.kind == measures.RATIO:
        return ["c0", "c1"]
    return ["c0"] if measure.adds_up or measure.kind == measures.DEVIATION else []


def _apart(groups: list[str], measure: Measure, people: str) -> list[tuple[str, str, list[str]]]:
    """For each quantity the people apart from its commonest amount, counted only in cells where they may be few."""
    group = ", ".join(groups)
    steps: list[tuple[str, str, list[str]]] = []
    for number, told in enumerate(_looked_at(measure)):
        few = f"least(odd{number}, held{number} - odd{number}) < {COUNTED_APART}"
        same = " AND ".join(f"p.{one} IS NOT DISTINCT FROM doubt{number}.{one}" for one in groups)
        each = (
            f"SELECT {', '.join(f'p.{one}' for one in groups)}, {told} AS amount, count(*) AS n FROM {people} AS p"
            f" JOIN doubt{number} ON {same} WHERE {told} IS NOT NULL GROUP BY ALL"
        )
        apart = "(sum(n) - max(n))::BIGINT"
        common = (
            f"SELECT {group}, {apart} AS apart{number}, max(n) AS common{number}, count(*) AS kinds{number}"
            f" FROM ({each}) GROUP BY {group} HAVING {apart} < {COUNTED_APART}"
        )
        steps += [(f"doubt{number}", f"SELECT {group} FROM cells WHERE {few}", [])]
        steps += [(f"commonest{number}", common, [f"{name}{number}" for name in ("apart", "common", "kinds")])]
    return steps


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
