"""Planted differencing attacks: each must be found, whatever the shapes of the two tables; and what is not covered."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.sdc.differencing import Isolated, Membership, as_data, from_data, isolated, levels_of

EVERY = ((0, 1), (0,), (1,), ())
Rows = Iterable[tuple[int, str, str]]


def table(rows: Rows, published: tuple[tuple[int, ...], ...] = EVERY) -> Membership:
    """A table of two dimensions from rows of person and labels."""
    ordered = sorted(rows)
    labels = sorted({(first, second) for _, first, second in ordered})
    number = {label: place for place, label in enumerate(labels)}
    people = np.array([person for person, _, _ in ordered], dtype=np.uint32)
    cells = np.array([number[first, second] for _, first, second in ordered], dtype=np.uint32)
    return Membership(people, cells, len(labels), levels_of(labels, published))


def people(first: int, count: int, one: str = "a", two: str = "x") -> list[tuple[int, str, str]]:
    return [(number, one, two) for number in range(first, first + count)]


def found(new: Membership, released: Membership, threshold: int = 10) -> list[Isolated]:
    return list(isolated(new, released, threshold))


def test_the_same_table_with_three_pupils_more() -> None:
    before = table(people(0, 40) + people(100, 50, "b"))
    after = table(people(0, 43) + people(100, 50, "b"))
    (inner,) = [one for one in found(after, before) if one.new_dimensions == one.released_dimensions == (0, 1)]
    assert (inner.kind, inner.side, inner.people) == ("near", "new", 3)


def test_one_came_and_one_left() -> None:
    """The figures are equal, and yet the two tables are about nearly the same people."""
    before, after = table(people(0, 40)), table(people(1, 40))
    assert {one.side for one in found(after, before)} == {"both"}
    assert {one.people for one in found(after, before)} == {2}


def test_a_total_less_its_parts_in_a_table_of_another_shape() -> None:
    """ACRO-8 across tables: 20, 30 and 3 of one school; the parts of 20 and 30 were published, now the total is."""
    parts = table(people(0, 20, "s", "x") + people(20, 30, "s", "y"), published=((0, 1),))
    total = table(people(0, 53, "s", "-"), published=((0,),))
    (one,) = found(total, parts)
    assert (one.kind, one.side, one.people) == ("rest", "new", 3)
    (other,) = found(parts, total)
    assert (other.kind, other.side, other.people) == ("rest", "released", 3)


def test_a_subset_that_another_project_published() -> None:
    everybody = table(people(0, 60), published=((),))
    all_but_four = table(people(4, 56), published=((),))
    assert [(one.kind, one.people) for one in found(all_but_four, everybody)] == [("near", 4)]


def test_what_was_hidden_is_no_part_of_a_difference() -> None:
    before = table(people(0, 40) + people(100, 50, "b"), published=((0, 1),))
    level = before.levels[0]
    hidden = Membership(
        before.people,
        before.cells,
        before.count,
        (type(level)(level.dimensions, np.where(level.of_cell == 0, -1, level.of_cell), level.cells),),
    )
    after = table(people(0, 43) + people(100, 50, "b"), published=((0, 1),))
    assert found(after, before)
    assert found(after, hidden) == []


@pytest.mark.parametrize(("more", "expected"), [(0, 0), (1, 1), (9, 1), (10, 0)])
def test_the_boundary_is_the_threshold(more: int, expected: int) -> None:
    before, after = table(people(0, 40), ((),)), table(people(0, 40 + more), ((),))
    assert len(found(after, before)) == expected


def test_three_tables_are_not_covered() -> None:
    """Said in the module: a total less parts that stand in two other tables is not found."""
    total = table(people(0, 53), ((),))
    one, two = table(people(0, 20), ((),)), table(people(20, 30), ((),))
    assert found(total, one) == found(total, two) == []


def test_levels_are_kept_as_data() -> None:
    levels = table(people(0, 12) + people(20, 12, "b", "y")).levels
    again = from_data(as_data(levels))
    assert [one.dimensions for one in again] == list(EVERY)
    assert all((a.of_cell == b.of_cell).all() for a, b in zip(levels, again, strict=True))


rows = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from("abc"), st.sampled_from("xy")), min_size=1, max_size=60, unique=True
)


@settings(max_examples=150, deadline=None)
@given(rows, rows, st.integers(2, 8))
def test_every_difference_of_two_cells_and_of_a_total_and_its_parts(first: Rows, second: Rows, threshold: int) -> None:
    """Beside sets of people taken from one another in plain Python; some are in two cells of a table."""
    new, released = table(first), table(second)
    assert {(o.kind, o.side, o.people) for o in found(new, released, threshold)} == slow(first, second, threshold)


def slow(first: Rows, second: Rows, threshold: int) -> set[tuple[str, str, int]]:
    answer = set()
    for ours in sets(first):
        for theirs in sets(second):
            for one in ours:
                for other in theirs:
                    beyond, missing = len(one - other), len(other - one)
                    if one & other and 0 < beyond + missing < threshold:
                        answer.add(("near", "new" if not missing else "released" if not beyond else "both",
                                    beyond + missing))  # fmt: skip
            for side, wholes, parts in (("new", ours, theirs), ("released", theirs, ours)):
                for whole in wholes:
                    inside = [part for part in parts if part <= whole]
                    rest = len(whole) - sum(map(len, inside))
                    if len(inside) > 1 and 0 < rest < threshold:
                        answer.add(("rest", side, rest))
    return answer


def sets(found_rows: Rows) -> list[list[frozenset[int]]]:
    levels = []
    for kept in EVERY:
        cells: dict[tuple[str, ...], set[int]] = {}
        for person, *labels in found_rows:
            cells.setdefault(tuple(labels[place] for place in kept), set()).add(person)
        levels.append([frozenset(cell) for cell in cells.values()])
    return levels
