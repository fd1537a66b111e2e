"""`rollbook bench dummy`: linked invented tables for every item a project can have, with their planned dirt.

The floor is DuckDB alone making as many rows of as many columns from a hash, straight to Parquet: it knows nothing of
codes, links or dirt, and sorts nothing.
"""

import shutil
import tempfile
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.runs.dummy import Plan, make_dummy
from rollbook.services.bench.measure import Result, clocked

PEOPLE = 1_000_000
SEED = 1


def run(scale: int = 1, runs: int = 1, people: int | None = None) -> Result:
    """A million people, or `people`, times `scale`; run once, as it takes about a minute."""
    del runs
    number = (people or PEOPLE) * scale
    items = [item.id for item in ITEMS.values() if item.held and not item.identity]
    with tempfile.TemporaryDirectory(prefix="rollbook-bench-") as place:
        out = Path(place)
        ours = clocked(lambda: list(make_dummy(items, Plan(out / "ours", number, SEED, out / "truth"))))
        shapes = [_shape(file) for file in sorted((out / "ours").iterdir())]
        size = sum(file.stat().st_size for file in out.rglob("*.parquet"))
        shutil.rmtree(out / "ours")
        floor = clocked(lambda: _bare(shapes, out))
    rows = sum(rows for rows, _ in shapes)
    return Result(
        name="dummy",
        work={"people": number, "tables": len(shapes), "rows": rows, "items": len(items), "bytes": size},
        runs=1,
        ours=ours,
        floor_what="DuckDB alone: as many rows and columns by hash, no codes, links, order or dirt",
        floor=floor,
        meaning="What it takes to invent a whole set of linked tables to write a study against.",
        facts={"rows a second": int(rows / ours.median_s)},
    )


def _shape(file: Path) -> tuple[int, int]:
    found = pq.read_metadata(file)
    return found.num_rows, found.num_columns


def _bare(shapes: list[tuple[int, int]], out: Path) -> None:
    with duckdb.connect() as engine:
        for number, (rows, columns) in enumerate(shapes):
            values = ", ".join(f"CAST(hash('{column}', i) % 100 AS VARCHAR) AS c{column}" for column in range(columns))
            query = f"SELECT {values} FROM range({rows}) t(i)"  # noqa: S608 - numbers
            engine.execute(f"COPY ({query}) TO '{out}/bare-{number}.parquet' (FORMAT parquet, COMPRESSION zstd)")
