"""PT-042 to PT-048: when the pupil joined and left, and how they attend."""

from collections.abc import Iterator
from typing import Final

from rollbook.dataplane.census.landed_forms import CrossTable, Row, Total
from rollbook.dataplane.census.ruling import Finding, Pupil, ReturnView, Severity, rule, where

_STATUS = "P1/PupilStatus"
_LEAVER = "L1/PupilStatus"
# Year group in the order of ages: a pupil aged 4 on 31 August is in reception (0), aged 5 in year 1.
AGE_ORDER: Final = {"E1": -2, "E2": -1, "N1": -2, "N2": -1, "R": 0, **{str(year): year for year in range(1, 15)}}
REASONS_TO_STAY: Final = ("exclusion", "session", "second_half_session", "learner_support")
_REASONS: Final = tuple(Total(f"{table}_rows", table, "count(*)") for table in REASONS_TO_STAY)
_NO_REASON: Final = " AND ".join(
    ("NOT on_roll", "sessions_possible IS NULL", "second_half_sessions_possible IS NULL",
     *(f"{total.name} IS NULL" for total in _REASONS))
)  # fmt: skip
_IN_YEARS: Final = "CASE nc_year" + "".join(f" WHEN '{code}' THEN {year}" for code, year in AGE_ORDER.items()) + " END"


@rule(
    "PT-042", Severity.ERROR, "Entry date missing or after census day",
    mend="Give the day the pupil joined this school.", source="ASPEN", fields=("EntryDate",),
    passes=(f"{_STATUS}/EntryDate = 2025-01-16",), fails=(f"{_STATUS}/EntryDate = 2025-01-17",),
    landed=(Row("pupil", "entry-date", lambda s: f"entry_date IS NULL OR entry_date > {s.census_day}"),),
)  # fmt: skip
def entry_date(view: ReturnView) -> Iterator[Finding]:
    """Pupils who have left had joined as well."""
    for pupil in view.pupils:
        entry = pupil.day("entry_date")
        if entry is None or (view.day is not None and entry > view.day):
            yield pupil.at("entry-date")


@rule(
    "PT-043", Severity.ERROR, "Leaving date missing or out of range",
    mend="Give the day the pupil left. A pupil who left on census day or later is still on roll in this return.",
    source="PAGE:oneit", dfe_ref="SC 1920", fields=("LeavingDate", "EntryDate"),
    passes=(f"{_LEAVER}/LeavingDate = 2025-01-15",), fails=(f"{_LEAVER}/LeavingDate = 2025-01-16",),
    landed=(Row("pupil", "leaving-date", lambda s: "NOT on_roll AND (leaving_date IS NULL"
        f" OR leaving_date < entry_date OR leaving_date >= {s.census_day})"),),
)  # fmt: skip
def leaving_date(view: ReturnView) -> Iterator[Finding]:
    """Not before the entry date, and before census day."""
    for pupil in view.leavers:
        left, entry = pupil.day("leaving_date"), pupil.day("entry_date")
        early = left is not None and entry is not None and left < entry
        late = left is not None and view.day is not None and left >= view.day
        if left is None or early or late:
            yield pupil.at("leaving-date")


@rule(
    "PT-044", Severity.ERROR, "Leaver has no reason to be in this return",
    mend="Leave the pupil out, or add the attendance or exclusion that belongs to this return.",
    source="ASPEN", dfe_ref="SC 1925", fields=("LeavingDate", "SessionsPossible"),
    passes=(), fails=("- L1/Attendance",),
    landed=(CrossTable("leaving-date", _NO_REASON, _REASONS),),
)  # fmt: skip
def leaver_has_data(view: ReturnView) -> Iterator[Finding]:
    """A leaver is named only for exclusions, attendance or learner support of the period."""
    return where(view.leavers, lambda pupil: not _has_reason(pupil), "leaving-date")


def _has_reason(pupil: Pupil) -> bool:
    possible = (pupil.number("sessions_possible"), pupil.number("second_half_sessions_possible"))
    return any(count is not None for count in possible) or any(pupil.rows.get(name) for name in REASONS_TO_STAY)


@rule(
    "PT-045", Severity.ERROR, "Pupil aged 5 to 15 cannot be part-time",
    mend="Set part-time to 0 (or false); a reduced timetable is attendance code C2.",
    source="ASPEN", fields=("PartTime",),
    passes=("P2/PupilStatus/PartTime = true",), fails=(f"{_STATUS}/PartTime = true",),
    landed=(Row("pupil", "part-time", "on_roll AND age BETWEEN 5 AND 15 AND part_time = '1'"),),
)  # fmt: skip
def part_time_age(view: ReturnView) -> Iterator[Finding]:
    """Compulsory school age, at the previous 31 August."""
    return where(
        view.on_roll, lambda p: p.age is not None and 5 <= p.age <= 15 and p.text("part_time") == "1", "part-time"
    )


@rule(
    "PT-046", Severity.ERROR, "Part-time pupil shown as boarder",
    mend="A boarder attends full time: correct one of the two.", source="ASPEN", fields=("PartTime", "Boarder"),
    passes=(f"{_STATUS}/Boarder = B",), fails=("P2/PupilStatus/Boarder = B",),
    landed=(Row("pupil", "boarder", "part_time = '1' AND boarder <> 'N'"),),
)  # fmt: skip
def part_time_boarder(view: ReturnView) -> Iterator[Finding]:
    """A missing boarder field says nothing."""
    return where(view.pupils, lambda p: p.text("part_time") == "1" and (p.text("boarder") or "N") != "N", "boarder")


@rule(
    "PT-047", Severity.ERROR, "Pupil aged 6 or over shown in a nursery class",
    mend="Set the class type to O, or correct the date of birth.",
    source="ASPEN (coded backwards there)", fields=("ClassType",),
    passes=("P1/PupilIdentifiers/DOB = 2019-03-01",),
    fails=("P1/PupilIdentifiers/DOB = 2018-03-01", f"{_STATUS}/ClassType = N"),
    landed=(Row("pupil", "class-type", "on_roll AND age >= 6 AND class_type = 'N'"),),
)  # fmt: skip
def nursery_class_age(view: ReturnView) -> Iterator[Finding]:
    """Another class at age 5 is right."""
    return where(view.on_roll, lambda p: p.age is not None and p.age >= 6 and p.text("class_type") == "N", "class-type")


@rule(
    "PT-048", Severity.QUERY, "Year group does not fit the pupil's age",
    mend="Check the year group and the date of birth, or say why the pupil is taught out of year.",
    source="OWN", fields=("NCyearActual", "DOB"),
    passes=(f"{_STATUS}/NCyearActual = 6",), fails=(f"{_STATUS}/NCyearActual = 2",),
    landed=(Row("pupil", "nc-year", f"on_roll AND abs({_IN_YEARS} - (age - 4)) > 1"),),
)  # fmt: skip
def year_group(view: ReturnView) -> Iterator[Finding]:
    """More than a year apart. X and M are not compared."""
    for pupil in view.on_roll:
        order = AGE_ORDER.get(pupil.text("nc_year") or "")
        if order is not None and pupil.age is not None and abs(order - (pupil.age - 4)) > 1:
            yield pupil.at("nc-year")


RULES = (
    entry_date, leaving_date, leaver_has_data, part_time_age, part_time_boarder, nursery_class_age, year_group,
)  # fmt: skip
