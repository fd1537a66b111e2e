"""Survival as statsmodels reckons it, shown at steps that acro would show too, and never from a few people's times."""

import logging
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from rollbook.dataplane.runs.study import Study
from rollbook.dataplane.runs.tabulate import behind, tabulate, told_levels, told_over
from rollbook.kernel.refusals import InputRefused
from rollbook.sdc import rules
from rollbook.sdc.judging import failed_at, judge, replays, shown, table_from
from rollbook.sdc.measured import HELD_BACK
from rollbook.sdc.rules import SdcParameters
from rollbook.sdc.survival import SurvivalTable, steps_shown

FORM = 'title = "T"\npurpose = "P"\nitems = ["sex"]\n[[steps]]\nsql = "01.sql"\n[table]\nname = "people"\n'
PARAMETERS = SdcParameters()


def study(points: list[int], by: tuple[str, ...] = ()) -> Study:
    asked = f'measure = "survival"\ntime = "months"\nevent = "gone"\npoints = {points}\ndimensions = {list(by)}\n'
    return Study.from_files({"study.toml": (FORM + asked).encode(), "01.sql": b"SELECT 1"})


def rows(months: Any, gone: Any, **labels: Any) -> pa.Table:
    ids = [f"{number:032x}" for number in range(len(months))]
    numbers = {"months": np.asarray(months, float), "gone": np.asarray(gone, float)}
    return pa.table({"ppid": ids, **labels, **numbers})


def curves(given: pa.Table, points: list[int], by: tuple[str, ...] = ()) -> SurvivalTable:
    table = tabulate(given, study(points, by).table)
    assert isinstance(table, SurvivalTable)
    return table


def drawn(seed: int, people: int = 800, *, steps: int = 12) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    return chance.integers(1, steps + 1, people), (chance.random(people) < 0.55).astype(int)


@pytest.mark.parametrize("seed", range(3))
def test_the_curve_and_its_errors_are_those_of_statsmodels(seed: int) -> None:
    from statsmodels.duration.survfunc import SurvfuncRight

    months, gone = drawn(seed)
    # Whole months and a part, so that points lie between times.
    months = months + np.random.default_rng(seed + 50).random(len(months))
    [curve] = curves(rows(months, gone), [3, 6, 9]).curves
    theirs = SurvfuncRight(months, gone)
    for step in curve.steps:
        last = np.searchsorted(theirs.surv_times, step.point, side="right") - 1
        assert step.survival == pytest.approx(theirs.surv_prob[last])
        assert step.error == pytest.approx(theirs.surv_prob_se[last])
    assert [step.left for step in curve.steps] == [int((months > point).sum()) for point in (3, 6, 9)]


def test_the_log_rank_test_is_that_of_statsmodels() -> None:
    from statsmodels.duration.survfunc import survdiff

    months, gone = drawn(7)
    group = np.array(["a", "b", "c"])[np.arange(len(months)) % 3]
    months = months + (group == "c")
    table = curves(rows(months, gone, side=list(group)), [4, 8], ("side",))
    assert table.log_rank == pytest.approx(survdiff(months, gone, group)[0])
    told = dict(shown(table, PARAMETERS))
    assert told["all curves", "all times", "log-rank chi-squared"] == f"{table.log_rank:.4g}"
    assert told["a", "up to 4", "at risk"] == str((group == "a").sum())
    assert judge(table, PARAMETERS).passed


def by_acro(months: Any, gone: Any) -> pd.DataFrame:
    """acro's own table: its `rounded_survival_fun` stays as it was at a time that it hides."""
    import acro  # type: ignore[import-untyped]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            session = acro.ACRO(suppress=True)
            return (
                session.surv_func(pd.Series(months), pd.Series(gone), output="table").rename_axis("time").reset_index()
            )
        finally:
            logging.disable(logging.NOTSET)


def test_where_every_time_has_enough_people_the_table_is_that_of_acro() -> None:
    months = np.repeat([1, 2, 3, 4], [40, 36, 35, 60])
    gone = np.concatenate([[1] * 40, [1] * 22 + [0] * 14, [1] * 20 + [0] * 15, [1] * 20 + [0] * 40])
    theirs = by_acro(months, gone)
    ours = steps_shown(curves(rows(months, gone), [1, 2, 3]).curves[0], PARAMETERS)
    assert [step.point for step in ours] == [1, 2, 3]
    for step, row in zip(ours, theirs.itertuples(index=False), strict=False):
        assert (step.point, step.at_risk, step.events) == (row.time, row[3], row[4])
        assert step.survival == pytest.approx(row[1])
        assert step.survival == pytest.approx(row.rounded_survival_fun)


