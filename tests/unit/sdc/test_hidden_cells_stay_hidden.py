"""Suppression that an attacker with a calculator, or with a linear program of another solver, cannot undo."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from rollbook.sdc.suppression import attack
from rollbook.sdc.suppression.attack import Change
from rollbook.sdc.suppression.outsider import narrower
from rollbook.sdc.suppression.protect import CannotProtect, Protected, audit, count_need, protect, proved
from rollbook.sdc.suppression.subtraction import subtracted
from rollbook.sdc.suppression.system import System, Tree, linked, system_of

THRESHOLD = 10.0


def attacked(system: System, hidden: np.ndarray, cell: int) -> tuple[float, float]:
    """What another solver says the attacker knows of one hidden cell: its least and its greatest value."""
    sums = np.zeros((system.equations, system.count))
    for equation in range(system.equations):
        place = slice(system.starts[equation], system.starts[equation + 1])
        sums[equation, system.cells[place]] = system.signs[place]
    bounds = [(0.0, None) if hid else (value, value) for hid, value in zip(hidden, system.values, strict=True)]
    found = []
    for side in (1.0, -1.0):
        objective = np.zeros(system.count)
        objective[cell] = side
        answer = linprog(objective, A_eq=sums, b_eq=np.zeros(system.equations), bounds=bounds, method="highs")
        found.append(side * answer.fun if answer.status == 0 else np.inf)
    return found[0], found[1]


def protected(system: System, **options: float) -> Protected:
    primary = system.values < THRESHOLD
    return protect(system, primary, count_need(system.values, primary, THRESHOLD), **options)  # type: ignore[arg-type]


def test_the_defect_of_the_totals() -> None:
    """ACRO-8: (x, p) 3, (x, q) 20, (y, p) 30, (y, q) 30; its total 23 gives the hidden 3 away."""
    system = system_of(np.array([[3.0, 20.0], [30.0, 30.0]]), [Tree.flat(2), Tree.flat(2)])
    primary = system.values < THRESHOLD
    need = count_need(system.values, primary, THRESHOLD)
    alone = audit(system, primary, primary, need)
    assert alone.width[primary].max() == 0, "hidden alone, the attacker knows it exactly"
    assert not alone.protected.all()
    done = protected(system)
    assert done.audit.protected.all()
    assert attacked(system, done.hidden, int(np.flatnonzero(primary)[0])) == pytest.approx((0.0, 23.0))


@pytest.mark.parametrize("total", [True, False], ids=["total hidden", "total shown"])
def test_an_audit_of_somebody_elses_choice(total: bool) -> None:
    """By hand: of 4 + 9 + 40 = 53 with 4 and 9 hidden, 4 is at most 13; with the total hidden it may be anything."""
    system = system_of(np.array([4.0, 9.0, 40.0]), [Tree.flat(3)])
    hidden = np.array([True, True, False, total])
    primary = np.array([True, True, False, False])
    found = audit(system, hidden, primary, count_need(system.values, primary, THRESHOLD))
    assert found.protected.all()
    assert found.low[0] <= 0
    assert found.high[0] >= THRESHOLD
    assert (found.high[0] <= 13) or total


def test_a_pencil_recovers_what_stands_alone_in_a_sum() -> None:
    """By hand: 3 is 23 - 20; with 3 and 20 hidden, the columns give both; with four corners hidden nothing does."""
    system = system_of(np.array([[3.0, 20.0], [30.0, 31.0]]), [Tree.flat(2), Tree.flat(2)])
    one, two, four = (np.isin(system.values, found) for found in ([3], [3, 20], [3, 20, 30, 31]))
    assert subtracted(system, one).sum() == 1
    assert subtracted(system, two).sum() == 2
    assert subtracted(system, four).sum() == 0


def test_when_nothing_can_be_hidden() -> None:
    system = system_of(np.array([[3.0, 20.0], [30.0, 30.0]]), [Tree.flat(2), Tree.flat(2)])
    primary = system.values < THRESHOLD
    with pytest.raises(CannotProtect) as refused:
        protect(system, primary, count_need(system.values, primary, THRESHOLD), allowed=np.zeros(9, bool))
    assert refused.value.cells == (0,)


def test_a_region_does_not_give_its_authority_away() -> None:
    """Two authorities in one region: the small one must not follow from the region and the large one."""
    leaves = np.array([[4.0, 90.0], [80.0, 70.0], [60.0, 50.0], [40.0, 30.0]])
    system = system_of(leaves, [Tree((4, 4, 5, 5, 6, 6, -1), 4), Tree.flat(2)])
    done = protected(system)
    cell = int(np.flatnonzero(system.values == 4.0)[0])
    low, high = attacked(system, done.hidden, cell)
    assert low <= 1e-6
    assert high >= THRESHOLD - 1e-6


def test_linked_tables_are_protected_together() -> None:
    """The same authority's total stands in two tables: what one hides, the other must not tell."""
    first = system_of(np.array([4.0, 30.0]), [Tree.flat(2)])
    second = system_of(np.array([34.0, 50.0]), [Tree.flat(2)])
    both = linked([first, second], [(0, 2, 1, 0)])
    done = protected(both)
    assert both.count == 5
    low, high = attacked(both, done.hidden, 0)
    assert high - low >= THRESHOLD - 1e-6
    with pytest.raises(ValueError, match="one figure"):
        linked([first, second], [(0, 1, 1, 0)])


