"""Reading what tables a study asks for: `[table]`, and `[[also]]` for each further one counted from the same people."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from rollbook.dataplane.runs import model_form
from rollbook.dataplane.runs.measure_form import KEYS, read_measure
from rollbook.dataplane.runs.nesting_form import Chains, axes_of, read_within
from rollbook.kernel.refusals import Reason
from rollbook.sdc.judging import Asked
from rollbook.sdc.linking import in_a_ring
from rollbook.sdc.measures import PLAIN_COUNT, Measure
from rollbook.sdc.models import Model

MAX_DIMENSIONS: Final = 4
MOST_TABLES: Final = 6
LONGEST_TITLE: Final = 80
_FILE = "study.toml"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FIRST: Final = frozenset({"name", "dimensions", "suppress", "within", *KEYS})
_FURTHER: Final = frozenset({"title", "dimensions", *KEYS})


@dataclass(frozen=True, slots=True)
class PersonTable:
    """A table counted from the one that the study derives: a row for a person, `ppid` and the `dimensions` it is
    counted over. `name` is the derived table's, `title` what the public reads beside the study's, where there are more.

    After the dimensions come the columns of the `measure`, one number or unit for a person. Of a model the dimensions
    are its categories, of a survival table what its curves are drawn by: there may be none of either.
    `suppress` asks for totals, with small cells hidden; without it a table with small cells is stopped whole. `nested`
    are the dimensions by axis, each from wide to narrow, where one of them lies in others.
    """

    name: str
    dimensions: tuple[str, ...]
    measure: Asked = PLAIN_COUNT
    suppress: bool = False
    nested: tuple[tuple[str, ...], ...] = ()
    title: str = ""


Read = tuple[tuple[PersonTable, ...], list[Reason]]


def read_tables(data: Mapping[str, Any]) -> Read:
    """Every table that a study's file asks for, the first of `[table]`; with every fault."""
    row, more = data.get("table"), data.get("also", [])
    if not isinstance(row, dict):
        return (), [_reason("study-table", "There is no [table]", "table", "Declare its name, dimensions and measure.")]
    if not isinstance(more, list) or len(more) >= MOST_TABLES or not all(isinstance(one, dict) for one in more):
        mend = f"Add at most {MOST_TABLES - 1} with [[also]]: a title, dimensions and a measure each."
        return (), [_reason("study-also", "The further tables are not so many tables", "also", mend)]
    rows = [row, *more]
    chains, reasons = read_within(row, {name for one in rows for name in _listed(one.get("dimensions"))})
    reasons += _about_all(row)
    found = []
    for number, one in enumerate(rows):
        table, wrong = _one(one, number, row, chains)
        reasons += wrong if not number else [_at(reason, number) for reason in wrong]
        found.append(table)
    tables = tuple(table for table in found if table is not None)
    return tables, reasons or [*_together(tables, row)]


def read_names(
    value: object, where: str, good: Callable[[str], object], most: int
) -> tuple[tuple[str, ...], list[Reason]]:
    """A list of names, each once."""
    if (
        not isinstance(value, list)
        or not 1 <= len(value) <= most
        or not all(isinstance(v, str) and good(v) for v in value)
    ):
        mend = f"List 1 to {most} names in small letters."
        return (), [_reason("study-list", f"'{where}' is not a list of names", where, mend)]
    twice = [_reason("study-twice", f"'{where}' lists a name twice", where, "List each name once.")]
    return tuple(value), twice if len(set(value)) != len(value) else []


def _about_all(row: Mapping[str, Any]) -> Iterator[Reason]:
    name, suppress = row.get("name"), row.get("suppress", False)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        mend = "Use small letters, digits and underscores."
        yield _reason("study-table", "The table has no plain name", "table.name", mend)
    if not isinstance(suppress, bool):
        yield _reason("study-suppress", "'suppress' is not true or false", "table.suppress", "Write suppress = true.")


