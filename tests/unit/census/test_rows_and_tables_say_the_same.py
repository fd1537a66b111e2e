"""The rules find the same in the rows the reader met as in the tables it made of them, in sound and faulty returns."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rollbook.dataplane.census.examples import failing, passing
from rollbook.dataplane.census.generator.defects import DEFECTS
from rollbook.dataplane.census.generator.make import Order, make_up
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.rules import RULES, check
from rollbook.dataplane.census.ruling import CheckContext, Model

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


def agree(data: bytes) -> None:
    parsed = read_return(data, "school.xml")
    assert parsed.records is not None
    assert check(parsed, CONTEXT) == check(replace(parsed, records=None), CONTEXT)
