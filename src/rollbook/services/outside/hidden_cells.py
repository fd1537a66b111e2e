"""Hiding the small cells of a run's table where its study asked for that, and the lines of what is then published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final

import numpy as np

from rollbook.dataplane.runs.table_form import PersonTable
from rollbook.kernel.refusals import Reason
from rollbook.sdc.evidence import Flags
from rollbook.sdc.frequency import Verdict
from rollbook.sdc.hiding import CannotHide, Hiding, Line, hide_together
from rollbook.sdc.judging import Table
from rollbook.sdc.measured import MeasuredTable, axes_of
from rollbook.sdc.membership import Membership, with_hidden
from rollbook.sdc.nesting import TOTAL, spans
from rollbook.sdc.rounding import ROUNDED, with_totals
from rollbook.sdc.rules import GROUP, THRESHOLD, ZERO
from rollbook.sdc.tables import FrequencyTable

# Where the empty cells of a group are hidden, nobody can say that all of it are alike.
_MENDED: Final = (THRESHOLD, ZERO, GROUP)
NOT_SMALL: Final = "SDC-HIDE-OTHER"


@dataclass(frozen=True, slots=True)
class HiddenCells:
    """The record of what is hidden, or the reason why hiding does not help; neither where the study did not ask."""

    record: dict[str, object] | None = None
    reason: Reason | None = None


def hidden_cells(tables: Sequence[tuple[PersonTable, Table, Verdict]]) -> tuple[HiddenCells, ...]:
    """Add totals to the tables of a run that ask for them with `suppress = true`, and hide what has to be: in all of
    them together, for who reads one reads the others.
    """
    found = [HiddenCells(reason=_never(*one)) for one in tables]
    asked = [place for place, (declared, table, _) in enumerate(tables) if _asks(declared, table)]
    if not asked or any(found[place].reason for place in asked):
        return tuple(found)
    counts = [table for declared, table, _ in tables if declared.suppress and isinstance(table, FrequencyTable)]
    try:
        hidings = hide_together(counts, tables[asked[0]][2].parameters)
    except CannotHide as error:
        mend = "Join small groups into larger ones, or ask for the table without totals."
        for place in asked:
            found[place] = HiddenCells(reason=Reason(error.code, error.message, mend=mend))
        return tuple(found)
    for place, hiding in zip(asked, hidings, strict=True):
        found[place] = HiddenCells(record=hiding.as_data())
    return tuple(found)


def _asks(declared: PersonTable, table: Table) -> bool:
    return declared.suppress and isinstance(table, FrequencyTable)


def _never(declared: PersonTable, table: Table, verdict: Verdict) -> Reason | None:
    """Why no hiding helps this table."""
    if isinstance(table, MeasuredTable) and table.measure.base and any(TOTAL in cell.labels for cell in table.cells):
        mend = "Call the group something else."
        return Reason("SDC-HIDE-LABEL", f"A label is called {TOTAL}, as the totals are", mend=mend)
    if _asks(declared, table) and any(failure.rule not in _MENDED for failure in verdict.failures):
        mend = "Join groups until only single cells are small."
        return Reason(NOT_SMALL, "Hiding cells does not mend what this table fails", mend=mend)
    return None


def as_published(who: Membership, table: Table, hidden: HiddenCells) -> Membership:
    """Who is in the cells of `table` as somebody can tell them apart who sees only what is not hidden."""
    if hidden.record is None or not isinstance(table, FrequencyTable):
        return who
    why = {one.labels: one.hidden for one in Hiding.from_data(hidden.record).lines}
    columns = [[cell.labels[place] for cell in table.cells] for place in range(len(table.dimensions))]
    codes = axes_of(table.dimensions, columns).codes.astype(np.int64)
    if codes.shape[1] != who.count:
        raise ValueError("the people are in as many cells as the table has")
    hides = np.array([bool(why[cell.labels]) for cell in table.cells])

    def unseen(kept: tuple[int, ...]) -> Flags:
        blank = [TOTAL] * len(table.dimensions)
        totals = (
            tuple(label if place in kept else blank[place] for place, label in enumerate(cell.labels))
            for cell in table.cells
        )
        return np.array([bool(why[total]) for total in totals])

    return replace(who, parts=with_hidden(codes, hides, spans(table.axes), unseen))


def lines_of(rules: Mapping[str, Any], table: Mapping[str, Any]) -> tuple[Line, ...]:
    """The lines of an output, from its stored rules and table, as they would be published, or were."""
    if record := rules.get("hiding"):
        return Hiding.from_data(record).lines
    if base := table.get("measure", {}).get("base"):
        return tuple(_with_totals(table["cells"], base))
    return tuple(
        Line(tuple(cell["labels"]), cell["count"], text=str(cell.get("figure", ""))) for cell in table["cells"]
    )


def heading(output_measure: str, table: Mapping[str, Any]) -> str:
    """What the figures of a stored table are, as its published head says it."""
    base = table.get("measure", {}).get("base")
    return f"{output_measure}{ROUNDED}{base}" if base else output_measure


def _with_totals(cells: Sequence[Mapping[str, Any]], base: int) -> Iterator[Line]:
    """Every cell and total of a rounded count: a total is the sum of the rounded cells, so they add up."""
    names = [tuple(dict.fromkeys(cell["labels"][place] for cell in cells)) for place in range(len(cells[0]["labels"]))]
    counts = np.zeros([len(labels) for labels in names], np.int64)
    for cell in cells:
        where = zip(names, cell["labels"], strict=True)
        counts[tuple(labels.index(label) for labels, label in where)] = cell["count"]
    true, told = with_totals(counts, 0).ravel(), with_totals(counts, base).ravel()
    every = product(*((*labels, TOTAL) for labels in names))
    for labels, count, figure in zip(every, true, told, strict=True):
        yield Line(labels, int(count), text=str(int(figure)))
