"""`rollbook bench history`: in which of 2,000 uses one person was, from the sets on disk, beside tables of pairs."""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from pyroaring import BitMap

from rollbook.dataplane.store.history_segment import PEOPLE_A_BLOCK, UseOfPeople
from rollbook.services.bench.history_pairs import Table, in_postgresql, in_sqlite
from rollbook.services.bench.history_uses import YEARS, Nation, everyone, some_people
from rollbook.services.bench.installation import throwaway
from rollbook.services.bench.measure import Peer, Result, take_turns

PEOPLE: Final = 2_500_000
LOOK_UPS: Final = 1_000
COLD: Final = 300
CHECKED: Final = 40
NINE_MILLION: Final = 9_000_000
PEER_PEOPLE: Final = 20_000
_HOME: Final = Path(__file__).parents[4] / "var" / "bench"


def run(scale: int = 1, runs: int = 3, people: int | None = None) -> Result:
    """Index and look up 2,000 uses of `people`, or of `scale` x 2.5 million."""
    people = people or PEOPLE * scale
    nation = Nation(_HOME / f"history-{people}", people)
    newest = {use.name: use.epoch for use in reversed(nation.uses)}
    facts = _made_anew(nation) | _added(nation, runs)
    index, asked = nation.index(), some_people(people, LOOK_UPS)
    facts["first_look_up_s"] = round(_seconds(lambda: index.look_up(newest, asked[:1])), 3)

    def ours(key: int) -> frozenset[str]:
        return index.look_up(newest, [key]).inside[key]

    facts |= _against_the_record(nation, asked, ours)
    facts |= _quantiles("", _times(ours, asked)) | _quantiles("cold_", _times(ours, asked[:COLD], nation))
    # What other work on the machine cannot make longer.
    facts |= _quantiles("cpu_", _times(ours, asked, clock=time.process_time))
    with throwaway(), _tables(nation) as (tables, held, pairs):
        timed = take_turns(
            {"ours": _each(ours, asked), "floor": lambda: _bare_reads(nation)}
            | {name: _each(one.look_up, held) for name, one in tables.items()},
            runs,
        )
    facts |= {"peer_pairs": pairs} | {
        f"{name.lower()}_bytes_per_pair": round(one.stored_bytes / pairs, 1) for name, one in tables.items()
    }
    return Result(
        name="history",
        work={"people": people, "uses": len(nation.uses), "pairs": int(facts["pairs"]), "look_ups": LOOK_UPS},
        runs=runs,
        ours=timed["ours"],
        floor_what="as many reads of an average block from the same files, and nothing done with them",
        floor=timed["floor"],
        meaning=f"What finding every use of {LOOK_UPS} people costs, one person at a time; peers hold fewer pairs.",
        peers=tuple(Peer(f"{name} table of pairs", one.version, timed[name]) for name, one in tables.items()),
        facts=facts,
    )


def _made_anew(nation: Nation) -> dict[str, float]:
    shutil.rmtree(nation.home / "history", ignore_errors=True)
    cpu = time.process_time()
    seconds = _seconds(lambda: nation.index().compact(nation.uses))
    return {"rebuild_s": round(seconds, 1), "rebuild_cpu_s": round(time.process_time() - cpu, 1)}


def _added(nation: Nation, runs: int) -> dict[str, float]:
    """Seconds from a column of 9 million person keys to a durable population file."""
    use = UseOfPeople("f" * 32, nation.uses[-1].epoch)
    keys = everyone(0, 24_000_000)[:NINE_MILLION]
    taken = []
    for _ in range(max(3, runs)):
        taken.append(_seconds(lambda: nation.add(use, keys)))
        nation.remove(use)
    return {"add_9m_s": round(statistics.median(taken), 3)}


def _against_the_record(
    nation: Nation, asked: Sequence[int], ours: Callable[[int], frozenset[str]]
) -> dict[str, float]:
    """Pairs in all, bytes for each over populations and index, and how many of some people's answers are wrong."""
    pairs, truth = 0, {key: set[str]() for key in asked[:CHECKED]}
    for use in nation.uses:
        people = nation.population(use)
        pairs += len(people)
        for key, names in truth.items():
            if key in people:
                names.add(use.name)
    record, index = _bytes(nation.home / "populations"), _bytes(nation.home / "history")
    return {
        "pairs": pairs,
        "bytes_per_pair": round((record + index) / pairs, 4),
        "record_mb": round(record / 1e6, 1),
        "index_mb": round(index / 1e6, 1),
        "checked_people": len(truth),
        "wrong_answers": sum(ours(key) != names for key, names in truth.items()),
    }


@contextmanager
def _tables(nation: Nation) -> Iterator[tuple[dict[str, Table], list[int], int]]:
    """The peers, filled with all uses of neighbours of one birth year; whom to ask; how many pairs they hold."""
    some = everyone(YEARS // 2, nation.people)[: min(PEER_PEOPLE, nation.people // 100)]
    wanted = BitMap(some.tolist())
    members = [(nation.population(use) & wanted).to_array() for use in nation.uses]
    held = np.random.default_rng(1).choice(some, LOOK_UPS).tolist()
    with tempfile.TemporaryDirectory(prefix="rollbook-bench-") as folder, in_postgresql(members) as server:
        tables = {"SQLite": in_sqlite(Path(folder) / "pairs.db", members), "PostgreSQL": server}
        yield tables, held, sum(map(len, members))


def _bare_reads(nation: Nation) -> None:
    draw = np.random.default_rng(2)
    files = [os.open(path, os.O_RDONLY) for path in (nation.home / "history").glob("*.segment")]
    sizes = [os.fstat(one).st_size for one in files]
    block = sum(sizes) // len(files) // max(1, nation.people // PEOPLE_A_BLOCK)
    try:
        for _ in range(LOOK_UPS):
            for handle, size in zip(files, sizes, strict=True):
                os.pread(handle, block, int(draw.integers(size - block)))
    finally:
        for handle in files:
            os.close(handle)


def _each(look_up: Callable[[int], object], keys: Sequence[int]) -> Callable[[], None]:
    def work() -> None:
        for key in keys:
            look_up(key)

    return work


def _times(
    look_up: Callable[[int], object],
    keys: Sequence[int],
    cold: Nation | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """Milliseconds of each look-up; with `cold`, after the system was asked to drop the segments from its memory."""
    taken = []
    for key in keys:
        if cold is not None:
            _drop(cold.home / "history")
        taken.append(_seconds(partial(look_up, key), clock) * 1000)
    return taken


def _drop(folder: Path) -> None:
    for path in folder.glob("*.segment"):
        handle = os.open(path, os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def _quantiles(prefix: str, taken: Sequence[float]) -> dict[str, float]:
    marks = statistics.quantiles(taken, n=100)
    return {f"{prefix}p50_ms": round(marks[49], 3), f"{prefix}p99_ms": round(marks[98], 3)}


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    started = clock()
    work()
    return clock() - started
