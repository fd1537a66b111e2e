"""`rollbook bench suppression`: tables made safe and attacked, beside hiding the small cells and nothing else.

Three tables of invented pupils: 20 by 15 with margins (cheapest choice), authority in region by ethnic group, and
schools by ethnic group of which more than half is flagged. Recoverable is a hidden cell that an attacker knows to
within the threshold; of the small cells hidden alone, those that plain subtraction gives away exactly are counted.
"""

from dataclasses import dataclass

import numpy as np

from rollbook.sdc.suppression.outsider import narrower
from rollbook.sdc.suppression.protect import Protected, audit, count_need, protect, proved
from rollbook.sdc.suppression.subtraction import subtracted
from rollbook.sdc.suppression.system import Flags, Floats, System, Tree, system_of
from rollbook.services.bench.measure import Result, Timed, clocked
from rollbook.services.platform.solver_name import solver_name_aside

THRESHOLD = 10.0
# Main ethnic groups: one large and many small, as in a national census.
_GROUPS = np.array([60, 10, 6, 5, 4, 3, 2.5, 2, 1.5, 1.2, 1, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.3, 0.1, 0.1])


@dataclass(frozen=True, slots=True)
class Case:
    """One table to make safe."""

    name: str
    system: System


def run(scale: int = 1, runs: int = 1) -> Result:
    """All three tables; above a `scale` of 1 the last has so many times more schools."""
    del runs
    solver_name_aside()
    facts: dict[str, float | int | str] = {}
    whole = clocked(lambda: [facts.update(_case(case)) for case in cases(scale)])
    bare = sum(float(value) for name, value in facts.items() if name.endswith(": attack s"))
    return Result(
        name="suppression",
        work={"tables": 3, "cells": sum(case.system.count for case in cases(scale))},
        runs=1,
        ours=whole,
        floor_what="the attack on the finished tables alone",
        floor=Timed(bare, bare, bare, bare, whole.peak_mb),
        meaning="What it costs to hide as little as is needed and to prove that nothing hidden can be recovered.",
        facts=facts,
    )


def cases(scale: int = 1) -> list[Case]:
    """The three tables, always the same."""
    rng = np.random.default_rng(1)
    small = rng.poisson(rng.gamma(1.2, 40, size=(20, 15))).astype(float)
    regions = Tree((*(152 + place % 9 for place in range(152)), *[161] * 9, -1), 152)
    return [
        Case("20 x 15", system_of(small, [Tree.flat(20), Tree.flat(15)])),
        Case("authorities in regions", system_of(_pupils(rng, 100_000, 152), [regions, Tree.flat(20)])),
        Case(
            "schools",
            system_of(_pupils(rng, 1_000_000 * scale, 2_500 * scale), [Tree.flat(2_500 * scale), Tree.flat(20)]),
        ),
    ]


def _pupils(rng: np.random.Generator, pupils: int, places: int) -> Floats:
    sizes = rng.gamma(3, 1, places)
    mixed = np.outer(sizes, _GROUPS) * rng.gamma(4, 0.25, (places, len(_GROUPS)))
    return rng.multinomial(pupils, (mixed / mixed.sum()).ravel()).reshape(places, len(_GROUPS)).astype(float)


def _case(case: Case) -> dict[str, float | int | str]:
    system, primary = case.system, case.system.values < THRESHOLD
    need = count_need(system.values, primary, THRESHOLD)
    found: list[Protected] = []
    ours = clocked(
        lambda: found.append(protect(system, primary, need, spread=THRESHOLD)),
    )
    (done,) = found
    proof = clocked(lambda: proved(system, done.hidden, primary, need, done.proof))
    attack = clocked(lambda: audit(system, done.hidden, primary, need))
    known: list[Flags] = []
    outside = clocked(lambda: known.append(narrower(system, done.hidden, THRESHOLD)))
    pencil = subtracted(system, primary)
    return {
        f"{case.name}: cells": system.count,
        f"{case.name}: flagged": int(primary.sum()),
        f"{case.name}: hidden beside": int((done.hidden & ~primary).sum()),
        f"{case.name}: cheapest": "yes" if done.exact else "not shown",
        f"{case.name}: seconds": round(ours.median_s, 2),
        f"{case.name}: processor seconds": round(ours.cpu_s, 2),
        f"{case.name}: adding up the proof s": round(proof.median_s, 3),
        f"{case.name}: attack s": round(attack.median_s, 2),
        f"{case.name}: attack processor s": round(attack.cpu_s, 2),
        f"{case.name}: attack with the table alone s": round(outside.median_s, 2),
        f"{case.name}: attack with the table alone processor s": round(outside.cpu_s, 2),
        f"{case.name}: recoverable": int((done.audit.width[done.hidden] < THRESHOLD - 1e-6).sum()),
        f"{case.name}: recoverable with the table alone": int(known[0].sum()),
        f"{case.name}: recovered by subtraction, small cells alone hidden": int(pencil.sum()),
        f"{case.name}: the same, share of the small cells": round(float(pencil.sum() / max(1, primary.sum())), 3),
    }
