"""What somebody who has nothing but the published table can work out about each hidden cell: the exact interval.

It needs no true figure of a hidden cell, so that anybody can repeat it from a released table. Exact intervals take
two linear programs a cell. Where only those that are too narrow are asked for, possible tables that serve many at once
settle nearly all, from any table that agrees with what is published, and the programs are left for the rest.
"""

from dataclasses import replace

import highspy
import numpy as np

from rollbook.sdc.suppression.attack import TOLERANCE, Attacker, Need, Reach
from rollbook.sdc.suppression.solver import quiet_solver
from rollbook.sdc.suppression.system import Flags, Floats, System

_PASSES = 3


def narrower(system: System, hidden: Flags, width: float, asked: Flags | None = None) -> Flags:
    """Hidden cells, of those `asked` for (all, unless given), that the published ones fix to within less than `width`.

    Raises:
        ArithmeticError: the published figures contradict each other.
    """
    left: Flags = hidden if asked is None else hidden & asked
    if not left.any():
        return left
    solver, low, high = _solver(system, hidden)
    some = np.asarray(solver.getSolution().col_value, dtype=np.float64)
    attacker = Attacker(replace(system, values=np.clip(some, low, high)), np.zeros(system.count))
    reach, rng, none = (
        Reach(np.zeros(system.count), np.zeros(system.count)),
        np.random.default_rng(1),
        np.zeros(system.count),
    )
    # A cell that starts at its greatest value can only fall, so both sides are tried for what is still too narrow.
    for _ in range(_PASSES):
        attacker.explore(hidden, Need(none, np.where(left, width - reach.down, 0.0)), rng, reach)
        left = left & (reach.down + reach.up < width - TOLERANCE)
        attacker.explore(hidden, Need(np.where(left, width - reach.up, 0.0), none), rng, reach)
        left = left & (reach.down + reach.up < width - TOLERANCE)
    least, greatest = intervals(system, hidden, left)
    found: Flags = left & (greatest - least < width - TOLERANCE)
    return found


def intervals(system: System, hidden: Flags, asked: Flags | None = None) -> tuple[Floats, Floats]:
    """The least and greatest value of each hidden cell `asked` for (all, unless given) that the published ones allow;
    `system.values` of hidden cells are not looked at. A cell without an upper bound has infinity.

    Raises:
        ArithmeticError: the published figures contradict each other.
    """
    solver, low, high = _solver(system, hidden)
    least, greatest = low.copy(), high.copy()
    for cell in np.flatnonzero(hidden if asked is None else asked):
        least[cell] = _bound(solver, int(cell), 1.0)
        greatest[cell] = _bound(solver, int(cell), -1.0)
        solver.changeColCost(int(cell), 0.0)
    return least, greatest


def _solver(system: System, hidden: Flags) -> tuple[highspy.Highs, Floats, Floats]:
    """A solver at a table that agrees with the published figures, and the bounds of each cell."""
    low = np.where(hidden, 0.0, system.values)
    high = np.where(hidden, np.inf, system.values)
    solver = quiet_solver()
    solver.setOptionValue("presolve", "off")  # on many cells and few sums it takes far longer than what it saves
    solver.addVars(system.count, low, high)
    zeros = np.zeros(system.equations)
    solver.addRows(
        system.equations, zeros, zeros, len(system.cells), system.starts[:-1], system.cells, system.signs
    )  # fmt: skip
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        raise ArithmeticError("the published figures contradict each other")
    return solver, low, high


def _bound(solver: highspy.Highs, cell: int, side: float) -> float:
    solver.changeColCost(cell, side)
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        return float(solver.getInfo().objective_function_value) * side
    if status in (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible) and side < 0:
        return float("inf")
    raise ArithmeticError("the published figures contradict each other")
