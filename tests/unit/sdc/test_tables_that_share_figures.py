"""Several tables of the same people: what both show is one figure, and nobody works out of one what the other hides."""

import numpy as np
import pytest

from rollbook.sdc.hiding import MARK, CannotHide, Hiding, hide, hide_together
from rollbook.sdc.linking import in_a_ring
from rollbook.sdc.membership import Membership, Rows, every_cell, with_hidden
from rollbook.sdc.nesting import TOTAL
from rollbook.sdc.rules import SdcParameters
from rollbook.sdc.tables import Cell, FrequencyTable
from rollbook.services.outside.siblings import held_against_each_other

RULES = SdcParameters()
Counts = dict[tuple[str, ...], int]


def table(columns: str, counts: Counts, nested: tuple[tuple[str, ...], ...] = ()) -> FrequencyTable:
    names = tuple(columns.split())
    cells = tuple(Cell(labels, count, count) for labels, count in sorted(counts.items()))
    return FrequencyTable(names, cells, sum(counts.values()), nested)


def figures(hiding: Hiding) -> dict[tuple[str, ...], str]:
    return {line.labels: line.figure for line in hiding.lines}


# The same 183 pupils by sex and by year: in school x there are 3 girls of 33, and enough of each year.
SCHOOLS = {"x": (3, 30, 15, 18), "y": (40, 35, 40, 35), "z": (36, 39, 36, 39)}
BY_SEX = table("school sex", {(x, sex): SCHOOLS[x][at] for x in "xyz" for at, sex in enumerate("fm")})
BY_YEAR = table("school year", {(x, year): SCHOOLS[x][2 + at] for x in "xyz" for at, year in enumerate("12")})


def test_what_both_tables_show_is_hidden_in_both_or_in_neither() -> None:
    first, second = (figures(one) for one in hide_together([BY_SEX, BY_YEAR], RULES))
    for school in (*"xyz", TOTAL):
        assert first[school, TOTAL] == second[school, TOTAL]
    assert first["x", "f"] == MARK
    assert first[TOTAL, TOTAL] == "183"


def test_a_second_table_makes_more_hidden_where_it_would_tell() -> None:
    """By hand: who has x's total, from either table, must not have its boys too; and both years are its total."""
    first, second = (figures(one) for one in hide_together([BY_SEX, BY_YEAR], RULES))
    total = MARK not in {second["x", "1"], second["x", "2"]} or second["x", TOTAL] != MARK
    assert not (total and first["x", "m"] != MARK)


def test_tables_that_share_the_total_alone() -> None:
    one = table("a", {("p",): 4, ("q",): 60, ("r",): 20})
    two = table("b", {("s",): 50, ("t",): 34})
    first, second = (figures(each) for each in hide_together([one, two], RULES))
    assert first == figures(hide(one, RULES))
    assert second == {("s",): "50", ("t",): "34", (TOTAL,): "84"}


def test_schools_in_one_table_and_their_authorities_in_another() -> None:
    nested = (("authority", "school"),)
    schools = table("authority school", {("A", "1"): 4, ("A", "2"): 30, ("B", "3"): 50, ("B", "4"): 44}, nested)
    sexes = table("authority sex", {("A", "f"): 16, ("A", "m"): 18, ("B", "f"): 50, ("B", "m"): 44})
    first, second = (figures(each) for each in hide_together([schools, sexes], RULES))
    assert first["A", TOTAL] == second["A", TOTAL]
    assert first["A", "1"] == MARK
    told = [second["A", sex] for sex in "fm"]
    if MARK not in told:
        assert first["A", "2"] == MARK, "else the sexes of A less its other school are the four"


@pytest.mark.parametrize(
    ("tables", "ring"),
    [
        (["a b"], False),
        (["a b", "b c"], False),
        (["a b", "b c", "a c"], True),
        (["a b", "b c", "a c", "a b c"], False),
        (["a b", "c d"], False),
        (["a b", "a c", "a d"], False),
        (["a b", "b c", "c d", "d a"], True),
        (["r a s x", "r a y", "r a z"], False),
        (["r a s x", "r a y", "x y"], True),
    ],
)
def test_a_ring_is_found(tables: list[str], ring: bool) -> None:
    assert in_a_ring([tuple(one.split()) for one in tables]) is ring


def test_a_ring_is_refused() -> None:
    pairs = [table(f"{one} {two}", {(x, y): 20 for x in "pq" for y in "pq"}) for one, two in ("ab", "bc", "ac")]
    with pytest.raises(CannotHide) as refused:
        hide_together(pairs, RULES)
    assert refused.value.code == "SDC-HIDE-RING"


def test_tables_of_other_people_are_a_fault() -> None:
    with pytest.raises(ValueError, match="one figure"):
        hide_together([BY_SEX, table("school", {("x",): 30, ("y",): 75, ("z",): 75})], RULES)


def test_a_hidden_total_tells_of_nobody_and_a_wider_one_less_a_shown_one_does() -> None:
    """Areas A and B with two schools each, one hidden in both. By hand: while both areas' totals are shown, each tells
    its hidden school; while A's is hidden, only the total of all does: of A's, by what is left after B's.
    """
    codes = np.array([[0, 0, 1, 1], [0, 1, 2, 3]])
    hidden = np.array([True, False, True, False])
    told = with_hidden(codes, hidden, [slice(0, 2)], lambda kept: np.array([kept == (0,), kept == (0,), False, False]))
    assert [len(set(way.tolist())) for way in told] == [4]
    both = with_hidden(codes, hidden, [slice(0, 2)], lambda kept: np.full(4, kept == (0,)))
    assert [(way[0] == way[2], way[1] == way[3]) for way in both] == [(True, False)]
    nothing = with_hidden(codes, hidden, [slice(0, 2)], lambda kept: np.full(4, True))
    assert [way.tolist()[::2] for way in nothing] == [[-1, -1]]


def test_what_no_study_declares_is_found_by_who_is_in_the_cells() -> None:
    """Schools in one table and areas in another, and no word of which lies where: 34 of area A less 30 of its second
    school is the hidden four.
    """
    schools = np.repeat(np.arange(4), [4, 30, 20, 44])
    rows = [Rows(np.arange(98, dtype=np.uint32), cells.astype(np.uint32)) for cells in (schools, schools // 2)]
    hidden = Membership(rows[0], 4, with_hidden(np.arange(4)[np.newaxis], np.array([1, 0, 1, 0], bool), [slice(0, 1)]))
    areas = Membership(rows[1], 2, every_cell(2))
    assert [one is None for one in held_against_each_other([[hidden], [areas]], 10)] == [True, False]
