"""The released table, computed by Rollbook itself outside the sandbox from the person table the study derived."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.dataplane.runs.gather import BAND, NOT_RECORDED, gather
from rollbook.dataplane.runs.study import PersonTable
from rollbook.sdc.measured import MeasuredTable, Table
from rollbook.sdc.tables import FrequencyTable


def tabulate(table: pa.Table, declared: PersonTable) -> Table:
    """The declared table over `table` (columns `ppid`, the dimensions, the measure's columns), with the evidence of
    each cell: a plain count with its distinct people, any other measure with all that its rules look at.
    """
    found = MeasuredTable(declared.measure, gather(table, declared.dimensions, declared.measure))
    if declared.measure.plain:
        return FrequencyTable(found.dimensions, found.cells, found.people)
    return found


def behind(table: pa.Table, declared: PersonTable) -> pa.Table:
    """The rows of those whose values are in the figures, with a column for each dimension of the table: whom a
    comparison with other tables is about. A person without a value is in no figure but a count's or a histogram's.
    """
    measure = declared.measure
    if measure.edges:
        values: Any = table.column(measure.value)
        places = np.digitize(values.fill_null(0.0).to_numpy(), measure.edges)
        bands = pc.if_else(pc.is_valid(values), pa.array(np.array(measure.bands(), object)[places]), NOT_RECORDED)
        return table.append_column(BAND, bands)
    for name in measure.numbers:
        table = table.filter(pc.is_valid(table.column(name)))
    return table
