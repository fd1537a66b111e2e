"""A table of counts with its totals, in which small cells and as few others as needed are hidden, and nothing is wrong.

The innermost cells and every total, at each level of a dimension that lies in others, form one system of sums. What the
threshold forbids is hidden first; the rest is chosen by `protect` and attacked before the table goes on. Two attacks
must fail: that on the small cells, by who knows everything published; and one that starts from the published table
alone, on every hidden cell. The mark is the one that the Government Analysis Function prescribes for confidential
figures ("Using symbols in tables").

What is not covered: somebody inside a hidden cell knows that they are there, and may take themselves out of a sum.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any, Final

import numpy as np

from rollbook.sdc.nesting import TOTAL, Axis, axes_of, spans
from rollbook.sdc.rules import SdcParameters
from rollbook.sdc.suppression.attack import TOLERANCE
from rollbook.sdc.suppression.outsider import narrower
from rollbook.sdc.suppression.protect import CannotProtect, Protected, count_need, protect, proved
from rollbook.sdc.suppression.system import Flags, Floats, System, system_of
from rollbook.sdc.tables import FrequencyTable

MARK: Final = "[c]"
PRIMARY: Final = "primary"
SECONDARY: Final = "secondary"
MOST_CELLS: Final = 50_000


class CannotHide(Exception):
    """The table stays as it is and cannot go: `code` and `message` say why, with no figure in them."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Line:
    """One cell or total to publish: `count` is the true figure, `hidden` is empty, `PRIMARY` or `SECONDARY`.

    `text` is what is published where the figure is not the count itself.

    `low` and `high` are values that an attacker cannot rule out for a hidden cell, proved by possible tables.
    """

    labels: tuple[str, ...]
    count: int
    hidden: str = ""
    low: int = 0
    high: int = 0
    text: str = ""

    @property
    def figure(self) -> str:
        """What is published."""
        return MARK if self.hidden else self.text or str(self.count)


