"""`rollbook bench tables`: tables with every primary rule, beside the bare aggregation and acro on the same rows.

Invented pupils: `scale` million over 152 local authorities and 20 ethnic groups (mean of a score), and nine million
over 24,479 schools and 13 years. Ours reads Parquet, gathers the evidence of every cell and gives the verdict; the
floor is DuckDB's count and mean of the same file, with nothing else; acro, in two versions, gets its frame in memory.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rollbook.dataplane.runs.gather import MEMORY_MB, engine_of, gather
from rollbook.sdc import rules
from rollbook.sdc.frequency import Verdict
from rollbook.sdc.measured import MeasuredTable, judge
from rollbook.sdc.measures import MEAN, Measure
from rollbook.sdc.rules import SdcParameters
from rollbook.services.bench.measure import Peer, Result, Timed, Work, take_turns

ASKED = Measure(MEAN, "score")
# acro knows no empty cells here and no groups: these are the rules that both have.
SHARED = SdcParameters(refuse_alike_groups=False, refuse_empty_cells=False)
# The words for one rule in the two versions.
SAME_AS_ACRO = {
    rules.THRESHOLD: ("MinimumThresholdCheck", "threshold"),
    rules.LARGEST: ("NKCheck", "nk-rule"),
    rules.NEXT_LARGEST: ("PPercentCheck", "p-ratio"),
}
# The one in our own environment, and the one that `make peers` puts into its own, below the folder of the checkout.
ACRO = MappingProxyType({"1.0.2": Path(sys.executable), "0.4.12": Path("var/peers/acro-0.4.12/bin/python")})
_PEER = Path(__file__).with_name("acro_peer.py")
Facts = dict[str, float | int | str]
_GROUPS = np.array([60, 10, 6, 5, 4, 3, 2.5, 2, 1.5, 1.2, 1, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.3, 0.1, 0.1])
_LARGE_PUPILS, _SCHOOLS, _YEARS = 9_000_000, 24_479, 13


@dataclass(frozen=True, slots=True)
class Case:
    """One table: its rows as Parquet, in order of `ppid`, and its dimensions."""

    file: Path
    dimensions: tuple[str, str]


def run(scale: int = 1, runs: int = 3) -> Result:
    """`scale` million pupils beside floor and acro, and the table of 318,000 cells beside its floor."""
    with tempfile.TemporaryDirectory() as folder:
        large = Case(Path(folder) / "large.parquet", ("school", "year"))
        _write(large, _LARGE_PUPILS)
        heavy = take_turns({"ours": lambda: verdict_of(large), "floor": lambda: bare(large)}, runs)
        facts = _facts(heavy, verdict_of(large))
        large.file.unlink()
        small = Case(Path(folder) / "small.parquet", ("la", "ethnicity"))
        _write(small, 1_000_000 * scale)
        return _beside_acro(small, scale, runs, facts)


def verdict_of(case: Case, parameters: SdcParameters = SHARED) -> Verdict:
    """Ours: evidence, rules and verdict from the file."""
    return judge(MeasuredTable(ASKED, gather(case.file, case.dimensions, ASKED)), parameters)


def bare(case: Case) -> int:
    """The floor: counts and means, no evidence and no rule."""
    with engine_of(MEMORY_MB).cursor() as engine:
        rows = engine.read_parquet(str(case.file))
        names = ", ".join(case.dimensions)
        return len(rows.aggregate(f"{names}, count(*), avg(score)", names).to_arrow_table())


def _beside_acro(case: Case, scale: int, runs: int, facts: Facts) -> Result:
    work: dict[str, Work] = {"ours": lambda: verdict_of(case), "floor": lambda: bare(case)}
    timed = take_turns(work, runs)
    rows = case.file.with_suffix(".npz")
    whole = pq.read_table(case.file)
    np.savez(rows, allow_pickle=False, **{name: whole[name].to_numpy() for name in whole.column_names})
    del whole
    peers = []
    for version, python in ACRO.items():
        peer, flagged = _acro(version, python, rows, case.dimensions, runs)
        peers.append(peer)
        facts = facts | flagged
    ours = verdict_of(case)
    counted = {f"flagged by {rule}": sum(one.rule == rule for one in ours.failures) for rule in SAME_AS_ACRO}
    return Result(
        name="tables",
        work={"rows": 1_000_000 * scale, "cells": bare(case), "measure": ASKED.kind},
        runs=runs,
        ours=timed["ours"],
        floor_what="DuckDB's count and mean of the same Parquet file",
        floor=timed["floor"],
        meaning="What it costs to make a table with the evidence behind each cell and to judge it by every rule.",
        peers=tuple(peers),
        facts=facts | _ratio(timed, peers) | counted,
    )


def _ratio(timed: dict[str, Timed], peers: list[Peer]) -> Facts:
    """Processor seconds, which other work on the machine does not swell as it does seconds."""
    ours = timed["ours"].cpu_s
    found: Facts = {"ratio of processor seconds": round(ours / timed["floor"].cpu_s, 2)}
    shares = {f"{p.name}'s processor seconds to ours": round(p.timed.cpu_s / ours, 1) for p in peers if p.timed}
    return found | shares


def _facts(timed: dict[str, Timed], verdict: Verdict) -> Facts:
    ours, floor = timed["ours"], timed["floor"]
    return {
        "large: rows": _LARGE_PUPILS,
        "large: seconds": round(ours.median_s, 3),
        "large: processor seconds": round(ours.cpu_s, 3),
        "large: floor seconds": round(floor.median_s, 3),
        "large: floor processor seconds": round(floor.cpu_s, 3),
        "large: ratio of processor seconds": round(ours.cpu_s / floor.cpu_s, 2),
        "large: peak MB": ours.peak_mb,
        "large: flagged": len(verdict.failures),
    }


def _write(case: Case, pupils: int) -> None:
    """Pupils in parts of a million, so that making them takes less memory than judging them."""
    rng, writer = np.random.default_rng(1), None
    for start in range(0, pupils, 1_000_000):
        rows = _rows(rng, case, start, min(1_000_000, pupils - start))
        # An identifier comes once, so a dictionary of identifiers would only be read twice.
        kept: Any = list(case.dimensions)
        writer = writer or pq.ParquetWriter(case.file, rows.schema, use_dictionary=kept)
        writer.write_table(rows)
    if writer:
        writer.close()


def _rows(rng: np.random.Generator, case: Case, start: int, size: int) -> pa.Table:
    one, two = case.dimensions
    if one == "school":
        first, second = rng.integers(0, _SCHOOLS, size), rng.integers(0, _YEARS, size)
    else:
        first, second = rng.integers(0, 152, size), rng.choice(20, size, p=_GROUPS / _GROUPS.sum())
    score = rng.gamma(2.0, 20.0, size)
    columns = (np.arange(start, start + size), first.astype(np.int32), second.astype(np.int32), score)
    return pa.table(dict(zip(("ppid", one, two, "score"), columns, strict=True)))


def _acro(version: str, python: Path, rows: Path, dimensions: tuple[str, str], runs: int) -> tuple[Peer, Facts]:
    """One table by a version of acro in a process of its own, and how many cells it flags by each rule."""
    if not python.exists() or not _has_acro(python):
        return Peer(f"acro {version}", version, None), {}
    asked = [str(python), "-I", str(_PEER), str(runs), str(rows), *dimensions, "score"]
    answer = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
    walls, cpu = answer["walls"], statistics.median(answer["cpus"])
    timed = Timed(statistics.median(walls), min(walls), max(walls), cpu, round(answer["peak_mb"], 1))
    words = {rule: sum(answer["words"].get(word, 0) for word in names) for rule, names in SAME_AS_ACRO.items()}
    flagged = {f"flagged by acro {version}'s {rule}": count for rule, count in words.items()}
    return Peer(f"acro {version}", answer["version"], timed), {**flagged}


def _has_acro(python: Path) -> bool:
    asked = "import importlib.util, sys; sys.exit(importlib.util.find_spec('acro') is None)"
    return subprocess.run([str(python), "-I", "-c", asked], check=False).returncode == 0
