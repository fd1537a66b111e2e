"""What a rule is, what it sees, and what it says. The rules themselves stand in `rulebook`, the list in `rules`."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.dataplane.census.columns import Columns, columns_of
from rollbook.dataplane.census.landed_forms import UNSAID, Landed
from rollbook.dataplane.census.parsed import Header, ParsedReturn, Records, SchoolFacts
from rollbook.kernel.terms import Term, Windows, age_at_previous_31_august, census_day, windows
from rollbook.kernel.upn import UpnFault, upn_faults

# Above this, the column is quicker than the rows to give its different values.
_MANY_ROWS: Final = 150


class Severity(StrEnum):
    """An error refuses the return; a query waits for a reason; a drop is only told."""

    ERROR = "error"
    QUERY = "query"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding, as shown to a school. It names a line and a field and never holds the value that stood there."""

    rule: str
    severity: Severity
    message: str
    line: int
    pupil_no: int | None
    field: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a rule is broken. `Issue` adds the rule's words; `more` follows them, and holds no value either."""

    line: int
    pupil_no: int | None
    field: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What a check needs from outside the return.

    `now` decides what is in the future. `upn_elsewhere` says whether another school of the authority has this UPN on
    its roll as an only school (status C) in the same collection; a school alone cannot know and leaves it out. Earlier
    returns of the same school do not count as elsewhere.
    """

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    upn_elsewhere: Callable[[str], bool] | None = None


@dataclass(slots=True)
class Pupil:
    """One pupil of a return: single values by column name, rows of child tables by table name.

    The three ways to ask for a value differ for the reader of a rule and for the type checker. Each column has its kind
    already; it is not asked again, thirty times a pupil.
    """

    no: int
    line: int
    on_roll: bool
    age: int | None
    values: Mapping[str, Any]
    rows: dict[str, list[Mapping[str, Any]]]

    def text(self, column: str) -> str | None:
        """A value as text, None when absent."""
        value: str | None = self.values.get(column)
        return value

    def day(self, column: str) -> date | None:
        """A value as a date, None when absent."""
        value: date | None = self.values.get(column)
        return value

    def number(self, column: str) -> float | None:
        """A count or hours, None when absent."""
        value: float | None = self.values.get(column)
        return value

    def at(self, item: str, line: int | None = None, more: str = "") -> Finding:
        """A finding about this pupil."""
        return Finding(line or self.line, self.no, item, more)


class ReturnView:
    """A return as rules see it, made once for all of them."""

    def __init__(self, parsed: ParsedReturn, context: CheckContext) -> None:
        self.parsed = parsed
        self.context = context
        self.header: Header = parsed.header
        self.school: SchoolFacts = parsed.school
        # Of a return that came as columns, the rows whose pupils are looked at; None for all of them.
        self.suspects: npt.NDArray[np.bool_] | None = None
        self._ages: dict[date, int] = {}

    @cached_property
    def _records(self) -> Records:
        """Every row."""
        return self.parsed.records or _records(self.parsed.tables)

    @cached_property
    def columns(self) -> Mapping[str, Columns]:
        """The tables that have rows, as arrays."""
        return columns_of(self.parsed.tables)

    @cached_property
    def term(self) -> Term | None:
        """The term, None when the header names none."""
        return Term(self.header.term) if self.header.term in set(Term) else None

    @cached_property
    def day(self) -> date | None:
        """Census day by the rule of the term and the year given; the reference date when these are missing."""
        year = self.header.year
        if self.term is not None and year is not None and year.isascii() and year.isdigit() and 1900 < int(year) < 2200:
            return census_day(self.term, int(year))
        return self.header.reference_date

    @cached_property
    def windows(self) -> Windows | None:
        """What the return looks back at, None when term or day are unknown."""
        return windows(self.term, self.day.year) if self.term is not None and self.day is not None else None

    @cached_property
    def pupils(self) -> tuple[Pupil, ...]:
        """Every pupil, leavers included, in file order; of them the suspects, where some were told."""
        suspects = self.suspects
        records = self._records if suspects is None else _records(_of_pupils(self.parsed.tables, suspects))
        children: dict[int, dict[str, list[Mapping[str, Any]]]] = {}
        for name, rows in records.rows.items():
            for row in rows:
                children.setdefault(row["pupil_no"], {}).setdefault(name, []).append(row)
        return tuple(self._pupil(values, children) for values in records.pupils)

    def _pupil(self, values: Mapping[str, Any], children: dict[int, dict[str, list[Mapping[str, Any]]]]) -> Pupil:
        born = values.get("date_of_birth")
        age = self._age(born) if isinstance(born, date) and self.day is not None else None
        no = values["pupil_no"]
        return Pupil(no, values["line"], values["on_roll"], age, values, children.get(no, {}))

    def _age(self, born: date) -> int | None:
        age = self._ages.get(born)
        if age is None and self.day is not None:
            age = self._ages[born] = age_at_previous_31_august(born, self.day)
        return age

    @cached_property
    def upn_faults(self) -> tuple[tuple[Pupil, tuple[UpnFault, ...]], ...]:
        """Pupils whose UPN has faults, and which."""
        given = ((pupil, pupil.text("upn")) for pupil in self.pupils)
        judged = ((pupil, upn_faults(upn, self.day)) for pupil, upn in given if upn is not None)
        return tuple((pupil, faults) for pupil, faults in judged if faults)

    def rows(self, table: str) -> Sequence[Mapping[str, Any]]:
        """All rows of a table; those of `pupil` are the pupils' single values."""
        return self._records.pupils if table == "pupil" else self._records.rows.get(table, ())

    def distinct(self, table: str, column: str) -> set[Any]:
        """The different values of a column, None among them where a row has none; empty without such a column."""
        held = self.columns.get(table)
        if held is None:
            return set()
        if self.parsed.records is not None and len(held) <= _MANY_ROWS:
            return {row.get(column) for row in self.rows(table)}
        return held.distinct(column)

    def lacks(self, table: str, column: str) -> bool:
        """Whether any row of the table has no value in the column."""
        held = self.parsed.tables.get(table)
        if held is None or not held.num_rows:
            return False
        at = held.schema.get_field_index(column)
        return at < 0 or held.column(at).null_count > 0

    def total(self, table: str, column: str, of: str | None = None, codes: Collection[str] = ()) -> float:
        """The sum of a column over the whole return; `of` and `codes` keep it to the rows with one of these codes."""
        held = self.parsed.tables.get(table)
        if held is None or not {column, of or column} <= set(held.column_names):
            return 0
        if of is not None:
            held = held.filter(pc.is_in(held[of], pa.array(sorted(codes), pa.string())))
        total: float = pc.sum(held[column]).as_py() or 0
        return total

    @cached_property
    def on_roll(self) -> tuple[Pupil, ...]:
        """Pupils on roll on census day."""
        return tuple(pupil for pupil in self.pupils if pupil.on_roll)

    @cached_property
    def leavers(self) -> tuple[Pupil, ...]:
        """Pupils no longer on roll."""
        return tuple(pupil for pupil in self.pupils if not pupil.on_roll)

    def header_at(self, column: str) -> Finding:
        """A finding about the header."""
        return Finding(self.header.lines.get(column, self.header.line), None, column.replace("_", "-"))

    def school_at(self, column: str) -> Finding:
        """A finding about the school block."""
        return Finding(self.school.lines.get(column, self.school.line), None, column.replace("_", "-"))


def _of_pupils(tables: Mapping[str, pa.Table], these: npt.NDArray[np.bool_]) -> Mapping[str, pa.Table]:
    """The rows of these pupils, without columns that are empty."""
    return {name: _of_some(table, these) for name, table in tables.items()}


def _of_some(table: pa.Table, these: npt.NDArray[np.bool_]) -> pa.Table:
    rows = np.flatnonzero(these[table["pupil_no"].to_numpy() - 1])
    return table.take(rows)


def _records(tables: Mapping[str, pa.Table]) -> Records:
    pairs = zip(tables["pupil"].to_pylist(), tables["identity"].to_pylist(), strict=True)
    rows = {name: table.to_pylist() for name, table in tables.items() if name not in ("identity", "pupil")}
    return Records([{**identity, **single} for single, identity in pairs], rows)


class Model(StrEnum):
    """The invented, valid return that a rule's examples are edits of."""

    SCHOOL = "model_return"
    EARLY = "model_early_return"


Find = Callable[[ReturnView], Iterable[Finding]]
Edits = tuple[str, ...]
EVERY_TERM: Final = tuple(Term)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in one place.

    `example_pass` and `example_fail` are small edits to the model return named by `model` (see `examples`): the first
    must not break the rule, the second must. They are its tests and its documentation. `source` is the standing of the
    rule: OWN and DOMAIN are never the Department's. `dfe_ref` is filled only where a number was seen. `terms` are those
    whose return the rule is about. `landed` states the same rule over landed rows, or says why that cannot be.
    """

    id: str
    severity: Severity
    message: str
    mend: str
    source: str
    find: Find
    example_pass: Edits
    example_fail: Edits
    fields: tuple[str, ...] = ()
    dfe_ref: str = ""
    valid_from: date = date(2015, 10, 1)
    valid_to: date | None = None
    terms: tuple[Term, ...] = EVERY_TERM
    model: Model = Model.SCHOOL
    landed: Landed = UNSAID

    def applies(self, day: date | None) -> bool:
        """Whether the rule is in force for a return of this census day. Without a day every rule applies."""
        return day is None or (self.valid_from <= day and (self.valid_to is None or day <= self.valid_to))

    def asked_in(self, term: Term | None) -> bool:
        """Whether the rule is about a return of this term. A return that names no term is asked by rules of all."""
        return self.terms == EVERY_TERM or term in self.terms

    def issues(self, view: ReturnView) -> Iterator[Issue]:
        """The rule's findings in its own words."""
        return map(self.told, self.find(view))

    def told(self, found: Finding) -> Issue:
        """A finding in the rule's words."""
        message = f"{self.message}: {found.more}" if found.more else self.message
        return Issue(self.id, self.severity, message, found.line, found.pupil_no, found.field)


def rule(
    number: str,
    severity: Severity,
    message: str,
    *,
    mend: str,
    source: str,
    passes: Edits,
    fails: Edits,
    fields: tuple[str, ...] = (),
    dfe_ref: str = "",
    valid_from: date = date(2015, 10, 1),
    valid_to: date | None = None,
    terms: tuple[Term, ...] = EVERY_TERM,
    model: Model = Model.SCHOOL,
    landed: Landed = UNSAID,
) -> Callable[[Find], Rule]:
    """Turns the function below it into a `Rule`, so that words, examples and test stand in one place."""

    def make(find: Find) -> Rule:
        return Rule(
            number, severity, message, mend, source, find, passes, fails, fields, dfe_ref, valid_from, valid_to, terms,
            model, landed,
        )  # fmt: skip

    return make


def where(pupils: Iterable[Pupil], broken: Callable[[Pupil], bool], item: str) -> Iterator[Finding]:
    """A finding for each pupil for whom `broken` holds."""
    return (pupil.at(item) for pupil in pupils if broken(pupil))
