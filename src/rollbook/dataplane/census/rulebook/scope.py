"""Which returns a rule is asked of: the three school censuses, the early years census, and what schools hand on."""

from enum import StrEnum
from typing import Final

from rollbook.dataplane.census.formats import ctf, early, roster_names
from rollbook.dataplane.census.parsed import Form
from rollbook.dataplane.census.profile import Group
from rollbook.dataplane.census.rulebook.derivation import DerivedRule, Kind, collections_of, leaves_of
from rollbook.dataplane.census.ruling import Rule
from rollbook.kernel.terms import Term


class Return(StrEnum):
    """A return that rules are asked of. The value is what addresses and lists call it."""

    AUTUMN = "sc-aut"
    SPRING = "sc-spr"
    SUMMER = "sc-sum"
    EARLY = "eyc"
    TRANSFER = "ctf"
    ROSTER = "oneroster"


NAMES: Final = {
    Return.AUTUMN: "School census, autumn",
    Return.SPRING: "School census, spring",
    Return.SUMMER: "School census, summer",
    Return.EARLY: "Early years census",
    Return.TRANSFER: "Common transfer file",
    Return.ROSTER: "OneRoster set",
}
FORMS_OF: Final = {
    Return.EARLY: Form.EARLY_XML, Return.TRANSFER: Form.CTF, Return.ROSTER: Form.ONEROSTER_1_2,
}  # fmt: skip
_TERMS: Final = {Term.AUTUMN: Return.AUTUMN, Term.SPRING: Return.SPRING, Term.SUMMER: Return.SUMMER}
_ROSTER: Final = Group({**roster_names.USER, **roster_names.DEMOGRAPHICS})
_CARRIED: Final = {
    Return.EARLY: leaves_of(early.CHILD) | {leaf.field for leaf in early.SETTING.values()},
    Return.TRANSFER: leaves_of(ctf.PUPIL),
    Return.ROSTER: leaves_of(_ROSTER),
}
_WHEN_UNREAD: Final = frozenset({Kind.NUMBER, Kind.DAY})


def of_numbered(rule: Rule, forms: frozenset[Form]) -> tuple[Return, ...]:
    """The returns of a numbered rule that is asked of these forms."""
    terms = tuple(found for term, found in _TERMS.items() if term in rule.terms and Form.SCHOOL_XML in forms)
    return terms + tuple(found for found, form in FORMS_OF.items() if form in forms)


def of_derived(rule: DerivedRule) -> tuple[Return, ...]:
    """The returns of a rule that follows from the catalogue."""
    carried = [found for found, items in _CARRIED.items() if rule.item in items]
    if rule.kind not in _WHEN_UNREAD:
        carried = [found for found in carried if found is Return.EARLY and rule.kind is not Kind.NOT_ASKED]
    terms = {code.rpartition("-")[0] for code in collections_of(rule)}
    return (*(found for found in _TERMS.values() if found.value in terms), *carried)
