"""Reading what a study's `[table]` asks for: the measure and its columns, with every fault as a reason."""

import math
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from rollbook.kernel.refusals import Reason
from rollbook.sdc import measures
from rollbook.sdc.measures import NEEDS, Measure
from rollbook.sdc.models import MODELS
from rollbook.sdc.survival import SURVIVAL

COLUMNS = ("value", "denominator", "weight", "unit")
KEYS = frozenset({"measure", *COLUMNS, "quantile", "edges", "round"})
MOST_EDGES = 30
MOST_BASE = 1000
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,39}")
# What a study may write, and the columns that go with it beside those the measure needs.
_ASKED = {name: name for name in NEEDS if name not in measures.EXTREMES} | {measures.MEDIAN: measures.QUANTILE}
_MAY_HAVE = {measures.COUNT: {"weight", "unit"}}


def read_measure(row: Mapping[str, Any], dimensions: tuple[str, ...]) -> tuple[Measure, list[Reason]]:
    """The measure that `row`, the study's `[table]`, declares; with any reason the measure is a plain count."""
    asked = row.get("measure")
    if isinstance(asked, str) and asked in measures.EXTREMES:
        mend = "It is one person's own value: ask for a quantile, with enough people on either side."
        return Measure(), [reason("study-extreme", "A maximum or minimum is never released", "measure", mend)]
    if not isinstance(asked, str) or asked not in _ASKED:
        mend = "Write one of: " + ", ".join(sorted((*_ASKED, *MODELS, SURVIVAL))) + "."
        return Measure(), [reason("study-measure", "The measure is not one Rollbook computes", "measure", mend)]
    kind = _ASKED[asked]
    reasons = [*_columns(row, kind, dimensions), *_numbers(row, asked, kind)]
    if reasons:
        return Measure(), reasons
    named = {name: row[name] for name in COLUMNS if name in row}
    edges = tuple(float(edge) for edge in row.get("edges", ()))
    return Measure(kind, **named, at=row.get("quantile", 0.5), edges=edges, base=row.get("round", 0)), []


def _columns(row: Mapping[str, Any], kind: str, dimensions: tuple[str, ...]) -> Iterator[Reason]:
    needed = set(NEEDS[kind])
    allowed = needed | _MAY_HAVE.get(kind, {"unit"})
    given = {name: row[name] for name in COLUMNS if name in row}
    for name in sorted(needed - set(given)):
        yield reason("study-column", f"A {kind} needs a {name}", name, f'Name its column: {name} = "...".')
    for name in sorted(set(given) - allowed):
        yield reason("study-column", f"A {kind} has no {name}", name, "Leave the key out.")
    for name, column in given.items():
        if not isinstance(column, str) or not _COLUMN.fullmatch(column) or column == "ppid":
            yield reason("study-column", "This is not a column's name", name, "Use small letters, digits, underscores.")
    names = [*dimensions, *(str(column) for column in given.values())]
    if len(set(names)) < len(names):
        yield reason("study-twice", "A column is named twice", "table", "Give the table a column for each use.")


def _numbers(row: Mapping[str, Any], asked: str, kind: str) -> Iterator[Reason]:
    at, edges, base = row.get("quantile"), row.get("edges"), row.get("round")
    if (asked == measures.QUANTILE) != (at is not None) or (at is not None and not _share(at)):
        mend = 'With measure = "quantile", and no other, write quantile = 0.25 or another share of the people.'
        yield reason("study-quantile", "The quantile is not a share between 0 and 1", "quantile", mend)
    if (kind == measures.HISTOGRAM) != (edges is not None) or (edges is not None and not rise(edges)):
        mend = f'With measure = "histogram", and no other, write edges = [0, 10, 20]: 1 to {MOST_EDGES} rising numbers.'
        yield reason("study-edges", "The edges of the bands are not rising numbers", "edges", mend)
    plain = kind in measures.COUNTS and "weight" not in row
    if base is not None and (not plain or type(base) is not int or not 2 <= base <= MOST_BASE):
        mend = f"Counts without weights are rounded to a base of 2 to {MOST_BASE}; other figures to significant digits."
        yield reason("study-round", "This cannot be rounded so", "round", mend)


def _share(at: object) -> bool:
    return isinstance(at, float) and 0 < at < 1


def rise(edges: object) -> bool:
    """Whether these are 1 to `MOST_EDGES` rising numbers that can be told apart as they are shown."""
    if not isinstance(edges, list) or not 1 <= len(edges) <= MOST_EDGES:
        return False
    if not all(type(edge) in (int, float) and math.isfinite(edge) for edge in edges):
        return False
    return len({f"{edge:g}" for edge in edges}) == len(edges) and all(low < high for low, high in pairwise(edges))


def reason(code: str, message: str, key: str, mend: str) -> Reason:
    """A reason about one key of the study's `[table]`."""
    return Reason(code, message, f"study.toml: table.{key}", mend)
