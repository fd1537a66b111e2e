"""The tables of a return as arrays, so that a question about every row is asked once and not row by row.

A text column is its different values and, for each row, which of them it has; a day is a number of days from 1970. What
has no value is apart from what has one: a question about values is answered no where there is none.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]
EPOCH: Final = date(1970, 1, 1).toordinal()
_OLDEST: Final = 120


@dataclass(frozen=True, slots=True)
class Coded:
    """A text column: its different values, and which of them each row has; the last place, past the values, is none."""

    values: list[str]
    rows: npt.NDArray[np.int32]

    def where(self, held: Callable[[str], bool], none: bool = False) -> Mask:
        """The rows whose value answers yes; `none` is the answer for rows without one."""
        answers = np.array([*map(held, self.values), none], np.bool_)
        return answers[self.rows]


def days(day: date) -> int:
    """A day as a number."""
    return day.toordinal() - EPOCH


@dataclass(slots=True)
class Columns:
    """One table. Every column asked for is turned into an array once."""

    table: pa.Table
    _coded: dict[str, Coded] = field(default_factory=dict)
    _numbers: dict[str, tuple[Numbers, Mask]] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def column(self, name: str) -> Any | None:
        """A column in one piece, None when no row has a value."""
        at = self.table.schema.get_field_index(name)
        held = self.table.column(at) if at >= 0 else None
        if held is None or held.null_count == len(held):
            return None
        return held.chunk(0) if held.num_chunks == 1 else held.combine_chunks()

    def coded(self, name: str) -> Coded:
        """A text column."""
        if name not in self._coded:
            held = self.column(name)
            if held is None:
                self._coded[name] = Coded([], np.zeros(len(self), np.int32))
            else:
                encoded = held.dictionary_encode()
                values = encoded.dictionary.to_pylist()
                self._coded[name] = Coded(values, _indices(encoded, len(values)))
        return self._coded[name]

    def number(self, name: str) -> tuple[Numbers, Mask]:
        """A column of days, counts or hours, and which rows have a value; where they have none the number means
        nothing.
        """
        if name not in self._numbers:
            held = self.column(name)
            if held is None:
                self._numbers[name] = np.zeros(len(self), np.int32), np.zeros(len(self), np.bool_)
            else:
                self._numbers[name] = _numbers(held), _given(held)
        return self._numbers[name]

    def distinct(self, name: str) -> set[Any]:
        """The different values of a column, None among them where a row has none; nothing where no row has one."""
        held = self.column(name)
        if held is None:
            return set()
        if not pa.types.is_string(held.type):
            return set(pc.unique(held).to_pylist())
        coded = self.coded(name)
        return {*coded.values, None} if held.null_count else set(coded.values)

    def given(self, name: str) -> Mask:
        """The rows that have a value."""
        held = self.column(name)
        return np.zeros(len(self), np.bool_) if held is None else _given(held)

    def among(self, name: str, values: Collection[str], none: bool = False) -> Mask:
        """The rows whose value is one of these."""
        return self.coded(name).where(lambda value: value in values, none)

    def outside(self, name: str, values: Collection[str], none: bool = False) -> Mask:
        """The rows whose value is none of these."""
        return self.coded(name).where(lambda value: value not in values, none)

    def ages(self, born: str, august: date) -> tuple[Numbers, Mask]:
        """Whole years of age on a 31 August, and which rows have a birth date. From 120 on, and below none, ages are
        not told apart.
        """
        birthdays, known = self.number(born)
        # Who was born on or after one of these is younger than the next.
        begins = np.array([days(date(august.year - age, 9, 1)) for age in range(_OLDEST, -1, -1)])
        return _OLDEST - np.searchsorted(begins, birthdays, "right"), known


def _indices(encoded: Any, none: int) -> npt.NDArray[np.int32]:
    indices = encoded.indices
    if indices.null_count:
        indices = pc.fill_null(indices, none)
    found: npt.NDArray[np.int32] = indices.to_numpy(zero_copy_only=False)
    return found


def _numbers(held: Any) -> Numbers:
    """The numbers of a column without a copy: what is absent has whatever number stands in its place."""
    plain = pa.float64() if held.type == pa.float64() else pa.int32()
    data = pa.Array.from_buffers(plain, len(held), [None, held.buffers()[1]], 0, held.offset)
    found: Numbers = data.to_numpy()
    return found


def _given(held: Any) -> Mask:
    if not held.null_count:
        return np.ones(len(held), np.bool_)
    found: Mask = held.is_valid().to_numpy(zero_copy_only=False)
    return found


def columns_of(tables: Mapping[str, pa.Table]) -> dict[str, Columns]:
    """The tables that have rows."""
    return {name: Columns(table) for name, table in tables.items() if table.num_rows}
