"""Every rule is stated over landed rows as well, or says why not; the examples of a rule mean the same in both."""

from collections import defaultdict
from pathlib import Path

from rollbook.dataplane.census.examples import edited
from rollbook.dataplane.census.landed_forms import NotLanded
from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.rules import RULES
from tests.landed import BOTH, as_checked, as_landed


def test_every_rule_has_both_forms_or_says_why_not() -> None:
    for rule in RULES.values():
        assert rule.landed != (), rule.id
        assert not isinstance(rule.landed, NotLanded) or rule.landed.why, rule.id


def test_the_examples_of_each_rule_mean_the_same_over_landed_rows(tmp_path: Path) -> None:
    by_collection: defaultdict[str, list[ParsedReturn]] = defaultdict(list)
    for number in sorted(BOTH):
        for edits in (RULES[number].example_pass, RULES[number].example_fail):
            parsed = read_return(edited(edits), "school.xml")
            if not parsed.faults:
                by_collection[parsed.header.collection_code].append(parsed)
    told = set()
    for returns in by_collection.values():
        found = as_landed(returns, tmp_path)
        assert found == as_checked(returns)
        told |= {rule for _, rule, *_ in found}
    assert told == BOTH
