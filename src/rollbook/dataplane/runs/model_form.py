"""Reading what a study's `[table]` says of a fitted model or a survival table, with every fault as a reason."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rollbook.dataplane.runs.measure_form import MOST_EDGES, reason, rise
from rollbook.kernel.refusals import Reason
from rollbook.sdc.models import MODELS, MULTILEVEL, Model
from rollbook.sdc.survival import SURVIVAL, Survival

FITTED = (*MODELS, SURVIVAL)
MOST_TERMS = 20
MOST_CATEGORIES = 4
_MODEL_KEYS = frozenset({"outcome", "terms", "categories", "group"})
_SURVIVAL_KEYS = frozenset({"time", "event", "points", "dimensions"})
_COMMON = frozenset({"name", "measure"})
# What the published table calls its own columns.
_TAKEN = frozenset({"ppid", "term", "time", "statistic"})
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,39}")

Read = tuple[Model | Survival | None, list[Reason]]


def read_model(row: Mapping[str, Any]) -> Read:
    """The model or survival table that `row`, the study's `[table]`, declares; None with any reason."""
    survival = row["measure"] == SURVIVAL
    allowed = _COMMON | (_SURVIVAL_KEYS if survival else _MODEL_KEYS)
    reasons = [
        reason("study-column", f"The measure {row['measure']} has no {key}", key, "Leave the key out.")
        for key in sorted(set(row) - allowed)
    ]
    reasons += _survival(row) if survival else _model(row)
    names = _names(row, survival=survival)
    if not reasons and _TAKEN & set(row.get("categories", row.get("dimensions", ()))):
        mend = f"Call it otherwise than {', '.join(sorted(_TAKEN))}."
        reasons.append(reason("study-column", "The published table has a column of this name", "table", mend))
    if not reasons and len(set(names)) < len(names):
        reasons.append(reason("study-twice", "A column is named twice", "table", "Name a column for each use."))
    if reasons:
        return None, reasons
    if survival:
        points = tuple(float(point) for point in row["points"])
        return Survival(row["time"], row["event"], points, tuple(row.get("dimensions", ()))), []
    terms, categories = tuple(row.get("terms", ())), tuple(row.get("categories", ()))
    return Model(row["measure"], row["outcome"], terms, categories, row.get("group", "")), []


def _model(row: Mapping[str, Any]) -> Iterator[Reason]:
    yield from _column(row, "outcome")
    yield from _columns(row, "terms", MOST_TERMS)
    yield from _columns(row, "categories", MOST_CATEGORIES)
    if not row.get("terms") and not row.get("categories") and row["measure"] != MULTILEVEL:
        mend = 'Name columns: terms = ["..."] for numbers, categories = ["..."] for labels.'
        yield reason("study-terms", "The model has no terms", "terms", mend)
    if row["measure"] == MULTILEVEL:
        yield from _column(row, "group")
    elif "group" in row:
        yield reason("study-column", "Only a multilevel model has a group", "group", "Leave the key out.")


def _survival(row: Mapping[str, Any]) -> Iterator[Reason]:
    yield from _column(row, "time")
    yield from _column(row, "event")
    yield from _columns(row, "dimensions", MOST_CATEGORIES)
    if not rise(row.get("points")):
        mend = f"Write points = [30, 60, 90]: 1 to {MOST_EDGES} rising numbers, in the unit of the time."
        yield reason("study-points", "The points in time are not rising numbers", "points", mend)


def _names(row: Mapping[str, Any], *, survival: bool) -> list[str]:
    single, several = (("time", "event"), ("dimensions",)) if survival else (("outcome", "group"), _LISTS)
    listed = [name for key in several if isinstance(row.get(key), list) for name in row[key]]
    return [str(row[key]) for key in single if key in row] + [str(name) for name in listed]


_LISTS = ("terms", "categories")


def _column(row: Mapping[str, Any], key: str) -> Iterator[Reason]:
    if key not in row:
        yield reason(
            "study-column", f"The measure {row['measure']} needs a {key}", key, f'Name its column: {key} = "...".'
        )
    elif not _is_column(row[key]):
        yield reason("study-column", "This is not a column's name", key, "Use small letters, digits, underscores.")


def _columns(row: Mapping[str, Any], key: str, most: int) -> Iterator[Reason]:
    value = row.get(key, [])
    if not isinstance(value, list) or len(value) > most or not all(_is_column(name) for name in value):
        mend = f"List at most {most} names of columns, in small letters."
        yield reason("study-list", f"'{key}' is not a list of columns", key, mend)


def _is_column(value: object) -> bool:
    return isinstance(value, str) and _COLUMN.fullmatch(value) is not None and value != "ppid"
