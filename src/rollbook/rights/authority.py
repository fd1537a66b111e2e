"""Whether an adult's recorded authority allows a deed today. The only place where this is decided."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rollbook.rights.ages import age_on
from rollbook.rights.bases import BASES, BasisRule, Deed, basis_of


class Standing(StrEnum):
    """How an authority stands for one deed. Only `ACTIVE` allows it; the refused never learn which it was."""

    ACTIVE = "active"
    STOPPED = "stopped"
    NO_BASIS = "no-basis"
    NOT_GRANTED = "not-granted"
    NOT_YET = "not-yet"
    ENDED = "ended"
    NO_END = "no-end"
    AGE_UNKNOWN = "age-unknown"
    CHILD_TOO_YOUNG = "child-too-young"
    CHILD_TOO_OLD = "child-too-old"


@dataclass(frozen=True, slots=True)
class Authority:
    """What is recorded: ground, from which day, to which day (included), and whether a safeguarding stop is on it."""

    basis: str
    starts: date
    ends: date | None
    stopped: bool


def standing(authority: Authority, deed: Deed, born: date | None, day: date) -> Standing:
    """How `authority` stands on `day` for `deed` about a child born on `born` (None: not known)."""
    rule = BASES[basis_of(authority.basis)]
    if authority.stopped:
        return Standing.STOPPED
    if not rule.grants or not _law_holds(rule, day):
        return Standing.NO_BASIS
    if deed not in rule.grants:
        return Standing.NOT_GRANTED
    if rule.needs_end and authority.ends is None:
        return Standing.NO_END
    if day < authority.starts:
        return Standing.NOT_YET
    if authority.ends is not None and day > authority.ends:
        return Standing.ENDED
    return _by_age(rule, born, day)


def allows(authority: Authority, deed: Deed, born: date | None, day: date) -> bool:
    """Whether `authority` allows `deed` on `day`."""
    return standing(authority, deed, born, day) is Standing.ACTIVE


def _law_holds(rule: BasisRule, day: date) -> bool:
    return rule.valid_from <= day and (rule.valid_to is None or day <= rule.valid_to)


def _by_age(rule: BasisRule, born: date | None, day: date) -> Standing:
    if rule.from_age == 0 and rule.until_age is None:
        return Standing.ACTIVE
    if born is None:
        return Standing.AGE_UNKNOWN
    age = age_on(born, day)
    if age < rule.from_age:
        return Standing.CHILD_TOO_YOUNG
    if rule.until_age is not None and age >= rule.until_age:
        return Standing.CHILD_TOO_OLD
    return Standing.ACTIVE
