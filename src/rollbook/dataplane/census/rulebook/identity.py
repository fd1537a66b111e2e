"""PT-014 to PT-028: every pupil is named by a sound UPN, a name, a sex and a date of birth, once."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from rollbook.dataplane.census.landed_forms import NotLanded, Row
from rollbook.dataplane.census.parsed import Form
from rollbook.dataplane.census.rulebook import identity_landed
from rollbook.dataplane.census.ruling import Finding, Pupil, ReturnView, Severity, rule, where
from rollbook.kernel.terms import previous_census
from rollbook.kernel.upn import LETTERS, UpnFault, uln_ok, upn_faults

_UPN = "P1/PupilIdentifiers/UPN"
_LOOK_UP: Final = "Look the UPN up in the pupil's file from the last school, or ask that school or the authority."
# Lowest age and first age too high, at 31 August. Both bounds of the source read as exclusive, which would flag every
# pupil of the entry year; lower <= age < upper is our reading. Types not listed are not judged.
AGE_RANGES: Final = {
    "03": (2, 11), "04": (2, 13), "05": (8, 13), "09": (12, 17), "12": (13, 20), "21": (11, 17), "22": (11, 20),
    "49": (3, 19), "50": (2, 7), "51": (2, 7),
}  # fmt: skip


def _with_fault(view: ReturnView, *faults: UpnFault) -> Iterator[Finding]:
    for pupil, found in view.upn_faults:
        if not set(faults).isdisjoint(found):
            yield pupil.at("upn")


@rule(
    "PT-014", Severity.ERROR, "UPN missing",
    mend="Give the pupil's UPN, or a temporary one while the real one is being looked for.",
    source="OWN", dfe_ref="1500 (number unverified)", fields=("UPN",), passes=(), fails=(f"- {_UPN}",),
    landed=identity_landed.MISSING,
)  # fmt: skip
def upn_given(view: ReturnView) -> Iterator[Finding]:
    """For leavers too: without a number nobody can say whose history the record belongs to."""
    return where(view.pupils, lambda pupil: pupil.text("upn") is None, "upn")


@rule(
    "PT-015", Severity.ERROR, "UPN check letter is wrong",
    mend=f"One or more characters of the UPN were mistyped. {_LOOK_UP}",
    source="CSCV", dfe_ref="CIN 1510", fields=("UPN",),
    passes=(f"{_UPN} = M80120000500A",), fails=(f"{_UPN} = B801200005002",),
    landed=identity_landed.WRONG_LETTER,
)  # fmt: skip
def upn_letter(view: ReturnView) -> Iterator[Finding]:
    """Permanent and temporary alike."""
    return _with_fault(view, UpnFault.LETTER)


@rule(
    "PT-016", Severity.ERROR, "More than one record with this UPN",
    mend="Two pupils cannot share a UPN. Find out whose it is; merge the two records if they are one pupil.",
    source="CSCV", dfe_ref="CIN 1520", fields=("UPN",),
    passes=(f"{_UPN} = B801200005001",), fails=(f"{_UPN} = B801200005001", "P2/PupilIdentifiers/UPN = B801200005001"),
    landed=identity_landed.TWICE,
)  # fmt: skip
def upn_once(view: ReturnView) -> Iterator[Finding]:
    """In the return, and across the authority when the context can tell. Dual registration (M, S) is no fault."""
    elsewhere = view.context.upn_elsewhere
    seen: set[str] = set()
    for pupil in view.pupils:
        upn = pupil.text("upn")
        if upn is None:
            continue
        only_school = pupil.on_roll and pupil.text("enrol_status") not in ("M", "S")
        if upn in seen or (elsewhere is not None and only_school and elsewhere(upn)):
            yield pupil.at("upn")
        seen.add(upn)


@rule(
    "PT-017", Severity.ERROR, "UPN characters 2 to 4 are not a known LA",
    mend=_LOOK_UP, source="CSCV", dfe_ref="CIN 1530", fields=("UPN",),
    passes=(f"{_UPN} = T380209306001",), fails=(f"{_UPN} = P123456789123",),
    landed=identity_landed.NO_AUTHORITY,
)  # fmt: skip
def upn_authority(view: ReturnView) -> Iterator[Finding]:
    """Authorities that no longer exist are right in a UPN; so are the pseudo authorities."""
    return _with_fault(view, UpnFault.AUTHORITY)


@rule(
    "PT-018", Severity.ERROR, "UPN characters 5 to 12 must be digits",
    mend=_LOOK_UP, source="CSCV", dfe_ref="CIN 1540", fields=("UPN",),
    passes=(f"{_UPN} = M80120000500A",), fails=(f"{_UPN} = B8012000O5001",),
    landed=identity_landed.NO_DIGITS,
)  # fmt: skip
def upn_digits(view: ReturnView) -> Iterator[Finding]:
    """The letter O for the digit 0 is the usual slip."""
    return where(view.pupils, lambda pupil: not _digits((pupil.text("upn") or "0" * 13)[4:12]), "upn")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


@rule(
    "PT-019", Severity.ERROR, "UPN character 13 is not allowed, or the UPN does not have 13 characters",
    mend=f"The last character is a digit, or any letter but I, O and S in a temporary UPN. {_LOOK_UP}",
    source="CSCV", dfe_ref="CIN 1550", fields=("UPN",),
    passes=(f"{_UPN} = L80120000501Z",), fails=(f"{_UPN} = M80120000500S",),
    landed=identity_landed.WRONG_LAST,
)  # fmt: skip
def upn_last(view: ReturnView) -> Iterator[Finding]:
    """Length is judged here because no other rule does."""
    return _with_fault(view, UpnFault.LAST, UpnFault.LENGTH)


@rule(
    "PT-020", Severity.QUERY, "Former UPN wrongly formatted",
    mend=f"Correct the former UPN or leave it out. {_LOOK_UP}",
    source="CSCV, with temporary former UPNs allowed", dfe_ref="CIN 1560Q", fields=("FormerUPN",),
    passes=("+ P1/PupilIdentifiers <FormerUPN>M80120000500A</FormerUPN>",),
    fails=("+ P1/PupilIdentifiers <FormerUPN>A123456789123</FormerUPN>",),
    landed=identity_landed.FORMER_BROKEN,
)  # fmt: skip
def former_upn_form(view: ReturnView) -> Iterator[Finding]:
    """A temporary former UPN is the usual case and right."""
    return where(view.pupils, _former_upn_broken, "former-upn")


def _former_upn_broken(pupil: Pupil) -> bool:
    former = pupil.text("former_upn")
    return former is not None and bool(upn_faults(former))


@rule(
    "PT-021", Severity.ERROR, "Former UPN is the same as the UPN",
    mend="Leave the former UPN out unless the pupil really had another.",
    source="OWN", fields=("FormerUPN", "UPN"),
    passes=("+ P1/PupilIdentifiers <FormerUPN>B801200005001</FormerUPN>",),
    fails=(f"{_UPN} = B801200005001", "+ P1/PupilIdentifiers <FormerUPN>B801200005001</FormerUPN>"),
    landed=identity_landed.FORMER_SAME,
)  # fmt: skip
def former_upn_differs(view: ReturnView) -> Iterator[Finding]:
    """A number is not its own predecessor."""
    return where(
        view.pupils, lambda p: p.text("former_upn") is not None and p.text("former_upn") == p.text("upn"), "former-upn"
    )


@rule(
    "PT-022", Severity.QUERY, "Temporary UPN held for more than one term",
    mend=f"A temporary UPN must be replaced. {_LOOK_UP} Or say why it is still unknown.",
    source="OWN", fields=("UPN", "EntryDate"),
    passes=(f"{_UPN} = M80120000500A", "P1/PupilStatus/EntryDate = 2025-01-06"), fails=(f"{_UPN} = M80120000500A",),
    landed=identity_landed.IN_TWO_ZONES,
)  # fmt: skip
def temporary_upn_replaced(view: ReturnView) -> Iterator[Finding]:
    """On roll since before the census before this one, hence counted at least twice under a stand-in number."""
    if view.term is None or view.day is None:
        return
    before = previous_census(view.term, view.day.year)
    for pupil in view.on_roll:
        upn, entry = pupil.text("upn"), pupil.day("entry_date")
        if upn and upn[-1] in LETTERS and entry is not None and entry <= before:
            yield pupil.at("upn")


@rule(
    "PT-023", Severity.ERROR, "ULN check digit is wrong",
    mend="Look the number up in the Learning Records Service, or leave it out.",
    source="ASPEN, with its sum put right", fields=("UniqueLearnerNumber",),
    passes=("+ P1/PupilIdentifiers <UniqueLearnerNumber>1000000019</UniqueLearnerNumber>",),
    fails=("+ P1/PupilIdentifiers <UniqueLearnerNumber>9999999999</UniqueLearnerNumber>",),
    landed=identity_landed.WRONG_ULN,
)  # fmt: skip
def uln(view: ReturnView) -> Iterator[Finding]:
    """Optional; when given it must be right."""
    given = ((pupil, pupil.text("uln")) for pupil in view.pupils)
    return (pupil.at("uln") for pupil, number in given if number is not None and not uln_ok(number))


@rule(
    "PT-024", Severity.ERROR, "Name missing or not usable",
    mend="Give the pupil's legal surname and first name. Repeat the one name of a pupil who has only one.",
    source="OWN", fields=("Surname", "Forename"),
    passes=("P1/PupilIdentifiers/Surname = O'Sample-Test",), fails=("P1/PupilIdentifiers/Forename = --",),
    landed=identity_landed.NO_NAME,
)  # fmt: skip
def names(view: ReturnView) -> Iterator[Finding]:
    """A name has at least one letter of any script."""
    for pupil in view.pupils:
        for column in ("surname", "forename"):
            if not any(map(str.isalpha, pupil.text(column) or "")):
                yield pupil.at(column)


@rule(
    "PT-025", Severity.ERROR, "Sex missing or invalid",
    mend="Give M or F, as the family declared it.", source="OWN", fields=("Sex",),
    passes=("P1/PupilIdentifiers/Sex = M",), fails=("P1/PupilIdentifiers/Sex = U",),
    landed=(Row("pupil", "sex", "sex IS NULL OR sex NOT IN ('M', 'F')"),),
)  # fmt: skip
def sex(view: ReturnView) -> Iterator[Finding]:
    """The code list has two codes."""
    return where(view.pupils, lambda pupil: pupil.text("sex") not in ("M", "F"), "sex")


@rule(
    "PT-026", Severity.ERROR, "Date of birth missing or after census day",
    mend="Give the date of birth as on the birth certificate.",
    source="CSCV", dfe_ref="CIN 8520", fields=("DOB",),
    passes=("P1/PupilIdentifiers/DOB = 2015-02-28",), fails=("P1/PupilIdentifiers/DOB = 2025-01-17",),
    landed=(Row("pupil", "date-of-birth", lambda s: f"date_of_birth IS NULL OR date_of_birth > {s.census_day}"),),
)  # fmt: skip
def date_of_birth(view: ReturnView) -> Iterator[Finding]:
    """Born on census day is odd, yet possible. A file without a census day is measured by the day of the check; a
    roster need not tell birthdays.
    """
    last = view.day or view.context.now.date()
    needed = view.parsed.form not in (Form.ONEROSTER_1_1, Form.ONEROSTER_1_2)
    for pupil in view.pupils:
        born = pupil.day("date_of_birth")
        if (needed and born is None) or (born is not None and born > last):
            yield pupil.at("date-of-birth")


@rule(
    "PT-027", Severity.QUERY, "Pupil's age is out of range for the school type",
    mend="Check the date of birth, or say why a pupil of this age is at this school.",
    source="ASPEN, entry-year pupils allowed", fields=("DOB", "SchoolType"),
    passes=("S/SchoolType = 21", "P1/PupilIdentifiers/DOB = 2013-08-31", "- P2", "- P3"),
    fails=("P1/PupilIdentifiers/DOB = 2013-08-31",),
    landed=NotLanded("The school's type is not landed."),
)  # fmt: skip
def age_fits_school(view: ReturnView) -> Iterator[Finding]:
    """Age at the previous 31 August, pupils on roll."""
    bounds = AGE_RANGES.get(view.school.school_type or "")
    if bounds is None:
        return iter(())
    lowest, too_high = bounds
    return where(view.on_roll, lambda p: p.age is not None and not lowest <= p.age < too_high, "date-of-birth")


@rule(
    "PT-028", Severity.QUERY, "Possible duplicate pupil",
    mend="Compare the two records: merge them if they are one pupil, or say that they are twins.",
    source="OWN", fields=("Surname", "Forename", "Sex", "DOB", "UPN"),
    passes=("P3/PupilIdentifiers/Surname = Sample", "P3/PupilIdentifiers/DOB = 2015-03-27"),
    fails=(
        "P3/PupilIdentifiers/Surname = SAMPLE", "P3/PupilIdentifiers/DOB = 2015-03-27",
        "P3/PupilIdentifiers/Forename = Ann", "P3/PupilIdentifiers/Sex = F",
    ),
    landed=identity_landed.FOLDED,
)  # fmt: skip
def possible_duplicate(view: ReturnView) -> Iterator[Finding]:
    """Same surname, first initial, sex and date of birth under different UPNs. The second record is named."""
    alike: defaultdict[tuple[object, ...], list[Pupil]] = defaultdict(list)
    for pupil in view.pupils:
        surname, forename, born = pupil.text("surname"), pupil.text("forename"), pupil.day("date_of_birth")
        if surname and forename and born:
            alike[surname.casefold(), forename[0].casefold(), pupil.text("sex"), born].append(pupil)
    for first, *others in alike.values():
        yield from (other.at("surname") for other in others if other.text("upn") != first.text("upn"))


RULES = (
    upn_given, upn_letter, upn_once, upn_authority, upn_digits, upn_last, former_upn_form, former_upn_differs,
    temporary_upn_replaced, uln, names, sex, date_of_birth, age_fits_school, possible_duplicate,
)  # fmt: skip
