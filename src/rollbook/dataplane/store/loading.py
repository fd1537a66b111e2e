"""Landing the rows of a loaded collection: its own table, and in `pupil` a row for each row about a pupil.

Everybody in a population has a row in `pupil`, so that they count in a denominator. Guarantees are those of `landing`:
each table's rows arrive in one Delta commit, no reader asks for them before PostgreSQL names the load, and
`landing.forget_unnamed` removes them when nothing ever does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rollbook.dataplane.census.catalogue import Item
from rollbook.dataplane.store.landing import append, flush
from rollbook.dataplane.store.tables import BUCKET_BITS, schema_for, schema_of

PUPIL = "pupil"


@dataclass(frozen=True, slots=True)
class LoadedRows:
    """The rows of one load: columns by item column, and for each row the person key, the school (or None) and the line
    of the file. `items` are those of the collection, of its own table and of `pupil`."""

    load_id: str
    collection: str
    items: Sequence[Item]
    columns: Mapping[str, Any]
    people: Sequence[int]
    schools: Any
    first_line: int


def land_load(root: Path, rows: LoadedRows, *, durable: bool = True) -> dict[str, int]:
    """Append the rows of a load; gives the Delta version of each table. `durable=False` is for throwaway stores."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    versions: dict[str, int] = {}
    for table in sorted({PUPIL, *(item.table for item in rows.items)}):
        versions[table] = append(root / table, _table(rows, table), [rows.load_id])
        if durable:
            flush(root / table, versions[table])
    return versions


def _table(rows: LoadedRows, table: str) -> pa.Table:
    schema = schema_of(PUPIL) if table == PUPIL else schema_for(item for item in rows.items if item.table == table)
    count, keys = len(rows.people), pa.array(rows.people, pa.int64())
    given: dict[str, Any] = {
        "collection": pa.repeat(rows.collection, count),
        "bucket": pc.shift_right(keys, BUCKET_BITS).cast(pa.int32()),
        "return_id": pa.repeat(rows.load_id, count),
        "person_key": keys,
        "laestab": rows.schools,
        "line": pa.array(range(rows.first_line, rows.first_line + count), pa.int32()),
    } | {item.column: rows.columns[item.column] for item in rows.items if item.table == table}
    columns = [given.get(field.name) for field in schema]
    filled = [
        pa.nulls(count, field.type) if column is None else column.cast(field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    return pa.table(filled, schema=schema).sort_by([("person_key", "ascending"), ("line", "ascending")])
