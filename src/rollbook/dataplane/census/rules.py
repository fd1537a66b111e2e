"""The rules a return is checked against, and the one function that applies them.

Checked against the Rollbook profile; that is not a claim to match the Department's own validation, whose sheets have
not been compared. Section numbers and sources stand with each rule.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from rollbook.dataplane.census.parsed import Form, ParsedReturn
from rollbook.dataplane.census.rulebook import (
    characteristics,
    derived,
    early,
    form,
    header,
    identity,
    school,
    status,
    support,
)
from rollbook.dataplane.census.rulebook.derivation import JUDGED_IN_PART, DerivedRule
from rollbook.dataplane.census.rulebook.derived_rules import derived_rules
from rollbook.dataplane.census.rulebook.scope import Return, of_derived, of_numbered
from rollbook.dataplane.census.rulebook.sieve import suspects
from rollbook.dataplane.census.ruling import CheckContext, Issue, ReturnView, Rule, Severity

_SECTIONS: Final = (header, school, identity, characteristics, status, support, form, early)
_RANK: Final = {Severity.ERROR: 0, Severity.QUERY: 1, Severity.DROPPED: 2}
NUMBERED: Final[Mapping[str, Rule]] = MappingProxyType(
    {rule.id: rule for section in _SECTIONS for rule in section.RULES}
)
DERIVED: Final[Mapping[str, DerivedRule]] = MappingProxyType({rule.id: rule for rule in derived_rules()})
RULES: Final[Mapping[str, Rule]] = MappingProxyType({**NUMBERED, **DERIVED})

_OF_EARLY: Final = frozenset(rule.id for rule in early.RULES)
_OF_SCHOOL: Final = frozenset(NUMBERED) - _OF_EARLY

# A rule of one collection says nothing about a file of another kind: those are checked by what is true of any pupil.
_ANY_PUPIL: Final = frozenset({"PT-020", "PT-021", "PT-023", "PT-024", "PT-041", "PT-060", "PT-061", "PT-062"})
_ANY_UPN: Final = frozenset({"PT-015", "PT-017", "PT-018", "PT-019"})
# EY-008 says of a child's UPN, in one finding, what four rules say of a pupil's; EY-002 what PT-037 says of hours.
_EARLY: Final = _OF_EARLY | _ANY_PUPIL | {
    "PT-001", "PT-003", "PT-004", "PT-005", "PT-006", "PT-025", "PT-026", "PT-030",
}  # fmt: skip
_TRANSFER: Final = _ANY_PUPIL | _ANY_UPN | {"PT-006", "PT-014", "PT-016", "PT-025", "PT-026"}
_ROSTER: Final = _ANY_PUPIL | _ANY_UPN | {"PT-016", "PT-026"}
_BY_FORM: Final[Mapping[Form, frozenset[str]]] = MappingProxyType(
    {
        Form.SCHOOL_XML: _OF_SCHOOL, Form.FLAT_TABLES: _OF_SCHOOL,
        Form.EARLY_XML: _EARLY, Form.EARLY_CSV: _EARLY, Form.CTF: _TRANSFER,
        Form.ONEROSTER_1_1: _ROSTER, Form.ONEROSTER_1_2: _ROSTER,
    }
)  # fmt: skip


@cache
def rules_for(form: Form) -> tuple[Rule, ...]:
    """The numbered rules that a file of this form is checked against, in order."""
    return tuple(rule for rule in NUMBERED.values() if rule.id in _BY_FORM[form])


@cache
def returns_of(number: str) -> tuple[Return, ...]:
    """The returns that a rule is asked of."""
    if number in DERIVED:
        return of_derived(DERIVED[number])
    return of_numbered(RULES[number], frozenset(form for form, asked in _BY_FORM.items() if number in asked))


def check(parsed: ParsedReturn, context: CheckContext | None = None) -> tuple[Issue, ...]:
    """Every issue of a return, errors first, then by line. Empty means nothing is wrong and nothing was dropped."""
    view = ReturnView(parsed, context or CheckContext())
    asked = [rule for rule in rules_for(parsed.form) if rule.applies(view.day) and rule.asked_in(view.term)]
    if parsed.form is Form.SCHOOL_XML and parsed.records is None:
        view.suspects = suspects(view, asked)
    issues = _without_echoes([issue for rule in asked for issue in rule.issues(view)], parsed)
    issues += _derived(view, issues)
    return tuple(sorted(issues, key=lambda issue: (_RANK[issue.severity], issue.line, issue.rule)))


def _without_echoes(issues: list[Issue], parsed: ParsedReturn) -> list[Issue]:
    """One finding for one fault: a value that could not be read is not called missing as well."""
    if not parsed.faults:
        return issues
    unread = {(fault.pupil_no, fault.field): fault.rule for fault in parsed.faults}
    return [one for one in issues if unread.get((one.pupil_no, one.field), one.rule) == one.rule]


def _derived(view: ReturnView, numbered: list[Issue]) -> list[Issue]:
    """What follows from the catalogue, but for what a numbered rule has told in the same place."""
    found = [DERIVED[number].told(finding) for number, finding in derived.findings(view)]
    told = {(one.rule, one.pupil_no, one.field) for one in numbered} if found else set()
    return [one for one in found if (JUDGED_IN_PART.get(one.field), one.pupil_no, one.field) not in told]


def has_errors(issues: Iterable[Issue]) -> bool:
    """Whether the return must be refused whole."""
    return any(issue.severity is Severity.ERROR for issue in issues)
