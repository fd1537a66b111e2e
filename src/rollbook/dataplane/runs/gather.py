"""The evidence behind a table, from person rows, in one DuckDB statement: bounded memory, Arrow or Parquet in.

A person with several rows in a cell is one contributor of their sum. Where each person has one row, which rows in
order of `ppid` prove in one cheap reading, the step that adds a person's rows up is left out.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rollbook.dataplane.runs.engine import open_engine
from rollbook.dataplane.runs.statement import least, statement, text
from rollbook.sdc import measures
from rollbook.sdc.evidence import COUNTED_APART, Amounts, Axes, Evidence, Floats, Ints
from rollbook.sdc.measures import Measure

PPID = "ppid"
NOT_RECORDED = "not recorded"
BAND = "value band"
MEMORY_MB = 1024
WHOLE = ("rows", "persons", "contributors", "units", "something", "below", "level", "over")
_COUNTED = ("nonzero", "apart", "common", "kinds")

Source = pa.Table | Path


def gather(source: Source, dimensions: tuple[str, ...], measure: Measure, *, memory_mb: int = MEMORY_MB) -> Evidence:
    """The evidence of every cell of `source` (columns `ppid`, the dimensions, the measure's columns) under `measure`.

    A row without a value counts as a row and a person, not as a contributor. A histogram has its bands as one more
    dimension, the last. Numbers must be finite.
    """
    once = each_person_once(source)
    with engine_of(memory_mb).cursor() as engine:
        # Both last as long as the cursor and are seen by no other.
        if isinstance(source, Path):
            engine.execute(f"CREATE TEMP VIEW given AS FROM read_parquet({text(str(source))})")
        else:
            engine.register("given", source)
        asked = least(measure)
        positive = bool(asked) and (engine.sql(asked).fetchall()[0][0] or 0) > 0
        cells = engine.sql(statement(dimensions, measure, once=once, positive=positive)).to_arrow_table()
        # Where a person has one row they are in one cell, and the cells hold everyone once.
        people = pc.sum(cells["persons"]).as_py() or 0 if once else _people(engine)
    return _evidence(cells, (*dimensions, BAND) if measure.kind == measures.HISTOGRAM else dimensions, measure, people)


@cache
def engine_of(memory_mb: int) -> duckdb.DuckDBPyConnection:
    """The engine of this process with so much memory; opening one takes as long as counting half a million rows."""
    return open_engine(memory_mb)


def each_person_once(source: Source) -> bool:
    """Whether the rows show by their order that no `ppid` comes twice: each is larger than the one before."""
    last: Any = None
    for ids in _ids(source):
        if ids.null_count or (len(ids) and last is not None and not last.as_py() < ids[0].as_py()):
            return False
        if len(ids) > 1 and not pc.all(pc.less(ids[:-1], ids[1:])).as_py():
            return False
        last = ids[-1] if len(ids) else last
    return True


def _ids(source: Source) -> Iterator[Any]:
    if isinstance(source, Path):
        with pq.ParquetFile(source) as file:
            for batch in file.iter_batches(columns=[PPID], batch_size=1 << 20):
                yield batch.column(0)
    else:
        yield from source.column(PPID).chunks


def _people(engine: duckdb.DuckDBPyConnection) -> int:
    return int(engine.sql("SELECT count(DISTINCT ppid) FROM given").fetchall()[0][0])


def _evidence(cells: pa.Table, names: tuple[str, ...], measure: Measure, people: int) -> Evidence:
    bands = measure.bands() if measure.kind == measures.HISTOGRAM else ()
    axes, order = _axes(cells, names, bands)
    columns: dict[str, Floats] = {}
    for name in cells.column_names[len(names) :]:
        columns |= _numbers(name, cells[name].combine_chunks(), order)
    whole = {name: columns[name].astype(np.int64) for name in WHOLE if name in columns}
    nothing = np.full(axes.cells, np.nan)
    return Evidence(
        axes=axes,
        people=people,
        figure=_figure(columns, measure),
        lowest=columns.get("lowest", nothing),
        highest=columns.get("highest", nothing),
        amounts=tuple(_amounts(_with_squares(columns), n) for n in range(2) if f"total{n}" in columns),
        rows=whole["rows"],
        persons=whole["persons"],
        contributors=whole["contributors"],
        units=whole.get("units"),
        something=whole.get("something"),
        below=whole.get("below"),
        level=whole.get("level"),
        over=whole.get("over"),
    )


def _figure(columns: Mapping[str, Floats], measure: Measure) -> Floats:
    if measure.kind not in measures.MAGNITUDES:
        return columns.get("figure", columns["rows"])
    below = columns.get("total1", columns["contributors"] if measure.kind == measures.MEAN else np.ones(1))
    with np.errstate(divide="ignore", invalid="ignore"):
        figure = np.where(below == 0, np.nan, columns["total0"] / below)
    return np.where(columns["contributors"] == 0, np.nan, figure)


def _axes(cells: pa.Table, names: tuple[str, ...], bands: tuple[str, ...]) -> tuple[Axes, Ints]:
    """The axes, and the order that sorts the cells by their labels."""
    labels, codes = [], []
    for place in range(len(names)):
        whole: Any = cells[f"d{place}"].combine_chunks()
        column = whole.dictionary_encode(null_encoding="encode")
        texts = [NOT_RECORDED if value is None else str(value) for value in column.dictionary.to_pylist()]
        if bands and place == len(names) - 1:
            texts = [NOT_RECORDED if value is None else bands[value] for value in column.dictionary.to_pylist()]
        if len(set(texts)) < len(texts):
            raise ValueError("two labels of a dimension read alike")
        by_text = np.argsort(np.array(texts, object), kind="stable") if texts else np.zeros(0, np.int64)
        rank = np.empty(len(texts), np.int32)
        rank[by_text] = np.arange(len(texts), dtype=np.int32)
        labels.append(tuple(texts[at] for at in by_text))
        codes.append(rank[column.indices.to_numpy(zero_copy_only=False)])
    order = np.lexsort(codes[::-1])
    return Axes(names, tuple(labels), np.array([code[order] for code in codes], np.int32)), order


def _numbers(name: str, column: Any, order: Ints) -> dict[str, Floats]:
    """A column as floats in the order of the cells; a list of the two largest becomes two columns."""
    if not pa.types.is_list(column.type):
        missing = _where_missing(name)
        filled = column.cast(pa.float64()) if missing is None else pc.fill_null(column.cast(pa.float64()), missing)
        return {name: filled.to_numpy(zero_copy_only=False)[order]}
    flat, start = column.flatten().to_numpy(zero_copy_only=False), column.offsets.to_numpy()[:-1]
    size = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    padded = np.append(flat, [0.0, 0.0])
    return {
        f"{name} {rank}": np.where(size > rank, padded[np.minimum(start + rank, len(flat))], 0.0)[order]
        for rank in range(2)
    }


def _where_missing(name: str) -> int | None:
    """What a cell without a row of its own has in a column; None for nothing at all."""
    if name.startswith("apart"):
        return COUNTED_APART
    return 0 if name in WHOLE or name.startswith(("total", "absolute", *_COUNTED)) else None


def _with_squares(columns: Mapping[str, Floats]) -> Mapping[str, Floats]:
    """Of a spread the two largest squares: they belong to two of the two highest and the two lowest values."""
    if "middle" not in columns:
        return columns
    ends = [columns[f"{end} {rank}"] for end in ("high", "low") for rank in range(2)]
    squares = np.sort(np.array([(end - columns["middle"]) ** 2 for end in ends]), axis=0)
    tops = {"top0 0": squares[-1], "top0 1": squares[-2]}
    return {**columns, **tops, "absolute0": columns["total0"]}


def _amounts(columns: Mapping[str, Floats], number: int) -> Amounts:
    counted = {name: columns.get(f"{name}{number}") for name in _COUNTED}
    return Amounts(
        total=columns[f"total{number}"],
        absolute=columns[f"absolute{number}"],
        first=columns[f"top{number} 0"],
        second=columns[f"top{number} 1"],
        unit_first=columns.get(f"unit_top{number} 0"),
        unit_second=columns.get(f"unit_top{number} 1"),
        **{name: column.astype(np.int64) for name, column in counted.items() if column is not None},
    )