REGIONS = Tree((4, 4, 5, 5, 6, 6, -1), 4)  # two authorities in each of two regions


def figures(shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    size = int(np.prod(shape))
    counts = st.lists(st.one_of(st.integers(0, 12), st.integers(10, 80)), min_size=size, max_size=size)
    return counts.map(lambda found: np.array(found, float).reshape(shape))


@st.composite
def tables(draw: st.DrawFn) -> System:
    """Tables with margins, tables of authorities in regions, and two tables that share the totals of one dimension."""
    kind = draw(st.sampled_from(["margins", "regions", "linked"]))
    if kind == "regions":
        return system_of(draw(figures((4, 2))), [REGIONS, Tree.flat(2)])
    if kind == "margins":
        shape = tuple(draw(st.lists(st.integers(2, 4), min_size=1, max_size=3)))
        return system_of(draw(figures(shape)), [Tree.flat(one) for one in shape])
    first, second = draw(figures((2, 3))), draw(figures((2, 2)))
    # The second table's rows are brought to the first one's totals: they are the same people by another dimension.
    second[:, 0] = np.maximum(first.sum(axis=1) - second[:, 1], 0)
    second[:, 1] = first.sum(axis=1) - second[:, 0]
    one, two = (system_of(each, [Tree.flat(2), Tree.flat(each.shape[1])]) for each in (first, second))
    # Cells lie by rows, each row's total last; the rows are two labels and their total.
    return linked([one, two], [(0, 4 * row + 3, 1, 3 * row + 2) for row in range(3)])


@settings(max_examples=40, deadline=None)
@given(tables(), st.booleans())
def test_another_solver_finds_no_more_than_the_audit_says(system: System, as_large: bool) -> None:
    """By the methods for small tables, and by those for large ones."""
    bound, attack._LARGE = attack._LARGE, 0 if as_large else attack._LARGE
    try:
        _no_more_than_the_audit_says(system)
    finally:
        attack._LARGE = bound


def _no_more_than_the_audit_says(system: System) -> None:
    primary = system.values < THRESHOLD
    try:
        done = protected(system, spread=THRESHOLD)
    except CannotProtect:
        everything = np.ones(system.count, bool)
        found = audit(system, everything, primary, count_need(system.values, primary, THRESHOLD))
        assert not found.protected.all(), "it is given up only when hiding everything is not enough"
        return
    assert done.audit.protected.all()
    assert done.hidden[primary].all()
    again = proved(system, done.hidden, primary, count_need(system.values, primary, THRESHOLD), done.proof)
    assert again.protected.all(), "the kept tables are proof enough"
    assert (again.low == done.audit.low).all()
    assert (again.high == done.audit.high).all()
    for cell in np.flatnonzero(done.hidden):
        low, high = attacked(system, done.hidden, int(cell))
        assert low <= done.audit.low[cell] + 1e-5
        assert high >= done.audit.high[cell] - 1e-5
        if primary[cell]:
            assert low <= 1e-5
            assert high >= THRESHOLD - 1e-5
        else:
            assert high - low >= THRESHOLD - 1e-5


@settings(max_examples=25, deadline=None)
@given(tables())
def test_the_exact_choice_costs_no_more_than_the_growing_one(system: System) -> None:
    from rollbook.sdc.suppression import protect as module

    try:
        exact = protected(system)
    except CannotProtect:
        return
    bound, module.EXACT_CELLS = module.EXACT_CELLS, 0
    try:
        grown = protected(system)
    finally:
        module.EXACT_CELLS = bound
    cost = np.maximum(system.values, 1.0)
    assert grown.audit.protected.all()
    if exact.exact:
        assert cost[exact.hidden].sum() <= cost[grown.hidden].sum() + 1e-6


def test_a_proof_that_is_none() -> None:
    """Of 4 + 9 + 40 = 53 with 4 and 9 hidden: tables that the sums do not allow prove nothing."""
    system = system_of(np.array([4.0, 9.0, 40.0]), [Tree.flat(3)])
    hidden = np.array([True, True, False, False])
    need = count_need(system.values, hidden, THRESHOLD)

    def protects(*changes: dict[int, float]) -> bool:
        proof = [Change(np.array(list(one), np.int32), np.array(list(one.values()))) for one in changes]
        return bool(proved(system, hidden, hidden, need, proof).protected.all())

    assert protects({0: -4.0, 1: 4.0}, {0: 9.0, 1: -9.0}), "each may be nought, and 13"
    assert not protects({0: -4.0, 1: 4.0}), "nothing shows that the other may be nought"
    assert not protects({0: -4.0, 1: 4.0}, {0: 9.0, 1: -8.0}), "it does not add up"
    assert not protects({0: -4.0, 1: 4.0}, {0: 10.0, 1: -10.0}), "below nought"
    assert not protects({0: -4.0, 2: 4.0}, {0: 9.0, 1: -9.0}), "a published figure changed"


def test_the_same_table_gets_the_same_answer() -> None:
    figures = np.random.default_rng(5).poisson(14, (8, 9)).astype(float)
    system = system_of(figures, [Tree.flat(8), Tree.flat(9)])
    first, second = protected(system), protected(system)
    assert (first.hidden == second.hidden).all()
    assert (first.audit.low == second.audit.low).all()


@pytest.mark.parametrize("parents", [(1, 0), (2, 2), (-1, -1, -1)], ids=["turned", "no top", "nothing below"])
def test_a_tree_that_is_none(parents: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"stands below|leaves come first"):
        Tree(parents, 2)


def test_a_table_of_another_shape() -> None:
    with pytest.raises(ValueError, match="axis"):
        system_of(np.zeros((2, 3)), [Tree.flat(3), Tree.flat(2)])


@settings(max_examples=25, deadline=None)
@given(tables(), st.sampled_from([1.0, 10.0, 25.0]), st.randoms(use_true_random=False))
def test_what_the_table_alone_fixes_is_what_another_solver_fixes(system: System, width: float, lot: Random) -> None:
    """Whatever is hidden, well or badly; the hidden figures themselves are not looked at."""
    hidden = np.array([lot.random() < 0.5 for _ in range(system.count)])
    blank = replace(system, values=np.where(hidden, 0.0, system.values))
    bound, attack._LARGE = attack._LARGE, 0 if lot.random() < 0.5 else attack._LARGE
    try:
        fixed = narrower(blank, hidden, width)
    finally:
        attack._LARGE = bound
    for cell in np.flatnonzero(hidden):
        low, high = attacked(system, hidden, int(cell))
        assert fixed[cell] == (high - low < width - 1e-6) or abs(high - low - width) < 1e-5
