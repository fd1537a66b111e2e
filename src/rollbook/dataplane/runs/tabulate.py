"""The released table, computed by Rollbook itself outside the sandbox from the person table the study derived."""

import pyarrow as pa

from rollbook.dataplane.runs.study import PersonTable
from rollbook.sdc.tables import Cell, FrequencyTable


def tabulate(table: pa.Table, declared: PersonTable) -> FrequencyTable:
    """Count `table` (columns `ppid` and the declared dimensions) over the dimensions: rows, and distinct people as
    evidence.
    """
    dimensions = list(declared.dimensions)
    grouped = table.group_by(dimensions).aggregate([("ppid", "count"), ("ppid", "count_distinct")])
    labels = [grouped.column(name).to_pylist() for name in dimensions]
    counts = zip(
        grouped.column("ppid_count").to_pylist(), grouped.column("ppid_count_distinct").to_pylist(), strict=True
    )
    cells = (Cell(tuple(names), int(rows), int(people)) for *names, (rows, people) in zip(*labels, counts, strict=True))
    people = len(table.column("ppid").unique())
    return FrequencyTable(declared.dimensions, tuple(sorted(cells, key=lambda cell: cell.labels)), people)
