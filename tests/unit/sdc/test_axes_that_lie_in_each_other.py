"""School in authority in region: every level is summed, judged and hidden together, whatever lies in what."""

import numpy as np
import pytest

from rollbook.sdc.frequency import check
from rollbook.sdc.hiding import MARK, CannotHide, Hiding, hide
from rollbook.sdc.nesting import TOTAL, Axis, axes_of, grid, levels
from rollbook.sdc.rules import GROUP, ZERO, SdcParameters
from rollbook.sdc.tables import Cell, FrequencyTable

PLACES = ("region", "authority", "school")
RULES = SdcParameters()


def table(counts: dict[tuple[str, ...], int], *more: str) -> FrequencyTable:
    cells = tuple(Cell(labels, count, count) for labels, count in sorted(counts.items()) if count)
    return FrequencyTable((*PLACES, *more), cells, sum(counts.values()), (PLACES, *((name,) for name in more)))


def test_subtotals_stand_after_what_they_sum_up() -> None:
    (axis,) = axes_of([PLACES], [("N", "A", "a2"), ("N", "A", "a1"), ("S", "B", "b1")])
    assert [axis.nodes[place] for place in axis.reading] == [
        ("N", "A", "a1"), ("N", "A", "a2"), ("N", "A", TOTAL), ("N", TOTAL, TOTAL),
        ("S", "B", "b1"), ("S", "B", TOTAL), ("S", TOTAL, TOTAL), (TOTAL, TOTAL, TOTAL),
    ]  # fmt: skip
    assert set(levels([("r", "a"), ("sex",)])) == {(), (2,), (0,), (0, 2), (0, 1), (0, 1, 2)}
    assert list(grid([axis]))[-1] == (TOTAL, TOTAL, TOTAL)


def test_an_authority_with_one_school_is_hidden_with_it() -> None:
    """Authority A has one school, of four pupils: the authority's figure is the school's, and the region's less the
    others' would tell both.
    """
    counts = {
        ("N", "A", "a1"): 4,
        ("N", "B", "b1"): 40,
        ("N", "B", "b2"): 30,
        ("S", "C", "c1"): 50,
        ("S", "D", "d1"): 60,
    }
    lines = {line.labels: line for line in hide(table(counts), RULES).lines}
    assert lines["N", "A", "a1"].hidden == lines["N", "A", TOTAL].hidden == "primary"
    hidden = {labels for labels, line in lines.items() if line.figure == MARK}
    assert hidden & {("N", "B", TOTAL), ("N", TOTAL, TOTAL)}, "something beside it at the level above"
    assert lines[TOTAL, TOTAL, TOTAL].figure == "184"
    assert Hiding.from_data(hide(table(counts), RULES).as_data()).lines == tuple(lines.values())


def test_two_levels_with_the_same_members_and_one_small_cell_show_nothing_of_it() -> None:
    """Every authority has one school, so two levels say the same; one region has a single authority."""
    counts = {("N", "A", "a1"): 3, ("S", "B", "b1"): 40, ("S", "C", "c1"): 30, ("S", "D", "d1"): 20}
    lines = {line.labels: line.figure for line in hide(table(counts), RULES).lines}
    small = {labels for labels in lines if labels[0] == "N"}
    assert {lines[labels] for labels in small} == {MARK}
    for letter in "BCD":
        assert lines["S", letter, f"{letter.lower()}1"] == lines["S", letter, TOTAL]
    assert lines["S", TOTAL, TOTAL] == MARK, "else 93 less 90 is the hidden 3"


def test_what_lies_elsewhere_is_no_empty_cell() -> None:
    """Two schools in each of two authorities and two sexes are eight cells; none of them is empty."""
    full = {("N", a, f"{a}{n}", sex): 20 for a in "AB" for n in "12" for sex in "fm"}
    assert check(table(full, "sex"), RULES).passed
    (failure,) = check(
        table(full | {("N", "A", "A1", "f"): 0}, "sex"), SdcParameters(refuse_alike_groups=False)
    ).failures
    assert (failure.rule, failure.shown) == (ZERO, "1 combinations of the labels have nobody in them")


def test_a_group_that_is_all_in_one_authority_is_alike_though_in_two_schools() -> None:
    counts = {("N", a, f"{a}{n}", sex): 20 for a in "AB" for n in "12" for sex in "fm" if (a, sex) != ("B", "f")}
    parameters = SdcParameters(refuse_empty_cells=False)
    failures = check(table(counts, "sex"), parameters).failures
    told = {(failure.labels, failure.shown) for failure in failures if failure.rule == GROUP}
    assert ((("sex", "f"), ("region", "N")), "all of them have authority = A") in told
    # The boys are everywhere, and nobody is alike for being in the only region there is.
    assert not any("region" in shown for _, shown in told)
    assert not any(("sex", "m") in labels for labels, _ in told)


def test_a_flat_dimension_is_judged_as_before() -> None:
    """By hand: all of y have q, and there is another label."""
    cells = (Cell(("x", "p"), 20, 20), Cell(("x", "q"), 20, 20), Cell(("y", "q"), 20, 20))
    failures = check(FrequencyTable(("a", "b"), cells, 60), SdcParameters(refuse_empty_cells=False)).failures
    told = {(failure.labels, failure.shown) for failure in failures}
    assert told == {((("a", "y"),), "all of them have b = q"), ((("b", "p"),), "all of them have a = x")}


def test_limits_and_forms() -> None:
    with pytest.raises(ValueError, match="axes"):
        FrequencyTable(("a", "b"), (), 0, (("b",), ("a",)))
    places = [("N", f"A{n // 9}", f"s{n}") for n in range(180)]
    once = {(*place, f"l{n}", "xy"[n % 2]): 20 for n, place in enumerate(places)}
    wide = table(once, "label", "side")
    assert wide.empty == 180 * 180 * 2 - 180
    assert FrequencyTable.from_data(wide.as_data()) == wide
    with pytest.raises(CannotHide) as refused:
        hide(wide, RULES)
    assert refused.value.code == "SDC-HIDE-SIZE"
    assert Axis(("a",), (("x",),)).tree.leaves == 1
    assert np.array(Axis(("a", "b"), (("x", "y"),)).tree.parents).tolist() == [1, 2, -1]
