"""The released table, computed by Rollbook itself outside the sandbox from the person table the study derived."""

import pyarrow as pa

from rollbook.dataplane.runs.gather import gather
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
