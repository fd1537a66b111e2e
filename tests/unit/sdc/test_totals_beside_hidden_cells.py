"""Two ways in which totals give a hidden cell away, or are wrong, in the peer; and what ours do with the same pupils.

The table: 3 and 20 of x, 30 and 30 of y. acro 1.0.2 deletes the 3 and reckons anew, so its margins leave them out; and
it lets the one-way table pass beside the two-way one, so that 23 less 20 is the hidden 3.
"""

import logging
import warnings
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rollbook.sdc.differencing import Auditor
from rollbook.sdc.hiding import MARK, CannotHide, hide
from rollbook.sdc.membership import Membership, Rows, every_cell, kept
from rollbook.sdc.nesting import TOTAL
from rollbook.sdc.rules import SdcParameters
from rollbook.sdc.tables import Cell, FrequencyTable

SIZES = {("x", "p"): 3, ("x", "q"): 20, ("y", "p"): 30, ("y", "q"): 30}
PEOPLE = [pair for pair, size in SIZES.items() for _ in range(size)]
TABLE = FrequencyTable(("a", "b"), tuple(Cell(pair, size, size) for pair, size in SIZES.items()), 83)


def by_acro(*names: str, **asked: Any) -> pd.DataFrame:
    import acro  # type: ignore[import-untyped]

    frame = pd.DataFrame(PEOPLE, columns=["a", "b"]).assign(all="all")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            found = acro.ACRO(suppress=True).crosstab(frame[names[0]], frame[names[1]], **asked)
        finally:
            logging.disable(logging.NOTSET)
    assert isinstance(found, pd.DataFrame)
    return found


def membership(cells: list[int]) -> Membership:
    """Everybody in one cell, by number."""
    rows = Rows(np.arange(len(cells), dtype=np.uint32), np.array(cells, np.uint32))
    return Membership(rows, max(cells) + 1, every_cell(max(cells) + 1))


def test_a_second_table_gives_the_hidden_three_away_in_acro_and_is_refused_here() -> None:
    both, alone = by_acro("a", "b"), by_acro("a", "all")
    assert alone.loc["x", "all"] - both.loc["x", "q"] == 3
    assert not both.loc["x", "p"] > 0
    first = membership([sorted(SIZES).index(pair) for pair in PEOPLE])
    second = membership(["xy".index(a) for a, _ in PEOPLE])
    found = {(one.kind, one.new_groups, one.people) for one in Auditor(second, 10).against(kept(first))}
    assert ("near", (0,), 3) in found


def test_the_same_table_with_totals_is_stopped_for_nothing_could_be_left_in_it() -> None:
    with pytest.raises(CannotHide, match="Nothing but totals"):
        hide(TABLE, SdcParameters())


def test_margins_are_true_where_those_of_acro_leave_the_hidden_out() -> None:
    theirs = by_acro("a", "b", margins=True)
    assert (theirs.loc["x", "All"], theirs.loc["All", "All"]) == (20, 80)
    # A larger table, as hiding in one of two by two leaves nothing: the same four cells and five more of thirty.
    sizes = SIZES | {(a, b): 30 for a, b in product("xyz", "pqr") if (a, b) not in SIZES}
    cells = tuple(Cell(pair, size, size) for pair, size in sorted(sizes.items()))
    lines = hide(FrequencyTable(("a", "b"), cells, sum(sizes.values())), SdcParameters()).lines
    shown = {line.labels: int(line.figure) for line in lines if line.figure != MARK}
    assert ("x", "p") not in shown
    assert shown[TOTAL, TOTAL] == 233
    for place, figure in shown.items():
        inside = [n for pair, n in sizes.items() if all(w in (TOTAL, at) for w, at in zip(place, pair, strict=True))]
        assert figure == sum(inside)
