"""Runs the compiled rules over landed rows, and gives the findings in plain rows.

A statement that groups or sorts pupils runs over one part after another. A part holds all rows of its pupils, who share
a birth year, so memory follows the part, not the collection; files are sorted by person key, so a part reads little
more than its own rows. The others run once over everything: planning them costs more than reading a part.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from rollbook.dataplane.census.compiled import Bit, Statement
from rollbook.dataplane.store.tables import TABLES, file_schema

MEMORY: Final = "320MB"
_SQL_TYPES: Final[Mapping[pa.DataType, str]] = {
    pa.string(): "VARCHAR", pa.int32(): "INTEGER", pa.int64(): "BIGINT", pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE", pa.float64(): "DOUBLE",
}  # fmt: skip
Source = Sequence[Path] | pa.Table
IDENTITY: Final = "identity"
# What the accepted returns said of each pupil's numbers and names. It lands nowhere: a caller reads it from the
# identity zone for one pass.
_IDENTITY_TYPES: Final[Mapping[str, pa.DataType]] = {
    "return_id": pa.string(), "person_key": pa.int64(), "pupil_no": pa.int32(), "line": pa.int32(),
    "upn": pa.string(), "former_upn": pa.string(), "uln": pa.string(), "surname": pa.string(), "forename": pa.string(),
}  # fmt: skip
IDENTITY_SCHEMA: Final = pa.schema(_IDENTITY_TYPES)


@dataclass(frozen=True, slots=True)
class Part:
    """All rows of some pupils, by table; a table without rows may be left out. Files may hold other pupils too: only
    person keys from `first` to `last` count.
    """

    tables: Mapping[str, Source]
    first: int = 0
    last: int = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class LandedFinding:
    """A broken rule: which return (by the number it was given), whose row, its line in the school's file, the field."""

    rule: str
    no: int
    person_key: int | None
    line: int
    item: str


@dataclass(frozen=True, slots=True)
class Count:
    """How often a rule is broken in one return."""

    rule: str
    no: int
    findings: int


class Passes:
    """The rules run over some parts, and what they found. `engine` is one from `engine_for`."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, parts: Sequence[Part], statements: Sequence[Statement]):
        self._engine, self._statements = engine, statements
        for at, statement in enumerate(statements):
            columns = "".join(f", {word} BIGINT" for word in statement.words)
            engine.execute(f"CREATE TABLE failing_{at} (no INTEGER, person_key BIGINT, line INTEGER{columns})")
        self._run(parts, by_part=False)
        for part in parts:
            self._run([part], by_part=True)

    def _run(self, parts: Sequence[Part], *, by_part: bool) -> None:
        for table in (*TABLES, IDENTITY):
            self._engine.execute(f"CREATE OR REPLACE VIEW {table} AS {self._select(table, parts)}")
        for at, statement in enumerate(self._statements):
            if statement.holds_pupils is by_part:
                self._engine.execute(f"INSERT INTO failing_{at} {statement.sql}")

    def _select(self, table: str, parts: Sequence[Part]) -> str:
        """All rows of a table in some parts, with every column it has today: a column newer than the rows is empty."""
        sources = [part.tables[table] for part in parts if table in part.tables]
        paths = sorted({str(path) for source in sources if not isinstance(source, pa.Table) for path in source})
        given = [source for source in sources if isinstance(source, pa.Table)]
        reads = [self._registered(f"{table}_{at}", one) for at, one in enumerate(given)]
        if paths:
            reads.append(f"SELECT * FROM read_parquet({paths!r}, hive_partitioning=false, union_by_name=true)")
        rows = " UNION ALL BY NAME ".join(reads)
        held = {name for name, *_ in self._engine.execute(f"DESCRIBE {rows}").fetchall()} if rows else set()
        columns = ", ".join(
            field.name if field.name in held else f"NULL::{_SQL_TYPES[field.type]} AS {field.name}"
            for field in (IDENTITY_SCHEMA if table == IDENTITY else file_schema(table))
        )
        if not rows:
            return f"SELECT {columns} WHERE false"
        first, last = min(part.first for part in parts), max(part.last for part in parts)
        return f"SELECT {columns} FROM ({rows}) WHERE person_key BETWEEN {first} AND {last}"

    def _registered(self, name: str, rows: pa.Table) -> str:
        self._engine.register(f"given_{name}", rows)
        return f"SELECT * FROM given_{name}"

    @property
    def rows(self) -> int:
        """How many failing rows there are."""
        counts = [f"(SELECT count(*) FROM failing_{at})" for at in range(len(self._statements))]
        ((total,),) = self._engine.execute(f"SELECT {' + '.join(counts) or '0'}").fetchall()
        return int(total)

    def findings(self) -> list[LandedFinding]:
        """Every finding, by return, pupil, line and rule."""
        rows = self._engine.execute(f"{self._expanded()} ORDER BY no, person_key, line, rule, item").fetchall()
        return [LandedFinding(rule, no, key, line, item) for no, key, line, rule, item in rows]

    def counts(self) -> list[Count]:
        """How often each rule is broken in each return, where it is."""
        sql = f"SELECT rule, no, count(*) FROM ({self._expanded()}) GROUP BY rule, no ORDER BY rule, no"
        return [Count(rule, no, found) for rule, no, found in self._engine.execute(sql).fetchall()]

    def totals(self) -> dict[str, int]:
        """How often each rule is broken at each field, by both names: `PT-025 sex`."""
        sql = f"SELECT rule || ' ' || item, count(*) FROM ({self._expanded()}) GROUP BY 1"
        return dict(self._engine.execute(sql).fetchall())

    def _expanded(self) -> str:
        """Failing rows once for each bit of their masks."""
        parts = [
            f"SELECT no, person_key, line, rule, item FROM failing_{at}"
            f" JOIN (VALUES {_values(bits)}) AS bits(mask, rule, item) ON {word} & mask <> 0"
            for at, statement in enumerate(self._statements)
            for word, bits in _by_word(statement).items()
        ]
        nothing = "SELECT 0 AS no, 0 AS person_key, 0 AS line, '' AS rule, '' AS item WHERE false"
        return " UNION ALL ".join(parts) or nothing


def _by_word(statement: Statement) -> dict[str, list[Bit]]:
    return {f"w{word}": [bit for bit in statement.bits if bit.word == word] for word in range(len(statement.words))}


def _values(bits: Sequence[Bit]) -> str:
    return ", ".join(f"({1 << bit.bit}::BIGINT, '{bit.rule}', '{bit.item}')" for bit in bits)


@contextmanager
def engine_for(returns: pa.Table, spill: Path, *, threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB that knows the returns to be judged (return_id, no int32, phase), and keeps within `MEMORY`.

    `spill` is a folder for what does not fit. Joins stay in the order written: the sizes of Parquet files are guessed
    as nothing, and a table of 15 million rows would be held in memory to be looked up.
    """
    with duckdb.connect(
        config={
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
            "memory_limit": MEMORY,
            "threads": threads,
        }
    ) as engine:
        engine.execute("SET enable_progress_bar = false")
        engine.execute("SET preserve_insertion_order = false")
        engine.execute("SET disabled_optimizers = 'join_order,build_side_probe_side,join_filter_pushdown'")
        engine.register("given_returns", returns)
        engine.execute("CREATE TABLE returns AS SELECT return_id, no, phase FROM given_returns")
        yield engine