@dataclass(frozen=True, slots=True)
class Hiding:
    """A protected table: its `lines` in order, totals after the cells they sum; how it was proved."""

    lines: tuple[Line, ...]
    threshold: int
    exact: bool
    tables: int

    def as_data(self) -> dict[str, object]:
        """Plain data for the record inside. Which cells are small is in it, so it is never public."""
        lines = [[list(one.labels), one.count, one.hidden, one.low, one.high] for one in self.lines]
        return {
            "lines": lines,
            "threshold": self.threshold,
            "exact": self.exact,
            "tables": self.tables,
            "need": f"every value from 0 to {self.threshold} stays possible for a small or empty cell; "
            f"an interval of {self.threshold} for any other hidden one",
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Hiding":
        """The table that `as_data` wrote."""
        lines = tuple(Line(tuple(names), count, why, low, high) for names, count, why, low, high in data["lines"])
        return cls(lines, data["threshold"], data["exact"], data["tables"])


def hide(table: FrequencyTable, parameters: SdcParameters) -> Hiding:
    """Hide in `table` what its threshold forbids, and as much more as keeps it hidden.

    Raises:
        CannotHide: codes `SDC-HIDE-EVIDENCE`, `SDC-HIDE-LABEL`, `SDC-HIDE-SIZE`, `SDC-HIDE-TOTAL`, `SDC-HIDE-OPEN`,
        `SDC-HIDE-NOTHING`.
    """
    axes = axes_of(table.axes, (cell.labels for cell in table.cells))
    _possible(table, axes, parameters)
    system = system_of(_leaves(table, axes), [axis.tree for axis in axes])
    chosen = _chosen(system, parameters)
    lines = tuple(_lines(axes, system, chosen))
    if not any(one.count and not one.hidden and TOTAL not in one.labels for one in lines):
        raise CannotHide("SDC-HIDE-NOTHING", "Nothing but totals would be left to show")
    return Hiding(lines, parameters.threshold, chosen.exact, chosen.audit.tables)


def _possible(table: FrequencyTable, axes: Sequence[Axis], parameters: SdcParameters) -> None:
    """Refuse what the system of sums would be a wrong picture of."""
    if any(cell.count != cell.persons for cell in table.cells) or table.people != sum(c.count for c in table.cells):
        raise CannotHide("SDC-HIDE-EVIDENCE", "A person is counted more than once, so totals do not count people")
    if any(TOTAL in cell.labels for cell in table.cells):
        raise CannotHide("SDC-HIDE-LABEL", f"A label is called {TOTAL}, as the totals are")
    if prod(len(axis.nodes) for axis in axes) > MOST_CELLS:
        raise CannotHide("SDC-HIDE-SIZE", f"The table and its totals have more than {MOST_CELLS:,} cells")
    if table.people < parameters.threshold:
        raise CannotHide("SDC-HIDE-TOTAL", "The whole table is about fewer people than the threshold")


def _leaves(table: FrequencyTable, axes: Sequence[Axis]) -> Floats:
    numbers = [{labels: place for place, labels in enumerate(axis.leaves)} for axis in axes]
    places = spans(table.axes)
    leaves = np.zeros(tuple(len(axis.leaves) for axis in axes))
    for cell in table.cells:
        leaves[tuple(where[cell.labels[at]] for where, at in zip(numbers, places, strict=True))] = cell.count
    return leaves


def _chosen(system: System, parameters: SdcParameters) -> Protected:
    """The choice, after every attack failed. The total of all is always shown: a table without it shows nothing.

    Some empty cells are known to be empty by anybody (no infant is in year 11), so hiding one protects no other: the
    small cells are protected first against somebody who knows all of them, and then the empty cells are hidden too.
    """
    allowed = np.ones(system.count, bool)
    allowed[-1] = False
    small: Flags = (system.values > 0) & (system.values < parameters.threshold)
    chosen = _proved(system, small, small, allowed & (system.values > 0), parameters)
    none: Flags = system.values == 0
    if not parameters.refuse_empty_cells or not none.any():
        return chosen
    whole = _proved(system, small | none, chosen.hidden | none, allowed, parameters)
    return replace(whole, primary=small | none)


def _proved(system: System, open_to: Flags, hidden: Flags, allowed: Flags, parameters: SdcParameters) -> Protected:
    """What to hide beside `hidden` so that nobody learns about the cells in `open_to`; proved by two attacks."""
    need = count_need(system.values, open_to, parameters.threshold)
    try:
        chosen = protect(system, hidden, need, allowed=allowed, spread=float(parameters.threshold))
    except (CannotProtect, ArithmeticError) as error:
        raise CannotHide("SDC-HIDE-OPEN", "Whatever else is hidden, a small cell can be worked out") from error
    # The possible tables that the choice rests on are added up again, without the solver and apart from the chooser.
    proof = proved(system, chosen.hidden, open_to, need, chosen.proof)
    # The proof rests on possible tables, so who has the table alone is no surer; only what it leaves open is asked.
    doubtful: Flags = proof.width < float(parameters.threshold) - TOLERANCE
    if not proof.protected.all() or narrower(system, chosen.hidden, float(parameters.threshold), doubtful).any():
        raise CannotHide("SDC-HIDE-OPEN", "The attack on the table with its hidden cells succeeded")
    return chosen


def _lines(axes: Sequence[Axis], system: System, chosen: Protected) -> Iterator[Line]:
    shape = tuple(len(axis.nodes) for axis in axes)
    for nodes in product(*(axis.reading for axis in axes)):
        place = int(np.ravel_multi_index(nodes, shape))
        labels = tuple(label for axis, node in zip(axes, nodes, strict=True) for label in axis.nodes[node])
        why = "" if not chosen.hidden[place] else PRIMARY if chosen.primary[place] else SECONDARY
        low, high = (round(float(bound[place])) for bound in (chosen.audit.low, chosen.audit.high))
        yield Line(labels, round(float(system.values[place])), why, low if why else 0, high if why else 0)
