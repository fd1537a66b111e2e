"""Invented tables to write a study against: the columns, types and codes of the real extract, and nobody in them.

Nothing here is made from real data: codes come from the published lists, everything else from a seed. The data is
dirty on purpose (gaps, impossible dates, repeated rows), because clean dummy data hides the faults that real data
finds.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import duckdb

from rollbook.dataplane.census.catalogue import ITEMS, Item
from rollbook.dataplane.census.codes import codes_of
from rollbook.kernel.refusals import InputRefused, Reason

NAME_MARK = "-synthetic"
LABEL = "Invented by `rollbook study dummy` from a seed. About nobody."
MAX_PUPILS = 5_000_000

# Of each table beside `pupil`: how many pupils in a thousand have rows in it, and how many rows each has at most.
_SPREAD: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"fsm_period": (250, 2), "sen_need": (170, 2), "exclusion": (40, 3), "session": (980, 6)}
)
_RARE = (50, 2)
_WEIGHTS: Mapping[str, Mapping[str, int]] = MappingProxyType({"sen-provision": {"N": 80, "K": 14, "E": 6}})
_EVEN = frozenset({"sex", "nc-year"})
_PER_MILLE_EMPTY, _PER_MILLE_IMPOSSIBLE, _PER_MILLE_TWICE = 20, 5, 10


@dataclass(frozen=True, slots=True)
class DummyTable:
    """One table that was written: its name in SQL, its file and its rows."""

    name: str
    file: Path
    rows: int


def make_dummy(items: Collection[str], out: Path, *, pupils: int, seed: int) -> Iterator[DummyTable]:
    """Write a Parquet file for each table the `items` stand in, and always `pupil`, into the folder `out`.

    The same arguments give the same rows. Tables are yielded as they are written, so that a caller can show progress.

    Raises:
        InputRefused: an item no project can have, or a number of pupils out of range.
    """
    columns = _columns(items)
    if not 1 <= pupils <= MAX_PUPILS:
        raise InputRefused(
            Reason("dummy-pupils", "That many pupils cannot be made", mend=f"Ask for 1 to {MAX_PUPILS:,}.")
        )
    out.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as engine:
        engine.execute(
            "CREATE TABLE people AS SELECT md5(? || '/' || i) AS ppid FROM range(?) t(i)", [str(seed), pupils]
        )
        for table, wanted in columns.items():
            yield _write(engine, table, wanted, out / f"{table}{NAME_MARK}.parquet", seed)


def _columns(items: Collection[str]) -> dict[str, list[Item]]:
    refused = sorted(i for i in items if i not in ITEMS or ITEMS[i].identity or not ITEMS[i].held)
    if refused:
        mend = "Use the ids of the dictionary, such as sex or nc-year; names and addresses are for no project."
        raise InputRefused(
            [Reason("item-not-for-study", f"A project cannot have '{i[:60]}'", "items", mend) for i in refused]
        )
    columns: dict[str, list[Item]] = {"pupil": []}
    for item in ITEMS.values():
        if item.id in items:
            columns.setdefault(item.table, []).append(item)
    return columns


def _write(engine: duckdb.DuckDBPyConnection, table: str, items: list[Item], file: Path, seed: int) -> DummyTable:
    values = "".join(f', {_value(item, seed)} AS "{item.column}"' for item in items)
    rows = f"SELECT ppid{values} FROM ({_rows(table, seed)})"  # noqa: S608 - names come from the catalogue
    form = f"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{synthetic: '{LABEL}', seed: '{seed}'}}"
    engine.execute(f"COPY ({rows} ORDER BY ALL) TO {_quoted(str(file))} ({form})")
    [count] = engine.execute("SELECT count(*) FROM read_parquet(?)", [str(file)]).fetchone() or (0,)
    return DummyTable(table, file, int(count))


def _rows(table: str, seed: int) -> str:
    """The persons of a table, each as often as it has rows, numbered by `n`."""
    again = f"{_draw(f'twice {table}', seed, 'ppid')} % 1000 < {_PER_MILLE_TWICE}"
    if table == "pupil":
        # A few pupils are on the roll of two schools, and the two may not agree.
        return f"SELECT ppid, 0 AS n FROM people UNION ALL SELECT ppid, 1 AS n FROM people WHERE {again}"  # noqa: S608
    share, most = _SPREAD.get(table, _RARE)
    has = f"{_draw(f'has {table}', seed, 'ppid')} % 1000 < {share}"
    count = f"1 + {_draw(f'rows {table}', seed, 'ppid')} % {most}"
    once = f"SELECT ppid, unnest(range(CAST({count} AS BIGINT))) AS n FROM people WHERE {has}"  # noqa: S608
    return f"WITH once AS ({once}) SELECT * FROM once UNION ALL SELECT * FROM once WHERE {again}"  # noqa: S608


def _draw(what: str, seed: int, *by: str) -> str:
    """A large number that depends on the seed, on what it is for and on the row."""
    return f"CAST(hash('{seed} {what}', {', '.join(by)}) >> 1 AS BIGINT)"


def _value(item: Item, seed: int) -> str:
    draw = _draw(item.id, seed, "ppid", "n")
    empty = f"{_draw('empty ' + item.id, seed, 'ppid', 'n')} % 1000 < {_PER_MILLE_EMPTY}"
    return f"CASE WHEN {empty} THEN NULL ELSE {_KINDS[item.kind](item, draw)} END"


def _code(item: Item, draw: str) -> str:
    codes = list(codes_of(item.id))
    if not codes:
        return f"'T' || {draw} % 100"
    weights = _WEIGHTS.get(item.id) or {c: 60 if item.id in _EVEN else 1 + 60 // (n + 1) for n, c in enumerate(codes)}
    spread = [_quoted(code) for code in codes for _ in range(weights.get(code, 0))]
    return f"[{', '.join(spread)}][1 + {draw} % {len(spread)}]"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _date(item: Item, draw: str) -> str:
    first, days = ("2006-09-01", 5400) if item.id == "date-of-birth" else ("2022-09-01", 900)
    usual = f"DATE '{first}' + CAST({draw} % {days} AS INTEGER)"
    return f"CASE WHEN {draw} % 1000 < {_PER_MILLE_IMPOSSIBLE} THEN DATE '1900-01-01' ELSE {usual} END"


_KINDS: Mapping[str, Callable[[Item, str], str]] = MappingProxyType(
    {
        "code": _code,
        "text": lambda item, draw: f"'T' || {draw} % 100",
        "flag": lambda item, draw: f"CASE WHEN {draw} % 10 = 0 THEN '1' ELSE '0' END",
        "date": _date,
        "count": lambda item, draw: f"CAST({draw} % 130 AS INTEGER)",
        "hours": lambda item, draw: f"CAST({draw} % 60 AS DOUBLE) / 2",
    }
)
