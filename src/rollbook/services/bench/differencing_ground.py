"""Invented released tables for `rollbook bench differencing`, and attacks planted among them.

Keys in birth order, cells by a fixed hash of person and table, columns as uneven as ethnic groups. What is released is
of five kinds, in turn: another year (other people by a sixteenth), the same people in groups of another shape, the new
table's own rows, the new table again, and another year's sums of a score.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from rollbook.sdc.membership import Membership, Rows, every_cell

COLUMNS = 20
_PEOPLE_A_ROW = 90_000
KINDS = ("another year", "same people, other groups", "rows of the table", "the table again", "sums of another year")


@dataclass(frozen=True, slots=True)
class Attack:
    """A released table that tells `people` people beside the new one; with 0, nobody, and none is to be found."""

    name: str
    table: Membership
    people: int


def people_of(count: int) -> np.ndarray:
    """The keys of so many people."""
    return np.arange(count, dtype=np.uint32) + 1_000


def new_table(keys: np.ndarray) -> Membership:
    """The table that is held against the released ones: 2,000 cells of nine million people, and so in proportion."""
    return table_of(keys, 0, max(2, len(keys) // _PEOPLE_A_ROW))


def table_of(keys: np.ndarray, salt: int, rows: int) -> Membership:
    """A table of `rows` by 20 cells."""
    mixed = (keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt * 0x632BE5AB)) >> np.uint64(20)
    row, column = mixed % np.uint64(rows), (mixed // np.uint64(rows)) % np.uint64(COLUMNS**2)
    column = np.sqrt(column).astype(np.uint64)
    return Membership(Rows(keys, (row * np.uint64(COLUMNS) + column).astype(np.uint32)), rows * COLUMNS,
                      every_cell(rows * COLUMNS))  # fmt: skip


def released(new: Membership, keys: np.ndarray, number: int) -> Membership:
    """The released table of this number, of the kind that is next in turn."""
    year = keys[(keys.astype(np.uint64) * np.uint64(2_654_435_761) >> np.uint64(7)) % np.uint64(16) != number % 16]
    rows = new.count // COLUMNS
    match KINDS[number % len(KINDS)]:
        case "another year":
            return table_of(year, number + 1, rows // 2)
        case "same people, other groups":
            return table_of(keys, number + 1, rows // 2)
        case "rows of the table":
            return Membership(Rows(new.rows.people, new.rows.cells // np.uint32(COLUMNS)), rows, every_cell(rows))
        case "the table again":
            return new
        case _:
            counted = table_of(year, number + 1, rows // 2)
            scores = ((year * np.uint32(2_654_435_761)) >> np.uint32(25)).astype(np.float32)
            return Membership(Rows(year, counted.rows.cells, scores), counted.count, counted.parts)


def attacks(new: Membership) -> Iterator[Attack]:
    """The planted tables, on both sides of the threshold of 10."""
    rows = new.rows
    cell = rows.people[rows.cells == 7]
    others = rows.people[rows.cells == 27]
    for few, told in ((1, 1), (3, 3), (9, 9), (10, 0)):
        yield Attack(f"the table without {few} of a cell", _without(new, cell[:few]), told)
    yield Attack("the table without 9 people of many cells", _without(new, rows.people[:9]), 9)
    yield Attack("a cell without 4, by another project", _sets(cell[:-4]), 4)
    yield Attack("parts of a cell that leave 4 out", _sets(cell[:-4:2], cell[1:-4:2]), 4)
    yield Attack("parts of a cell that leave 12 out", _sets(cell[:-12:2], cell[1:-12:2]), 0)
    mixed = np.sort(np.concatenate([cell, others]))
    yield Attack("two cells together, mixed in two others, without 5", _sets(mixed[:-5:2], mixed[1:-5:2]), 5)
    yield Attack("two cells whose people were exchanged, 2 each", _sets(*_exchanged(cell, others, 2)), 4)
    yield Attack("the table as a sum in which one adds 2", _changed(new, cell[0]), 1)


def _sets(*cells: np.ndarray) -> Membership:
    people = np.concatenate(cells)
    order = np.argsort(people)
    numbers = np.repeat(np.arange(len(cells), dtype=np.uint32), [len(one) for one in cells])
    return Membership(Rows(people[order], numbers[order]), len(cells), every_cell(len(cells)))


def _exchanged(one: np.ndarray, other: np.ndarray, many: int) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([one[many:], other[:many]]), np.concatenate([other[many:], one[:many]])


def _without(new: Membership, gone: np.ndarray) -> Membership:
    return Membership(new.rows.of(~np.isin(new.rows.people, gone)), new.count, new.parts)


def _changed(new: Membership, person: np.uint32) -> Membership:
    amounts = np.where(new.rows.people == person, np.float32(2), np.float32(1))
    return Membership(Rows(new.rows.people, new.rows.cells, amounts), new.count, new.parts)


def per_kind(seconds: list[float]) -> Mapping[str, float]:
    """Seconds a table by kind, from those of each table in turn."""
    return {kind: round(sum(seconds[at :: len(KINDS)]) / len(seconds[at :: len(KINDS)]), 4)
            for at, kind in enumerate(KINDS)}  # fmt: skip
