"""Every rule's own examples: the first must not break it, the second must."""

from datetime import UTC, datetime

import pytest

from rollbook.dataplane.census.examples import failing, model_return, passing
from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.rules import RULES, check
from rollbook.dataplane.census.ruling import CheckContext, Model, Rule

CONTEXT = CheckContext(now=datetime(2025, 2, 1, tzinfo=UTC))


def broken(data: bytes) -> set[str]:
    return {issue.rule for issue in check(read_any(data, "example.xml"), CONTEXT)}


@pytest.mark.parametrize("model", Model)
def test_a_model_return_breaks_no_rule(model: Model) -> None:
    assert check(read_any(model_return(model), "model.xml"), CONTEXT) == ()


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_passing_example_passes(rule: Rule) -> None:
    assert rule.id not in broken(passing(rule))


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_failing_example_fails(rule: Rule) -> None:
    assert rule.id in broken(failing(rule))


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_rule_says_what_and_how_to_mend(rule: Rule) -> None:
    assert rule.message
    assert rule.mend.endswith(".")
    assert rule.source
    assert rule.find.__doc__


def test_every_numbered_rule_stands_once() -> None:
    numbers = [f"PT-{n:03d}" for n in range(1, 49) if n != 11]
    numbers += ["PT-011a", "PT-011b", "PT-049", "PT-050a", "PT-050b"]
    numbers += [f"PT-051{letter}" for letter in "abcd"] + [f"PT-052{letter}" for letter in "abc"]
    numbers += [f"EY-{n:03d}" for n in range(1, 11)]
    assert set(numbers) <= set(RULES)
