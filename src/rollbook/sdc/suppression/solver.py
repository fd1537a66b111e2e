"""The solver of linear programs (HiGHS), made so that it prints nothing and answers alike on every machine."""

import contextlib
import os
from collections.abc import Iterator

import highspy


def quiet_solver() -> highspy.Highs:
    """A solver in this thread alone: its threads are one pool for the whole process, so all must agree on them."""
    with _deaf():
        solver: highspy.Highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 1)):
        solver.setOptionValue(option, value)
    return solver


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """The first solver of a process prints its name on standard output before any option can be set."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
