"""On which ground an adult may act for a child. A ground that is not in force, or is unknown, grants nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Basis(StrEnum):
    """The recorded ground. The first six follow the NHS validated relationships service, the last two are ours."""

    PARENTAL_RESPONSIBILITY = "parental-responsibility"
    CONSENT = "consent"
    BEST_INTEREST = "best-interest"
    LASTING_POWER_OF_ATTORNEY = "health-and-welfare-lasting-power-of-attorney"
    DEPUTY = "court-appointed-personal-welfare-deputy"
    UNKNOWN = "UNK"
    CARE_ORDER = "care-order"
    EDUCATION_LAW_PARENT = "education-law-parent"


class Deed(StrEnum):
    """What a ground can allow."""

    SEE = "see"
    CHOOSE = "choose"


@dataclass(frozen=True, slots=True)
class BasisRule:
    """What a ground grants, between which of the child's ages, and which evidence a person must have looked at."""

    words: str
    law: str
    grants: frozenset[Deed]
    evidence: Sequence[str]
    from_age: int = 0
    until_age: int | None = None
    needs_end: bool = False
    valid_from: date = date(1991, 10, 14)
    valid_to: date | None = None


_ALL = frozenset(Deed)
_SEE = frozenset({Deed.SEE})

BASES: Mapping[Basis, BasisRule] = {
    Basis.PARENTAL_RESPONSIBILITY: BasisRule(
        "Parental responsibility",
        "Children Act 1989 s.3",
        _ALL,
        ("birth-certificate", "court-order", "parental-responsibility-agreement", "adoption-certificate"),
        until_age=18,
    ),
    Basis.CARE_ORDER: BasisRule(
        "Local authority with a care order",
        "Children Act 1989 s.33",
        _ALL,
        ("court-order",),
        until_age=18,
    ),
    Basis.EDUCATION_LAW_PARENT: BasisRule(
        "Has care of the child, without parental responsibility",
        "Education Act 1996 s.576",
        _SEE,
        ("school-admission-record", "signed-statement"),
        until_age=18,
        valid_from=date(1996, 11, 1),
    ),
    Basis.CONSENT: BasisRule(
        "Chosen by the young person",
        "UK GDPR Art. 12: someone who shows written authority may act",
        _ALL,
        ("signed-authority",),
        from_age=12,
        needs_end=True,
        valid_from=date(2018, 5, 25),
    ),
    Basis.BEST_INTEREST: BasisRule(
        "Decided to be in the child's best interests",
        "Mental Capacity Act 2005 s.4",
        _SEE,
        ("recorded-decision",),
        needs_end=True,
        valid_from=date(2007, 10, 1),
    ),
    Basis.LASTING_POWER_OF_ATTORNEY: BasisRule(
        "Lasting power of attorney for health and welfare",
        "Mental Capacity Act 2005 s.9",
        _ALL,
        ("registered-power",),
        from_age=18,
        valid_from=date(2007, 10, 1),
    ),
    Basis.DEPUTY: BasisRule(
        "Deputy for personal welfare appointed by a court",
        "Mental Capacity Act 2005 s.16",
        _ALL,
        ("court-order",),
        from_age=16,
        valid_from=date(2007, 10, 1),
    ),
    Basis.UNKNOWN: BasisRule("Not known", "none", frozenset(), ()),
}

EVIDENCE_WORDS: Mapping[str, str] = {
    "birth-certificate": "Full birth certificate that names the adult",
    "court-order": "Court order",
    "parental-responsibility-agreement": "Registered parental responsibility agreement",
    "adoption-certificate": "Adoption certificate",
    "school-admission-record": "School's admission record",
    "signed-statement": "Signed statement of who has care of the child",
    "signed-authority": "Authority signed by the young person",
    "recorded-decision": "Recorded decision with its reasons",
    "registered-power": "Registered power of attorney",
}


def basis_of(code: str) -> Basis:
    """The ground with this code; anything else is unknown, which grants nothing."""
    return Basis(code) if code in set(Basis) else Basis.UNKNOWN


# How a member of school staff makes sure who stands before them. A school need not ask for papers of people it knows.
IDENTITY_CHECKS: Mapping[str, str] = {
    "passport": "Passport",
    "driving-licence": "Driving licence",
    "other-photo-id": "Another document with a photograph",
    "known-to-me": "I have known this person for a long time, by this name",
}
