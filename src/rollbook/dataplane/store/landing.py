"""Landing: a return's rows into the study tables, and the removal of rows that no commit ever named.

Guarantees. One table's rows of one return arrive in one Delta commit, alone or with those of other returns taken in
together: all of them or none, durable when `land` returns. The tables of a return are separate commits, and none of
them is the commit of the return: that is the PostgreSQL transaction that names the return id. Until it does, no reader
asks for the rows, and `forget_unnamed` removes them. Two landings may run at once; `forget_unnamed` may not run beside
a landing, because it would take rows that are about to be named. The caller holds the lock.
"""

import json
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, write_deltalake

from rollbook.dataplane.store.tables import BUCKET_BITS, PARTITIONS, TABLES, files_of, open_table, schema_of
from rollbook.kernel.refusals import Reason, StateBroken

_LANDED = frozenset({"collection", "laestab", "bucket", "person_key", "return_id"})
_COLUMN_STATISTICS = {"delta.dataSkippingStatsColumns": "return_id,person_key"}


def shaped(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """What the study tables take of a parsed return: the columns with any value, as their schema has them, and the
    pupil number (`pupil_no`). Tables of the identity zone are left out.

    Raises:
        StateBroken: a column that the catalogue does not know for its table.
    """
    return {name: _shaped(name, tables[name]) for name in TABLES if name in tables and tables[name].num_rows}


def _shaped(name: str, table: pa.Table) -> pa.Table:
    types = _types(name)
    unknown = sorted(set(table.column_names) - types.keys() - {"pupil_no"})
    if unknown:
        raise StateBroken(
            Reason("column-unknown", "A column is not in the catalogue", where=f"{name}: {', '.join(unknown)}")
        )
    columns: dict[str, Any] = {"pupil_no": table["pupil_no"]}
    for column, held in zip(table.column_names, table.columns, strict=True):
        if column in types and held.null_count < len(held):
            columns[column] = held if held.type == types[column] else held.cast(types[column])
    return pa.table(columns)


@cache
def _types(name: str) -> Mapping[str, pa.DataType]:
    return {one.name: one.type for one in schema_of(name) if one.name not in _LANDED}


def filled(name: str, table: pa.Table, given: Mapping[str, Any]) -> pa.Table:
    """Rows with every column of their table: those given here, those there are, the others empty."""
    schema = schema_of(name)
    held = {**dict(zip(table.column_names, table.columns, strict=True)), **given}
    columns = [held[one.name] if one.name in held else pa.nulls(len(table), one.type) for one in schema]
    return pa.table(columns, schema=schema)


@dataclass(frozen=True, slots=True)
class Rows:
    """What one return lands: tables as `shaped` gives them, and the person key of each pupil, from number 1 on."""

    tables: Mapping[str, pa.Table]
    keys: Sequence[int]
    return_id: str
    collection: str
    laestab: str


def land_together(root: Path, returns: Sequence[Rows], *, durable: bool = True) -> list[dict[str, int]]:
    """Append the rows of some returns; gives for each return the Delta version of each table that got some of it.

    `durable=False` spares the flush to disk, for throwaway stores.
    """
    versions: list[dict[str, int]] = [{} for _ in returns]
    # Nobody else on the machine reads the tables; a folder that is there already keeps its mode.
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in TABLES:
        having = [number for number, one in enumerate(returns) if name in one.tables and one.tables[name].num_rows]
        if not having:
            continue
        some = [returns[number] for number in having]
        version = append(root / name, _in_key_order(_keyed(name, some)), [one.return_id for one in some])
        if durable:
            flush(root / name, version)
        for number in having:
            versions[number][name] = version
    return versions


def _keyed(name: str, returns: Sequence[Rows]) -> pa.Table:
    """The rows of one table of all these returns, with whose they are and what return they came by."""
    tables = [one.tables[name] for one in returns]
    rows = pa.concat_tables(tables, promote_options="default")
    counts = [table.num_rows for table in tables]
    before = np.cumsum([0, *(len(one.keys) for one in returns)])[:-1]
    keys = np.concatenate([np.asarray(one.keys, np.int64) for one in returns])
    people = keys[rows["pupil_no"].to_numpy() - 1 + np.repeat(before, counts)]
    which = np.repeat(np.arange(len(returns)), counts)
    given = {
        column: pa.array([getattr(one, column) for one in returns], pa.string()).take(which)
        for column in ("return_id", "collection", "laestab")
    }
    bucket = pa.array((people >> BUCKET_BITS).astype(np.int32))
    return filled(name, rows, {"bucket": bucket, "person_key": pa.array(people), **given})


def _in_key_order(rows: pa.Table) -> pa.Table:
    return rows.sort_by([("person_key", "ascending"), ("line", "ascending")])


def append(folder: Path, rows: pa.Table, return_ids: Sequence[str]) -> int:
    """One Delta commit, tagged with the return ids; gives its version."""
    write_deltalake(
        folder,
        rows,
        mode="append",
        schema_mode="merge",
        partition_by=list(PARTITIONS),
        configuration=_COLUMN_STATISTICS,
        commit_properties=CommitProperties(custom_metadata={"return_id": " ".join(return_ids)}),
    )
    return DeltaTable(folder).version()


def flush(folder: Path, version: int) -> None:
    """Make one commit outlive a loss of power: its files, its log line and their folders."""
    log = folder / "_delta_log" / f"{version:020}.json"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    files = [folder / unquote(line["add"]["path"]) for line in lines if "add" in line]
    for path in [*files, *{file.parent for file in files}, log, log.parent, folder, folder.parent]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def forget_unnamed(root: Path, named: Collection[str]) -> dict[str, int]:
    """Remove every row whose return id is not in `named`, and the bytes of its files; gives rows removed by table.

    Also removes files that a killed writer left without a commit. Doing it twice does nothing more.
    """
    # Whatever lies there is looked at: loaded collections have tables of their own beside those of the census.
    tables = sorted(folder.name for folder in root.iterdir() if folder.is_dir()) if root.exists() else []
    return {name: _forget(root, name, frozenset(named)) for name in tables}


def _forget(root: Path, name: str, named: frozenset[str]) -> int:
    delta = open_table(root, name)
    if delta is None:
        # Killed before its first commit: no table yet, only bytes that nothing will ever read.
        shutil.rmtree(root / name)
        return 0
    unnamed = sorted(_return_ids(root, name) - named)
    removed = 0
    if unnamed:
        quoted = ", ".join(f"'{one}'" for one in unnamed)
        removed = int(delta.delete(f"return_id IN ({quoted})")["num_deleted_rows"])
    if _vacuum(delta, dry_run=True):
        _vacuum(delta, dry_run=False)
    return removed


def _vacuum(delta: DeltaTable, *, dry_run: bool) -> list[str]:
    return delta.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=dry_run, full=True)


def _return_ids(root: Path, name: str) -> frozenset[str]:
    """The return ids in a table; a file of one named return is not opened."""
    found: set[str] = set()
    for file in files_of(root, name):
        if file.first_return == file.last_return:
            found.add(file.first_return)
        else:
            # As a dictionary: a value once for many rows, which are then not looked at one by one.
            ids = pq.read_table(file.path, columns=["return_id"], read_dictionary=["return_id"], partitioning=None)
            found.update(str(one) for one in pc.unique(ids["return_id"]).to_pylist())
    return frozenset(found)
