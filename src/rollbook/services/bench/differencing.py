"""`rollbook bench differencing`: one new table held against every table released, beside bare joint counts.

The population is invented: keys in birth order, cells by a fixed hash of person and table. Attacks are planted: the
same table with a few people more, a subset by another project, a total whose parts stand in another table. All must be
found; what else is found is counted as a false alarm.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from rollbook.dataplane.runs import memberships
from rollbook.sdc.differencing import Auditor, Isolated, Membership, levels_of
from rollbook.services.bench.measure import Result, Timed, clocked

PEOPLE, TABLES, THRESHOLD, WORKERS = 9_000_000, 200, 10, 2
_LEVELS = ((0, 1), (0,), (1,), ())


def run(scale: int = 1, runs: int = 1, people: int = PEOPLE, tables: int = TABLES) -> Result:
    """A table of 2,000 cells against `tables` x `scale` released ones of 1,000 cells."""
    del runs
    tables *= scale
    keys = np.arange(people, dtype=np.uint32) + 1_000
    new = _table(keys, 0, 100)
    kinds = [_kept(keys, number) for number in range(8)]
    stored = [memberships.encode(one) for one in kinds]
    planted = [memberships.encode(one) for one in _attacks(new)]
    work = [*planted, *(stored[number % len(stored)] for number in range(tables - len(planted)))]
    auditor = Auditor(new, THRESHOLD)
    found: list[list[Isolated]] = []
    ours = clocked(lambda: found.extend(_audited(auditor, work)))
    bare = clocked(lambda: [_bare(new, memberships.decode(one)) for one in stored])
    floor = bare.median_s / len(stored) * tables / WORKERS
    alarms = [one for some in found[len(planted) :] for one in some]
    return Result(
        name="differencing",
        work={"people": people, "released tables": tables, "cells": 2_000 + 1_000 * tables},
        runs=1,
        ours=ours,
        floor_what=f"reading as many tables and counting people by pair of cells, {WORKERS} at once",
        floor=Timed(floor, floor, floor, floor, bare.peak_mb),
        meaning="What it costs to hold one new table against everything that was ever released.",
        facts={
            "planted attacks": len(planted),
            "found": sum(any(one.people < THRESHOLD for one in some) for some in found[: len(planted)]),
            "false alarms": len(alarms),
            "bytes per person and table": round(sum(map(len, stored)) / sum(len(one.people) for one in kinds), 2),
            "seconds per table": round(ours.median_s / tables, 3),
        },
    )


def _audited(auditor: Auditor, stored: list[bytes]) -> Iterator[list[Isolated]]:
    with ThreadPoolExecutor(WORKERS) as pool:
        yield from pool.map(lambda one: list(auditor.against(memberships.decode(one))), stored)


def _bare(new: Membership, released: Membership) -> int:
    # The same people, so that the floor is the counting alone.
    some = min(len(new.people), len(released.people))
    pairs = new.cells[:some].astype(np.int64) * released.count + released.cells[:some]
    return int(np.bincount(pairs, minlength=new.count * released.count).max())


def _table(keys: np.ndarray, salt: int, rows: int) -> Membership:
    """A table of rows x 20, the columns as uneven as ethnic groups."""
    mixed = (keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt * 0x632BE5AB)) >> np.uint64(20)
    row, column = mixed % np.uint64(rows), (mixed // np.uint64(rows)) % np.uint64(400)
    column = np.sqrt(column).astype(np.uint64)
    cells = (row * np.uint64(20) + column).astype(np.uint32)
    labels = [(str(cell // 20), str(cell % 20)) for cell in range(rows * 20)]
    return Membership(keys, cells, rows * 20, levels_of(labels, _LEVELS))


def _kept(keys: np.ndarray, number: int) -> Membership:
    """Another table of the same population: another year, with a part of the people."""
    some = keys[(keys.astype(np.uint64) * np.uint64(2_654_435_761) >> np.uint64(7)) % np.uint64(16) != number]
    return _table(some, number + 1, 50)


def _attacks(new: Membership) -> list[Membership]:
    def less(gone: np.ndarray) -> Membership:
        keep = ~np.isin(new.people, gone)
        return Membership(new.people[keep], new.cells[keep], new.count, new.levels)

    first = new.people[new.cells == 7]
    labels = [("all", "part")], [("all", "whole")]
    some = np.sort(first[:-4])
    return [
        less(first[:1]),
        less(first[:3]),
        less(new.people[:9]),
        Membership(some, np.zeros(len(some), np.uint32), 1, levels_of(labels[0], ((0, 1),))),
        Membership(some, (np.arange(len(some)) % 2).astype(np.uint32), 2, levels_of([("a", "x"), ("a", "y")], _LEVELS)),
    ]
