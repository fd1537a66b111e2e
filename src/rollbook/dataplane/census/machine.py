"""Functions compiled to machine code, for loops over the bytes of a return.

Only the processes of a load use them (`services.returns.crew`): compiling costs seconds once, loading what was
compiled half a second, and a single file is read sooner than that. Places in arrays are checked, since the bytes come
from anyone.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The same function, compiled when it is first called and kept on disk where the program may write."""
    compile_as: Any = numba.njit  # its types do not say what it gives
    try:
        made: Callable[P, R] = compile_as(function, boundscheck=True, cache=True)
    except RuntimeError:  # nowhere to keep it
        made = compile_as(function, boundscheck=True)
    return made
