"""What somebody who has nothing but the published table can work out about each hidden cell: the exact interval.

It needs no true figure of a hidden cell, so that anybody can repeat it from a released table.
"""

import highspy
import numpy as np

from rollbook.sdc.suppression.solver import quiet_solver
from rollbook.sdc.suppression.system import Flags, Floats, System


def intervals(system: System, hidden: Flags) -> tuple[Floats, Floats]:
    """The least and greatest value of each cell that the published ones allow; `system.values` of hidden cells are not
    looked at. A cell without an upper bound has infinity.

    Raises:
        ArithmeticError: the published figures contradict each other.
    """
    low = np.where(hidden, 0.0, system.values)
    high = np.where(hidden, np.inf, system.values)
    solver = quiet_solver()
    solver.addVars(system.count, low, high)
    zeros = np.zeros(system.equations)
    solver.addRows(
        system.equations, zeros, zeros, len(system.cells), system.starts[:-1], system.cells, system.signs
    )  # fmt: skip
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        raise ArithmeticError("the published figures contradict each other")
    least, greatest = low.copy(), high.copy()
    for cell in np.flatnonzero(hidden):
        least[cell] = _bound(solver, int(cell), 1.0)
        greatest[cell] = _bound(solver, int(cell), -1.0)
        solver.changeColCost(int(cell), 0.0)
    return least, greatest


def _bound(solver: highspy.Highs, cell: int, side: float) -> float:
    solver.changeColCost(cell, side)
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        return float(solver.getInfo().objective_function_value) * side
    if status in (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible) and side < 0:
        return float("inf")
    raise ArithmeticError("the published figures contradict each other")
