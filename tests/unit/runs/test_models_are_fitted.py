"""Models of a study: the estimates are those of the literature and of statsmodels, and what tells of a few is stopped.

Published for Exam (Goldstein and others, 1993; manual of MLwiN): intercept 0.002, slope 0.563, variance between schools
0.092 and within them 0.566, -2 log L 9357.2; without the reading test 0.169, 0.848 and 11010.65.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from rollbook.dataplane.runs.study import Study
from rollbook.dataplane.runs.tabulate import behind, tabulate, told_levels, told_over
from rollbook.kernel.refusals import InputRefused
from rollbook.sdc import rules
from rollbook.sdc.judging import judge, replays, shown, table_from
from rollbook.sdc.models import ModelTable
from rollbook.sdc.rules import SdcParameters
from tests import collection_ground

FORM = 'title = "T"\npurpose = "P"\nitems = ["sex"]\n[[steps]]\nsql = "01.sql"\n[table]\nname = "people"\nmeasure = '
PARAMETERS = SdcParameters()


def study(measure: str) -> Study:
    return Study.from_files({"study.toml": (FORM + measure + "\n").encode(), "01.sql": b"SELECT 1"})


def rows(**columns: Sequence[Any]) -> pa.Table:
    ids = [f"{number:032x}" for number in range(len(next(iter(columns.values()))))]
    return pa.table({"ppid": ids, **columns})


def fitted(measure: str, given: pa.Table) -> ModelTable:
    table = tabulate(given, study(measure).table)
    assert isinstance(table, ModelTable)
    return table


def figures(table: ModelTable) -> Mapping[tuple[str, str], float]:
    return {(row.term, row.statistic): row.figure for row in table.rows}


def stopped_by(measure: str, given: pa.Table) -> set[str]:
    table = fitted(measure, given)
    verdict = judge(table, PARAMETERS)
    assert replays(verdict, table_from(table.as_data()))
    return {failure.rule for failure in verdict.failures}


@pytest.fixture(scope="module")
def exam() -> pa.Table:
    frame = collection_ground.frame("exam")
    texts = {name: frame[name].astype(str) for name in ("sex", "school")}
    return rows(**texts, score=frame["normexam"].astype(float), reading=frame["standLRT"].astype(float))


def test_the_published_variance_components_of_exam_come_out(exam: pa.Table) -> None:
    table = fitted('"multilevel"\noutcome = "score"\nterms = ["reading"]\ngroup = "school"', exam)
    found = figures(table)
    assert round(found["intercept", "estimate"], 3) == 0.002
    assert round(found["reading", "estimate"], 3) == 0.563
    assert round(found["between groups", "variance"], 3) == 0.092
    assert round(found["within groups", "variance"], 3) == 0.566
    assert round(found["model", "minus 2 log likelihood"], 1) == 9357.2
    assert (found["model", "people"], found["model", "groups"]) == (4059, 65)
    assert judge(table, PARAMETERS).passed
    told = dict(shown(table, PARAMETERS))
    assert told["model", "minus 2 log likelihood"] == "9,357.2"
    assert told["reading", "estimate"] == "0.5634"
    empty = figures(fitted('"multilevel"\noutcome = "score"\ngroup = "school"', exam))
    assert [round(empty[name, "variance"], 3) for name in ("between groups", "within groups")] == [0.169, 0.848]
    assert round(empty["model", "minus 2 log likelihood"], 2) == 11010.65


def test_estimates_and_errors_are_those_of_statsmodels(exam: pa.Table) -> None:
    import statsmodels.formula.api as peer

    frame = exam.to_pandas()
    # Numbers far from 0 with a narrow spread, as a school year is: nothing of them may be lost.
    frame["year"] = 2000 + frame["reading"] / 10
    frame["passed"] = (frame["score"] > 0.3).astype(float)
    given = pa.Table.from_pandas(frame, preserve_index=False)
    terms = 'terms = ["year"]\ncategories = ["sex"]'
    models = {
        f'"ols"\noutcome = "score"\n{terms}': peer.ols("score ~ year + C(sex)", frame).fit(),
        f'"logit"\noutcome = "passed"\n{terms}': peer.logit("passed ~ year + C(sex)", frame).fit(disp=0),
    }
    for measure, theirs in models.items():
        ours = figures(fitted(measure, given))
        for name, other in {"intercept": "Intercept", "year": "year", "sex = M": "C(sex)[T.M]"}.items():
            assert ours[name, "estimate"] == pytest.approx(theirs.params[other], rel=1e-6)
            assert ours[name, "standard error"] == pytest.approx(theirs.bse[other], rel=1e-4)
        assert ours["model", "minus 2 log likelihood"] == pytest.approx(-2 * theirs.llf, rel=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mixed = peer.mixedlm("score ~ reading + C(sex)", frame, groups=frame["school"])
        theirs = mixed.fit(reml=False, method="powell")
    terms = 'terms = ["reading"]\ncategories = ["sex"]'
    ours = figures(fitted(f'"multilevel"\noutcome = "score"\n{terms}\ngroup = "school"', exam))
    assert ours["sex = M", "estimate"] == pytest.approx(theirs.params["C(sex)[T.M]"], rel=1e-3)
    assert ours["sex = M", "standard error"] == pytest.approx(theirs.bse["C(sex)[T.M]"], rel=1e-3)
    assert ours["between groups", "variance"] == pytest.approx(float(theirs.cov_re.iloc[0, 0]), rel=1e-3)
    # The peer's search ends near the top; ours may not end below it.
    assert ours["model", "minus 2 log likelihood"] <= -2 * theirs.llf + 1e-6


def test_the_largest_leverage_is_that_of_statsmodels(exam: pa.Table) -> None:
    import statsmodels.formula.api as peer

    few = exam.slice(0, 200)
    theirs = peer.ols("score ~ reading + C(sex)", few.to_pandas()).fit().get_influence().hat_matrix_diag
    ours = fitted('"ols"\noutcome = "score"\nterms = ["reading"]\ncategories = ["sex"]', few)
    assert ours.evidence.leverage == pytest.approx(float(theirs.max()), rel=1e-9)


def test_nothing_between_groups_is_nothing() -> None:
    chance = np.random.default_rng(4)
    given = rows(y=chance.normal(size=400), school=[f"s{number % 20}" for number in range(400)])
    # Within each group the values are set apart by force, so that groups differ less than by chance.
    level = given.append_column("z", pa.array(np.sort(given["y"].to_numpy())))
    found = figures(fitted('"multilevel"\noutcome = "z"\ngroup = "school"', level))
    assert found["between groups", "variance"] == 0


CHANCE = np.random.default_rng(11)
X, Y = CHANCE.normal(size=60), CHANCE.normal(size=60)
SEX = ["F", "M"] * 30
ONE = [1.0] + [0.0] * 59
YES = [1.0 if number % 3 else 0.0 for number in range(60)]
OUTLIER = np.append(X[:-1], 40.0)


@pytest.mark.parametrize(
    ("measure", "columns", "expected"),
    [
        ('"ols"\noutcome = "y"\nterms = ["x"]\ncategories = ["sex"]', {"sex": SEX, "y": Y, "x": X}, set()),
        # One person has a term of their own: the estimate is the rest of their outcome.
        ('"ols"\noutcome = "y"\nterms = ["x"]', {"y": Y, "x": ONE}, {rules.TERM, rules.LEVERAGE, rules.SATURATED}),
        (
            '"ols"\noutcome = "y"\ncategories = ["sex"]',
            {"sex": ["X"] * 5 + SEX[5:], "y": Y},
            {rules.THRESHOLD, rules.SATURATED},
        ),
        ('"ols"\noutcome = "y"\nterms = ["x"]', {"y": Y, "x": OUTLIER}, {rules.LEVERAGE}),
        # One outcome outweighs the rest of its level.
        (
            '"ols"\noutcome = "y"\ncategories = ["sex"]',
            {"sex": SEX, "y": [1e6, *Y[1:]]},
            {rules.LARGEST, rules.NEXT_LARGEST},
        ),
        ('"ols"\noutcome = "y"\nterms = ["x"]', {"y": 3 * X + 1, "x": X}, {rules.EXACT}),
        ('"ols"\noutcome = "y"\nterms = ["x", "z"]', {"y": Y, "x": X, "z": 2 * X}, {rules.NO_FIT}),
        # A linear model of yes and no tells counts as a logit does.
        ('"ols"\noutcome = "y"\nterms = ["x"]', {"y": [1.0] * 5 + [0.0] * 55, "x": X}, {rules.THRESHOLD, rules.TERM}),
        ('"logit"\noutcome = "y"\nterms = ["x"]\ncategories = ["sex"]', {"sex": SEX, "y": YES, "x": X}, set()),
        # Perfect prediction: all girls, and nobody else, have the outcome.
        (
            '"logit"\noutcome = "y"\ncategories = ["sex"]',
            {"sex": SEX, "y": [1.0, 0.0] * 30},
            {rules.GROUP, rules.NO_FIT},
        ),
        ('"logit"\noutcome = "y"\nterms = ["x"]', {"y": (X > 0).astype(float), "x": X}, {rules.NO_FIT}),
        ('"logit"\noutcome = "y"\nterms = ["x"]', {"y": [1.0] * 60, "x": X}, {rules.NO_FIT}),
        (
            '"multilevel"\noutcome = "y"\nterms = ["x"]\ngroup = "g"',
            {"y": Y, "x": X, "g": ["a", "b"] * 30},
            {rules.FREEDOM, rules.UNIT, rules.UNIT_LARGEST, rules.UNIT_NEXT_LARGEST},
        ),
        ('"ols"\noutcome = "y"\nterms = ["x"]', {"y": Y[:11], "x": X[:11]}, {rules.FREEDOM}),
        # Of a level that the outcome begins at nobody outweighs the rest, and what is left open is one person's.
        (
            '"ols"\noutcome = "y"\nterms = ["x"]',
            {"y": [8.0, *(1 + Y[1:] / 100)], "x": X},
            {rules.LARGEST, rules.NEXT_LARGEST},
        ),
        (
            '"multilevel"\noutcome = "y"\nterms = ["x"]\ngroup = "g"',
            {"y": [8.0, *(1 + Y[1:] / 100)], "x": X, "g": list("abcdefghijkl") * 5},
            {rules.LARGEST, rules.NEXT_LARGEST},
        ),
    ],
    ids=["sound", "one person's term", "small level", "leverage", "dominated", "exact", "collinear", "linear of two",
         "sound logit", "perfect level", "separated", "no outcome", "two groups", "little freedom", "one residual",
         "one residual among groups"],
)  # fmt: skip
def test_what_a_few_could_be_read_from_is_stopped_by_name(
    measure: str, columns: dict[str, Any], expected: set[str]
) -> None:
    found = stopped_by(measure, rows(**columns))
    assert found >= expected
    assert bool(found) is bool(expected)


@pytest.mark.parametrize("people", [9, 12, 13, 40])
def test_acro_stops_no_model_that_we_pass_and_its_own_rule_is_the_same(people: int) -> None:
    """acro 1.0.2 asks of a regression only for residual degrees of freedom; x and the intercept are two parameters."""
    import acro  # type: ignore[import-untyped]

    given = rows(y=Y[:people], x=X[:people])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = acro.ACRO(suppress=False)
        session.ols(pd.DataFrame({"y": Y[:people]})["y"], pd.DataFrame({"c": 1.0, "x": X[:people]}))
    [record] = session.results.results.values()
    theirs = record.status == "pass"
    ours = fitted('"ols"\noutcome = "y"\nterms = ["x"]', given)
    # Theirs counts the estimates, ours the variance too: one degree stricter, and never the other way.
    freedom = people - (ours.evidence.estimated - 1)
    assert theirs is (freedom >= PARAMETERS.freedom)
    assert theirs or not judge(ours, PARAMETERS).passed


@pytest.mark.parametrize("people", [0, 1, 2, 12])
@pytest.mark.parametrize("asked", ['"ols"', '"logit"', '"multilevel"\ngroup = "g"'])
def test_a_model_of_hardly_anybody_is_stopped_and_stored(asked: str, people: int) -> None:
    """Also where the outcome is nothing but the term, so that no likelihood is finite."""
    marks = pa.array([float(at % 2) for at in range(people)], pa.float64())
    labels = {name: pa.array(SEX[:people], pa.string()) for name in ("sex", "g")}
    given = rows(**labels, y=marks, x=marks)
    found = stopped_by(f'{asked}\noutcome = "y"\nterms = ["x"]\ncategories = ["sex"]', given)
    assert found & {rules.EMPTY, rules.THRESHOLD, rules.NO_FIT, rules.EXACT}


def test_people_without_a_value_are_in_no_figure_and_in_no_comparison() -> None:
    given = rows(sex=SEX, y=pa.array([None, *Y[1:]], pa.float64()), x=pa.array([*X[:-1], None], pa.float64()))
    declared = study('"ols"\noutcome = "y"\nterms = ["x"]\ncategories = ["sex"]').table
    table = tabulate(given, declared)
    assert table.people == 58
    assert behind(given, declared, table, PARAMETERS).num_rows == 58
    assert (told_over(table), told_levels(table)) == (("sex",), ((0,), ()))


@pytest.mark.parametrize(
    ("measure", "code"),
    [
        ('"ols"\nterms = ["x"]', "study-column"),
        ('"ols"\noutcome = "y"', "study-terms"),
        ('"ols"\noutcome = "y"\nterms = "x"', "study-list"),
        ('"ols"\noutcome = "y"\nterms = ["x", "x"]', "study-twice"),
        ('"ols"\noutcome = "y"\nterms = ["y"]', "study-twice"),
        ('"ols"\noutcome = "ppid"\nterms = ["x"]', "study-column"),
        ('"ols"\noutcome = "y"\nterms = ["x"]\ngroup = "g"', "study-column"),
        ('"ols"\noutcome = "y"\nterms = ["x"]\nvalue = "v"', "study-column"),
        ('"ols"\noutcome = "y"\nterms = ["x"]\nsuppress = true', "study-column"),
        ('"ols"\noutcome = "y"\ncategories = ["term"]', "study-column"),
        ('"multilevel"\noutcome = "y"\nterms = ["x"]', "study-column"),
        ('"survival"\ntime = "t"\nevent = "e"', "study-points"),
        ('"survival"\ntime = "t"\nevent = "e"\npoints = [2, 1]', "study-points"),
        ('"survival"\ntime = "t"\npoints = [1, 2]', "study-column"),
        ('"survival"\ntime = "t"\nevent = "e"\npoints = [1]\ndimensions = ["time"]', "study-column"),
        ('"mean"\nvalue = "v"\ndimensions = ["a"]\noutcome = "y"', "study-unknown-key"),
    ],
)
def test_a_model_that_cannot_be_is_refused_by_name(measure: str, code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        study(measure)
    assert {reason.code for reason in refused.value.reasons} == {code}
    assert all(reason.mend for reason in refused.value.reasons)


def test_an_outcome_of_a_logit_is_yes_or_no_and_is_not_quoted() -> None:
    with pytest.raises(InputRefused) as refused:
        fitted('"logit"\noutcome = "y"\nterms = ["x"]', rows(y=Y, x=X))
    [reason] = refused.value.reasons
    assert (reason.code, reason.where) == ("table-number", "y")
