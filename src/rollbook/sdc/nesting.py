"""The axes of a table: a dimension by itself, or one that lies in others (school in authority in region).

An axis has a column for each level, widest first, and a cell has a label in each of them. So a subtotal is published as
a line whose narrower labels are `TOTAL`, and somebody who has nothing but the lines can see what adds up to what. A
label may stand under one wider label alone: under two of them, the sums that everybody believes in would not hold.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from typing import Final

from rollbook.sdc.suppression.system import ROOT, Tree

TOTAL: Final = "Total"
Labels = tuple[str, ...]


@dataclass(frozen=True)
class Axis:
    """One axis of a table: its `columns`, widest first, and its `leaves`, the labels found in them, sorted."""

    columns: Labels
    leaves: tuple[Labels, ...]

    @cached_property
    def nodes(self) -> tuple[Labels, ...]:
        """Every leaf, then every subtotal, narrow ones first, and the total: the labels of each."""
        width = len(self.columns)
        wider = (dict.fromkeys(leaf[:size] for leaf in self.leaves) for size in range(width - 1, -1, -1))
        return (*self.leaves, *(_padded(one, width) for level in wider for one in level))

    @cached_property
    def tree(self) -> Tree:
        """Which node is summed up in which."""
        number = {labels: place for place, labels in enumerate(self.nodes)}
        return Tree(tuple(number.get(_above(labels), ROOT) for labels in self.nodes), len(self.leaves))

    @cached_property
    def reading(self) -> tuple[int, ...]:
        """The nodes in the order of a page: each subtotal after what it sums up."""
        keys = [[(label == TOTAL, label) for label in labels] for labels in self.nodes]
        return tuple(sorted(range(len(keys)), key=keys.__getitem__))


def axes_of(columns: Sequence[Labels], cells: Iterable[Labels]) -> tuple[Axis, ...]:
    """The axes of a table whose cells have these labels, in the order of all columns."""
    found: list[set[Labels]] = [set() for _ in columns]
    places = spans(columns)
    for labels in cells:
        for at, place in zip(found, places, strict=True):
            at.add(labels[place])
    return tuple(Axis(names, tuple(sorted(leaves))) for names, leaves in zip(columns, found, strict=True))


def spans(columns: Sequence[Labels]) -> tuple[slice, ...]:
    """Where the labels of each axis stand among the labels of a cell."""
    ends = [0]
    for names in columns:
        ends.append(ends[-1] + len(names))
    return tuple(slice(start, end) for start, end in pairwise(ends))


def levels(columns: Sequence[Labels]) -> Iterator[tuple[int, ...]]:
    """The sets of columns that figures are published by: of each axis none, the widest, or more of them, to all."""
    shown = ([range(at.start, end) for end in range(at.start, at.stop + 1)] for at in spans(columns))
    yield from (tuple(place for part in parts for place in part) for parts in product(*shown))


def grid(axes: Sequence[Axis]) -> Iterator[Labels]:
    """The labels of every cell and total, in the order in which the system numbers them."""
    yield from (tuple(label for part in parts for label in part) for parts in product(*(axis.nodes for axis in axes)))


def _padded(labels: Labels, width: int) -> Labels:
    return labels + (TOTAL,) * (width - len(labels))


def _above(labels: Labels) -> Labels:
    known = next((size for size, one in enumerate(labels) if one == TOTAL), len(labels))
    return _padded(labels[: known - 1], len(labels)) if known else ()
