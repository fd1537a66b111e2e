"""Reading what a study says its dimensions lie in, and holding it against the person table that the study derived.

A subtotal is the sum of what lies in it only if every label lies in one wider label. A study cannot say that so: it is
counted here, and a table where it does not hold is refused.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from rollbook.dataplane.runs.gather import NOT_RECORDED
from rollbook.kernel.refusals import InputRefused, Reason

MOST_LEVELS: Final = 4
MOST_COLUMNS: Final = 8
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def read_within(row: Mapping[str, Any], dimensions: Sequence[str]) -> tuple[tuple[tuple[str, ...], ...], list[Reason]]:
    """The columns of each axis, widest first, as `[table.within]` of the study's `[table]` says; with every fault."""
    within = row.get("within", {})
    if not isinstance(within, dict):
        return (), [_reason("study-within", "'within' is not a table", 'Write [table.within] and school = ["area"].')]
    reasons = [*_strange(within, dimensions)]
    axes = tuple((*reversed(within.get(name, ())), name) for name in dimensions) if not reasons else ()
    names = [name for axis in axes for name in axis]
    if len(set(names)) < len(names):
        mend = "Name a column once: a wider one is no dimension of its own, it comes with the one that lies in it."
        reasons.append(_reason("study-twice", "A column is named twice", mend))
    if len(names) > MOST_COLUMNS:
        mend = "Leave out a dimension or a level."
        reasons.append(_reason("study-levels", f"A table has at most {MOST_COLUMNS} dimensions and levels", mend))
    return axes, reasons


def _strange(within: Mapping[str, Any], dimensions: Sequence[str]) -> Iterator[Reason]:
    for name, wider in within.items():
        if name not in dimensions:
            yield _reason("study-within", "What lies in another is no dimension", "Name a dimension of the table.")
        elif not isinstance(wider, list) or not wider or not all(map(_is_name, wider)):
            mend = 'List columns from narrow to wide: school = ["authority", "region"].'
            yield _reason("study-within", "What a dimension lies in is not a list of columns", mend)
        elif len(wider) >= MOST_LEVELS:
            mend = "Leave out a level."
            yield _reason("study-levels", f"A dimension has at most {MOST_LEVELS} levels, itself among them", mend)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name != "ppid" and _NAME.fullmatch(name) is not None


def _reason(code: str, message: str, mend: str) -> Reason:
    return Reason(code, message, "study.toml: table.within", mend)


def require_nested(table: pa.Table, axes: Sequence[Sequence[str]]) -> None:
    """Every label lies in one label of each wider column. What is not recorded may lie anywhere: in each it is another.

    Raises:
        InputRefused: code `table-nesting`, naming the columns and no label.
    """
    reasons = [
        _twice(axis[place], axis[place - 1])
        for axis in axes
        for place in range(1, len(axis))
        if not _one_above_each(table, axis[: place + 1])
    ]
    if reasons:
        raise InputRefused(reasons)


def _one_above_each(table: pa.Table, columns: Sequence[str]) -> bool:
    """Whether the last of these columns has each label once, however often its row of wider ones comes."""
    found = table.select(columns).group_by(list(columns)).aggregate([])
    known = [label for label in found[columns[-1]].to_pylist() if label != NOT_RECORDED]
    return len(set(known)) == len(known)


def _twice(narrow: str, wide: str) -> Reason:
    mend = f"Give each {narrow} one {wide}, for example the one of the day of the census, or leave {wide} out."
    return Reason("table-nesting", f"A label of {narrow} lies in more than one {wide}", narrow, mend)
