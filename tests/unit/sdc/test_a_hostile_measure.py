"""One row for each way to have a table's figures tell of one child, or of fewer than ten, by what a study adds up.

The study is the attacker's: it makes any number of anything it knows of a pupil. What it may not make is a figure that
hangs on a few of them. `LEFT` is what these rules cannot see: amounts that are all made up, but one.
"""

from dataclasses import dataclass

import pyarrow as pa
import pytest

from rollbook.dataplane.runs.gather import gather
from rollbook.sdc import rules
from rollbook.sdc.frequency import Verdict
from rollbook.sdc.measured import MeasuredTable, judge, replays, table_from
from rollbook.sdc.measures import COUNT, DEVIATION, MEAN, MODE, QUANTILE, RATIO, SUM, WEIGHTED_MEAN, Measure
from rollbook.sdc.rules import SdcParameters

Column = list[float | None]
# Forty pupils: one of them the child in question, `FACT` what is asked about them.
FACT = 7.0
ONES: Column = [1.0] * 40
MIXED: Column = [float(10 + at % 7) for at in range(40)]
FEW: Column = [2.0] * 3 + [1.0] * 37


@dataclass(frozen=True)
class Way:
    """Columns of forty pupils, and the rules that must stop the one cell they are in."""

    name: str
    measure: Measure
    columns: dict[str, Column]
    stopped_by: set[str]


def of(kind: str, **named: str) -> Measure:
    return Measure(kind, **{"value": "v"} | named)  # type: ignore[arg-type]


WEIGHED, RATED = Measure(COUNT, weight="w"), of(RATIO, denominator="d")
WAYS = [
    Way("a weighted count of one child's number", WEIGHED, {"w": [FACT, *[0.0] * 39]},
        {rules.LARGEST, rules.NEXT_LARGEST, rules.FEW}),
    Way("one heavy weight", WEIGHED, {"w": [1e9, *MIXED[1:]]}, {rules.LARGEST, rules.NEXT_LARGEST}),
    Way("weights that mark three", WEIGHED, {"w": FEW}, {rules.FEW}),
    Way("weights of three", WEIGHED, {"w": [1.0] * 3 + [0.0] * 37}, {rules.FEW}),
    Way("a mean with one heavy weight", of(WEIGHTED_MEAN, weight="w"), {"v": MIXED, "w": [1e9, *[1.0] * 39]},
        {rules.LARGEST, rules.NEXT_LARGEST}),
    Way("a weighted mean of three", of(WEIGHTED_MEAN, weight="w"), {"v": MIXED, "w": [1.0] * 3 + [0.0] * 37},
        {rules.FEW}),
    Way("a weighted mean of a mark", of(WEIGHTED_MEAN, weight="w"), {"v": FEW, "w": MIXED}, {rules.FEW}),
    Way("so many for each of three", RATED, {"v": ONES, "d": [1.0] * 3 + [0.0] * 37}, {rules.FEW, rules.ALIKE}),
    Way("so many for each of all but three", RATED, {"v": ONES, "d": [0.0] * 3 + [1.0] * 37}, {rules.FEW, rules.ALIKE}),
    Way("divided by a mark", RATED, {"v": ONES, "d": FEW}, {rules.FEW}),
    Way("divided by one child's number", RATED, {"v": MIXED, "d": [FACT, *[0.0] * 39]},
        {rules.LARGEST, rules.NEXT_LARGEST, rules.FEW, rules.ALIKE}),
    Way("divided by nothing", RATED, {"v": MIXED, "d": [0.0] * 40}, {rules.FEW}),
    Way("a mean of a mark of one and two", of(MEAN), {"v": FEW}, {rules.FEW}),
    Way("a sum of a mark of one and two", of(SUM), {"v": FEW}, {rules.FEW}),
    Way("a mark of most", of(MEAN), {"v": [1.0] * 3 + [2.0] * 37}, {rules.FEW}),
    Way("powers of two for three children", of(SUM), {"v": [2.0, 3.0, 5.0, *[1.0] * 37]}, {rules.FEW}),
    Way("above a level that all others have", of(MEAN), {"v": [1 + FACT, *[1.0] * 39]}, {rules.FEW}),
    Way("a minus among them", of(SUM), {"v": [-FACT, *[1.0] * 39]}, {rules.FEW}),
    Way("a spread about one child", of(DEVIATION), {"v": [1 + FACT, *[1.0] * 39]},
        {rules.LARGEST, rules.NEXT_LARGEST, rules.FEW}),
    Way("a spread about one child, others nearly alike", of(DEVIATION),
        {"v": [FACT, *(1 + at / 1000 for at in range(39))]}, {rules.LARGEST, rules.NEXT_LARGEST}),
    Way("a spread far from nought", of(DEVIATION), {"v": [1e6 + FACT, *(1e6 + at / 1000 for at in range(39))]},
        {rules.LARGEST, rules.NEXT_LARGEST}),
    Way("the commonest of values that all differ", of(MODE), {"v": [FACT, *(8.0 + at for at in range(39))]},
        {rules.HELD_BY_ALL}),
    Way("the commonest, of nine", of(MODE), {"v": [FACT] * 9 + [8.0 + at for at in range(31)]}, {rules.HELD_BY_ALL}),
    Way("a share of people that ends with one", of(QUANTILE, at=0.99), {"v": MIXED}, {rules.SIDES}),  # type: ignore[arg-type]
]  # fmt: skip
SOUND = [
    Way("weights of a survey", WEIGHED, {"w": MIXED}, set()),
    Way("weights all alike", WEIGHED, {"w": [2.5] * 40}, set()),
    Way("days away by days there might be, nearly all alike", RATED,
        {"v": [float(at % 13 + 1) for at in range(40)], "d": [150.0] * 5 + [190.0] * 35}, set()),
    Way("an even mark", of(MEAN), {"v": [1.0] * 15 + [2.0] * 25}, set()),
    Way("marks of an examination", of(MEAN), {"v": MIXED}, set()),
    Way("their spread", of(DEVIATION), {"v": MIXED}, set()),
    Way("their mode", of(MODE), {"v": [5.0] * 12 + MIXED[12:]}, set()),
]  # fmt: skip
# Nobody's amount stands out and all are known to who made them up, but one: the sum tells it. Only who reads the
# study beside its table sees that, and `docs/explanation/what-a-study-can-still-say.md` says so.
LEFT = [
    Way("one child's number among made-up ones", of(SUM), {"v": [FACT, *(5.0 + at % 7 for at in range(39))]}, set()),
    Way("others that take one another away", of(SUM), {"v": [FACT, 0.5, *[9.0, -9.0] * 10, *[8.0, -8.0] * 9]}, set()),
]


