"""Who is in which cell of a table, laid out so that most comparisons need to read little of it.

What two tables tell by difference can only grow with each person looked at. So the people are kept in blocks: those of
small cells together, the others by a fixed lot of their key, the first block a thirty-second part of them, each
later one doubling what is known. An outline says how many people each cell has, and a print of who they are: prints of
cells add up as the cells do, and equal prints mean the same people with the same amounts.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int64]
Amounts = npt.NDArray[np.float32]

STEPS = 6  # blocks drawn by lot; block 0 holds the small cells
SMALL = 2_048
_PRINTS, _PIECE = 3, 24  # sums of 2^23 pieces of 24 bits are exact as floats


@dataclass(frozen=True, slots=True)
class Rows:
    """People by ascending key, the inner cell each is in, and what each adds to its figure (None: one each)."""

    people: Keys
    cells: Keys
    amounts: Amounts | None = None

    def of(self, some: npt.NDArray[np.bool_]) -> "Rows":
        """Some of the rows."""
        return Rows(self.people[some], self.cells[some], None if self.amounts is None else self.amounts[some])

    @property
    def adding(self) -> "Rows":
        """The rows of those who add anything."""
        return self if self.amounts is None else self.of(self.amounts != 0)


@dataclass(frozen=True, slots=True)
class Membership:
    """A table's people in `count` inner cells, none of them in two.

    `parts` are the ways in which what is published divides the people: part[c] is the group that inner cell c belongs
    to, -1 where nothing tells of it. A table that shows every cell has one way, each cell by itself. A sum that
    somebody can make of what is published is a union of groups of one way.
    """

    rows: Rows
    count: int
    parts: tuple[Numbers, ...]

    def __post_init__(self) -> None:
        people = self.rows.people
        if not (people[1:] > people[:-1]).all():
            raise ValueError("people stand by ascending key, each once")


@dataclass(frozen=True, slots=True)
class Face:
    """How many people each inner cell has, and their prints."""

    sizes: Numbers
    prints: Numbers


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a membership without its people. `faces` holds one face of everybody and, where some people add
    nothing to a figure, another without them.
    """

    count: int
    parts: tuple[Numbers, ...]
    faces: tuple[Face, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A membership that is read block by block: `block(0)` has the people of small cells, 1 to `STEPS` the others."""

    outline: Outline
    block: Callable[[int], Rows]


def every_cell(count: int) -> tuple[Numbers, ...]:
    """The parts of a table that shows every inner cell."""
    return (np.arange(count, dtype=np.int64),)


def levels(labels: Sequence[tuple[str, ...]], published: Sequence[tuple[int, ...]]) -> tuple[Numbers, ...]:
    """The parts of a table with inner cells `labels` that shows figures by these sets of dimensions. One whose cells
    are sums of another's adds nothing and is left out.
    """
    found = []
    for kept in published:
        if any(set(kept) < set(other) for other in published):
            continue
        names: dict[tuple[str, ...], int] = {}
        of = [names.setdefault(tuple(label[place] for place in kept), len(names)) for label in labels]
        found.append(np.array(of, np.int64))
    return tuple(found)


def with_hidden(
    codes: Numbers, hidden: npt.NDArray[np.bool_], published: Iterable[tuple[int, ...]]
) -> tuple[Numbers, ...]:
    """The parts of a table with hidden cells and its totals (`codes`: dimensions x inner cells), which are by these
    sets of dimensions.

    A total less the shown cells in it tells the hidden ones together: for each set of dimensions there is a way that
    holds the shown cells and, for each sum over the others, what is hidden in it.
    """
    dimensions, count = codes.shape
    if not hidden.any():
        return every_cell(count)
    found = []
    for kept in published:
        if len(kept) == dimensions:
            continue
        names = np.zeros(count, np.int64)
        for place in kept:
            # Numbered afresh each time, so that no product of many labels grows too large.
            names = np.unique(names * (int(codes[place].max(initial=0)) + 1) + codes[place], return_inverse=True)[1]
        lumps = np.where(hidden, -1 - names, np.arange(count))
        found.append(np.unique(lumps, return_inverse=True)[1].astype(np.int64))
    return tuple(found)


def stratum(people: Keys) -> npt.NDArray[np.uint8]:
    """The block each person is drawn into, 1 to `STEPS`: half of all people into the last, a quarter into the last
    but one.
    """
    lot = (_mixed(people.astype(np.uint64), 0) >> np.uint64(64 - STEPS + 1)).astype(np.uint8)
    return _BLOCK_OF_LOT[lot]


_BLOCK_OF_LOT = np.array([1 + lot.bit_length() for lot in range(1 << (STEPS - 1))], np.uint8)


def outline(table: Membership) -> Outline:
    """The outline of a membership."""
    faces = [_face(table.rows, table.count)]
    if table.rows.amounts is not None and not table.rows.amounts.all():
        faces.append(_face(table.rows.adding, table.count))
    return Outline(table.count, table.parts, tuple(faces))


def kept(table: Membership) -> Kept:
    """A membership in memory as one that is read block by block."""
    about = outline(table)
    place = blocks(table, about)
    return Kept(about, lambda number: table.rows.of(place == number))


def blocks(table: Membership, about: Outline) -> npt.NDArray[np.uint8]:
    """The block of each row."""
    small = about.faces[0].sizes < SMALL
    return np.where(small[table.rows.cells], np.uint8(0), stratum(table.rows.people))


def _face(rows: Rows, count: int) -> Face:
    sizes = np.bincount(rows.cells, minlength=count).astype(np.int64)
    whose = rows.people.astype(np.uint64)
    whose |= bits(rows.amounts, len(whose)).astype(np.uint64) << np.uint64(32)
    sums = []
    for number in range(_PRINTS):
        pieces = (_mixed(whose, number + 1) >> np.uint64(64 - _PIECE)).astype(np.float64)
        sums.append(np.bincount(rows.cells, weights=pieces, minlength=count).astype(np.int64))
    return Face(sizes, np.stack(sums, axis=1))


def bits(amounts: Amounts | None, size: int) -> Keys:
    """Amounts as the bits of single floats, to be compared exactly; minus nought is nought."""
    if amounts is None:
        return np.full(size, np.float32(1).view(np.uint32))
    return (amounts + np.float32(0)).view(np.uint32)


def _mixed(numbers: npt.NDArray[np.uint64], salt: int) -> npt.NDArray[np.uint64]:
    """Numbers scattered over 64 bits (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    mixed = numbers + np.uint64((0x9E3779B97F4A7C15 * (salt + 1)) % (1 << 64))
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed
