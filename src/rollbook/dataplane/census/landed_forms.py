"""The forms in which a rule is stated over landed rows, so that DuckDB can judge a whole collection at once.

A form stands with its rule in `rulebook`, beside the Python that judges one return; tests hold the two to the same
findings. Every form says what is broken as one SQL expression. NULL is not broken, as a missing value is no finding
unless the expression says so. An expression names the columns of its table, `age` (at the previous 31 August, in
`pupil`), `phase` (the school's) and what the form itself adds. What depends on the return is taken from its `Setting`,
so the expression is given as text or as a function of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from rollbook.dataplane.census.codes import codes_of
from rollbook.kernel.terms import Term, Windows, previous_census, windows


@dataclass(frozen=True, slots=True)
class Setting:
    """What the rows of one collection have in common. Methods give SQL: `NULL` for what is not known."""

    collection: str
    term: Term | None
    day: date | None

    @property
    def windows(self) -> Windows | None:
        """What returns of this collection look back at."""
        return windows(self.term, self.day.year) if self.term is not None and self.day is not None else None

    @property
    def census_day(self) -> str:
        """Census day."""
        return sql_day(self.day)

    @property
    def census_before(self) -> str:
        """The census day before this one."""
        known = self.term is not None and self.day is not None
        return sql_day(previous_census(self.term, self.day.year)) if known and self.term and self.day else "NULL"

    def outside(self, item: str, *, absent: str | None = None) -> str:
        """That the item's value is not in its code list; a missing one counts as `absent`, or is no fault."""
        column = item.replace("-", "_")
        value = column if absent is None else f"coalesce({column}, {sql_text(absent)})"
        codes = codes_of(item, self.collection)
        return f"{value} NOT IN {sql_list(codes)}" if codes else f"{value} IS NOT NULL"


Expression = str | Callable[[Setting], str]


def sql_day(day: date | None) -> str:
    """A day as SQL writes it."""
    return "NULL" if day is None else f"DATE '{day.isoformat()}'"


def sql_text(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def sql_list(texts: Iterable[str]) -> str:
    """The list after IN, sorted so that the same rules make the same SQL."""
    return "(" + ", ".join(sql_text(text) for text in sorted(texts)) + ")"


@dataclass(frozen=True, slots=True)
class Total:
    """An aggregate over a pupil's rows of a child table. Without rows it is NULL, so expressions write coalesce."""

    name: str
    table: str
    what: str


class _Broken:
    """What every form has: the field its finding names, and what is broken."""

    __slots__ = ()
    item: str
    broken: Expression

    def text(self, setting: Setting) -> str:
        """The expression for the rows of one collection."""
        return self.broken if isinstance(self.broken, str) else self.broken(setting)


@dataclass(frozen=True, slots=True)
class Row(_Broken):
    """One row of `table` tells alone."""

    table: str
    item: str
    broken: Expression


@dataclass(frozen=True, slots=True)
class CrossRow(_Broken):
    """Rows of one pupil in one table tell together. `beside` names window expressions. In OVER, `{pupil}` stands for
    PARTITION BY the return and the pupil, and more may follow it.
    """

    table: str
    item: str
    broken: Expression
    beside: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CrossTable(_Broken):
    """A pupil with totals of the rows in other tables. The finding stands at the pupil."""

    item: str
    broken: Expression
    totals: tuple[Total, ...]


@dataclass(frozen=True, slots=True)
class WholeReturn(_Broken):
    """All rows of a return tell together: `totals` are over its rows of each table (`pupil` among them)."""

    item: str
    broken: Expression
    totals: tuple[Total, ...]


@dataclass(frozen=True, slots=True)
class NotLanded:
    """No form over landed rows, and why."""

    why: str


Form = Row | CrossRow | CrossTable | WholeReturn
Landed = tuple[Form, ...] | NotLanded

READER_ONLY = NotLanded("Only the reader meets it: nothing of it is landed.")
UNSAID = NotLanded("")