def _one(
    given: Mapping[str, Any], number: int, first: Mapping[str, Any], chains: Chains
) -> tuple[PersonTable | None, list[Reason]]:
    row, reasons = dict(given), []
    title = row.pop("title", "") if number else ""
    if number and (not isinstance(title, str) or not 1 <= len(title.strip()) <= LONGEST_TITLE):
        mend = f"Write 1 to {LONGEST_TITLE} characters."
        reasons.append(_reason("study-text", "The table has no short title", "table.title", mend))
    name, title = str(first.get("name")), str(title).strip()
    if row.get("measure") in model_form.FITTED:
        asked, wrong = model_form.read_model(row)
        categories = () if asked is None else asked.categories if isinstance(asked, Model) else asked.by
        return (None if asked is None else PersonTable(name, categories, asked, title=title)), reasons + wrong
    reasons += _unknown(row, _FURTHER if number else _FIRST)
    dimensions, wrong = read_names(row.get("dimensions"), "table.dimensions", _NAME.fullmatch, MAX_DIMENSIONS)
    reasons += wrong
    if "ppid" in dimensions:
        mend = "A table is about groups, not people."
        reasons.append(_reason("study-ppid", "'ppid' cannot be a dimension", "table.dimensions", mend))
    measure, wrong = read_measure(row, dimensions)
    reasons += wrong
    hides = first.get("suppress") is True and measure.plain
    axes, wrong = axes_of(dimensions, chains) if hides else ((), [])
    columns = tuple(column for axis in axes for column in axis) or dimensions
    nested = axes if len(columns) > len(dimensions) else ()
    return PersonTable(name, columns, measure, hides, nested, title), reasons + wrong


def _unknown(row: Mapping[str, Any], known: frozenset[str]) -> Iterator[Reason]:
    for key in sorted(set(row) - known):
        mend = f"Known: {', '.join(sorted(known))}."
        yield _reason("study-unknown-key", f"'{safe(key)}' is not a key of a study", "table", mend)


def _together(tables: tuple[PersonTable, ...], first: Mapping[str, Any]) -> Iterator[Reason]:
    """What is wrong with tables that are each right."""
    hiding = [table for table in tables if table.suppress]
    if first.get("suppress") is True and not hiding:
        mend = "Leave out suppress, or count people and nothing else."
        yield _reason("study-suppress", "Only plain counts can have hidden cells", "table.suppress", mend)
    if "within" in first and not hiding:
        mend = "Write suppress = true, or leave [table.within] out: a table without totals shows no wider level."
        yield _reason("study-within", "Only a table with totals has subtotals", "table.within", mend)
    if any((one.dimensions, one.measure) == (two.dimensions, two.measure) for one, two in combinations(tables, 2)):
        yield _reason("study-twice", "Two tables show the same", "also", "Leave one of them out.")
    if len({table.title for table in tables}) < len(tables):
        yield _reason("study-twice", "Two tables have one title", "also", "Give each a title of its own.")
    labels = {name for table in tables for name in table.dimensions}
    kinds = [labels, {name for table in tables for name in table.measure.numbers},
             {table.measure.unit for table in tables if table.measure.unit}]  # fmt: skip
    if any(one & two for one, two in combinations(kinds, 2)):
        mend = "Derive a column for each use."
        yield _reason("study-twice", "A column is a label in one table and a value or unit in another", "also", mend)
    if in_a_ring([table.dimensions for table in hiding]):
        mend = "Ask for one table over all of these dimensions, or leave one of the tables out."
        yield _reason(
            "study-ring", "The tables overlap in a ring, so more follows from them than sums tell", "also", mend
        )


def _listed(value: object) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _at(reason: Reason, number: int) -> Reason:
    """The same reason about a further table."""
    where = reason.where.replace(": table", f": also {number}", 1)
    return Reason(reason.code, reason.message.replace("'table.", "'"), where, reason.mend)


def _reason(code: str, message: str, where: str, mend: str) -> Reason:
    return Reason(code, message, f"{_FILE}: {where}", mend)


def safe(text: str) -> str:
    """A name from outside, cut and cleaned so that it can be printed."""
    return re.sub(r"[^\w./-]", "?", text[:60])


def column_names(tables: tuple[PersonTable, ...]) -> tuple[str, ...]:
    """The columns that the derived table has after `ppid`: those of every table's labels, then of every measure."""
    labels = [name for table in tables for name in table.dimensions]
    values = [name for table in tables for name in table.measure.columns]
    return tuple(dict.fromkeys([*labels, *values]))


def not_negative(tables: tuple[PersonTable, ...]) -> frozenset[str]:
    """The columns none of whose numbers is below nought: weights, and what a figure is divided by, for an amount below
    nought could leave one person's as all that is left of them.
    """
    measures = [table.measure for table in tables if isinstance(table.measure, Measure)]
    return frozenset(name for one in measures for name in (one.weight, one.denominator) if name)
