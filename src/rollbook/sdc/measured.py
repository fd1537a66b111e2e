"""A table of any measure, judged: the evidence with its figures, the verdict, and both as records that replay.

A plain count keeps its own form (`FrequencyTable`) and rule set, so that what was released before can be judged again;
`judge`, `shown`, `replays` and `table_from` take either.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rollbook.sdc import frequency, measures, rules
from rollbook.sdc.evidence import Amounts, Axes, Evidence, Flags, Floats
from rollbook.sdc.frequency import Failure, Verdict
from rollbook.sdc.measures import Measure
from rollbook.sdc.primary import alone_in_group, flags
from rollbook.sdc.rounding import to_base, to_digits
from rollbook.sdc.rules import MEASURES_RULE_SET, SdcParameters
from rollbook.sdc.tables import Cell, FrequencyTable

HELD_BACK = "held back"


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredTable:
    """A table of one `measure` with the `evidence` behind each cell."""

    measure: Measure
    evidence: Evidence

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions, in order."""
        return self.evidence.axes.names

    @property
    def people(self) -> int:
        """The distinct people in the whole table."""
        return self.evidence.people

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells as a count sees them: labels, rows, distinct people."""
        found = self.evidence
        return tuple(
            Cell(found.axes.of(at), int(found.rows[at]), int(found.persons[at])) for at in range(found.axes.cells)
        )

    def figures(self, parameters: SdcParameters) -> Floats:
        """What would be published, cell by cell: counts to the base asked for, the rest to significant digits."""
        kind, found = self.measure.kind, self.evidence
        if kind in measures.COUNTS and not self.measure.weight:
            return to_base(found.rows, self.measure.base).astype(np.float64)
        return to_digits(found.figure, parameters.digits)

    def as_data(self, parameters: SdcParameters | None = None) -> dict[str, object]:
        """The table as plain data: cells as a count lists them, each with its figure and its evidence."""
        found, columns = self.evidence, _columns(self.evidence)
        figures = self.figures(parameters or SdcParameters())
        cells = [
            {
                "labels": list(cell.labels),
                "count": cell.count,
                "persons": cell.persons,
                "figure": _plain(figures[at]),
                "evidence": {name: _plain(column[at]) for name, column in columns.items()},
            }
            for at, cell in enumerate(self.cells)
        ]
        return {
            "dimensions": list(found.axes.names),
            "people": found.people,
            "measure": self.measure.as_data(),
            "cells": cells,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "MeasuredTable":
        """The table that `as_data` wrote."""
        cells, names = data["cells"], tuple(data["dimensions"])
        axes = axes_of(names, [[cell["labels"][place] for cell in cells] for place in range(len(names))])
        kept = {
            name: np.array([_number(cell["evidence"][name]) for cell in cells])
            for name in (cells[0]["evidence"] if cells else _NO_CELLS)
        }
        whole = {name: kept[name].astype(np.int64) for name in _WHOLE if name in kept}
        amounts = tuple(_part(kept, number) for number in range(2) if f"total {number}" in kept)
        evidence = Evidence(
            axes=axes,
            people=data["people"],
            rows=np.array([cell["count"] for cell in cells], np.int64),
            persons=np.array([cell["persons"] for cell in cells], np.int64),
            figure=kept["figure"],
            lowest=kept["lowest"],
            highest=kept["highest"],
            amounts=amounts,
            **whole,
        )
        return cls(Measure.from_data(data["measure"]), evidence)


Table = FrequencyTable | MeasuredTable

_WHOLE = ("contributors", "units", "something", "below", "level", "over")
_NO_CELLS = ("contributors", "figure", "lowest", "highest")
_AMOUNTS = ("total", "absolute", "first", "second", "unit_first", "unit_second")
_COUNTED = ("nonzero", "apart", "common", "kinds")


def axes_of(names: tuple[str, ...], columns: list[list[str]]) -> Axes:
    """The axes of a table whose cells have these labels, a list for each dimension."""
    labels = tuple(tuple(sorted(set(column))) for column in columns)
    places = [{label: code for code, label in enumerate(one)} for one in labels]
    codes = [[at[label] for label in column] for at, column in zip(places, columns, strict=True)]
    return Axes(names, labels, np.array(codes, np.int32).reshape(len(names), -1))


def judge(table: Table, parameters: SdcParameters) -> Verdict:
    """What the primary rules say of a table of any measure."""
    if isinstance(table, FrequencyTable):
        return frequency.check(table, parameters)
    return Verdict(tuple(_failures(table, parameters)), parameters, MEASURES_RULE_SET)


def replays(verdict: Verdict, table: Table) -> bool:
    """Whether judging `table` again under the recorded rule set and parameters gives this same verdict."""
    wanted = rules.RULE_SET if isinstance(table, FrequencyTable) else MEASURES_RULE_SET
    return verdict.rule_set == wanted and judge(table, verdict.parameters) == verdict


def shown(table: Table, parameters: SdcParameters) -> tuple[tuple[tuple[str, ...], str], ...]:
    """The table as a checker may see it: labels and figure, a figure that a rule refuses replaced by why."""
    if isinstance(table, FrequencyTable):
        return frequency.shown(table, parameters)
    found = flags(table.evidence, table.measure, parameters)
    small, refused = found[rules.THRESHOLD], np.logical_or.reduce([*found.values()])
    figures, axes = table.figures(parameters), table.evidence.axes
    texts = (
        f"below {parameters.threshold}" if small[at] else HELD_BACK if refused[at] else f"{_plain(figures[at]):,}"
        for at in range(axes.cells)
    )
    return tuple((axes.of(at), text) for at, text in enumerate(texts))


def table_from(data: Mapping[str, Any]) -> Table:
    """The table that either form's `as_data` wrote."""
    return MeasuredTable.from_data(data) if "measure" in data else FrequencyTable.from_data(data)


