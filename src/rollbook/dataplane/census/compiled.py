"""Compiles rules with a landed form into one SQL statement a table, each giving failing rows and what they break.

A statement reads views that the caller provides: one for each table, with the columns of `tables.file_schema`, and
`returns` (return_id, no INTEGER, phase), which names the returns that count. A pupil of a return is one number,
`pupil`: the return's number above the person key's 32 bits, so that grouping and joining compare integers. Joins are
written with the small side on the right, as the engine keeps them in this order.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from rollbook.dataplane.census.landed_forms import (
    CrossRow,
    CrossTable,
    Form,
    NotLanded,
    Setting,
    Total,
    WholeReturn,
)
from rollbook.dataplane.census.ruling import Rule

WHOLE: Final = "returns"  # the table of a statement about whole returns
WORD_BITS: Final = 62  # of a mask: one word of a row is a BIGINT, its sign left alone
_PUPIL: Final = "returns.no::BIGINT << 32 | person_key"


@dataclass(frozen=True, slots=True)
class Bit:
    """One expression of a rule: where in the masks of its statement it stands, and what a finding says."""

    rule: str
    item: str
    word: int
    bit: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A pass over `table` giving `no, person_key, line, w0, w1, ...` for failing rows; of a whole return, line is 1 and
    person_key NULL.
    """

    table: str
    sql: str
    bits: tuple[Bit, ...]
    holds_pupils: bool = False  # keeps something of every pupil in memory while it runs: grouped, or sorted for windows

    @property
    def words(self) -> tuple[str, ...]:
        """The mask columns."""
        return tuple(f"w{word}" for word in range(1 + max(bit.word for bit in self.bits)))


@dataclass(frozen=True, slots=True)
class _Placed:
    """A form with its rule and the text of its expression."""

    rule: str
    form: Form
    broken: str

    @property
    def table(self) -> str:
        """The table whose rows it judges."""
        match self.form:
            case WholeReturn():
                return WHOLE
            case CrossTable():
                return "pupil"
            case form:
                return form.table


def compiled(rules: Iterable[Rule], setting: Setting, held: Collection[str]) -> tuple[Statement, ...]:
    """The statements that judge every rule that is in force on census day and has a landed form. `held` are the tables
    that have rows at all.

    What needs no other table is a pass of its own: joined rows cost their price, and lose the dictionaries of their
    columns, by which a code is compared once for many rows.
    """
    placed = [
        _Placed(rule.id, form, form.text(setting))
        for rule in rules
        if not isinstance(rule.landed, NotLanded) and rule.applies(setting.day) and rule.asked_in(setting.term)
        for form in rule.landed
    ]
    tables: dict[tuple[str, bool], list[_Placed]] = defaultdict(list)
    for one in placed:
        tables[one.table, isinstance(one.form, CrossTable)].append(one)
    return tuple(
        _of_returns(some, held) if table == WHOLE else _of_table(table, some, setting, held)
        for (table, _), some in tables.items()
        if table == WHOLE or table in held
    )


def _bits(placed: Sequence[_Placed]) -> tuple[Bit, ...]:
    return tuple(Bit(one.rule, one.form.item, *divmod(at, WORD_BITS)) for at, one in enumerate(placed))


def _masks(placed: Sequence[_Placed]) -> str:
    """The mask columns; an expression that is NULL sets no bit."""
    words: dict[int, list[str]] = defaultdict(list)
    for at, one in enumerate(placed):
        word, bit = divmod(at, WORD_BITS)
        words[word].append(f"CASE WHEN {one.broken} THEN {1 << bit}::BIGINT ELSE 0 END")
    either = "\n  | "
    return ",\n".join(f"{either.join(parts)} AS w{word}" for word, parts in words.items())


def _some(placed: Sequence[_Placed]) -> str:
    return " OR ".join(f"w{word} <> 0" for word in range(1 + (len(placed) - 1) // WORD_BITS))


def _of_table(table: str, placed: Sequence[_Placed], setting: Setting, held: Collection[str]) -> Statement:
    beside = {name: what for one in placed if isinstance(one.form, CrossRow) for name, what in one.form.beside}
    windows = "".join(f",\n  {what.format(pupil='PARTITION BY pupil')} AS {name}" for name, what in beside.items())
    joined = "".join(_joined("pupil", child, some, held) for child, some in _totals(placed).items())
    source = _rows(table, _age(setting) if table == "pupil" else "")
    sql = (
        f"SELECT no, person_key, line, {_words(placed)} FROM (\nSELECT no, person_key, line,\n{_masks(placed)}\n"
        f"FROM (SELECT *{windows} FROM {source}) AS rows{joined}\n) WHERE {_some(placed)}"
    )
    return Statement(table, sql, _bits(placed), holds_pupils=bool(windows or joined))


def _of_returns(placed: Sequence[_Placed], held: Collection[str]) -> Statement:
    joined = "".join(_joined("no", table, some, held) for table, some in _totals(placed).items())
    sql = (
        f"SELECT no, person_key, line, {_words(placed)} FROM (\nSELECT no, NULL::BIGINT AS person_key, 1 AS line,\n"
        f"{_masks(placed)}\nFROM returns{joined}\n) WHERE {_some(placed)}"
    )
    return Statement(WHOLE, sql, _bits(placed))


def _joined(key: str, table: str, totals: Sequence[Total], held: Collection[str]) -> str:
    """The totals of a table by pupil or return, joined once; NULL, without a look, of a table that has no rows."""
    if table not in held:
        return f"\nCROSS JOIN (SELECT {', '.join(f'NULL AS {total.name}' for total in totals)}) AS of_{table}"
    named = ", ".join(f"{total.what} AS {total.name}" for total in totals)
    return f"\nLEFT JOIN (SELECT {key}, {named} FROM {_rows(table)} GROUP BY {key}) AS of_{table} USING ({key})"


def _rows(table: str, more: str = "") -> str:
    columns = f"{_PUPIL} AS pupil, returns.no, returns.phase, t.*{more}"
    return f"(SELECT {columns} FROM {table} AS t JOIN returns USING (return_id))"


def _age(setting: Setting) -> str:
    """Age at the previous 31 August, as `kernel.terms` counts it: a birthday in September or later is still to come."""
    if setting.day is None:
        return ", NULL::INTEGER AS age"
    august = setting.day.year if setting.day >= date(setting.day.year, 8, 31) else setting.day.year - 1
    return f", {august} - year(date_of_birth) - (month(date_of_birth) > 8)::INTEGER AS age"


def _totals(placed: Sequence[_Placed]) -> dict[str, tuple[Total, ...]]:
    """The totals by table, each once however many rules ask for it."""
    asked = [total for one in placed if isinstance(one.form, CrossTable | WholeReturn) for total in one.form.totals]
    return {
        table: tuple(dict.fromkeys(t for t in asked if t.table == table)) for table in sorted({t.table for t in asked})
    }


def _words(placed: Sequence[_Placed]) -> str:
    return ", ".join(f"w{word}" for word in range(1 + (len(placed) - 1) // WORD_BITS))
