"""Tables of the same people as one system of sums: what two of them show is one figure.

A figure is known by what it counts: columns and labels, however the table is laid out. Tables with the same figures for
what they share always belong to some table of everybody, unless they overlap in a ring (a by b, b by c, a by c): then
that table of everybody must exist too, which bounds the hidden figures beyond all sums. Such tables are refused.
(Beeri, Fagin, Maier and Yannakakis, On the desirability of acyclic database schemes, 1983; the test is Graham's
reduction.)
"""

from collections.abc import Iterable, Sequence

import numpy as np

from rollbook.sdc.nesting import TOTAL, Axis, Labels, grid
from rollbook.sdc.suppression.system import Floats, Places, System, linked, system_of

Layout = tuple[Sequence[Axis], Floats]


def one_system(tables: Sequence[Layout]) -> tuple[System, tuple[Places, ...]]:
    """The system of tables given by their axes and inner cells, and for each table the system's number of each of its
    cells, in the order of `grid`.

    Raises:
        ValueError: two tables give one figure two values.
    """
    systems = [system_of(leaves, [axis.tree for axis in axes]) for axes, leaves in tables]
    if len(tables) == 1:
        return systems[0], (np.arange(systems[0].count, dtype=np.int32),)
    known: dict[tuple[tuple[str, str], ...], int] = {}
    numbers = [[known.setdefault(key, len(known)) for key in figures(axes)] for axes, _ in tables]
    first: dict[int, tuple[int, int]] = {}
    same = []
    for table, cells in enumerate(numbers):
        for cell, number in enumerate(cells):
            at = first.setdefault(number, (table, cell))
            same += [(*at, table, cell)] if at != (table, cell) else []
    return linked(systems, same), tuple(np.array(cells, np.int32) for cells in numbers)


def figures(axes: Sequence[Axis]) -> Iterable[tuple[tuple[str, str], ...]]:
    """What each cell of a table counts, in the order of `grid`: the columns that say something, with their labels."""
    columns = [name for axis in axes for name in axis.columns]
    for labels in grid(axes):
        yield tuple(sorted((name, label) for name, label in zip(columns, labels, strict=True) if label != TOTAL))


def in_a_ring(tables: Iterable[Labels]) -> bool:
    """Whether tables of these columns overlap in a ring: no end is left by taking away, again and again, the columns of
    one table alone and tables within another.
    """
    left = {frozenset(columns) for columns in tables}
    while len(left) > 1:
        shared = {name for one in left for name in one if sum(name in other for other in left) > 1}
        less = {one & shared for one in left}
        less = {one for one in less if not any(one < other for other in less)}
        if less == left:
            return True
        left = less
    return False
