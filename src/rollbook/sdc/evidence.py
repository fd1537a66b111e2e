"""What the rules look at, in columns: for each cell of a table how many people stand behind its figure, and how much of
it is theirs.

A figure alone tells nothing about disclosure: twelve rows of one pupil are a figure of twelve and one person. Columns
are arrays of one number a cell, so a table of 300,000 cells is judged in milliseconds.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# How many people who differ from the rest are counted. No rule asks for more, and counting all of them costs a sort.
COUNTED_APART: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """Which cell is which: `labels` of each dimension, sorted, and `codes` (dimensions x cells) into them.

    Cells are in the order of their labels. Empty combinations are not listed.
    """

    names: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    codes: npt.NDArray[np.int32]

    @property
    def cells(self) -> int:
        """How many cells are listed."""
        return int(self.codes.shape[1])

    @property
    def empty(self) -> int:
        """How many combinations of the labels have nobody in them."""
        whole = 1
        for names in self.labels:
            whole *= len(names)
        return whole - self.cells

    def of(self, cell: int) -> tuple[str, ...]:
        """The labels of one cell, in the order of the dimensions."""
        return tuple(names[int(code)] for names, code in zip(self.labels, self.codes[:, cell], strict=True))

    def named(self, cell: int) -> tuple[tuple[str, str], ...]:
        """Dimension and label of one cell."""
        return tuple(zip(self.names, self.of(cell), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Amounts:
    """One quantity that people contribute to, by cell: its `total`, the `absolute` sum, the two largest absolute
    contributions of a person (`first`, `second`) and of a unit.

    A person's rows in a cell are added up before anything else, so that nobody is two contributors. Without a second
    unit those of a unit are None.

    `nonzero` counts people whose contribution is not nought. `apart` counts those who contribute another amount than
    the commonest, up to `COUNTED_APART`; where they are fewer, `common` is how many have the commonest and `kinds` how
    many different amounts there are. None where a quantity was not looked at for that.
    """

    total: Floats
    absolute: Floats
    first: Floats
    second: Floats
    unit_first: Floats | None = None
    unit_second: Floats | None = None
    nonzero: Ints | None = None
    apart: Ints | None = None
    common: Ints | None = None
    kinds: Ints | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A table with what stands behind it. `people` is the distinct people of the whole table.

    `rows` and `figure` are what could be shown; `persons` are distinct people, `contributors` those of them who have a
    value; `lowest` and `highest` the values' bounds (not a number where nobody has one). `amounts` has one entry for
    each quantity that could be dominated: two for a ratio, none for a plain count; of a standard deviation it is the
    squares of what lies between people and their mean. `something` counts contributors whose value is not 0; `below`,
    `level` and `over` those under, at and over a quantile; `level` alone those who hold a mode.
    """

    axes: Axes
    people: int
    rows: Ints
    figure: Floats
    persons: Ints
    contributors: Ints
    lowest: Floats
    highest: Floats
    amounts: tuple[Amounts, ...] = ()
    units: Ints | None = None
    something: Ints | None = None
    below: Ints | None = None
    level: Ints | None = None
    over: Ints | None = None
