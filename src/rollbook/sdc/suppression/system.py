"""A table as an attacker sees it: cells with figures, tied by sums that everybody knows to hold.

A table of k dimensions with margins, and with hierarchies (school in authority in region), is one system: a cell for
each combination of nodes, and an equation for each total and its parts. Tables that share cells are one system too.
Notation after Fischetti and Salazar (Models and algorithms for the 2-dimensional cell suppression problem, 1999).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int32]

ROOT = -1


@dataclass(frozen=True, slots=True)
class Tree:
    """One dimension: `parents[i]` is the node above node i, `ROOT` for the top. The first `leaves` nodes are leaves.

    Nodes stand below nodes that come after them, so that one pass from the front sums them up.
    """

    parents: tuple[int, ...]
    leaves: int

    def __post_init__(self) -> None:
        if any(above != ROOT and above <= node for node, above in enumerate(self.parents)):
            raise ValueError("a node stands below one that comes after it")
        inner = {above for above in self.parents if above != ROOT}
        if inner != set(range(self.leaves, len(self.parents))):
            raise ValueError("leaves come first, and every other node has something below it")

    @classmethod
    def flat(cls, leaves: int) -> "Tree":
        """Leaves and their total."""
        return cls((*[leaves] * leaves, ROOT), leaves)

    @property
    def children(self) -> dict[int, list[int]]:
        """The nodes right below each inner node, lowest first."""
        below: dict[int, list[int]] = defaultdict(list)
        for node, above in enumerate(self.parents):
            if above != ROOT:
                below[above].append(node)
        return dict(sorted(below.items()))


@dataclass(frozen=True, slots=True)
class System:
    """`values` of n cells, and equations: the signed sum of the cells of each is zero.

    Equation e has cells `cells[starts[e]:starts[e + 1]]`; the first is the total (sign -1), the rest are its parts.
    `shape` is the cells by node of each dimension, empty for a system that is no single table.
    """

    values: Floats
    starts: Places
    cells: Places
    signs: Floats
    shape: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many cells."""
        return len(self.values)

    @property
    def equations(self) -> int:
        """How many equations."""
        return len(self.starts) - 1

    def members(self, equation: int) -> Places:
        """The cells of one equation, its total first."""
        return self.cells[self.starts[equation] : self.starts[equation + 1]]

    def residuals(self, change: Floats) -> Floats:
        """By how much each equation would be wrong if the cells changed by `change`."""
        terms = np.concatenate([self.signs * change[self.cells], [0.0]])
        sums = np.add.reduceat(terms, self.starts[:-1])
        return np.where(np.diff(self.starts) > 0, sums, 0.0)


def system_of(leaves: Floats, trees: Sequence[Tree]) -> System:
    """The system of one table from its innermost cells, an array with one axis a dimension."""
    if leaves.shape != tuple(tree.leaves for tree in trees):
        raise ValueError("the table has an axis for each dimension and a place for each leaf")
    shape = tuple(len(tree.parents) for tree in trees)
    values = np.zeros(shape)
    values[tuple(slice(0, count) for count in leaves.shape)] = leaves
    places = np.arange(values.size, dtype=np.int32).reshape(shape)
    rows: list[Places] = []
    for axis, tree in enumerate(trees):
        along, numbered = np.moveaxis(values, axis, 0), np.moveaxis(places, axis, 0)
        for node, below in tree.children.items():
            along[node] = along[below].sum(axis=0)
            rows.extend(np.stack([numbered[node], *numbered[below]]).reshape(len(below) + 1, -1).T)
    return _joined(values.ravel(), rows, shape)


def _joined(values: Floats, rows: Sequence[Places], shape: tuple[int, ...]) -> System:
    lengths = np.array([len(row) for row in rows], dtype=np.int32)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    cells = np.concatenate(rows).astype(np.int32) if rows else np.zeros(0, np.int32)
    signs = np.ones(len(cells))
    signs[starts[:-1]] = -1.0
    return System(values, starts, cells, signs, shape)


def linked(tables: Sequence[System], same: Sequence[tuple[int, int, int, int]]) -> System:
    """Tables protected together: `same` names pairs (table, cell, table, cell) that are one figure."""
    offsets = np.concatenate([[0], np.cumsum([one.count for one in tables])])
    number = np.arange(offsets[-1], dtype=np.int32)
    for first, cell, second, other in same:
        a, b = number[offsets[first] + cell], number[offsets[second] + other]
        number[number == max(a, b)] = min(a, b)
    kept, renamed = np.unique(number, return_inverse=True)
    renamed = renamed.astype(np.int32)
    rows = [
        renamed[offsets[which] + one.members(equation)] for which, one in enumerate(tables)
        for equation in range(one.equations)
    ]  # fmt: skip
    values = np.concatenate([one.values for one in tables])
    if not np.allclose(values, values[kept][renamed]):
        raise ValueError("two cells that are one figure hold different values")
    return _joined(values[kept], rows, ())
