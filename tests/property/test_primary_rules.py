"""What has to hold of the primary rules whatever the people: more people never harm a count, order tells nothing."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.dataplane.runs.gather import gather
from rollbook.sdc import rules
from rollbook.sdc.measured import MeasuredTable, judge
from rollbook.sdc.measures import SUM, Measure
from rollbook.sdc.primary import flags
from rollbook.sdc.rounding import to_base, to_digits, with_totals
from rollbook.sdc.rules import SdcParameters

PERSON = st.tuples(st.integers(0, 60), st.sampled_from("xy"), st.integers(-50, 1000), st.sampled_from("stuv"))
PEOPLE = st.lists(PERSON, min_size=1, max_size=60)
QUIET = settings(max_examples=15, deadline=None)
People = list[tuple[int, str, int, str]]


def table(people: People, measure: Measure) -> MeasuredTable:
    columns = dict(zip(("ppid", "side", "v", "u"), map(list, zip(*people, strict=True)), strict=True))
    columns["ppid"] = [f"{number:04}" for number in columns["ppid"]]
    return MeasuredTable(measure, gather(pa.table(columns), ("side",), measure))


def small(people: People, measure: Measure) -> set[tuple[str, ...]]:
    found = table(people, measure)
    flagged = flags(found.evidence, measure, SdcParameters())
    bad = np.logical_or.reduce([*flagged.values()])
    return {found.evidence.axes.of(int(at)) for at in np.flatnonzero(bad)}


@QUIET
@given(PEOPLE, PERSON)
def test_one_more_person_never_makes_a_safe_count_unsafe(people: People, more: tuple[int, str, int, str]) -> None:
    measure = Measure("count", unit="u")
    known = {(person[1],) for person in people}
    assert small([*people, more], measure) & known <= small(people, measure)


@QUIET
@given(PEOPLE, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_verdict(people: People, chance: object) -> None:
    mixed = people.copy()
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    measure = Measure(SUM, "v", unit="u")
    assert judge(table(people, measure), SdcParameters()) == judge(table(mixed, measure), SdcParameters())


@QUIET
@given(PEOPLE)
def test_evidence_is_what_counting_by_hand_gives(people: People) -> None:
    found = table(people, Measure(SUM, "v", unit="u")).evidence
    for at in range(found.axes.cells):
        inside = [person for person in people if (person[1],) == found.axes.of(at)]
        each: dict[int, int] = {}
        for ppid, _, value, _ in inside:
            each[ppid] = each.get(ppid, 0) + value
        first, second, *_ = [*sorted((abs(value) for value in each.values()), reverse=True), 0]
        [amounts] = found.amounts
        assert (found.rows[at], found.persons[at], found.units is not None) == (len(inside), len(each), True)
        assert (amounts.total[at], amounts.absolute[at]) == (sum(each.values()), sum(map(abs, each.values())))
        assert (amounts.first[at], amounts.second[at]) == (first, second)
        assert found.units is not None
        assert found.units[at] == len({person[3] for person in inside})


@QUIET
@given(PEOPLE, st.integers(2, 1000))
def test_no_scale_of_the_values_changes_who_dominates(people: People, scale: int) -> None:
    larger = [(ppid, side, value * scale, unit) for ppid, side, value, unit in people]
    one, other = (judge(table(rows, Measure(SUM, "v")), SdcParameters()) for rows in (people, larger))
    assert one.failures == other.failures


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30), st.integers(1, 1000))
def test_rounding_stays_near_and_totals_add_up(counts: list[int], base: int) -> None:
    values = np.array(counts, np.int64)
    shown = to_base(values, base)
    assert (shown % base == 0).all()
    assert (np.abs(shown - values) * 2 <= base).all()
    assert with_totals(values, base)[-1] == shown.sum()


@given(st.floats(-1e20, 1e20, allow_subnormal=False), st.integers(1, 15))
def test_no_more_digits_are_shown_than_asked_for(figure: float, digits: int) -> None:
    [shown] = to_digits(np.array([figure]), digits)
    assert float(f"{shown:.{digits - 1}e}") == shown
    assert abs(shown - figure) <= abs(figure) * 10.0 ** (1 - digits)


def test_every_rule_of_measures_says_what_it_is_for() -> None:
    named = {value for name, value in vars(rules).items() if isinstance(value, str) and value.startswith("SDC-")}
    of_models = {rules.PARAMETERS, rules.NO_FIT, rules.TERM, rules.LEVERAGE, rules.SATURATED, rules.EXACT}
    assert set(rules.rules_of(rules.MEASURES_RULE_SET)) == named - of_models
    assert all(text.endswith(".") for text in rules.rules_of(rules.MEASURES_RULE_SET).values())
