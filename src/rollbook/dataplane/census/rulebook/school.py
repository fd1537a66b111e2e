"""PT-007 to PT-013: the school's own particulars fit one another."""

from collections.abc import Iterator
from typing import Final

from rollbook.dataplane.census.codes import codes_of
from rollbook.dataplane.census.landed_forms import NotLanded
from rollbook.dataplane.census.ruling import Finding, ReturnView, Severity, rule
from rollbook.kernel.terms import Term

# As seen in an exporter of 2012-13; later academies extend the ranges, which nobody has confirmed yet.
_PRIMARY: Final = ((2000, 3999), (5200, 5299), (5940, 5949), (6000, 6899))
_SECONDARY: Final = ((4000, 4999), (5400, 5499), (5900, 5939), (6000, 6899))
ESTAB_RANGES: Final = {
    "NS": ((1000, 1099), (1800, 1899), (6000, 6899)),
    "PS": _PRIMARY, "MP": _PRIMARY, "MS": _SECONDARY, "SS": (*_SECONDARY, (6900, 6999)),
    "SP": ((5950, 5999), (6000, 6899), (7000, 7999)),
}  # fmt: skip
SCHOOL_TYPES: Final = {
    "NS": {"49", "50", "51"},
    "PS": {"01", "02", "03", "04", "16", "17", "18", "42", "43", "49"},
    "MP": {"05", "06", "45", "49"},
    "MS": {"07", "08", "41", "49"},
    "SS": {
        "09", "10", "11", "12", "21", "22", "25", "26", "27", "28", "29", "30", "31", "32", "33", "36", "37", "38",
        "39", "44", "46", "47", "48", "49",
    },
    "SP": {"49", "52", "53"},
}  # fmt: skip
_YEAR_ORDER: Final = {"N1": -2, "N2": -1, "R": 0, **{str(year): year for year in range(1, 15)}}
_PAIRS: Final = (("49", "CA"), ("47", "CT"))
_SCHOOL: Final = NotLanded("The school's particulars are not landed.")
_DETAILS: Final = "Correct the school's details in its system and export the return again."


@rule(
    "PT-007", Severity.ERROR, "Phase is missing or invalid",
    mend=_DETAILS, source="ASPEN", fields=("Phase",), passes=("S/Phase = MP",), fails=("S/Phase = ZZ",),
    landed=_SCHOOL,
)  # fmt: skip
def phase(view: ReturnView) -> Iterator[Finding]:
    """Phase is nursery, primary, middle, secondary, special and so on."""
    if view.school.phase not in codes_of("phase"):
        yield view.school_at("phase")


@rule(
    "PT-008", Severity.ERROR, "DfE number does not fit the phase",
    mend="Check the school's four-digit number and its phase; one of the two is wrong.",
    source="ASPEN, ranges of 2012-13", fields=("Estab", "Phase"),
    passes=("S/Phase = MS", "H/Source/Estab = 4500"), fails=("H/Source/Estab = 4500",),
    landed=_SCHOOL,
)  # fmt: skip
def number_fits_phase(view: ReturnView) -> Iterator[Finding]:
    """A middle school deemed secondary has a secondary number."""
    number = view.header.estab or ""
    ranges = ESTAB_RANGES.get(view.school.phase or "", ((0, 9999),))
    well_formed = len(number) == 4 and number.isascii() and number.isdigit()
    if not well_formed or not any(first <= int(number) <= last for first, last in ranges):
        yield view.header_at("estab")


@rule(
    "PT-009", Severity.ERROR, "School type does not fit the phase",
    mend=_DETAILS, source="ASPEN", fields=("SchoolType", "Phase"),
    passes=("S/SchoolType = 01",), fails=("S/SchoolType = 21",),
    landed=_SCHOOL,
)  # fmt: skip
def type_fits_phase(view: ReturnView) -> Iterator[Finding]:
    """Phases without a list of types are not judged."""
    allowed = SCHOOL_TYPES.get(view.school.phase or "")
    if allowed is not None and view.school.school_type not in allowed:
        yield view.school_at("school_type")


@rule(
    "PT-010", Severity.ERROR, "School type and governance disagree",
    mend="An academy has type 49 and governance CA; a city technology college has type 47 and governance CT.",
    source="ASPEN", fields=("SchoolType", "Governance"),
    passes=("S/SchoolType = 49", "S/Governance = CA"), fails=("S/SchoolType = 49",),
    landed=_SCHOOL,
)  # fmt: skip
def type_fits_governance(view: ReturnView) -> Iterator[Finding]:
    """Each of the two implies the other."""
    school = view.school
    if any((school.school_type == kind) != (school.governance == governor) for kind, governor in _PAIRS):
        yield view.school_at("governance")


@rule(
    "PT-011a", Severity.ERROR, "Lowest year group is above the highest",
    mend=_DETAILS, source="ASPEN", fields=("LowestNCyear", "HighestNCyear"),
    passes=("S/LowestNCyear = R",), fails=("S/LowestNCyear = 6", "S/HighestNCyear = R"),
    landed=_SCHOOL,
)  # fmt: skip
def year_groups_in_order(view: ReturnView) -> Iterator[Finding]:
    """N1, N2 and R come before year 1. X is not compared."""
    lowest, highest = _YEAR_ORDER.get(view.school.lowest_year or ""), _YEAR_ORDER.get(view.school.highest_year or "")
    if lowest is not None and highest is not None and lowest > highest:
        yield view.school_at("lowest_year")


@rule(
    "PT-011b", Severity.ERROR, "Special intake: both year groups must be X",
    mend="Set the lowest and the highest year group to X, or correct the intake.",
    source="ASPEN", fields=("Intake", "LowestNCyear", "HighestNCyear"),
    passes=("S/Intake = SPEC", "S/LowestNCyear = X", "S/HighestNCyear = X"), fails=("S/Intake = SPEC",),
    landed=_SCHOOL,
)  # fmt: skip
def special_intake(view: ReturnView) -> Iterator[Finding]:
    """A special school does not follow year groups."""
    school = view.school
    if school.intake == "SPEC" and (school.lowest_year, school.highest_year) != ("X", "X"):
        yield view.school_at("lowest_year")


@rule(
    "PT-012", Severity.ERROR, "Special school must state day, boarding or hospital",
    mend="Set the accommodation to D (day), B (boarding) or H (hospital).",
    source="ASPEN", fields=("Accommodation",),
    passes=("S/Phase = SP", "+ S <Accommodation>D</Accommodation>"), fails=("S/Phase = SP",), terms=(Term.SPRING,),
    landed=_SCHOOL,
)  # fmt: skip
def accommodation(view: ReturnView) -> Iterator[Finding]:
    """Asked of special schools only."""
    if view.school.phase == "SP" and view.school.accommodation not in codes_of("accommodation"):
        yield view.school_at("accommodation")


@rule(
    "PT-013", Severity.ERROR, "School email address missing or invalid",
    mend="Give an address that the school reads; the Department writes to it.",
    source="PAGE:govuk", fields=("Email",),
    passes=("S/Email = head@school.example",), fails=("S/Email = head at school",),
    landed=_SCHOOL,
)  # fmt: skip
def email(view: ReturnView) -> Iterator[Finding]:
    """Only the @ is asked for."""
    if "@" not in (view.school.email or ""):
        yield view.school_at("email")


RULES = (
    phase, number_fits_phase, type_fits_phase, type_fits_governance, year_groups_in_order, special_intake,
    accommodation, email,
)  # fmt: skip
