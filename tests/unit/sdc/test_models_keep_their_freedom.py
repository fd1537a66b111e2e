"""A model on few people, or with nearly as many parameters as people, is stopped; edges as in the sources."""

import pytest

from rollbook.sdc.models import judge_model
from rollbook.sdc.rules import FREEDOM, PARAMETERS, THRESHOLD, SdcParameters


@pytest.mark.parametrize(
    ("people", "estimated", "stopped_by"),
    [
        (12, 2, set()),
        (11, 2, {FREEDOM}),
        (9, 1, {THRESHOLD, FREEDOM}),
        (100, 33, set()),
        (100, 34, {PARAMETERS}),
        (1000, 995, {FREEDOM, PARAMETERS}),
    ],
)
def test_the_edges(people: int, estimated: int, stopped_by: set[str]) -> None:
    verdict = judge_model(people, estimated, SdcParameters())
    assert {failure.rule for failure in verdict.failures} == stopped_by
    assert verdict.passed is not bool(stopped_by)


@pytest.mark.parametrize(("people", "estimated"), [(-1, 1), (10, 0)])
def test_what_cannot_be_a_model_is_not_judged(people: int, estimated: int) -> None:
    with pytest.raises(ValueError, match="model"):
        judge_model(people, estimated, SdcParameters())
