"""`rollbook bench differencing`: one new table held against every table released, beside bare joint counts.

The tables lie in sealed files, as in an installation. Attacks are planted among them, on both sides of the threshold:
all that tell too few must be found; whatever is found elsewhere is counted as a false alarm. Ahead of it the same with
fewer people and three numbers of tables up to 10,000, to show how time, store and memory grow.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rollbook.dataplane.runs.membership_files import opened, sealed
from rollbook.sdc.differencing import Auditor, Isolated
from rollbook.sdc.membership import STEPS, Membership
from rollbook.services.bench.differencing_ground import KINDS, attacks, new_table, people_of, per_kind, released
from rollbook.services.bench.measure import Result, Timed, clocked

PEOPLE, TABLES, THRESHOLD, WORKERS = 9_000_000, 200, 10, 2
GROWTH, GROWTH_PEOPLE = (200, 2_000, 10_000), 600_000
Facts = dict[str, float | int | str]
_DISTINCT = 2 * len(KINDS)
_NONCE_BYTES = 12


def run(scale: int = 1, runs: int = 1, people: int | None = None, tables: int | None = None) -> Result:
    """A table of 2,000 cells against `tables` x `scale` released ones of 100 to 2,000 cells; with fewer people as many
    to a cell.
    """
    del runs
    people, tables = people or PEOPLE, (tables or TABLES) * scale
    # First, while the most memory held is still its own.
    growth = _growth(min(people, GROWTH_PEOPLE))
    with tempfile.TemporaryDirectory() as folder:
        ground = _Ground.made(Path(folder), people)
        found: list[_Answer] = []
        ours = clocked(lambda: found.extend(ground.audit(tables)))
        bare = clocked(ground.bare)
    # As many tables as there are distinct ones, one after another: so many times more, so many at once.
    floor = bare.median_s / len(ground.paths) * tables / WORKERS
    return Result(
        name="differencing",
        work={"people": people, "released tables": tables, "cells": ground.cells(tables)},
        runs=1,
        ours=ours,
        floor_what=f"reading as many tables whole and counting people by pair of cells, {WORKERS} at once",
        floor=Timed(floor, floor, floor, floor, bare.peak_mb),
        meaning="What it costs to hold one new table against everything that was ever released.",
        facts={
            **ground.facts(found),
            "seconds per table": round(ours.median_s / tables, 4),
            "peak MB": ours.peak_mb,
            **growth,
        },
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of one released table, and how long it took."""

    found: Sequence[Isolated]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Ground:
    """A new table, and sealed files of released ones: each kind twice, to be used in turn, and the planted attacks.

    `people` and `store` are the people and the bytes of the distinct ones, all together.
    """

    new: Membership
    paths: tuple[Path, ...]
    sizes: tuple[int, ...]
    planted: tuple[Path, ...]
    told: tuple[int, ...]
    people: int
    store: int

    @classmethod
    def made(cls, folder: Path, people: int) -> "_Ground":
        keys = people_of(people)
        new = new_table(keys)
        paths, sizes, rows = [], [], 0
        for number in range(_DISTINCT):
            one = released(new, keys, number)
            paths.append(_written(folder, f"table-{number}", one))
            sizes.append(one.count)
            rows += len(one.rows.people)
        planted, told = [], []
        for number, attack in enumerate(attacks(new)):
            planted.append(_written(folder, f"attack-{number}", attack.table))
            told.append(attack.people)
        store = sum(path.stat().st_size for path in paths)
        return cls(new, tuple(paths), tuple(sizes), tuple(planted), tuple(told), rows, store)

    def audit(self, tables: int) -> list[_Answer]:
        """The planted tables first, then the others in turn, as many as are asked for."""
        auditor = Auditor(self.new, THRESHOLD)

        def held(path: Path) -> _Answer:
            started = time.perf_counter()
            return _Answer(list(auditor.against(opened(path, _unseal))), time.perf_counter() - started)

        plain = (self.paths[number % _DISTINCT] for number in range(tables - len(self.planted)))
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(held, [*self.planted, *plain]))

    def bare(self) -> int:
        """The floor: each distinct table read whole and counted by pair of cells."""
        most = 0
        for path in self.paths:
            kept = opened(path, _unseal)
            cells = np.concatenate([kept.block(number).cells for number in range(STEPS + 1)])
            some = min(len(cells), len(self.new.rows.cells))
            # The same people, so that the floor is the counting alone.
            pairs = self.new.rows.cells[:some].astype(np.int64) * kept.outline.count + cells[:some]
            most = max(most, int(np.bincount(pairs, minlength=self.new.count * kept.outline.count).max()))
        return most

    def cells(self, tables: int) -> int:
        """How many cells the compared tables have together, the planted ones counted as none."""
        plain = range(tables - len(self.planted))
        return self.new.count + sum(self.sizes[number % _DISTINCT] for number in plain)

    def facts(self, answers: Sequence[_Answer]) -> Facts:
        """What was found among the planted tables and elsewhere, the store, and the time of each kind."""
        planted, plain = answers[: len(self.planted)], answers[len(self.planted) :]
        right = [
            any(one.people <= told for one in answer.found) == bool(told)
            for answer, told in zip(planted, self.told, strict=True)
        ]
        dangerous = [ok for ok, told in zip(right, self.told, strict=True) if told]
        harmless = [ok for ok, told in zip(right, self.told, strict=True) if not told]
        return {
            "planted attacks": len(dangerous),
            "found": sum(dangerous),
            "planted at or over the threshold": len(harmless),
            "false alarms": len(harmless) - sum(harmless) + sum(bool(answer.found) for answer in plain),
            "bytes per person and table": round(self.store / self.people, 2),
            **{f"s a table, {kind}": s for kind, s in per_kind([one.seconds for one in plain]).items()},
        }


def _growth(people: int) -> Facts:
    """Seconds, store and peak memory at three numbers of tables, each of them measured."""
    facts: Facts = {"growth: people": people}
    with tempfile.TemporaryDirectory() as folder:
        ground = _Ground.made(Path(folder), people)
        store = ground.store / len(ground.paths) / 1e6
        for tables in GROWTH:
            took = clocked(partial(ground.audit, tables))
            facts |= {
                f"growth: s at {tables}": round(took.median_s, 2),
                f"growth: processor s at {tables}": round(took.cpu_s, 2),
                f"growth: MB of store at {tables}": round(store * tables),
                f"growth: peak MB of memory at {tables}": took.peak_mb,
            }
    return facts


_KEY = AESGCM(AESGCM.generate_key(256))


def _written(folder: Path, name: str, table: Membership) -> Path:
    path = folder / name
    path.write_bytes(sealed(table, name, _seal))
    return path


def _seal(part: bytes, bound: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _KEY.encrypt(nonce, part, bound.encode())


def _unseal(part: bytes, bound: str) -> bytes:
    return _KEY.decrypt(part[:_NONCE_BYTES], part[_NONCE_BYTES:], bound.encode())
