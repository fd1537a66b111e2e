"""The solver of linear programs (HiGHS), set so that it answers alike on every machine."""

import highspy


def quiet_solver() -> highspy.Highs:
    """A solver in this thread alone: its threads are one pool for the whole process, so all must agree on them.

    The first solver of a process prints its name on standard output before any option can be set; a caller whose output
    is read by machines makes one ahead of it.
    """
    solver: highspy.Highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 1)):
        solver.setOptionValue(option, value)
    return solver
