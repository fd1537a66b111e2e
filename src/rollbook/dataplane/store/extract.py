"""What a project sees: a materialised extract of approved items and permitted people, under the project's own
pseudonym.

One Parquet file for each table asked for, and always `pupil`, so that everyone in the population counts in a
denominator. The first column is `ppid` (32 hex digits), by which the rows are sorted, so position tells nothing that
the pseudonym does not. The person key, the return, the school and the line of the file stay behind. No statistics and
no metadata are written. Two projects share no value that joins their rows, other than what the approved items
themselves say.

Whoever is not in `people` is absent: choices have already been taken out of that set.
"""

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pyroaring import BitMap

from rollbook.dataplane.census.catalogue import ITEMS, Item
from rollbook.dataplane.store.populations import to_column
from rollbook.dataplane.store.reading import NO_MOVES, Moves, people_in
from rollbook.dataplane.store.tables import files_of, schema_for
from rollbook.kernel.refusals import Reason, UseRefused

PPID = "ppid"
_BATCH = 1 << 16


@dataclass(frozen=True, slots=True)
class Extract:
    """What was written: rows of each table (its file is `<table>.parquet`), and exactly who is in it."""

    tables: Mapping[str, int]
    people: BitMap


def extract(
    root: Path,
    *,
    items: Collection[str],
    return_ids: Collection[str],
    people: BitMap,
    pseudonyms: Callable[[Sequence[int]], list[bytes]],
    out: Path,
    loaded: Mapping[str, Item] = MappingProxyType({}),
    moved: Moves = NO_MOVES,
) -> Extract:
    """Write the extract into the folder `out`, which exists and is empty.

    `moved` has the rows that are another person's than the key they bear.
    `pseudonyms` gives 16 bytes for each person key, in the order given: `Keys.pseudonymise` bound to the project.
    `loaded` are the items that loaded collections define, beside those of the catalogue.

    Raises:
        UseRefused: an item is unknown, withdrawn, or lives in the identity zone, which no project sees.
    """
    columns = _columns(items, {**ITEMS, **loaded})
    present = people & people_in(root, return_ids, moved)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".spill-") as spill, _engine(spill) as engine:
        engine.register("who", _who(present, pseudonyms))
        engine.register("which", pa.table({"return_id": pa.array(sorted(return_ids), pa.string())}))
        engine.register("moved", _moved(moved))
        counts = {
            table: _write(engine, _files(root, table, return_ids), some, out / f"{table}.parquet")
            for table, some in columns.items()
        }
    return Extract(tables=counts, people=present)


def _engine(spill: str) -> duckdb.DuckDBPyConnection:
    # No extension is fetched, and what does not fit in memory goes beside the extract, never to a shared folder.
    return duckdb.connect(config={"temp_directory": spill, "autoinstall_known_extensions": False})


def _columns(items: Collection[str], every: Mapping[str, Item]) -> dict[str, list[Item]]:
    known = [every[item] for item in every if item in items]
    refused = sorted({*items} - {item.id for item in known if item.held and not item.identity})
    if refused:
        mend = "Ask only for items of the study tables; the dictionary lists them."
        raise UseRefused(Reason("item-not-for-study", "A project cannot have this item", ", ".join(refused), mend))
    columns: dict[str, list[Item]] = {"pupil": []}
    for item in known:
        columns.setdefault(item.table, []).append(item)
    return columns


def _who(people: BitMap, pseudonyms: Callable[[Sequence[int]], list[bytes]]) -> pa.Table:
    ppids = pa.array([tag.hex() for tag in pseudonyms(people.to_array())], pa.string())
    return pa.table({"person_key": to_column(people), PPID: ppids})


def _moved(moved: Moves) -> pa.Table:
    columns = list(zip(*((*place, person) for place, person in moved.items()), strict=True)) or [(), (), ()]
    types = {"return_id": pa.string(), "stored": pa.int64(), "person": pa.int64()}
    return pa.table({name: pa.array(values, types[name]) for name, values in zip(types, columns, strict=True)})


def _files(root: Path, table: str, return_ids: Collection[str]) -> list[str]:
    wanted = frozenset(return_ids)
    return [str(file.path) for file in files_of(root, table) if file.may_hold_return(wanted)]


def _write(engine: duckdb.DuckDBPyConnection, files: list[str], items: list[Item], out: Path) -> int:
    types, columns = schema_for(items), [item.column for item in items]
    schema = pa.schema([(PPID, pa.string()), *((name, types.field(name).type) for name in columns)])
    rows = 0
    with pq.ParquetWriter(out, schema, compression="zstd", write_statistics=False, store_schema=False) as writer:
        for batch in _sorted_rows(engine, files, columns) if files else ():
            writer.write_batch(batch.cast(schema))
            rows += batch.num_rows
    return rows


def _sorted_rows(engine: duckdb.DuckDBPyConnection, files: list[str], columns: list[str]) -> pa.RecordBatchReader:
    source = engine.read_parquet(files, union_by_name=True, hive_partitioning=False)
    held = set(source.columns)
    # An item newer than every file at hand has no column there yet; it is empty, not an error.
    chosen = [f's."{name}"' if name in held else f'NULL AS "{name}"' for name in columns]
    source.create_view("source", replace=True)
    # Sorted by the pseudonym and then by the values: the order of the school's file must not survive inside a person's
    # rows.
    query = (
        f"SELECT w.{PPID}{''.join(', ' + one for one in chosen)} "  # noqa: S608 - column names come from the catalogue
        "FROM source s LEFT JOIN moved m ON s.return_id = m.return_id AND s.person_key = m.stored "
        "JOIN who w ON w.person_key = coalesce(m.person, s.person_key) "
        "SEMI JOIN which ON s.return_id = which.return_id ORDER BY ALL"
    )
    reader: pa.RecordBatchReader = engine.sql(query).to_arrow_reader(_BATCH)
    return reader
