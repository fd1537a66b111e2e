"""A model on few people, or with figures that are about a few of them, is stopped; edges as in the sources."""

from dataclasses import replace
from typing import Any

import pytest

from rollbook.sdc import rules
from rollbook.sdc.judging import failed_at, judge, replays, shown, table_from
from rollbook.sdc.measured import HELD_BACK
from rollbook.sdc.models import LOGIT, MULTILEVEL, OLS, Model, ModelEvidence, ModelTable, Row
from rollbook.sdc.rules import MODELS_RULE_SET, SdcParameters
from rollbook.sdc.tables import Cell, FrequencyTable

SOUND = ModelEvidence(
    people=1000,
    estimated=3,
    groups=0,
    fitted=True,
    leverage=0.01,
    explained=0.4,
    patterns=900,
    fewest=1,
    away=(("score", 990), ("reading", 950)),
    tables=(),
)


def table(kind: str = OLS, **changes: Any) -> ModelTable:
    model = Model(kind, "score", ("reading",), ("sex",), "school" if kind == MULTILEVEL else "")
    rows = (Row("intercept", "estimate", 1.23456, 1000), Row("sex = M", "estimate", -0.17, 480))
    return ModelTable(model, replace(SOUND, **changes), rows)


def stopped_by(one: ModelTable) -> set[str]:
    return {failure.rule for failure in judge(one, SdcParameters()).failures}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        # acro 1.0.2: residual degrees of freedom below 10; DataSHIELD: more than 0.33 parameters a person.
        ({"people": 12, "estimated": 2}, set()),
        ({"people": 11, "estimated": 2}, {rules.FREEDOM}),
        ({"people": 9, "estimated": 1}, {rules.THRESHOLD, rules.FREEDOM}),
        ({"people": 100, "estimated": 33}, set()),
        ({"people": 100, "estimated": 34}, {rules.PARAMETERS}),
        ({"people": 1000, "estimated": 995, "fewest": 10}, {rules.FREEDOM, rules.PARAMETERS}),
        # Huber: safe up to 0.2.
        ({"leverage": 0.199}, set()),
        ({"leverage": 0.2}, {rules.LEVERAGE}),
        ({"explained": 0.9989}, set()),
        ({"explained": 0.9991}, {rules.EXACT}),
        # Of what is left open nine tenths are two people's; or the largest is all but a tenth of itself alone.
        ({"left": (100.0, 50.0, 39.9)}, set()),
        ({"left": (100.0, 50.0, 40.0)}, {rules.LARGEST}),
        ({"left": (100.0, 92.0, 0.1)}, {rules.LARGEST, rules.NEXT_LARGEST}),
        ({"fitted": False}, {rules.NO_FIT}),
        ({"away": (("score", 990), ("reading", 10))}, set()),
        ({"away": (("score", 990), ("reading", 9))}, {rules.TERM}),
        # A combination of few matters only where each has an estimate of its own.
        ({"patterns": 4, "fewest": 9}, set()),
        ({"patterns": 3, "fewest": 9}, {rules.SATURATED}),
        ({"patterns": 3, "fewest": 10}, set()),
    ],
    ids=lambda one: " ".join(sorted(one)),  # a set has no order, and test processes must agree
)
def test_the_edges(changes: dict[str, Any], expected: set[str]) -> None:
    assert stopped_by(table(**changes)) == expected


def test_the_variance_between_few_groups_is_stopped_and_only_its_row_named() -> None:
    assert stopped_by(table(MULTILEVEL, groups=11)) == set()
    [failure] = judge(table(MULTILEVEL, groups=10), SdcParameters()).failures
    assert (failure.rule, failure.labels) == (rules.FREEDOM, (("term", "between groups"),))


def test_a_level_is_judged_as_the_cell_that_its_estimate_tells() -> None:
    cells = [("F", "0", 300), ("F", "1", 220), ("M", "0", 471), ("M", "1", 9)]
    levels = FrequencyTable(("sex", "score"), tuple(Cell((a, b), n, n) for a, b, n in cells), 1000)
    few = table(LOGIT, tables=(levels,))
    [failure] = judge(few, SdcParameters()).failures
    assert failure.message == "SDC-THRESHOLD: sex = M, score = 1: below 10"
    assert failed_at(few, judge(few, SdcParameters())) == {("sex = M", "estimate"): (rules.THRESHOLD,)}
    # A level all of whose people have one outcome is predicted without error, and says it of each of them.
    whole = FrequencyTable(("sex", "score"), levels.cells[:3], 991)
    assert stopped_by(table(LOGIT, tables=(whole,))) == {rules.GROUP}


def test_a_model_that_is_stopped_shows_no_figure_and_replays() -> None:
    few = table(leverage=0.5)
    assert {text for _, text in shown(few, SdcParameters())} == {HELD_BACK}
    verdict = judge(few, SdcParameters())
    assert verdict.rule_set == MODELS_RULE_SET
    assert verdict.as_data()["parameters"]["leverage"] == 0.2  # type: ignore[index]
    assert replays(type(verdict).from_data(verdict.as_data()), table_from(few.as_data()))
    assert dict(shown(table(), SdcParameters())) == {
        ("intercept", "estimate"): "1.235",
        ("sex = M", "estimate"): "-0.17",
    }


def test_every_rule_of_models_says_what_it_is_for() -> None:
    named = {value for name, value in vars(rules).items() if isinstance(value, str) and value.startswith("SDC-")}
    not_of_models = {rules.ZERO, rules.EXTREME, rules.SIDES, rules.HELD_BY_ALL}
    assert set(rules.rules_of(MODELS_RULE_SET)) == named - not_of_models


@pytest.mark.parametrize(("kind", "group"), [("probit", ""), (OLS, "school"), (MULTILEVEL, "")])
def test_what_cannot_be_a_model_is_none(kind: str, group: str) -> None:
    with pytest.raises(ValueError, match="model"):
        Model(kind, "score", ("reading",), (), group)
