"""What a school's data manager sees: its own returns with their receipts, and the ways to check who somebody is."""

from collections.abc import Sequence
from dataclasses import dataclass

from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason
from rollbook.records.models.accounts import School
from rollbook.rights.bases import IDENTITY_CHECKS
from rollbook.services.accounts.schooling import school_of
from rollbook.services.platform.actors import Actor, Role, require_session
from rollbook.services.returns import returns
from rollbook.services.returns.findings import IssueLine
from rollbook.services.returns.receipts import Receipt

PROOFS = tuple(IDENTITY_CHECKS.items())


@dataclass(frozen=True, slots=True)
class SchoolPage:
    """One school and its returns, newest first."""

    name: str
    laestab: str
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How often one rule was broken in a return."""

    rule: str
    message: str
    mend: str
    count: int


def school_page(by: Actor) -> SchoolPage:
    """The asker's own school."""
    laestab = school_of(require_session(by, Role.SCHOOL_DATA_MANAGER))
    school = School.objects.get(pk=laestab)
    return SchoolPage(school.name, school.laestab, returns.returns_of(laestab))


def own_receipt(by: Actor, return_id: str) -> Receipt:
    """One receipt of the asker's own school.

    Raises:
        AccessDenied: code `no-receipt`, alike for another school's return and for none.
    """
    laestab = school_of(require_session(by, Role.SCHOOL_DATA_MANAGER))
    try:
        found = returns.receipt(return_id)
    except InputRefused:
        found = None
    if found is None or found.laestab != laestab:
        raise AccessDenied(Reason("no-receipt", "Your school has no such return"))
    return found


def rules_of(lines: Sequence[IssueLine]) -> tuple[RuleCount, ...]:
    """Findings by rule, in the order of the first of each."""
    first = {one.rule: one for one in reversed(lines)}
    counts = dict.fromkeys((one.rule for one in lines), 0)
    for one in lines:
        counts[one.rule] += 1
    return tuple(RuleCount(rule, first[rule].message, first[rule].mend, count) for rule, count in counts.items())
