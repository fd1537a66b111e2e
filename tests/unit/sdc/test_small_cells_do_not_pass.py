"""No cell under the threshold passes, whatever its figure; what failed is named and can be judged again."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.sdc.frequency import Verdict, check, shown
from rollbook.sdc.rules import EMPTY, GROUP, RULES, THRESHOLD, ZERO, SdcParameters
from rollbook.sdc.tables import Cell, FrequencyTable

PLAIN = SdcParameters(refuse_alike_groups=False, refuse_empty_cells=False)


def table(**cells: int) -> FrequencyTable:
    """A table of one dimension with as many rows as people."""
    return FrequencyTable(("sex",), tuple(Cell((k,), n, n) for k, n in cells.items()), sum(cells.values()))


def square(xp: int, xq: int, yp: int, yq: int) -> FrequencyTable:
    """Two dimensions, two labels each; an empty cell is not listed."""
    found = {("x", "p"): xp, ("x", "q"): xq, ("y", "p"): yp, ("y", "q"): yq}
    return FrequencyTable(("a", "b"), tuple(Cell(k, n, n) for k, n in found.items() if n), sum(found.values()))


def test_one_child_in_a_cell_stops_the_table_and_is_named() -> None:
    verdict = check(table(F=200, M=1), SdcParameters())
    assert not verdict.passed
    [failure] = verdict.failures
    assert (failure.rule, failure.labels, failure.shown) == (THRESHOLD, (("sex", "M"),), "below 10")
    assert failure.message == "SDC-THRESHOLD: sex = M: below 10"


@pytest.mark.parametrize(("persons", "passes"), [(1, False), (9, False), (10, True), (11, True)])
def test_the_edge_is_ten(persons: int, passes: bool) -> None:
    assert check(table(F=30, M=persons), SdcParameters()).passed is passes


def test_twelve_rows_of_one_pupil_are_one_person() -> None:
    rows = FrequencyTable(("sex",), (Cell(("F",), 12, 1), Cell(("M",), 12, 12)), 13)
    assert [failure.labels for failure in check(rows, SdcParameters()).failures] == [(("sex", "F"),)]
    assert shown(rows, SdcParameters()) == ((("F",), "below 10"), (("M",), "12"))


def test_percentages_do_not_matter_when_every_count_is_ten_or_more() -> None:
    assert check(square(18, 12, 15, 15), SdcParameters()).passed


def test_a_group_that_is_all_alike_is_refused_by_name() -> None:
    failures = check(square(30, 0, 15, 15), SdcParameters(refuse_empty_cells=False)).failures
    assert {failure.rule for failure in failures} == {GROUP}
    # Either label tells the other: who is known to be x is p, and who is known to be q is y.
    assert {failure.message for failure in failures} == {
        "SDC-GROUP: a = x: all of them have b = p",
        "SDC-GROUP: b = q: all of them have a = y",
    }
    assert check(square(30, 0, 15, 15), PLAIN).passed


def test_a_combination_that_nobody_has_is_refused() -> None:
    """Of three needs nobody in school x has the third: each of its 60 pupils is known not to."""
    cells = {("x", "p"): 30, ("x", "q"): 30, ("y", "p"): 30, ("y", "q"): 30, ("y", "r"): 30}
    judged = FrequencyTable(("school", "need"), tuple(Cell(k, n, n) for k, n in cells.items()), 150)
    failures = check(judged, SdcParameters()).failures
    assert ZERO in {failure.rule for failure in failures}
    assert "1 combinations of the labels have nobody in them" in {failure.shown for failure in failures}
    assert ZERO not in {one.rule for one in check(judged, SdcParameters(refuse_empty_cells=False)).failures}


def test_a_label_that_everyone_has_tells_nothing_about_a_group() -> None:
    assert check(table(F=30), SdcParameters()).passed
    one = FrequencyTable(("a", "b"), (Cell(("x", "p"), 20, 20), Cell(("y", "p"), 20, 20)), 40)
    assert check(one, SdcParameters()).passed


def test_a_table_of_nobody_is_not_released() -> None:
    assert [failure.rule for failure in check(table(), SdcParameters()).failures] == [EMPTY]


def test_the_verdict_holds_its_parameters_and_replays() -> None:
    judged = table(F=30, M=4)
    verdict = check(judged, SdcParameters())
    assert verdict.replays(judged)
    assert not verdict.replays(table(F=30, M=14))
    assert not replace(verdict, rule_set="rollbook/sdc-frequency@v0").replays(judged)
    assert not Verdict((), SdcParameters()).replays(judged)
    assert check(judged, SdcParameters(threshold=4)).passed
    assert verdict.as_data()["parameters"] == {
        "threshold": 10, "refuse_alike_groups": True, "refuse_empty_cells": True,
    }  # fmt: skip
    assert verdict.as_data()["passed"] is False


def test_a_recorded_verdict_and_table_come_back_from_json_and_replay() -> None:
    judged = square(30, 4, 15, 15)
    kept = json.dumps({"table": judged.as_data(), "verdict": check(judged, SdcParameters()).as_data()})
    table, verdict = FrequencyTable.from_data(json.loads(kept)["table"]), Verdict.from_data(json.loads(kept)["verdict"])
    assert table == judged
    assert not verdict.passed
    assert verdict.replays(table)


def test_no_figure_of_a_small_cell_is_in_what_a_checker_reads() -> None:
    judged = table(F=30, M=7)
    verdict = check(judged, SdcParameters())
    words = f"{verdict.as_data()} {[f.message for f in verdict.failures]} {shown(judged, SdcParameters())}"
    assert "7" not in words


@pytest.mark.parametrize(
    "make",
    [
        lambda: Cell(("F",), -1, 0),
        lambda: Cell(("F",), 1, -1),
        lambda: FrequencyTable(("a", "b"), (Cell(("x",), 1, 1),), 1),
        lambda: FrequencyTable(("a",), (Cell(("x",), 1, 1), Cell(("x",), 2, 2)), 3),
        lambda: SdcParameters(threshold=0),
    ],
)
def test_values_that_cannot_be_are_not_made(make: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        make()  # type: ignore[operator]


def test_parameters_cannot_be_changed_after_birth() -> None:
    with pytest.raises(AttributeError):
        SdcParameters().threshold = 1  # type: ignore[misc]


def test_every_rule_says_what_it_is_for() -> None:
    assert set(RULES) == {THRESHOLD, GROUP, EMPTY, ZERO}
    assert all(text.endswith(".") for text in RULES.values())


@given(st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), st.integers(1, 40), min_size=1))
def test_what_passes_has_no_small_cell(counts: dict[tuple[str, str], int]) -> None:
    cells = tuple(Cell(labels, persons * 3, persons) for labels, persons in counts.items())
    judged = FrequencyTable(("one", "two"), cells, sum(counts.values()))
    verdict = check(judged, SdcParameters())
    small = {labels for labels, persons in counts.items() if persons < 10}
    named = {tuple(label for _, label in f.labels) for f in verdict.failures if f.rule == THRESHOLD}
    assert named == small
    assert verdict.passed <= (not small)
    assert {labels for labels, figure in shown(judged, SdcParameters()) if figure == "below 10"} == small
