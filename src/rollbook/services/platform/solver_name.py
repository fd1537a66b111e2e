"""Keeping the solver's name out of output that machines read."""

import ctypes
import os

from rollbook.sdc.suppression.solver import quiet_solver


def solver_name_aside() -> None:
    """Make the first solver of this process while its standard output goes nowhere: it prints its name, once."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        quiet_solver()
        ctypes.CDLL(None).fflush(None)
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
