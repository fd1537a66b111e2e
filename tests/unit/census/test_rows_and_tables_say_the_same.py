"""The rules find the same in the rows the reader met as in the tables it made of them, in sound and faulty returns."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rollbook.dataplane.census.examples import failing, model_return, passing
from rollbook.dataplane.census.generator.defects import DEFECTS
from rollbook.dataplane.census.generator.make import Order, make_up
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.rulebook.sieve import suspects
from rollbook.dataplane.census.rules import RULES, check, rules_for
from rollbook.dataplane.census.ruling import CheckContext, Model, ReturnView

CONTEXT = CheckContext(now=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("number", RULES)
def test_the_examples_of_each_rule(number: str) -> None:
    rule = RULES[number]
    if rule.model is Model.SCHOOL:  # the other forms have tables only
        agree(passing(rule))
        agree(failing(rule))


@pytest.mark.parametrize("seed", range(3))
def test_made_up_returns_with_every_defect(seed: int) -> None:
    made = make_up(Order(pupils=600, schools=3, seed=seed), dict.fromkeys(DEFECTS, 2))
    for one in made.returns:
        agree(made.xml(one))


def test_a_sound_return_is_judged_without_a_look_at_any_pupil() -> None:
    parsed = read_return(model_return(), "school.xml")
    view = ReturnView(parsed, CONTEXT)
    found = suspects(view, rules_for(parsed.form))
    assert found is not None
    assert not found.any()


def agree(data: bytes) -> None:
    parsed = read_return(data, "school.xml")
    assert parsed.records is not None
    assert check(parsed, CONTEXT) == check(replace(parsed, records=None), CONTEXT)
