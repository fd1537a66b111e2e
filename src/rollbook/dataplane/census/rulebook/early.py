"""EY-001 to EY-010: the early years census, one authority's private, voluntary and independent settings.

Ages are those on the reference date, as the first of the rules says. Nobody outside the project has confirmed these
rules, nor the days on which a kind of place begins.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Final

from rollbook.dataplane.census.codes import codes_of
from rollbook.dataplane.census.gathering import CONTACT_RULE
from rollbook.dataplane.census.landed_forms import NotLanded
from rollbook.dataplane.census.ruling import Finding, Model, Pupil, ReturnView, Severity, rule, where
from rollbook.kernel.terms import age_on
from rollbook.kernel.upn import upn_faults

_NO_EARLY: Final = NotLanded("Only school censuses are run over landed rows.")
_MOST_HOURS: Final = 15
# One or two letters, a digit, perhaps a digit or letter; then a digit and two letters.
_POSTCODE: Final = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}", re.IGNORECASE)
_SAME_CHILD: Final = (
    "C3/ChildIdentifiers/Surname = SPECIMEN", "C3/ChildIdentifiers/Forename = Bo", "C3/ChildIdentifiers/Sex = M",
    "C3/ChildIdentifiers/DOB = 2021-02-11",
)  # fmt: skip


def _age(view: ReturnView, child: Pupil) -> int | None:
    born = child.day("date_of_birth")
    return None if born is None or view.day is None else age_on(born, view.day)


def _hours(child: Pupil, item: str) -> float:
    return child.number(item) or 0


def _aged(view: ReturnView, *ages: int) -> Iterator[Pupil]:
    return (child for child in view.pupils if _age(view, child) in ages)


def _basis(child: Pupil) -> set[str]:
    return {row["funding_basis"] for row in child.rows.get("funding_basis", ()) if row["funding_basis"]}


@rule(
    "EY-001", Severity.ERROR, "Funded child is not aged 2 to 4 on the reference date",
    mend="Correct the date of birth, or give no funded and no extended hours. Children under 2 have expanded hours.",
    source="OWN", fields=("DOB", "FundedHours", "ExtendedHours"), model=Model.EARLY,
    passes=("C3/ChildIdentifiers/DOB = 2020-01-17",), fails=("C3/ChildIdentifiers/DOB = 2020-01-16",),
    landed=_NO_EARLY,
)  # fmt: skip
def funded_age(view: ReturnView) -> Iterator[Finding]:
    """Expanded hours alone do not count: since 2024 working families have them for younger children (DOMAIN). A birth
    after the reference date is told as that.
    """
    for child in view.pupils:
        funded = _hours(child, "funded_hours") > 0 or _hours(child, "extended_hours") > 0
        age = _age(view, child)
        if funded and age is not None and age not in (2, 3, 4) and age >= 0:
            yield child.at("date-of-birth")


@rule(
    "EY-002", Severity.ERROR, "Funded hours are not 0 to 15 in steps of a half",
    mend="Give the free hours a week of the universal place; further hours are extended or expanded hours.",
    source="ASPEN", fields=("FundedHours",), model=Model.EARLY,
    passes=("C3/Attendance/FundedHours = 12.5",), fails=("C3/Attendance/FundedHours = 12.25",),
    landed=_NO_EARLY,
)  # fmt: skip
def funded_hours(view: ReturnView) -> Iterator[Finding]:
    """Judged when given: not every child at a setting has a funded place."""
    for child in view.pupils:
        hours = child.number("funded_hours")
        if hours is not None and not (0 <= hours <= _MOST_HOURS and (hours * 2).is_integer()):
            yield child.at("funded-hours")


@rule(
    "EY-003", Severity.ERROR, "Extended hours without an eligibility code, or for a child who is not 3 or 4",
    mend="Give the code the family was given. A child of 2 of a working family has expanded hours instead.",
    source="OWN", fields=("ExtendedHours", "EligibilityCode", "DOB"), model=Model.EARLY,
    passes=("C2/Attendance/ExtendedHours = 15",), fails=("- C2/ChildCharacteristics/EligibilityCode",),
    landed=_NO_EARLY,
)  # fmt: skip
def extended_hours(view: ReturnView) -> Iterator[Finding]:
    """A child of any other age than 2 to 4 is told by EY-001 already."""
    for child in _aged(view, 2, 3, 4):
        without = child.text("eligibility_code") is None
        if _hours(child, "extended_hours") > 0 and (without or _age(view, child) == 2):
            yield child.at("extended-hours")


@rule(
    "EY-004", Severity.ERROR, "Child of 2 has a funded place and no funding basis",
    mend="Give the basis: ECO (income), HSD (disability or special needs) or LAA (in care or left care).",
    source="OWN", fields=("FundingBasis", "DOB"), model=Model.EARLY,
    passes=("C1/ChildCharacteristics/FundingBases/FundingBasisItem/FundingBasis = LAA",),
    fails=("- C1/ChildCharacteristics/FundingBases",),
    landed=_NO_EARLY,
)  # fmt: skip
def basis_at_two(view: ReturnView) -> Iterator[Finding]:
    """A child whose only hours are expanded ones has the place of a working family, which has no basis (DOMAIN)."""
    for child in _aged(view, 2):
        only_expanded = _hours(child, "expanded_hours") > 0 and not _hours(child, "funded_hours")
        if not _basis(child) and not only_expanded:
            yield child.at("funding-basis")


@rule(
    "EY-005", Severity.ERROR, "Child of 3 or 4 has a funding basis",
    mend="Leave the basis out: it is about the places of children of 2. Or correct the date of birth.",
    source="OWN", fields=("FundingBasis", "DOB"), model=Model.EARLY,
    passes=("C1/ChildIdentifiers/DOB = 2022-01-16",), fails=("C1/ChildIdentifiers/DOB = 2021-12-31",),
    landed=_NO_EARLY,
)  # fmt: skip
def basis_at_three(view: ReturnView) -> Iterator[Finding]:
    """A child who turned 3 since 1 January still has the place of a child of 2 until the next term (DOMAIN)."""
    for child in _aged(view, 3, 4):
        born, day = child.day("date_of_birth"), view.day
        before_term = born is not None and day is not None and age_on(born, date(day.year - 1, 12, 31)) >= 3
        if before_term and _basis(child):
            yield child.at("funding-basis")


@rule(
    "EY-006", Severity.ERROR, "A basis for the early years premium is given, and the premium is not received",
    mend="Set EYPPR to Y, or leave EYPPBF out.",
    source="OWN", fields=("EYPPBF", "EYPPR"), model=Model.EARLY,
    passes=("C2/ChildCharacteristics/EYPPBF = RO",), fails=("C2/ChildCharacteristics/EYPPR = N",),
    landed=_NO_EARLY,
)  # fmt: skip
def premium_received(view: ReturnView) -> Iterator[Finding]:
    """A missing answer is not Y. A code that is not in the list is told where lists are."""
    known = {*codes_of("eypp-receipt", view.header.collection_code), None}

    def broken(child: Pupil) -> bool:
        receipt = child.text("eypp_receipt")
        return child.text("eypp_basis") is not None and receipt != "Y" and receipt in known

    return where(view.pupils, broken, "eypp-receipt")


@rule(
    "EY-007", Severity.ERROR, "Child has more than 15 universal hours in two settings together",
    mend="Ask the two settings how the family shares the hours. The record named here is the child's last one.",
    source="OWN", fields=("FundedHours", "UPN", "Surname", "Forename", "Sex", "DOB"), model=Model.EARLY,
    passes=(*_SAME_CHILD, "C2/Attendance/FundedHours = 5"), fails=_SAME_CHILD,
    landed=_NO_EARLY,
)  # fmt: skip
def hours_together(view: ReturnView) -> Iterator[Finding]:
    """One child by UPN where it is given, else by name, sex and date of birth. Settings are told apart by number."""
    records: defaultdict[tuple[object, ...], list[Pupil]] = defaultdict(list)
    for child in view.pupils:
        if _hours(child, "funded_hours") > 0 and (key := _who(child)) is not None:
            records[key].append(child)
    for found in records.values():
        settings = {_setting(child) for child in found}
        if len(settings) > 1 and sum(_hours(child, "funded_hours") for child in found) > _MOST_HOURS:
            yield found[-1].at("funded-hours")


def _who(child: Pupil) -> tuple[object, ...] | None:
    upn, surname, forename = child.text("upn"), child.text("surname"), child.text("forename")
    if upn is not None:
        return (upn,)
    born = child.day("date_of_birth")
    if surname is None or forename is None or born is None:
        return None
    return (surname.casefold(), forename.casefold(), child.text("sex"), born)


def _setting(child: Pupil) -> tuple[object, ...]:
    return tuple(
        (row["setting_urn"] or row["setting_estab"] or row["setting_name"]) for row in child.rows.get("setting", ())
    )


@rule(
    "EY-008", Severity.ERROR, "UPN given and not valid",
    mend="Look the UPN up with the authority, or leave it out: a child at a setting need not have one.",
    source="OWN", fields=("UPN",), model=Model.EARLY,
    passes=("+ C1/ChildIdentifiers <UPN>M80120000500A</UPN>",),
    fails=("+ C1/ChildIdentifiers <UPN>B801200005002</UPN>",),
    landed=_NO_EARLY,
)  # fmt: skip
def upn_sound(view: ReturnView) -> Iterator[Finding]:
    """Length, characters, check letter and authority in one finding; a temporary UPN is sound."""
    return where(view.pupils, lambda child: bool(upn_faults(child.text("upn") or _SOUND, view.day)), "upn")


_SOUND: Final = "B801200005001"


@rule(
    "EY-009", Severity.ERROR, "Postcode is not formed as postcodes are",
    mend="Write it as on a letter, such as M1 1AE. Give ZZ99 9ZZ where there is none.",
    source="OWN", fields=("PostCode",), model=Model.EARLY,
    passes=("C1/HomeInformation/Address/PostCode = M1 1AE",), fails=("C1/HomeInformation/Address/PostCode = M11 AE",),
    landed=_NO_EARLY,
)  # fmt: skip
def postcode_formed(view: ReturnView) -> Iterator[Finding]:
    """Of the child's home, and of the setting once for each."""
    told: set[int] = set()
    for child in view.pupils:
        for row in child.rows.get("setting", ()):
            if row["line"] not in told and not _formed(row["setting_postcode"]):
                told.add(row["line"])
                yield Finding(row["line"], None, "setting-postcode")
        for row in child.rows.get("address", ()):
            if not _formed(row["postcode"]):
                yield child.at("postcode", row["line"])


def _formed(postcode: str | None) -> bool:
    return postcode is None or _POSTCODE.fullmatch(postcode) is not None


@rule(
    CONTACT_RULE, Severity.DROPPED, "The name of a contact was dropped and the discard recorded",
    mend="Nothing to mend for the return to be taken. Ask the supplier of the system why the name is sent.",
    source="OWN (NPD class 1E)", fields=("ContactSurname", "ContactForename"), model=Model.EARLY,
    passes=(), fails=("+ E1/EstablishmentCharacteristics <ContactSurname>X</ContactSurname>",),
    landed=_NO_EARLY,
)  # fmt: skip
def contacts_gone(view: ReturnView) -> Iterator[Finding]:
    """Gone at the edge: what Rollbook never holds can be in no output."""
    for discard in view.parsed.discards:
        if discard.rule == CONTACT_RULE:
            yield Finding(discard.line, None, discard.element)


RULES = (
    funded_age, funded_hours, extended_hours, basis_at_two, basis_at_three, premium_received, hours_together, upn_sound,
    postcode_formed, contacts_gone,
)  # fmt: skip
