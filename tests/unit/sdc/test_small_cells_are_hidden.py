"""A table with small cells is published with totals, and neither the sums nor another solver give a small cell away."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from rollbook.sdc.hiding import MARK, PRIMARY, CannotHide, Hiding, hide
from rollbook.sdc.nesting import TOTAL
from rollbook.sdc.rules import SdcParameters
from rollbook.sdc.tables import Cell, FrequencyTable

PARAMETERS = SdcParameters()
# With a third school, so that a cell is left to show.
DEFECT = {("x", "p"): 3, ("x", "q"): 20, ("y", "p"): 30, ("y", "q"): 30, ("z", "p"): 300, ("z", "q"): 400}


def table(counts: dict[tuple[str, ...], int], persons: int | None = None) -> FrequencyTable:
    cells = tuple(Cell(names, count, count) for names, count in sorted(counts.items()) if count)
    names = ("school", "need", "sex")[: len(next(iter(counts)))]
    return FrequencyTable(names, cells, sum(counts.values()) if persons is None else persons)


def known(hiding: Hiding, wanted: tuple[str, ...]) -> tuple[float, float]:
    """What SciPy says of one hidden cell, from the published figures and the sums of a two-way table alone."""
    places = {one.labels: place for place, one in enumerate(hiding.lines)}
    rows, columns = ({one.labels[axis] for one in hiding.lines} - {TOTAL} for axis in (0, 1))
    sums = []
    for whole in hiding.lines:
        for axis, names in ((0, rows), (1, columns)):
            if whole.labels[axis] == TOTAL:
                equation = np.zeros(len(places))
                equation[places[whole.labels]] = -1
                for name in names:
                    part = (name, whole.labels[1]) if axis == 0 else (whole.labels[0], name)
                    equation[places[part]] = 1
                sums.append(equation)
    bounds = [(0, None) if one.hidden else (one.count, one.count) for one in hiding.lines]
    cost = np.zeros(len(places))
    cost[places[wanted]] = 1
    least = linprog(cost, A_eq=np.array(sums), b_eq=np.zeros(len(sums)), bounds=bounds)
    most = linprog(-cost, A_eq=np.array(sums), b_eq=np.zeros(len(sums)), bounds=bounds)
    return least.fun, -most.fun if most.status == 0 else np.inf


def test_the_defect_of_the_totals() -> None:
    """ACRO-8: (x, p) 3, (x, q) 20, (y, p) 30, (y, q) 30; its total 23 gives the hidden 3 away."""
    found = hide(table(DEFECT), PARAMETERS)
    figures = {one.labels: one.figure for one in found.lines}
    assert figures["x", "p"] == MARK
    assert figures[TOTAL, TOTAL] == "783"
    assert sum(figure == MARK for figure in figures.values()) > 1
    assert [one.labels for one in found.lines if one.hidden == PRIMARY] == [("x", "p")]
    least, most = known(found, ("x", "p"))
    assert least <= 0
    assert most >= 10


@given(st.lists(st.integers(0, 60), min_size=12, max_size=12))
@settings(max_examples=25, deadline=None)
def test_every_shown_figure_is_true_and_every_hidden_one_stays_open(figures: list[int]) -> None:
    counts = {(f"school {n // 4}", f"need {n % 4}"): figure for n, figure in enumerate(figures)}
    if sum(counts.values()) == 0:
        return
    try:
        found = hide(table(counts), PARAMETERS)
    except CannotHide:
        return
    for one in found.lines:
        inside = [
            figure
            for names, figure in counts.items()
            if all(wanted in (name, TOTAL) for wanted, name in zip(one.labels, names, strict=True))
        ]
        assert one.count == sum(inside)
        if not one.hidden:
            assert one.figure == str(one.count)
            assert one.count == 0 or one.count >= PARAMETERS.threshold
        else:
            least, most = known(found, one.labels)
            assert most - least >= PARAMETERS.threshold - 1e-6
            if one.hidden == PRIMARY:
                assert (least, most >= PARAMETERS.threshold - 1e-6) == (pytest.approx(0, abs=1e-6), True)


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("SDC-HIDE-TOTAL", table({("x", "p"): 3, ("x", "q"): 4})),
        ("SDC-HIDE-LABEL", table({("x", TOTAL): 30, ("x", "q"): 4})),
        ("SDC-HIDE-EVIDENCE", table({("x", "p"): 30, ("x", "q"): 4}, persons=31)),
        ("SDC-HIDE-NOTHING", table({("x",): 3, ("y",): 27})),
    ],
)
def test_what_cannot_be_protected_is_refused_by_reason(code: str, made: FrequencyTable) -> None:
    with pytest.raises(CannotHide) as refused:
        hide(made, PARAMETERS)
    assert refused.value.code == code


def test_empty_cells_are_hidden_and_protect_no_small_one() -> None:
    """Nobody of y has q. Somebody who knows that still cannot work out the 3 of x and p."""
    counts = {("x", "p"): 3, ("x", "q"): 20, ("y", "p"): 30, ("y", "q"): 0, ("z", "p"): 300, ("z", "q"): 400}
    found = hide(table(counts), PARAMETERS)
    hidden = {one.labels: one.hidden for one in found.lines}
    assert (hidden["y", "q"], hidden["x", "p"]) == (PRIMARY, PRIMARY)
    least, most = known(found, ("y", "q"))
    assert (least <= 1e-6, most >= 10 - 1e-6) == (True, True)
    told = [replace(one, hidden="") if one.labels == ("y", "q") else one for one in found.lines]
    least, most = known(replace(found, lines=tuple(told)), ("x", "p"))
    assert (least <= 1e-6, most >= 10 - 1e-6) == (True, True)
    shown = hide(table(counts), SdcParameters(refuse_empty_cells=False))
    assert {one.labels: one.figure for one in shown.lines}["y", "q"] == "0"


def test_a_hidden_table_reads_back() -> None:
    found = hide(table(DEFECT), PARAMETERS)
    assert Hiding.from_data(found.as_data()) == found
