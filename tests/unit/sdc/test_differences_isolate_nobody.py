"""Planted differencing attacks: each must be found, whatever the shapes of the two tables; and what is not covered."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.sdc import differencing, membership
from rollbook.sdc.cuts import Graph, small_cuts
from rollbook.sdc.differencing import Auditor, Isolated
from rollbook.sdc.membership import Membership, Rows, every_cell, kept, levels, with_hidden

People = Iterable[int]
Cells = Sequence[People]


def table(*cells: People, amounts: dict[int, float] | None = None, hidden: Iterable[int] = ()) -> Membership:
    """A table with these people in its cells. `amounts` are theirs, 1 where nothing is said."""
    where = {person: number for number, cell in enumerate(cells) for person in cell}
    keys = sorted(where)
    adds = None if amounts is None else np.array([amounts.get(key, 1.0) for key in keys], np.float32)
    rows = Rows(np.array(keys, np.uint32), np.array([where[key] for key in keys], np.uint32), adds)
    places = np.arange(len(cells), dtype=np.int64)[np.newaxis]
    return Membership(rows, len(cells), with_hidden(places, np.isin(places[0], list(hidden)), [(), (0,)]))


def found(new: Membership, released: Membership, threshold: int = 10) -> list[Isolated]:
    return list(Auditor(new, threshold).against(kept(released)))


def one(new: Membership, released: Membership, kind: str) -> int:
    return next(each.people for each in found(new, released) if each.kind == kind)


def test_the_same_table_with_three_pupils_more() -> None:
    before = table(range(40), range(100, 150))
    after = table(range(43), range(100, 150))
    assert Isolated("near", (0,), (0,), 3) in found(after, before)
    assert found(before, before) == []


def test_one_came_and_one_left() -> None:
    """The figures are equal, and yet the two tables are about nearly the same people."""
    assert one(table(range(1, 41)), table(range(40)), "near") == 2


def test_a_total_less_its_parts_in_a_table_of_another_shape() -> None:
    """ACRO-8 across tables: 20, 30 and 3 of one school; the parts of 20 and 30 were published, now the total is."""
    parts, total = table(range(20), range(20, 50)), table(range(53))
    assert one(total, parts, "rest") == one(parts, total, "rest") == 3


def test_cells_together_beside_cells_together() -> None:
    """Ages 4 to 6 and 7 to 9 beside 4 to 7 and 8 to 9, without two nine-year-olds; no cell lies in another."""
    new, released = table(range(50), range(50, 100)), table(range(70), range(70, 98))
    assert one(new, released, "union") == 2


def test_a_subset_that_another_project_published() -> None:
    assert found(table(range(4, 60)), table(range(60))) != []
    assert found(table(range(10, 60)), table(range(60))) == []


def test_two_tables_that_lie_across_each_other_tell_nothing() -> None:
    rows = [range(low, low + 100) for low in range(0, 400, 100)]
    columns = [range(low, 400, 4) for low in range(4)]
    assert found(table(*rows), table(*columns)) == []


def test_cells_that_do_not_show_enough_people_show_nothing() -> None:
    assert found(table(range(40), range(40, 43)), table(range(40))) == []


def test_what_was_hidden_is_no_part_of_a_difference_but_its_sum_is() -> None:
    """Of 40, 3 and 15 the last two were hidden with their total shown: 15 published elsewhere gives the 3 away."""
    before = table(range(40), range(40, 43), range(43, 58), hidden=(1, 2))
    assert found(table(range(40), range(40, 58)), before) == []
    assert one(table(range(43, 58)), before, "near") == 3


@pytest.mark.parametrize(("more", "expected"), [(0, False), (1, True), (9, True), (10, False)])
def test_the_boundary_is_the_threshold(more: int, expected: bool) -> None:
    assert bool(found(table(range(40 + more)), table(range(40)))) == expected


def test_a_sum_in_which_one_pupils_value_was_changed() -> None:
    """The same people in both sums, and the difference of the sums is what one pupil's value was put to."""
    values = {person: float(person % 7) for person in range(40)}
    before, after = table(range(40), amounts=values), table(range(40), amounts=values | {5: 90.0})
    assert found(before, before) == []
    assert one(after, before, "near") == 1
    assert found(table(range(40), amounts=dict.fromkeys(range(40), 10.0)), before) == []


def test_a_sum_of_ones_beside_a_count() -> None:
    assert found(table(range(40), amounts={}), table(range(40))) == []
    assert one(table(range(40), amounts={5: 2.0}), table(range(40)), "near") == 1


def test_who_adds_nothing_does_not_swell_a_difference() -> None:
    """Twelve people more, of whom eleven add nothing: the sums differ by what one has."""
    values = {person: float(person < 41) * 3 for person in range(52)}
    assert one(table(range(52), amounts=values), table(range(40), amounts=values), "near") == 1


def test_three_tables_are_not_covered() -> None:
    """Said in the module: a total less parts that stand in two other tables is not found."""
    total, first, second = table(range(53)), table(range(20)), table(range(20, 50))
    assert found(total, first) == found(total, second) == []


