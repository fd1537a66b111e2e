"""Tables that another tool lets through, or stops for nothing, and what our rules say of each.

`acro` holds what acro 1.0.2 said of the same rows (threshold 10, N = 2, k = 0.90, p = 0.10); the figure it showed was
disclosive in all but the percentages, which it stopped although every count is 10 or more.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from rollbook.dataplane.runs.gather import gather
from rollbook.sdc import rules
from rollbook.sdc.measured import MeasuredTable, judge
from rollbook.sdc.measures import COUNT, DEVIATION, MAXIMUM, MEAN, MODE, QUANTILE, SUM, Measure
from rollbook.sdc.rounding import with_totals
from rollbook.sdc.rules import SdcParameters

Values = list[float | None]
PLAIN: Values = [float(value) for value in range(10, 22)]
TENTHS: Values = [0.1] * 10


@dataclass(frozen=True)
class Case:
    """Values of the cells (x, p) and (y, p), and the rules that must stop each; `one` makes x one pupil's rows."""

    name: str
    kind: str
    acro: str
    x: Values
    x_stopped_by: set[str]
    y: Values = ()  # type: ignore[assignment]
    y_stopped_by: frozenset[str] = frozenset()
    one: bool = False


CASES = [
    Case("contributors", MEAN, "pass", [1.0, 2.0, 3.0, *[None] * 9], {rules.THRESHOLD}),
    Case("persons", COUNT, "pass", PLAIN, {rules.THRESHOLD}, one=True),
    Case(
        "mode",
        MODE,
        "pass",
        [7.0, 7.0, 8.0],
        {rules.THRESHOLD},
        # The rule set's own: nine who have one value are too few to say it of.
        y=[1.0, 1.0, 1.0, *[2.0] * 9],
        y_stopped_by=frozenset({rules.HELD_BY_ALL}),
    ),
    Case(
        "maximum",
        MAXIMUM,
        "pass",
        [float(value) for value in range(12)],
        {rules.EXTREME},
        y=[float(value) for value in range(12, 24)],
        y_stopped_by=frozenset({rules.EXTREME}),
    ),
    Case("all the same", MEAN, "pass", [5.0] * 12, {rules.ALIKE}),
    # Ten of one value make the two others few as well.
    Case("negative", SUM, "review", [-1.0, 100.0, *TENTHS], {rules.LARGEST, rules.NEXT_LARGEST, rules.FEW}),
    Case("no negative", SUM, "fail", [0.1, 100.0, *TENTHS], {rules.LARGEST, rules.NEXT_LARGEST, rules.FEW}),
    Case(
        "median",
        QUANTILE,
        "not run",
        [float(value) for value in range(12)],
        {rules.SIDES},
        y=[float(value) for value in range(12, 24)],
        y_stopped_by=frozenset({rules.SIDES}),
    ),
    # A share of few is a count of few: of 40 pupils three have what the mean is of; then all but three have it.
    Case("mean of a mark", MEAN, "not run", [1.0] * 3 + [0.0] * 37, {rules.FEW}),
    Case("mean of a mark, most have", MEAN, "not run", [0.0] * 3 + [1.0] * 37, {rules.FEW}),
    Case("sum of few amounts", SUM, "not run", [*(20.0 + at for at in range(9)), *[0.0] * 40], {rules.FEW}),
    Case("mean of an even mark", MEAN, "not run", [1.0] * 12 + [0.0] * 11, set()),
    Case("amounts of most", SUM, "not run", [*(20.0 + at for at in range(40)), *[0.0] * 3], set()),
    Case("spread of a mark", DEVIATION, "not run", [0.0] * 3 + [1.0] * 37, {rules.FEW}),
    Case("exactly k", SUM, "fail", [45.0, 45.0, *[1.0] * 10], {rules.LARGEST, rules.FEW}),
    Case("all zero", MEAN, "fail", [0.0] * 12, {rules.ALIKE}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_cell_is_stopped_and_the_rule_named(case: Case) -> None:
    y = list(case.y) or PLAIN
    people = [f"{0 if case.one else at:032x}" for at in range(len(case.x))]
    rows = pa.table(
        {
            "ppid": people + [f"{100 + at:032x}" for at in range(len(y))],
            "a": ["x"] * len(case.x) + ["y"] * len(y),
            "b": ["p"] * (len(case.x) + len(y)),
            "v": pa.array([*case.x, *y], pa.float64()),
        }
    )
    measure = Measure(case.kind, "" if case.kind == COUNT else "v")
    verdict = judge(MeasuredTable(measure, gather(rows, ("a", "b"), measure)), SdcParameters())
    found = {label: {f.rule for f in verdict.failures if dict(f.labels)["a"] == label} for label in "xy"}
    assert found == {"x": case.x_stopped_by, "y": set(case.y_stopped_by)}


def counted(xp: int, xq: int, yp: int, yq: int) -> MeasuredTable:
    """Two by two, everyone a person of one row."""
    sizes = {("x", "p"): xp, ("x", "q"): xq, ("y", "p"): yp, ("y", "q"): yq}
    pairs = [pair for pair, size in sizes.items() for _ in range(size)]
    ids = [f"{at:032x}" for at in range(len(pairs))]
    rows = pa.table({"ppid": ids, "a": [pair[0] for pair in pairs], "b": [pair[1] for pair in pairs]})
    return MeasuredTable(Measure(), gather(rows, ("a", "b"), Measure()))


def test_percentages_of_large_counts_pass() -> None:
    assert judge(counted(18, 12, 15, 15), SdcParameters()).passed


def test_a_group_all_alike_and_its_empty_cell_are_named() -> None:
    failures = judge(counted(30, 0, 15, 15), SdcParameters()).failures
    assert "SDC-GROUP: a = x: all of them have b = p" in {failure.message for failure in failures}
    assert {failure.rule for failure in failures} == {rules.GROUP, rules.ZERO}


def test_three_are_stopped_before_they_are_rounded_to_five() -> None:
    [failure] = judge(counted(3, 10, 21, 22), SdcParameters()).failures
    assert (failure.rule, failure.labels) == (rules.THRESHOLD, (("a", "x"), ("b", "p")))


def test_rounded_counts_add_up_to_their_totals() -> None:
    assert judge(counted(48, 12, 30, 30), SdcParameters()).passed
    rounded = with_totals(np.array([[48, 12], [30, 30]]), 5)
    assert rounded.tolist() == [[50, 10, 60], [30, 30, 60], [80, 40, 120]]
