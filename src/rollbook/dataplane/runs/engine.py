"""The engine that counts and fits what a study derived. What memory does not hold goes to a folder of this user alone.

Left to itself the engine would write rows about people to a folder beside wherever the process was started.
"""

import atexit
import tempfile
from functools import cache
from typing import Final

import duckdb

THREADS: Final = 2


def open_engine(memory_mb: int) -> duckdb.DuckDBPyConnection:
    """An engine with so much memory, in MB."""
    return duckdb.connect(
        config={"threads": THREADS, "memory_limit": f"{memory_mb}MB", "temp_directory": spill_folder()}
    )


@cache
def spill_folder() -> str:
    """A folder that only this user reads, made at first need and gone when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="rollbook-spill-")
    atexit.register(folder.cleanup)
    return folder.name
