"""A setting of the law: a value with its source and the days between which it holds.

Ages and periods change by Act and regulation, so none is a constant in code. An authority's own lawyers confirm these
rows before they are used.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from rollbook.kernel.refusals import Reason, UseRefused

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Dated(Generic[Value]):
    """`value` holds from `valid_from` to `valid_to`, both days included; no `valid_to`: until further notice."""

    value: Value
    source: str
    valid_from: date
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("a dated value ends before it starts")

    def holds_on(self, day: date) -> bool:
        """Whether the value is in force on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def in_force(name: str, rows: Iterable[Dated[Value]], day: date) -> Value:
    """The one value of `rows` that holds on `day`.

    Raises:
        UseRefused: with code `no-setting` when none holds, `two-settings` when more than one does.
    """
    found = [row.value for row in rows if row.holds_on(day)]
    if len(found) == 1:
        return found[0]
    code, message = (
        ("two-settings", "Two values of this setting hold on one day")
        if found
        else ("no-setting", "No value of this setting holds on this day")
    )
    mend = "Correct the dates in rollbook.rights."
    raise UseRefused(Reason(code, message, where=f"{name}, {day.isoformat()}", mend=mend))
