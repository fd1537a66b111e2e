"""A return read and judged by itself, before anything is asked of the stores. Needs no Django, so that processes of
their own can do it for many files at once.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.rules import check
from rollbook.dataplane.census.ruling import CheckContext, Issue


@dataclass(frozen=True, slots=True)
class Examined:
    """One return on its way in. `issues` leave out what only the authority knows: the same UPN on another roll."""

    parsed: ParsedReturn
    issues: tuple[Issue, ...]


def examine(data: bytes, name: str, at: datetime, *, quickly: bool = False) -> Examined:
    """Read and judge one file; `at` is the moment it came. `quickly` is for those who read many (`reader.read_return`).

    Raises:
        InputRefused: the bytes are no return.
    """
    parsed = read_any(data, name, quickly=quickly)
    issues = check(parsed, CheckContext(at))
    # The rules are done with the rows; columns are what goes on, perhaps to another process.
    return Examined(replace(parsed, records=None), issues)
