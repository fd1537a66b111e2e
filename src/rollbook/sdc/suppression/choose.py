"""Which further cells to hide: the cheapest that make every cut hold, exactly for small tables, greedily for large."""

from collections.abc import Iterator, Sequence

import highspy
import numpy as np

from rollbook.sdc.suppression.attack import TOLERANCE, Attacker, Cut, Need
from rollbook.sdc.suppression.solver import quiet_solver
from rollbook.sdc.suppression.system import Flags, Floats, Places

_NODES = 20_000  # a bound that does not depend on the machine, unlike time


class Chooser:
    """The cover problem: cells to hide at least cost, so that each cut holds. Solved exactly, by branch and cut."""

    def __init__(self, primary: Flags, allowed: Flags, costs: Floats) -> None:
        every = np.arange(len(primary), dtype=np.int32)
        self._solver = quiet_solver()
        self._solver.setOptionValue("mip_max_nodes", _NODES)
        self._solver.setOptionValue("mip_rel_gap", 0.0)
        self._solver.addVars(len(primary), primary.astype(float), (primary | allowed).astype(float))
        self._solver.changeColsCost(len(primary), every, costs)
        kinds = np.full(len(primary), highspy.HighsVarType.kInteger)
        self._solver.changeColsIntegrality(len(primary), every, kinds)

    def require(self, cut: Cut) -> None:
        """Add a cut."""
        places = np.flatnonzero(cut.weights > TOLERANCE).astype(np.int32)
        self._solver.addRow(cut.need, highspy.kHighsInf, len(places), places, cut.weights[places])

    def choose(self) -> Flags | None:
        """What to hide; None when no choice keeps every cut, or the search grew too large."""
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        chosen: Flags = np.asarray(self._solver.getSolution().col_value) > 0.5
        return chosen


def plain_cuts(attacker: Attacker, primary: Flags, need: Need) -> Iterator[Cut]:
    """What each sum by itself demands for each cell in it that has to be protected."""
    system, room = attacker.system, attacker.room
    for equation in range(system.equations):
        members = system.members(equation)
        for cell in members[primary[members]]:
            others = members[members != cell]
            total = members[0]
            for wanted, rising in ((need.up[cell], True), (need.down[cell], False)):
                if wanted <= TOLERANCE:
                    continue
                weights = np.zeros(system.count)
                # A part rises when other parts fall or the total rises; a total rises when parts do. And so downwards.
                helps_by_falling = (others != total) if rising and cell != total else (others == total)
                if cell == total:
                    helps_by_falling = np.full(len(others), not rising)
                weights[others] = np.where(helps_by_falling, np.minimum(room[others], wanted), wanted)
                yield Cut(weights, wanted)


def filled(attacker: Attacker, hidden: Flags, need: Need, allowed: Flags, costs: Floats) -> Flags:
    """Hide cells, sum by sum, until each sum by itself leaves its hidden cells room to move; the quick first step."""
    system, room = attacker.system, attacker.room
    chosen = hidden.copy()
    for equation in range(system.equations):
        members = system.members(equation)
        if chosen[members[0]]:
            continue  # a hidden total gives its parts room; other sums hold the total
        parts = members[1:]
        _fill_one(parts, chosen, room, need, allowed, costs)
    return chosen


def _fill_one(parts: Places, chosen: Flags, room: Floats, need: Need, allowed: Flags, costs: Floats) -> None:
    inside = parts[chosen[parts]]
    if not len(inside):
        return
    wanted = float((room[inside] + need.up[inside]).max())
    missing = wanted - float(room[inside].sum())
    alone = len(inside) < 2
    free = parts[allowed[parts] & ~chosen[parts] & (room[parts] > TOLERANCE)]
    while (missing > TOLERANCE or alone) and len(free):
        enough = free[room[free] >= missing]
        pick = enough[np.argmin(costs[enough])] if len(enough) else free[np.argmax(room[free])]
        chosen[pick] = True
        missing -= float(room[pick])
        alone = False
        free = free[free != pick]


def covered(cuts: Sequence[Cut], hidden: Flags, allowed: Flags, costs: Floats) -> Flags | None:
    """Hide more cells until every cut holds, always the one that gives most for its cost; None when one cannot."""
    chosen = hidden.copy()
    for cut in cuts:
        while float(cut.weights[chosen].sum()) < cut.need - TOLERANCE:
            gain = np.where(allowed & ~chosen, np.minimum(cut.weights, cut.need), 0.0)
            if gain.max(initial=0.0) <= TOLERANCE:
                return None
            chosen[int(np.argmax(gain / np.maximum(costs, TOLERANCE)))] = True
    return chosen
