"""The study tables as they stand on disk: which there are, what columns they have, which files hold whose rows.

Each is a Delta table of Parquet under one root, partitioned by collection and by a bucket of the person key. Names,
addresses and identifiers are no column of any of them. A file's log line gives the first and last return id and person
key in it, so a reader opens only files that can hold what it asks for.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable

from rollbook.dataplane.census.catalogue import CHILD_TABLES, ITEMS, Item

# Four birth years share a bucket: a school's return falls into two or three, so small returns do not shatter into tiny
# files.
BUCKET_BITS = 23
PARTITIONS = ("collection", "bucket")
# What every row carries besides its items. `line` is the line of the school's own file.
ROW_FIELDS: tuple[tuple[str, pa.DataType], ...] = (
    ("collection", pa.string()),
    ("bucket", pa.int32()),
    ("return_id", pa.string()),
    ("person_key", pa.int64()),
    ("laestab", pa.string()),
    ("line", pa.int32()),
)
ROLL_FIELD = ("on_roll", pa.bool_())
_TYPES: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "code": pa.string(),
    "flag": pa.string(),
    "date": pa.date32(),
    "count": pa.int32(),
    "hours": pa.float64(),
    "number": pa.float64(),
}
_HELD: Mapping[str, tuple[Item, ...]] = {
    table: tuple(item for item in ITEMS.values() if item.table == table and item.held and not item.identity)
    for table in ("pupil", *(table.name for table in CHILD_TABLES))
}
TABLES: tuple[str, ...] = tuple(table for table, items in _HELD.items() if items)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One Parquet file of a table, with the range of what it holds (both ends included)."""

    path: Path
    bucket: int
    first_return: str
    last_return: str
    first_person: int
    last_person: int

    def may_hold_return(self, return_ids: Collection[str]) -> bool:
        """Whether a row of one of these returns can be in it. Exact for a file of one return."""
        return self.first_return != self.last_return or self.first_return in return_ids

    def may_hold_person(self, person_key: int) -> bool:
        """Whether a row of this person can be in it."""
        return self.first_person <= person_key <= self.last_person


def bucket_of(person_key: int) -> int:
    """The bucket a person's rows are kept in."""
    return person_key >> BUCKET_BITS


def items_in(table: str) -> tuple[Item, ...]:
    """The items that are columns of a table, in catalogue order: those of every collection that can be opened."""
    return _HELD[table]


def schema_of(table: str) -> pa.Schema:
    """All columns of a table: those of every row, then the items."""
    roll = (ROLL_FIELD,) if table == "pupil" else ()
    items = tuple((item.column, _TYPES[item.kind]) for item in items_in(table))
    return pa.schema([*ROW_FIELDS, *roll, *items])


def schema_for(items: Iterable[Item]) -> pa.Schema:
    """All columns of a table that a loaded collection defines, with these items."""
    return pa.schema([*ROW_FIELDS, *((item.column, _TYPES[item.kind]) for item in items)])


def file_schema(table: str) -> pa.Schema:
    """What a table's files are read as: partition columns are in the path, newer items empty, older encodings plain."""
    return pa.schema([field for field in schema_of(table) if field.name not in PARTITIONS])


def open_table(root: Path, table: str) -> DeltaTable | None:
    """The Delta table as it now stands, or None when nothing was ever written to it."""
    folder = root / table
    return DeltaTable(folder) if DeltaTable.is_deltatable(str(folder)) else None


def files_of(root: Path, table: str) -> Iterator[StoredFile]:
    """The files that make up a table now."""
    delta = open_table(root, table)
    if delta is None:
        return
    for row in pa.table(delta.get_add_actions(flatten=True)).to_pylist():
        yield StoredFile(
            path=root / table / unquote(row["path"]),
            bucket=row["partition.bucket"],
            first_return=row["min.return_id"],
            last_return=row["max.return_id"],
            first_person=row["min.person_key"],
            last_person=row["max.person_key"],
        )
