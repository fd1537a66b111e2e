"""What a file holds beside what its own documentation says: totals, keys that stand on several rows.

What the mapping declares as a known defect is reported as expected; everything else that differs refuses the file. A
declared defect that is no longer there is told, because either the file or the mapping is of another version.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

from rollbook.dataplane.collections.mapping import CollectionMapping, Measure, Repeated, Total
from rollbook.dataplane.collections.source import SourceTable
from rollbook.dataplane.collections.translate import LISTED, Issue

_SIGNIFICANT = 12


class Standing(StrEnum):
    """How what was found stands to what was expected."""

    AS_PUBLISHED = "as published"
    KNOWN = "known defect"
    DIFFERS = "differs"
    GONE = "known defect not found"


@dataclass(frozen=True, slots=True)
class TotalLine:
    """One total: published, found, and where the published one stands."""

    name: str
    published: float
    found: float
    standing: Standing
    source: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class RepeatedLine:
    """One key that stands on several rows, by its lines: no value of a row is in it. `differ` are the columns in which
    the rows differ; none where they are the same row again."""

    lines: tuple[int, ...]
    differ: tuple[str, ...]
    standing: Standing
    why: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Totals and repeated keys with the issues they give."""

    totals: tuple[TotalLine, ...]
    repeated: tuple[RepeatedLine, ...]
    issues: tuple[Issue, ...]


def judge(source: SourceTable, mapping: CollectionMapping) -> Judgement:
    """Compare a source, as `without_missing` gives it, with what its mapping expects."""
    totals = tuple(_total(source, one) for one in mapping.totals)
    repeated = tuple(_repeated(source, mapping))
    return Judgement(totals, repeated, (*_total_issues(totals), *_repeated_issues(repeated, mapping)))


def _total(source: SourceTable, total: Total) -> TotalLine:
    found = _measured(source, total)
    if total.found is None:
        standing = Standing.AS_PUBLISHED if _near(found, total.value, total.within) else Standing.DIFFERS
    elif _near(found, total.found, total.within):
        standing = Standing.KNOWN
    else:
        standing = Standing.GONE if _near(found, total.value, total.within) else Standing.DIFFERS
    return TotalLine(total.name, total.value, found, standing, total.source, total.why)


def _near(found: float, value: float, within: float) -> bool:
    return abs(found - value) <= within


def _measured(source: SourceTable, total: Total) -> float:
    if total.measure is Measure.ROWS:
        return source.rows
    columns = [source.columns[name] for name in total.of]
    if total.measure is Measure.DISTINCT:
        values = zip(*(column.to_pylist() for column in columns), strict=True)
        return len({row for row in values if None not in row})
    if total.measure is Measure.COUNT:
        return int(pc.sum(pc.equal(columns[0], pa.scalar(total.equals))).as_py() or 0)
    numbers = [number for text in columns[0].to_pylist() if (number := _number(text)) is not None]
    whole = math.fsum(numbers)
    found = whole / len(numbers) if total.measure is Measure.MEAN and numbers else whole
    return float(f"{found:.{_SIGNIFICANT}g}")


def _number(text: str | None) -> float | None:
    # A text that is no number is an issue of its own, told with its line.
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _total_issues(totals: Sequence[TotalLine]) -> Iterator[Issue]:
    for one in totals:
        if one.standing is Standing.DIFFERS:
            message = f"The total {one.name} is {one.found:g}; the source gives {one.published:g}"
            yield Issue("total", message, "Ask the source for the right file, or correct the mapping.", one.name, 0)
        elif one.standing is Standing.GONE:
            mend = "Check whether this is another version of the data; correct the mapping."
            yield Issue(
                "total-mended", f"The known defect in {one.name} is not there", mend, one.name, 0, refuses=False
            )


def _repeated(source: SourceTable, mapping: CollectionMapping) -> Iterator[RepeatedLine]:
    if not mapping.key:
        return
    places: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
    for row, key in enumerate(zip(*(source.columns[name].to_pylist() for name in mapping.key), strict=True)):
        places[key].append(row)
    declared = {one.key: one for one in mapping.repeated}
    for key, rows in places.items():
        if len(rows) > 1:
            yield _repeated_line(source, mapping, rows, declared.pop(tuple(one or "" for one in key), None))
    for gone in declared.values():
        yield RepeatedLine((), (), Standing.GONE, gone.why)


def _repeated_line(
    source: SourceTable, mapping: CollectionMapping, rows: list[int], known: Repeated | None
) -> RepeatedLine:
    differ = tuple(name for name, column in source.columns.items() if len({column[row].as_py() for row in rows}) > 1)
    standing = Standing.KNOWN if known is not None and known.rows == len(rows) else Standing.DIFFERS
    lines = tuple(row + source.first_line for row in rows)
    return RepeatedLine(lines, differ, standing, known.why if known else "")


def _repeated_issues(repeated: Sequence[RepeatedLine], mapping: CollectionMapping) -> Iterator[Issue]:
    field = ", ".join(mapping.key)
    unknown = [one for one in repeated if one.standing is Standing.DIFFERS]
    for one in unknown[:LISTED]:
        lines = ", ".join(map(str, one.lines[1:LISTED]))
        mend = "Take the repeated rows out, or declare the key under repeated with the reason."
        yield Issue("key-repeated", f"The key of this row stands again on line {lines}", mend, field, one.lines[0])
    if len(unknown) > LISTED:
        message = f"Another {len(unknown) - LISTED} keys stand on several rows"
        yield Issue("key-repeated", message, "Mend them as the ones listed.", field, unknown[LISTED].lines[0])
    for one in repeated:
        if one.standing is Standing.GONE:
            mend = "Check whether this is another version of the data; correct the mapping."
            yield Issue("key-mended", "A key known to be repeated is not", mend, field, 0, refuses=False)
