"""The attack anybody can do with a pencil: a sum with one hidden cell gives it away, and so on."""

import numpy as np

from rollbook.sdc.suppression.system import Flags, System


def subtracted(system: System, hidden: Flags) -> Flags:
    """The hidden cells that repeated subtraction recovers exactly."""
    left = hidden.copy()
    lengths = np.diff(system.starts)
    while True:
        unknown = np.add.reduceat(left[system.cells], system.starts[:-1]) * (lengths > 0)
        single = np.repeat(unknown == 1, lengths)
        told = np.unique(system.cells[single & left[system.cells]])
        if not len(told):
            return hidden & ~left
        left[told] = False
