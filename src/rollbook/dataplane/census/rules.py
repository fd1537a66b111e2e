"""The rules a return is checked against, and the one function that applies them.

Checked against the Rollbook profile; that is not a claim to match the Department's own validation, whose sheets have
not been compared. Section numbers and sources stand with each rule.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.rulebook import characteristics, form, header, identity, school, status, support
from rollbook.dataplane.census.ruling import CheckContext, Issue, ReturnView, Rule, Severity

_SECTIONS: Final = (header, school, identity, characteristics, status, support, form)
_RANK: Final = {Severity.ERROR: 0, Severity.QUERY: 1, Severity.DROPPED: 2}
RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.id: rule for section in _SECTIONS for rule in section.RULES})


def check(parsed: ParsedReturn, context: CheckContext | None = None) -> tuple[Issue, ...]:
    """Every issue of a return, errors first, then by line. Empty means nothing is wrong and nothing was dropped."""
    view = ReturnView(parsed, context or CheckContext())
    issues = [issue for rule in RULES.values() if rule.applies(view.day) for issue in rule.issues(view)]
    return tuple(sorted(issues, key=lambda issue: (_RANK[issue.severity], issue.line, issue.rule)))


def has_errors(issues: Iterable[Issue]) -> bool:
    """Whether the return must be refused whole."""
    return any(issue.severity is Severity.ERROR for issue in issues)