def _failures(table: MeasuredTable, parameters: SdcParameters) -> Iterator[Failure]:
    axes = table.evidence.axes
    for rule, flagged in flags(table.evidence, table.measure, parameters).items():
        for at in np.flatnonzero(flagged):
            yield Failure(rule, axes.named(int(at)), _why(rule, parameters))
    if parameters.refuse_alike_groups:
        yield from _groups(table.evidence)
    if parameters.refuse_empty_cells and axes.empty:
        yield frequency.none_in(axes.empty)
    if not axes.cells:
        yield Failure(rules.EMPTY, (), "no people")


def _groups(evidence: Evidence) -> Iterator[Failure]:
    for place, flagged in enumerate(alone_in_group(evidence)):
        for at in np.flatnonzero(flagged):
            pairs = evidence.axes.named(int(at))
            dimension, label = pairs[place]
            others = pairs[:place] + pairs[place + 1 :]
            yield Failure(rules.GROUP, others, f"all of them have {dimension} = {label}")


def _why(rule: str, parameters: SdcParameters) -> str:
    share, part = f"{parameters.dominant_k:.0%}", f"{parameters.dominant_p:.0%}"
    return {
        rules.THRESHOLD: f"below {parameters.threshold}",
        rules.UNIT: f"fewer than {parameters.unit_threshold} units",
        rules.LARGEST: f"{parameters.dominant_n} people make up {share} or more",
        rules.NEXT_LARGEST: f"the largest can be reckoned to within {part}",
        rules.UNIT_LARGEST: f"{parameters.dominant_n} units make up {share} or more",
        rules.UNIT_NEXT_LARGEST: f"the largest unit can be reckoned to within {part}",
        rules.ALIKE: "everyone has the same value",
        rules.FEW: f"fewer than {parameters.threshold} people have, or have not, an amount",
        rules.EXTREME: "one person's own value",
        rules.SIDES: f"fewer than {parameters.quantile_side} people on one side",
        rules.HELD_BY_ALL: f"held by {parameters.mode_share:.0%} of the people or more, or by too few",
        rules.FREEDOM: f"fewer than {parameters.freedom} degrees of freedom",
    }[rule]


def _columns(found: Evidence) -> dict[str, Flags | Floats]:
    kept = {name: getattr(found, name) for name in (*_NO_CELLS, *_WHOLE) if getattr(found, name) is not None}
    for number, one in enumerate(found.amounts):
        names = (*_AMOUNTS, *_COUNTED)
        kept |= {f"{name} {number}": part for name in names if (part := getattr(one, name)) is not None}
    return kept


def _part(kept: Mapping[str, Floats], number: int) -> Amounts:
    amounts: Any = [kept.get(f"{name} {number}") for name in _AMOUNTS]
    found = {name: kept.get(f"{name} {number}") for name in _COUNTED}
    counted: Any = {name: one.astype(np.int64) for name, one in found.items() if one is not None}
    return Amounts(*amounts, **counted)


def _plain(number: Any) -> int | float | None:
    value = float(number)
    return None if np.isnan(value) else int(value) if value == int(value) else value


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