def table(way: Way) -> MeasuredTable:
    size = len(next(iter(way.columns.values())))
    columns = {name: pa.array(values, pa.float64()) for name, values in way.columns.items()}
    rows = pa.table({"ppid": [f"{at:032x}" for at in range(size)], "a": ["x"] * size, **columns})
    return MeasuredTable(way.measure, gather(rows, ("a",), way.measure))


@pytest.mark.parametrize("way", [*WAYS, *SOUND, *LEFT], ids=lambda way: way.name)
def test_what_hangs_on_a_few_is_stopped_and_what_does_not_passes(way: Way) -> None:
    asked = table(way)
    verdict = judge(asked, SdcParameters())
    assert {failure.rule for failure in verdict.failures} == way.stopped_by
    # What was kept says the same again.
    assert replays(Verdict.from_data(verdict.as_data()), table_from(asked.as_data()))


def test_a_school_without_a_name_still_outweighs_the_others() -> None:
    """Forty pupils of four schools, the one that has nearly everything left unnamed."""
    units = [None] * 10 + ["b"] * 10 + ["c"] * 10 + ["d"] * 10
    values = [100.0 + at for at in range(10)] + [0.5 + at / 100 for at in range(30)]
    measure = Measure(SUM, "v", unit="u")
    rows = pa.table({"ppid": [f"{at:032x}" for at in range(40)], "a": ["x"] * 40, "v": values,
                     "u": pa.array(units, pa.string())})  # fmt: skip
    failures = judge(MeasuredTable(measure, gather(rows, ("a",), measure)), SdcParameters()).failures
    assert {failure.rule for failure in failures} == {rules.UNIT_LARGEST, rules.UNIT_NEXT_LARGEST}


def test_people_apart_are_counted_whatever_side_of_the_lot_their_values_are_on() -> None:
    """Nine of any number of people, for many values: the quick look that spares most cells the count misses none."""
    for base in range(50):
        values = [*[base + 0.5] * 200, *(1000.0 + base * 9 + at for at in range(9))]
        found = table(Way("", of(SUM), {"v": values}, set())).evidence.amounts[0]
        assert (found.apart, found.common, found.kinds) == (9, 200, 10)
