"""Differencing: what a new table tells together with each table released before it.

Two published cells can be taken from one another, and so can a total and the parts that lie in it. What is left over
must be nobody or at least `threshold` people. Checked for a new table N and a released table R, at every level that
either publishes (inner cells and each margin):

- `near`: a cell of N and a cell of R that share people and differ in 1 to threshold - 1 people, either way round. This
  is the same table a year or a refresh apart, a table of another shape, a subset that another project published.
- `rest`: a cell of N less all cells of one level of R that lie wholly in it, and the other way round: a total minus its
  parts.

Not covered, and so left to the checkers: differences that need three tables or more, unions on both sides where no cell
lies in another, and what is known from outside. A cell that was not published is no part of any difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
_DENSE = 1 << 25  # joint counts kept as one array of 8 bytes each


@dataclass(frozen=True, slots=True)
class Level:
    """One published level of a table: `of_cell[c]` is the cell of this level that inner cell c belongs to, -1 where it
    is not published. `dimensions` are the places of the dimensions it keeps.
    """

    dimensions: tuple[int, ...]
    of_cell: Numbers
    cells: int


@dataclass(frozen=True, slots=True)
class Membership:
    """Who is in which inner cell of a table: ascending person keys, each as often as it is in cells, and the cells."""

    people: npt.NDArray[np.uint32]
    cells: npt.NDArray[np.uint32]
    count: int
    levels: tuple[Level, ...]

    @property
    def single(self) -> bool:
        """Whether nobody is in two inner cells."""
        return not bool((self.people[1:] == self.people[:-1]).any())


@dataclass(frozen=True, slots=True)
class Isolated:
    """A difference that would show too few people: `people` of them, between a cell of the new table and one of the
    released (`side` says which of the two is the larger: `new`, `released`, or `both` for cells that cross).
    """

    kind: str
    side: str
    new_dimensions: tuple[int, ...]
    new_cell: int
    released_dimensions: tuple[int, ...]
    released_cell: int
    people: int


def levels_of(labels: Sequence[tuple[str, ...]], published: Sequence[tuple[int, ...]]) -> tuple[Level, ...]:
    """The levels of a table with inner cells `labels` that publishes these sets of dimensions (all of them: the inner
    cells; none: the total).
    """
    found = []
    for kept in published:
        names: dict[tuple[str, ...], int] = {}
        of_cell = [names.setdefault(tuple(label[place] for place in kept), len(names)) for label in labels]
        found.append(Level(kept, np.asarray(of_cell, dtype=np.int64), len(names)))
    return tuple(found)


def isolated(new: Membership, released: Membership, threshold: int) -> Iterator[Isolated]:
    """Every difference between a new and a released table that shows 1 to threshold - 1 people."""
    return Auditor(new, threshold).against(released)


class Auditor:
    """One new table, ready to be held against many released ones."""

    def __init__(self, new: Membership, threshold: int) -> None:
        self._new, self._threshold = new, threshold
        self._sizes = [_sizes(new, level) for level in new.levels]
        self._single = new.single
        self._first = int(new.people[0]) if len(new.people) else 0
        span = int(new.people[-1]) - self._first + 1 if len(new.people) else 0
        # The cell of each key of the stretch; one number more stands for somebody who is not in the table.
        self._cell_of = np.full(span + 1, new.count, dtype=np.int32)
        self._cell_of[new.people - np.uint32(self._first)] = new.cells

    def against(self, released: Membership) -> Iterator[Isolated]:
        """Every difference between the new table and this one."""
        small = (self._new.count + 1) * released.count <= _DENSE
        if self._single and small and released.single:
            yield from self._joint(released)
            return
        rows = _rows_of_both(self._new, released)
        for level, ours in zip(self._new.levels, self._sizes, strict=True):
            for other in released.levels:
                shared = _shared(rows, level, other)
                yield from _between((level, ours), (other, _sizes(released, other)), shared, self._threshold)

    def _joint(self, released: Membership) -> Iterator[Isolated]:
        """By joint counts of inner cells, added up to those of each two levels."""
        # Below the first key the difference wraps round to a large number, so the last place stands for both sides.
        place = np.minimum(released.people - np.uint32(self._first), np.uint32(len(self._cell_of) - 1))
        pairs = self._cell_of[place].astype(np.int64)
        pairs *= released.count
        pairs += released.cells
        joint = np.bincount(pairs, minlength=(self._new.count + 1) * released.count)
        joint = joint.reshape(self._new.count + 1, released.count)
        inner = joint.sum(axis=0)
        for level, ours in zip(self._new.levels, self._sizes, strict=True):
            rows = _added(joint[:-1], level, axis=0)
            for other in released.levels:
                sums = _added(rows, other, axis=1)
                cell, against = np.nonzero(sums)
                theirs = _added(inner[np.newaxis], other, axis=1)[0]
                shared = cell, against, sums[cell, against]
                yield from _between((level, ours), (other, theirs), shared, self._threshold)


def _added(counts: Numbers, level: Level, axis: int) -> Numbers:
    """Counts of inner cells along an axis, added up to those of a level."""
    known = np.flatnonzero(level.of_cell >= 0)
    order = known[np.argsort(level.of_cell[known], kind="stable")]
    cells, starts = np.unique(level.of_cell[order], return_index=True)
    shape = list(counts.shape)
    shape[axis] = level.cells
    sums = np.zeros(shape, dtype=np.int64)
    if len(order):
        whole: tuple[Any, ...] = (cells,) if axis == 0 else (slice(None), cells)
        sums[whole] = np.add.reduceat(np.take(counts, order, axis=axis), starts, axis=axis)
    return sums


Shared = tuple[Numbers, Numbers, Numbers]


def _rows_of_both(new: Membership, released: Membership) -> Shared:
    """A row for each inner cell of the new and each of the released table that one person is in: cell, cell, person."""
    left = np.searchsorted(released.people, new.people, side="left")
    often = np.searchsorted(released.people, new.people, side="right") - left
    rows = np.repeat(np.arange(len(new.people)), often)
    steps = np.arange(len(rows)) - np.repeat(np.cumsum(often) - often, often)
    theirs = released.cells[left[rows] + steps].astype(np.int64)
    return new.cells[rows].astype(np.int64), theirs, new.people[rows].astype(np.int64)


def _sizes(table: Membership, level: Level) -> Numbers:
    """Distinct people in each cell of a level."""
    if table.single:
        inner = np.bincount(table.cells, minlength=table.count)
        known = level.of_cell >= 0
        return np.bincount(level.of_cell[known], weights=inner[known], minlength=level.cells).astype(np.int64)
    cells = level.of_cell[table.cells]
    known = cells >= 0
    pairs = np.unique(cells[known] << 32 | table.people[known].astype(np.int64))
    return np.bincount(pairs >> 32, minlength=level.cells).astype(np.int64)


def _shared(rows: Shared, level: Level, other: Level) -> Shared:
    """Pairs of cells of two levels that share people: cell, other cell, how many distinct people."""
    first, second, people = level.of_cell[rows[0]], other.of_cell[rows[1]], rows[2]
    known = (first >= 0) & (second >= 0)
    triple = np.stack([first[known] * other.cells + second[known], people[known]])
    triple = triple[:, np.lexsort(triple[::-1])]
    fresh = np.ones(triple.shape[1], bool)
    fresh[1:] = (triple[:, 1:] != triple[:, :-1]).any(axis=0)
    pair, count = np.unique(triple[0, fresh], return_counts=True)
    return pair // other.cells, pair % other.cells, count.astype(np.int64)


def _between(
    new: tuple[Level, Numbers], released: tuple[Level, Numbers], shared: Shared, threshold: int
) -> Iterator[Isolated]:
    (level, ours), (other, theirs), (cell, against, people) = new, released, shared
    beyond, missing = ours[cell] - people, theirs[against] - people
    apart = beyond + missing
    for at in np.flatnonzero((apart > 0) & (apart < threshold)):
        side = "new" if not missing[at] else "released" if not beyond[at] else "both"
        place = int(cell[at]), int(against[at])
        yield Isolated("near", side, level.dimensions, place[0], other.dimensions, place[1], int(apart[at]))
    for side, whole, inside, outer, inner in (
        ("new", ours, missing == 0, cell, against),
        ("released", theirs, beyond == 0, against, cell),
    ):
        parts = np.bincount(outer[inside], weights=people[inside], minlength=len(whole)).astype(np.int64)
        often = np.bincount(outer[inside], minlength=len(whole))
        rest = whole - parts
        # One part that nearly fills the whole is a near pair already.
        for at in np.flatnonzero((often > 1) & (rest > 0) & (rest < threshold)):
            part = int(inner[inside & (outer == at)][0])
            pair = (int(at), part) if side == "new" else (part, int(at))
            yield Isolated("rest", side, level.dimensions, pair[0], other.dimensions, pair[1], int(rest[at]))


def as_data(levels: Sequence[Level]) -> list[dict[str, Any]]:
    """Levels as plain data, to keep beside a membership."""
    return [{"dimensions": list(one.dimensions), "of_cell": one.of_cell.tolist(), "cells": one.cells} for one in levels]


def from_data(data: Sequence[Mapping[str, Any]]) -> tuple[Level, ...]:
    """The levels that `as_data` wrote."""
    return tuple(
        Level(tuple(one["dimensions"]), np.asarray(one["of_cell"], dtype=np.int64), int(one["cells"])) for one in data
    )