def test_values_changed_by_a_rule_are_not_covered() -> None:
    """Said in the module: all doubled and one trebled; every amount differs, so nobody stands out."""
    values = {person: 1.0 + person % 7 for person in range(40)}
    changed = {person: value * (3 if person == 5 else 2) for person, value in values.items()}
    assert found(table(range(40), amounts=changed), table(range(40), amounts=values)) == []


def test_a_table_of_nobody_tells_nothing() -> None:
    assert found(table([]), table(range(40))) == found(table(range(40)), table([])) == []


def test_of_the_levels_of_a_table_those_within_another_are_left_out() -> None:
    labels = [("a", "x"), ("a", "y"), ("b", "x")]
    whole, by_each = levels(labels, ((0, 1), (0,), ())), levels(labels, ((0,), (1,), ()))
    assert [one.tolist() for one in whole] == [[0, 1, 2]]
    assert [one.tolist() for one in by_each] == [[0, 0, 1], [0, 1, 0]]


def test_people_stand_in_one_cell() -> None:
    with pytest.raises(ValueError, match="once"):
        Membership(Rows(np.array([4, 4], np.uint32), np.array([0, 1], np.uint32)), 2, every_cell(2))


cells = st.lists(st.sets(st.integers(0, 60), max_size=30), min_size=1, max_size=4)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Cells, Cells]:
    """Two tables of few people, the second often the first with some people moved, gone or come."""
    first = [sorted(cell) for cell in draw(cells)]
    whose = {person: number for number, cell in enumerate(first) for person in cell}
    if draw(st.booleans()):
        return _parted(whose, len(first)), _parted({p: n for n, c in enumerate(draw(cells)) for p in c}, 4)
    moved = draw(st.dictionaries(st.integers(0, 60), st.integers(-1, 3), max_size=6))
    merge = draw(st.lists(st.integers(0, 3), min_size=4, max_size=4))
    other = {person: merge[number] for person, number in (whose | moved).items() if number >= 0}
    return _parted(whose, len(first)), _parted(other, 4)


def _parted(whose: dict[int, int], count: int) -> Cells:
    return [[person for person, number in whose.items() if number == cell] for cell in range(count)]


def sums(parted: Cells, threshold: int) -> Iterator[frozenset[int]]:
    """What somebody can add up: any cells that show enough people."""
    told = [frozenset(cell) for cell in parted if len(set(cell)) >= threshold]
    for size in range(len(told) + 1):
        for some in combinations(told, size):
            yield frozenset().union(*some)


@settings(max_examples=250, deadline=None)
@given(pairs(), st.integers(2, 8), st.integers(0, 20))
def test_every_two_sums_and_no_others(tables: tuple[Cells, Cells], threshold: int, small: int) -> None:
    """Beside every sum of either table in plain Python, wherever the line between small and large cells is drawn."""
    new, released = tables
    few = {len(one ^ other) for one in sums(new, threshold) for other in sums(released, threshold)}
    few &= set(range(1, threshold))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(membership, "SMALL", small)
        patch.setattr(differencing, "SMALL", small)
        isolated = found(table(*new), table(*released), threshold)
    assert bool(isolated) == bool(few)
    assert {one.people for one in isolated} <= few


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_planted_person_among_many_is_found_and_nobody_is_invented(seed: int) -> None:
    """Two tables of 30,000 people that lie across each other, large and small cells; then a few people are moved."""
    rng = np.random.default_rng(seed)
    people = np.sort(rng.choice(200_000, 30_000, replace=False)).astype(np.uint32)
    inner = np.minimum(rng.geometric(0.2, len(people)) - 1, 14).astype(np.uint32)
    coarse = rng.integers(0, 5, 15).astype(np.uint32)[inner]
    new = Membership(Rows(people, inner), 15, every_cell(15))
    assert found(new, Membership(Rows(people, coarse), 5, every_cell(5))) == []
    moved = rng.choice(len(people), rng.integers(1, 10), replace=False)
    shifted = coarse.copy()
    shifted[moved] = (shifted[moved] + 1) % 5
    isolated = found(new, Membership(Rows(people, shifted), 5, every_cell(5)))
    assert isolated
    assert max(one.people for one in isolated) <= len(moved)


edges = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 9)), max_size=16)


@settings(max_examples=200, deadline=None)
@given(edges, st.integers(1, 12))
def test_cuts_beside_every_way_to_part_a_graph(ties: list[tuple[int, int, int]], limit: int) -> None:
    def weight(side: set[int]) -> int:
        return sum(weight for one, two, weight in ties if (one in side) != (two in side))

    every = {weight({node for node in range(7) if number >> node & 1}) for number in range(1 << 7)}
    columns = np.array(ties, np.int64).reshape(-1, 3).T
    cuts = [(set(np.flatnonzero(side).tolist()), cost) for side, cost in small_cuts(Graph(7, *columns), limit)]
    assert all(weight(side) == cost for side, cost in cuts)
    assert bool(cuts) == bool(every & set(range(1, limit)))
