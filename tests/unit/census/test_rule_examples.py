"""Every rule's own examples: the first must not break it, the second must."""

from datetime import UTC, datetime

import pytest

from rollbook.dataplane.census.examples import edited, model_return
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.rules import RULES, check
from rollbook.dataplane.census.ruling import CheckContext, Rule

CONTEXT = CheckContext(now=datetime(2025, 2, 1, tzinfo=UTC))


def broken(edits: tuple[str, ...]) -> set[str]:
    return {issue.rule for issue in check(read_return(edited(edits), "example.xml"), CONTEXT)}


def test_the_model_return_breaks_no_rule() -> None:
    assert check(read_return(model_return(), "model.xml"), CONTEXT) == ()


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_passing_example_passes(rule: Rule) -> None:
    assert rule.id not in broken(rule.example_pass)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_failing_example_fails(rule: Rule) -> None:
    assert rule.id in broken(rule.example_fail)


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
    assert set(numbers) <= set(RULES)