def test_acro_shows_a_first_step_of_one_event_and_we_do_not() -> None:
    months, gone = [1] + [2] * 30 + [3] * 30, [1] * 45 + [0] * 16
    theirs = by_acro(months, gone)
    assert theirs["rounded_survival_fun"][0] == pytest.approx(60 / 61)
    [step] = steps_shown(curves(rows(months, gone), [1, 2, 3]).curves[0], PARAMETERS)
    assert (step.point, step.events) == (2, 31)


def test_steps_of_few_are_joined_and_the_end_of_a_curve_is_not_shown() -> None:
    # Up to 1: 4 events. Up to 2: 8 more, and 3 who left unobserved. Up to 3: 12, and 9 who left. Up to 4: 11 events.
    # Behind the last step stand 5 people, too few: with it one could tell how few are left.
    gone = [1] * 4 + [1] * 8 + [0] * 3 + [1] * 12 + [0] * 9 + [1] * 11 + [0] * 5
    months = [1] * 4 + [2] * 11 + [3] * 21 + [4] * 11 + [5] * 5
    table = curves(rows(months, gone), [1, 2, 3, 4])
    [step] = steps_shown(table.curves[0], PARAMETERS)
    assert (step.point, step.at_risk, step.events) == (3, 52, 24)
    # What follows from two steps that are shown is nobody or at least ten people.
    assert {labels[0] for labels, _ in shown(table, PARAMETERS)} == {"up to 3"}
    verdict = judge(table, PARAMETERS)
    assert verdict.passed
    assert replays(verdict, table_from(table.as_data()))


def test_a_step_that_was_shown_falls_under_a_higher_threshold() -> None:
    """Judged anew the table could show fewer steps; what was shown is what counts."""
    months, gone = drawn(2, people=300)
    table = curves(rows(months, gone), [2, 4, 6, 8])
    again = table_from(table.as_data())
    assert judge(again, PARAMETERS).passed
    fewest = min(step.events for step in steps_shown(table.curves[0], PARAMETERS))
    failures = judge(again, SdcParameters(threshold=fewest + 1)).failures
    assert {failure.rule for failure in failures} == {rules.THRESHOLD}
    assert all(dict(failure.labels)["time"].startswith("up to ") for failure in failures)


def test_where_nobody_is_left_the_table_would_tell_it_of_everybody() -> None:
    table = curves(rows([1] * 20 + [2] * 20, [1] * 40), [1, 2])
    assert [step.point for step in steps_shown(table.curves[0], PARAMETERS)] == [1]
    [failure] = judge(curves(rows([1] * 20, [1] * 20), [1]), PARAMETERS).failures
    assert (failure.rule, failure.labels) == (rules.THRESHOLD, ())


def test_a_curve_that_cannot_be_shown_stops_the_table_by_name() -> None:
    months, gone = drawn(3, people=100)
    side = ["left"] * 93 + ["right"] * 7
    table = curves(rows(months, gone, side=side), [6], ("side",))
    verdict = judge(table, PARAMETERS)
    assert {(f.rule, f.labels) for f in verdict.failures} == {
        (rules.THRESHOLD, (("side", "right"),)),
        (rules.FREEDOM, (("side", "right"),)),
    }
    assert {text for _, text in shown(table, PARAMETERS)} == {HELD_BACK}
    assert all(labels[0] == "left" or hit for labels, hit in failed_at(table, verdict).items())


def test_who_is_compared_with_other_tables_is_told_by_curve_and_step() -> None:
    months, gone = drawn(5, people=300)
    given = rows(months, gone, side=["left", "right"] * 150)
    declared = study([4, 8], ("side",)).table
    table = tabulate(given, declared)
    inside = behind(given, declared, table, PARAMETERS)
    assert (told_over(table), told_levels(table)) == (("side", "time"), ((0, 1), (0,), ()))
    first = sum(side == "left" and month <= 4 for side, month in zip(inside["side"].to_pylist(), months, strict=True))
    pairs = list(zip(inside["side"].to_pylist(), inside["time"].to_pylist(), strict=True))
    assert pairs.count(("left", "up to 4")) == first
    assert set(inside["time"].to_pylist()) == {"up to 4", "up to 8", "after"}


def test_a_table_of_nobody_is_stopped_and_stored() -> None:
    table = curves(rows([], [], side=pa.array([], pa.string())), [1], ("side",))
    assert [failure.rule for failure in judge(table, PARAMETERS).failures] == [rules.EMPTY]
    assert table_from(table.as_data()) == table


def test_an_event_is_yes_or_no() -> None:
    with pytest.raises(InputRefused) as refused:
        curves(rows([1, 2], [1, 2]), [1])
    assert [(reason.code, reason.where) for reason in refused.value.reasons] == [("table-number", "gone")]
