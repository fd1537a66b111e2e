"""`rollbook bench rules`: every rule with a landed form over a nation's rows, beside the bare reading of their columns.

The rows are arithmetic (`landed_rows`), made by a process of their own so that memory here is that of the rules. The
number of faults planned in them is known, and a run that finds another number is an error.
"""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from rollbook.dataplane.census.compiled import Statement, compiled
from rollbook.dataplane.census.landed_forms import Setting
from rollbook.dataplane.census.rules import RULES
from rollbook.dataplane.people.keys import PLACE_BITS
from rollbook.dataplane.store.rule_passes import Part, Passes, engine_for
from rollbook.dataplane.store.tables import BUCKET_BITS
from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.kernel.terms import Term
from rollbook.services.bench.landed_rows import COLLECTION, TABLES, landed_rows
from rollbook.services.bench.measure import Result, Timed, peak_mb

PUPILS = 1_000_000
_DAY = date(2025, 1, 16)


def run(scale: int = 1, runs: int = 1, pupils: int | None = None) -> Result:
    """Judge `pupils`, or `scale` million, `runs` times."""
    count = pupils or PUPILS * scale
    root = Path("var") / "bench" / f"landed-{count}"
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as maker:
        planned = dict(maker.submit(landed_rows, count, root).result())
    statements = compiled(RULES.values(), Setting(COLLECTION, Term.SPRING, _DAY), TABLES)
    times = [_once(root, statements, planned) for _ in range(runs)]
    walls, peak = sorted(wall for wall, _ in times), peak_mb()
    rows = {table: _counted(root, table) for table in TABLES}
    floor = sorted(_floor(root) for _ in range(runs))
    half = runs // 2
    return Result(
        name="rules",
        work={"pupils": count, "rows": sum(rows.values()), **{f"{table}_rows": found for table, found in rows.items()}},
        runs=runs,
        ours=Timed(walls[half], walls[0], walls[-1], sorted(cpu for _, cpu in times)[half], peak),
        floor_what="the largest value of each column of the same rows",
        floor=Timed(floor[half], floor[0], floor[-1], floor[half], 0),
        meaning="What it costs to run a spring census's rules over its landed rows, against reading their columns.",
        facts={
            "rules": len({bit.rule for statement in statements for bit in statement.bits}),
            "expressions": sum(len(statement.bits) for statement in statements),
            "planned": sum(planned.values()),
            "rows_per_s": round(sum(rows.values()) / walls[half]),
        },
    )


def _parts(root: Path) -> list[Part]:
    """A part for each birth year, as `landed_check` makes them."""
    buckets = {
        int(folder.name.partition("=")[2]): folder.name for folder in (root / "pupil").glob("collection=*/bucket=*")
    }
    return [
        Part(
            {table: sorted((root / table).glob(f"collection=*/{name}/*.parquet")) for table in TABLES},
            first := (bucket << BUCKET_BITS) + (year << PLACE_BITS),
            first + (1 << PLACE_BITS) - 1,
        )
        for bucket, name in sorted(buckets.items())
        for year in range(1 << BUCKET_BITS - PLACE_BITS)
    ]


def _once(root: Path, statements: tuple[Statement, ...], planned: dict[str, int]) -> tuple[float, float]:
    returns = pq.read_table(root / "returns.parquet")
    wall, cpu = time.perf_counter(), time.process_time()
    with engine_for(returns, root) as engine:
        passes = Passes(engine, _parts(root), statements)
        found = passes.totals()
    taken = time.perf_counter() - wall, time.process_time() - cpu
    if found != planned:
        wrong = sorted(name for name in {*found, *planned} if found.get(name) != planned.get(name))
        raise StateBroken(Reason("bench-rules", "The rules did not find the faults planned", ", ".join(wrong)[:200]))
    return taken


def _files(root: Path, table: str) -> str:
    return str(root / table / "*" / "*" / "*.parquet")


def _counted(root: Path, table: str) -> int:
    with duckdb.connect() as engine:
        ((rows,),) = engine.execute("SELECT count(*) FROM read_parquet(?)", [_files(root, table)]).fetchall()
    return int(rows)


def _floor(root: Path) -> float:
    started = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as engine:
        for table in TABLES:
            engine.execute("SELECT max(COLUMNS(*)) FROM read_parquet(?)", [_files(root, table)]).fetchall()
    return time.perf_counter() - started
