"""`rollbook bench match`: linking two files without an identifier, and how many of the true pairs it finds.

FEBRL 4 with and without its number, when the package that ships it is installed, and two files of invented pupils,
`scale` x 100,000 in each. The thresholds are the shipped ones; the true pairs are read only after the answer is there.
"""

import tempfile
import time
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from rollbook.dataplane.people.linkage.engine import Room
from rollbook.dataplane.people.linkage.layout import PUPILS
from rollbook.dataplane.people.linkage.link import Linkage, link
from rollbook.policy.uses import MatchOutcome
from rollbook.services.bench import febrl
from rollbook.services.bench.match_files import made
from rollbook.services.bench.measure import Peer, Result, Work, peak_mb, take_turns

PUPILS_A_FILE, SMALL = 100_000, 5_000
MEMORY_MB = 2048
Pairs = AbstractSet[tuple[str, str]]


def run(scale: int = 1, runs: int = 3) -> Result:
    """Link the invented files once, and FEBRL 4 without its number `runs` times beside its floor and peer."""
    pupils = _pupils(PUPILS_A_FILE * scale)
    known = febrl.load() if febrl.peer_version() else None
    files, layout = (known, febrl.layout(number=False)) if known else (made(SMALL), PUPILS)
    work: dict[str, Work] = {
        "ours": lambda: link(files.left, files.right, layout),
        "floor": lambda: _exact(files.left, files.right),
    }
    if known:
        work["peer"] = partial(febrl.rule_of_four, known.frames)
    timed = take_turns(work, runs)
    return Result(
        name="match",
        work={
            "records": files.left.num_rows + files.right.num_rows,
            "files": "FEBRL 4"
            if known
            else f"invented pupils; FEBRL 4 not run: {febrl.PEER} is not installed (`make peers` installs it)",
            "pupils_a_file": PUPILS_A_FILE * scale,
        },
        runs=runs,
        ours=timed["ours"],
        floor_what="a join on all columns being equal",
        floor=timed["floor"],
        meaning="What finding the same people in two files without a number costs, and how many are found.",
        peers=(Peer(febrl.PEER, febrl.peer_version() or "", timed.get("peer")),),
        facts=(_febrl(known) if known else {}) | pupils,
    )


def _febrl(known: febrl.Febrl) -> dict[str, float]:
    numbers = [
        dict(zip(one["id"].to_pylist(), one[febrl.NUMBER].to_pylist(), strict=True))
        for one in (known.left, known.right)
    ]
    exact = sum(1 for left, right in known.pairs if numbers[0][left] and numbers[0][left] == numbers[1][right])
    with_number = _scores(link(known.left, known.right, febrl.layout(number=True)), known.pairs)
    without = _scores(link(known.left, known.right, febrl.layout(number=False)), known.pairs)
    return {
        "precision": with_number[0],
        "recall": with_number[1],
        "no_id_precision": without[0],
        "no_id_recall": without[1],
        "exact_id_recall": round(exact / len(known.pairs), 4),
    }


def _pupils(size: int) -> dict[str, float]:
    files = made(size)
    started, worked = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as spill:
        linkage = link(files.left, files.right, PUPILS, room=Room(MEMORY_MB, Path(spill)))
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    both = set(files.left["id"].to_pylist()) & set(files.right["id"].to_pylist())
    truth = {(str(one), str(one)) for one in both}
    precision, recall = _scores(linkage, truth)
    return {
        "pupils_s": round(seconds, 2),
        "pupils_cpu_s": round(cpu, 2),
        "pupils_peak_mb": peak_mb(),
        "pupils_precision": precision,
        "pupils_recall": recall,
        "pupils_for_people": sum(1 for one in linkage.linked if one.outcome is not MatchOutcome.MATCH),
    }


def _scores(linkage: Linkage, truth: Pairs) -> tuple[float, float]:
    found = {(one.left, one.right) for one in linkage.linked if one.outcome is MatchOutcome.MATCH}
    right = len(found & truth)
    return round(right / max(1, len(found)), 5), round(right / len(truth), 5)


def _exact(left: pa.Table, right: pa.Table) -> int:
    with duckdb.connect() as engine:
        engine.register("a", left)
        engine.register("b", right)
        return len(engine.execute("SELECT * EXCLUDE id FROM a INTERSECT ALL SELECT * EXCLUDE id FROM b").fetchall())
