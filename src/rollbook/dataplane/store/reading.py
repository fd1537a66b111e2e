"""Reading the study tables inside the data plane: one person's facts, and who is in a set of returns.

The caller says which return ids count, from PostgreSQL; rows of any other return do not exist for a reader.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyroaring import BitMap

from rollbook.dataplane.census.catalogue import Item
from rollbook.dataplane.store.populations import from_column
from rollbook.dataplane.store.tables import (
    PARTITIONS,
    ROLL_FIELD,
    TABLES,
    StoredFile,
    bucket_of,
    file_schema,
    files_of,
    items_in,
    schema_for,
)

Value = str | int | float | bool | date
# Rows found to be another child's: the return and the key they bear, and whose they are. Rows are never written again.
Moves = Mapping[tuple[str, int], int]
NO_MOVES: Moves = {}
# Whose rows are that no child is known to be the subject of. No person has it: the last place of the last birth year.
NOBODY = (1 << 32) - 1
ON_ROLL = "on-roll"
# The local authority is the first three digits of a school's seven.
_AUTHORITY = 3
AT_SCHOOL = "at-school"


@dataclass(frozen=True, slots=True)
class FactRow:
    """One value of one item. `row` is the line of the school's file; facts of one row of a child table share it."""

    item: str
    value: Value
    return_id: str
    table: str
    row: int


def loaded_rows_of(root: Path, person_key: int, load_ids: Collection[str], items: Collection[Item]) -> list[FactRow]:
    """Every value of these items held about one person in these loads of collections that define them, and the school
    of each row where the load names it."""
    wanted = frozenset(load_ids)
    names = ("pupil", *sorted({one.table for one in items} - {"pupil"}))
    tables = {table: [one for one in items if one.table == table] for table in names}
    return [
        fact
        for table, some in tables.items()
        for file in files_of(root, table)
        if file.may_hold_person(person_key) and file.may_hold_return(wanted)
        for fact in _loaded_facts(file, table, some, person_key, wanted)
    ]


def _loaded_facts(
    file: StoredFile, table: str, items: Collection[Item], person_key: int, wanted: frozenset[str]
) -> Iterator[FactRow]:
    schema = pa.schema([field for field in schema_for(items) if field.name not in PARTITIONS])
    rows = pq.read_table(file.path, schema=schema, partitioning=None, filters=[("person_key", "=", person_key)])
    for row in rows.to_pylist():
        if row["return_id"] in wanted:
            if table == "pupil" and row["laestab"] is not None:
                yield FactRow(AT_SCHOOL, row["laestab"], row["return_id"], table, row["line"])
            for item in items:
                if row[item.column] is not None:
                    yield FactRow(item.id, row[item.column], row["return_id"], table, row["line"])


def rows_of(root: Path, person_key: int, return_ids: Collection[str]) -> list[FactRow]:
    """Every value held about one person in these returns, in the order of the tables and of the catalogue."""
    wanted = frozenset(return_ids)
    return [
        fact
        for table in TABLES
        for file in files_of(root, table)
        if file.bucket == bucket_of(person_key) and file.may_hold_person(person_key) and file.may_hold_return(wanted)
        for fact in _facts(file, table, person_key, wanted)
    ]


def _facts(file: StoredFile, table: str, person_key: int, wanted: frozenset[str]) -> Iterator[FactRow]:
    rows = _read(file, table, filters=[("person_key", "=", person_key)])
    columns = [(item.id, item.column) for item in items_in(table)]
    if table == "pupil":
        columns.insert(0, (ON_ROLL, ROLL_FIELD[0]))
    for row in rows.to_pylist():
        if row["return_id"] in wanted:
            for item, column in columns:
                if row.get(column) is not None:
                    yield FactRow(item, row[column], row["return_id"], table, row["line"])


def people_in(root: Path, return_ids: Collection[str], moved: Moves = NO_MOVES) -> BitMap:
    """Everyone who has a row in one of these returns, on roll or no longer."""
    wanted = frozenset(return_ids)
    values = pa.array(sorted(wanted), pa.string())
    people = BitMap()
    for file in files_of(root, "pupil"):
        if file.may_hold_return(wanted):
            rows = _read(file, "pupil", columns=["return_id", "person_key"])
            people |= from_column(_now(rows.filter(pc.is_in(rows["return_id"], value_set=values)), moved))
    people.discard(NOBODY)
    return people


def labels_of(
    root: Path, return_ids: Collection[str], column: str, moved: Moves = NO_MOVES
) -> tuple["npt.NDArray[np.uint32]", "npt.NDArray[np.str_]"]:
    """Person key and label of every row of these returns: the authority (first three digits of LAESTAB) where `column`
    is `laestab`, else the column's value; empty where there is none. Somebody with several rows stands several times.
    """
    wanted = frozenset(return_ids)
    values = pa.array(sorted(wanted), pa.string())
    people, labels = [np.empty(0, np.uint32)], [np.empty(0, np.str_)]
    for file in files_of(root, "pupil"):
        if file.may_hold_return(wanted):
            rows = _read(file, "pupil", columns=["return_id", "person_key", column])
            rows = rows.filter(pc.is_in(rows["return_id"], value_set=values))
            texts: Any = rows[column].cast(pa.string())
            texts = texts.fill_null("")
            if column == "laestab":
                texts = pc.utf8_slice_codeunits(texts, 0, _AUTHORITY)
            people.append(_now(rows, moved).to_numpy().astype(np.uint32))
            labels.append(texts.to_numpy(zero_copy_only=False).astype(np.str_))
    return np.concatenate(people), np.concatenate(labels)


def _now(rows: pa.Table, moved: Moves) -> Any:
    """The person of each row as it is known now."""
    people: Any = rows["person_key"]
    held = frozenset(pc.unique(rows["return_id"]).to_pylist()) if moved else frozenset()
    for (return_id, stored), person in moved.items():
        if return_id in held:
            of_return = pc.equal(rows["return_id"], pa.scalar(return_id))
            its = pc.and_(of_return, pc.equal(rows["person_key"], pa.scalar(stored, pa.int64())))
            people = pc.if_else(its, pa.scalar(person, pa.int64()), people)
    return people


def counts_by_school(root: Path, collection: str, return_ids: Collection[str]) -> dict[str, tuple[int, int, int]]:
    """For each school (LAESTAB) of these returns: how many there are, pupils on roll, and pupils no longer on roll."""
    values = pa.array(sorted(return_ids), pa.string())
    found: dict[str, tuple[set[str], list[int]]] = {}
    for file in files_of(root, "pupil"):
        if f"collection={collection}" not in file.path.parts or not file.may_hold_return(frozenset(return_ids)):
            continue
        rows = _read(file, "pupil", columns=["laestab", "return_id", "on_roll"])
        rows = rows.filter(pc.is_in(rows["return_id"], value_set=values))
        grouped = rows.group_by(["laestab", "return_id", "on_roll"]).aggregate([([], "count_all")])
        for row in grouped.to_pylist():
            returns, pupils = found.setdefault(row["laestab"], (set(), [0, 0]))
            returns.add(row["return_id"])
            pupils[0 if row["on_roll"] else 1] += row["count_all"]
    return {school: (len(returns), pupils[0], pupils[1]) for school, (returns, pupils) in found.items()}


def _read(file: StoredFile, table: str, **how: Any) -> pa.Table:
    rows: pa.Table = pq.read_table(file.path, schema=file_schema(table), partitioning=None, **how)
    return rows
