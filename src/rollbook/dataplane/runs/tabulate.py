"""The released table, computed by Rollbook itself outside the sandbox from the person table the study derived."""

from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.dataplane.runs.fitting.tables import complete, model_table, survival_table
from rollbook.dataplane.runs.gather import BAND, NOT_RECORDED, gather
from rollbook.dataplane.runs.study import PersonTable
from rollbook.sdc.judging import Table
from rollbook.sdc.measured import MeasuredTable
from rollbook.sdc.measures import Measure
from rollbook.sdc.models import Model, ModelTable
from rollbook.sdc.rules import SdcParameters
from rollbook.sdc.survival import AFTER, TIME, Survival, SurvivalTable, steps_shown, up_to
from rollbook.sdc.tables import FrequencyTable


def tabulate(table: pa.Table, declared: PersonTable) -> Table:
    """The declared table over `table` (columns `ppid`, the dimensions, the measure's columns), with the evidence of
    each cell: a plain count with its distinct people, anything else with all that its rules look at.

    Raises:
        InputRefused: a column does not hold what a model or a survival table needs.
    """
    asked = declared.measure
    if isinstance(asked, Model):
        return model_table(table, asked)
    if isinstance(asked, Survival):
        return survival_table(table, asked)
    found = MeasuredTable(asked, gather(table, declared.dimensions, asked))
    if asked.plain:
        return FrequencyTable(found.dimensions, found.cells, found.people, declared.nested)
    return found


def behind(given: pa.Table, declared: PersonTable, table: Table, parameters: SdcParameters) -> pa.Table:
    """The rows of those whose values are in the figures of `table`, with every column of `told_over`: whom a
    comparison with other tables is about. A person without a value is in no figure but a count's or a histogram's.
    """
    if isinstance(table, ModelTable):
        return complete(given, table.model)
    if isinstance(table, SurvivalTable):
        return _with_steps(complete(given, table.survival), table, parameters)
    measure = declared.measure
    if isinstance(measure, Measure) and measure.edges:
        values: Any = given.column(measure.value)
        places = np.digitize(values.fill_null(0.0).to_numpy(), measure.edges)
        bands = pc.if_else(pc.is_valid(values), pa.array(np.array(measure.bands(), object)[places]), NOT_RECORDED)
        return given.append_column(BAND, bands)
    for name in measure.numbers:
        given = given.filter(pc.is_valid(given.column(name)))
    return given


def told_over(table: Table) -> tuple[str, ...]:
    """The columns that part the people of `table` in what is published."""
    return table.told_over if isinstance(table, ModelTable | SurvivalTable) else table.dimensions


def told_levels(table: Table) -> tuple[tuple[int, ...], ...]:
    """The levels that `table` tells, as places in `told_over`: of a table its cells and the sums that anybody can make
    of them; of a model everybody and each category by itself, for it holds no figure of their combinations; of curves
    their labels, and the steps of each.
    """
    places = range(len(told_over(table)))
    if isinstance(table, ModelTable):
        return (*((place,) for place in places), ())
    if isinstance(table, SurvivalTable):
        return (tuple(places), *_sums(places[:-1]))
    return _sums(places)


def _sums(places: range) -> tuple[tuple[int, ...], ...]:
    return tuple(kept for size in range(len(places), -1, -1) for kept in combinations(places, size))


def _with_steps(rows: pa.Table, table: SurvivalTable, parameters: SdcParameters) -> pa.Table:
    """The rows with one more column: up to which shown step of their curve a person was observed."""
    ends = {curve.labels: [step.point for step in steps_shown(curve, parameters)] for curve in table.curves}
    columns = [rows.column(name).to_pylist() for name in table.survival.by]
    labels = list(zip(*columns, strict=True)) if columns else [()] * rows.num_rows
    times = rows.column(table.survival.time).to_numpy()
    texts = []
    for label, time in zip(labels, times, strict=True):
        place = int(np.searchsorted(ends[label], time))
        texts.append(up_to(ends[label][place]) if place < len(ends[label]) else AFTER)
    kept = rows.drop_columns([TIME]) if TIME in rows.column_names else rows
    return kept.append_column(TIME, pa.array(texts, pa.string()))
