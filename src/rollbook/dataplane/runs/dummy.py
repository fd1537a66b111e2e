"""Invented tables to write a study against: the columns, types and codes of the real extract, and nobody in them.

Nothing here is made from real data: codes come from the published lists, everything else from a seed. The tables are
linked (one set of invented pupils, every row of whom agrees with the others) and dirty on purpose, with a truth file
that says what was spoilt. Each is one DuckDB query by hash of the row's number, straight to Parquet, so that a million
pupils take little memory.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from rollbook.dataplane.census.catalogue import ITEMS, Item
from rollbook.dataplane.runs.dummy_dirt import Fault, faults, repeated, spoilt, truth, truth_of_repeats
from rollbook.dataplane.runs.dummy_values import Codes, people, quoted, rows, value
from rollbook.kernel.refusals import InputRefused, Reason

NAME_MARK = "-SYNTHETIC"
LABEL = "SYNTHETIC. Invented by `rollbook study dummy` from a seed. About nobody."
TRUTH_FILE = f"planned-dirt{NAME_MARK}.parquet"
MAX_PEOPLE = 5_000_000


@dataclass(frozen=True, slots=True)
class DummyTable:
    """One table that was written: its name in SQL, its file and its rows."""

    name: str
    file: Path
    rows: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to invent. `truth` is the folder of the truth file; None makes clean data, which has no such file. `loaded`
    are items that mappings of other collections define, by id, with the `codes` of each.
    """

    out: Path
    people: int
    seed: int
    truth: Path | None = None
    loaded: Mapping[str, Item] = field(default_factory=dict)
    codes: Codes = field(default_factory=dict)


def make_dummy(items: Collection[str], plan: Plan) -> Iterator[DummyTable]:
    """Write a Parquet file for each table the `items` stand in, and always `pupil`, and last the truth file.

    The same arguments give the same rows. Tables are yielded as they are written, so that a caller can show progress.

    Raises:
        InputRefused: an item no project can have, or a number of people out of range.
    """
    columns = _columns(items, plan.loaded)
    if not 1 <= plan.people <= MAX_PEOPLE:
        raise InputRefused(
            Reason("dummy-people", "That many people cannot be made", mend=f"Ask for 1 to {MAX_PEOPLE:,}.")
        )
    plan.out.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as engine:
        engine.execute(f"CREATE TEMP TABLE people AS {people(plan.seed, plan.people)}")
        if plan.truth is not None:
            fields = "ppid VARCHAR, in_table VARCHAR, in_column VARCHAR, fault VARCHAR, was VARCHAR"
            engine.execute(f"CREATE TEMP TABLE truth ({fields})")
        for table, wanted in columns.items():
            yield _write(engine, table, wanted, plan)
        if plan.truth is not None:
            plan.truth.mkdir(parents=True, exist_ok=True)
            query = "SELECT * FROM truth ORDER BY ALL"
            yield DummyTable(
                "planned dirt", plan.truth / TRUTH_FILE, _copy(engine, query, plan.truth / TRUTH_FILE, plan)
            )


def _columns(items: Collection[str], loaded: Mapping[str, Item]) -> dict[str, list[Item]]:
    known = {**loaded, **ITEMS}
    refused = sorted(i for i in items if i not in known or known[i].identity or not known[i].held)
    if refused:
        mend = "Use the ids of the dictionary, such as sex or nc-year; names and addresses are for no project."
        raise InputRefused(
            [Reason("item-not-for-study", f"A project cannot have '{i[:60]}'", "items", mend) for i in refused]
        )
    columns: dict[str, list[Item]] = {"pupil": []}
    for item in known.values():
        if item.id in items:
            columns.setdefault(item.table, []).append(item)
    return columns


def _write(engine: duckdb.DuckDBPyConnection, table: str, items: list[Item], plan: Plan) -> DummyTable:
    dirty, seed = plan.truth is not None, plan.seed
    # A collection that is loaded by a mapping has a row a pupil: a key that comes twice is refused at its door.
    whole = any(item.id in plan.loaded for item in items)
    engine.execute(f"CREATE OR REPLACE TEMP TABLE rows AS {rows(table, seed, everyone=whole)}")
    found: dict[str, list[Fault]] = {item.id: faults(item, seed) if dirty else [] for item in items}
    made = {item.id: value(item, seed, plan.codes) for item in items}
    values = "".join(f', {spoilt(made[item.id], found[item.id])} AS "{item.column}"' for item in items)
    once = f"SELECT ppid{values} FROM rows"  # noqa: S608 - names come from the catalogue
    twice = dirty and not whole
    query = f"{once} UNION ALL {once} WHERE {repeated(table, seed)}" if twice else once
    file = plan.out / f"{table}{NAME_MARK}.parquet"
    count = _copy(engine, f"SELECT * FROM ({query}) ORDER BY ALL", file, plan)  # noqa: S608
    if dirty:
        spoils = [one for item in items for one in truth(table, item, made[item.id], found[item.id])]
        spoils += [truth_of_repeats(table, seed)] if twice else []
        if spoils:
            engine.execute(f"INSERT INTO truth {' UNION ALL '.join(spoils)}")
    return DummyTable(table, file, count)


def _copy(engine: duckdb.DuckDBPyConnection, query: str, file: Path, plan: Plan) -> int:
    form = f"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{synthetic: {quoted(LABEL)}, seed: '{plan.seed}'}}"
    [[count]] = engine.execute(f"COPY ({query}) TO {quoted(str(file))} ({form})").fetchall()
    return int(count)
