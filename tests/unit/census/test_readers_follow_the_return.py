"""A return is read by the table of its own year and term: names, rolls, codes, surplus columns."""

import pytest

from rollbook.dataplane.census.examples import edited
from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.rules import check
from rollbook.dataplane.store.landing import shaped
from tests import forms

CHARACTERISTICS = "P1/PupilCharacteristics"
SESSION = "P1/Attendance/TermlyAttendance/SessionDetails/SessionDetail[1]/AttendanceReason"
IN_2024 = ("H/CollectionDetails/Year = 2024", "H/CollectionDetails/ReferenceDate = 2024-01-18")


def read(*edits: str) -> ParsedReturn:
    return read_any(edited(edits), "a")


def dropped(parsed: ParsedReturn) -> set[str]:
    return {discard.element for discard in parsed.discards}


@pytest.mark.parametrize(
    ("edits", "element", "taken"),
    [
        (IN_2024, "ThirtyHourCode", True), ((), "ThirtyHourCode", False),
        (IN_2024, "EligibilityCode", False), ((), "EligibilityCode", True),
        (IN_2024, "ExpandedHours", False), ((), "ExpandedHours", False),
    ],
)  # fmt: skip
def test_a_name_is_taken_in_its_own_returns_only(edits: tuple[str, ...], element: str, taken: bool) -> None:
    value = "12" if element.endswith("Hours") else "12345678901"
    parsed = read(*edits, f"~ {CHARACTERISTICS}/{element} = {value}")
    assert (element in dropped(parsed)) is not taken
    values = parsed.tables["pupil"].to_pylist()[0]
    assert (values.get("eligibility_code") == value) is taken


@pytest.mark.parametrize(("edits", "kept"), [(IN_2024, 7), ((), None)])
def test_session_totals_end_with_spring_2024(edits: tuple[str, ...], kept: int | None) -> None:
    parsed = read(*edits, "~ P1/Attendance/TermlyAttendance/SessionsAuthorised = 7")
    assert parsed.tables["pupil"].to_pylist()[0].get("sessions_authorised") == kept
    assert ("SessionsAuthorised" in dropped(parsed)) is (kept is None)


def test_a_code_of_last_year_is_refused_and_the_return_that_had_it_last_is_named() -> None:
    (issue,) = [one for one in check(read(f"{SESSION} = Y")) if one.field == "attendance-reason"]
    assert issue.severity == "error"
    assert issue.message.endswith("no longer in the list: the spring school census 2024 was the last to have it")
    last_year = check(read(*IN_2024, f"{SESSION} = Y"))
    assert not [one for one in last_year if one.field == "attendance-reason" and one.rule.startswith("C")]


def test_an_address_of_a_leaver_is_taken_in_autumn_only_and_without_the_street() -> None:
    address = (
        "~ L1/HomeInformation/Address/PostCode = ZZ99 9ZZ", "~ L1/HomeInformation/Address/Street = Example Road",
    )  # fmt: skip
    autumn = read(*address, "H/CollectionDetails/Term = AUT", "H/CollectionDetails/ReferenceDate = 2025-10-02")
    leaver = autumn.tables["pupil"].num_rows
    (row,) = [one for one in autumn.tables["address"].to_pylist() if one["pupil_no"] == leaver]
    assert (row["postcode"], row["address_line"]) == ("ZZ99 9ZZ", None)
    spring = read(*address)
    assert not [one for one in spring.tables["address"].to_pylist() if one["pupil_no"] == leaver]


def test_surplus_columns_of_header_and_school_are_recorded_as_dropped() -> None:
    members = forms.flat_members()
    for name in ("schoolcensus.csv", "school.csv"):
        head, row, *rest = members[name].decode().splitlines()
        members[name] = "\n".join([f"{head},maxboarders", f"{row},12", *rest, ""]).encode()
    paths = {one.path for one in read_any(forms.zipped(members), "a").discards}
    assert {"schoolcensus/maxboarders", "school/maxboarders"} <= paths


def test_learning_aims_that_hang_from_a_programme_find_their_pupil() -> None:
    members = forms.flat_members(("H/CollectionDetails/Term = AUT", "H/CollectionDetails/ReferenceDate = 2025-10-02"))
    for of_spring in ("addresses", "fsmperiod", "senneeds"):
        del members[f"{of_spring}.csv"]
    members["programmeaimsonroll.csv"] = (
        b"programmeaimsonrolltableid,pupilonrolltableid,programmeaimsonrollorderseqcolumn,qn\n70,2,1,60312345\n"
    )
    members["learningaimsonroll.csv"] = (
        b"learningaimsonrolltableid,programmeaimsonrolltableid,learningaimsonrollorderseqcolumn,qn\n80,70,1,60054321\n"
    )
    parsed = read_any(forms.zipped(members), "a")
    (programme,), (aim,) = (parsed.tables[name].to_pylist() for name in ("programme_aim", "learning_aim"))
    assert (aim["pupil_no"], aim["aim_qn"]) == (programme["pupil_no"], "60054321")


@pytest.mark.parametrize("kind", ["early-xml", "early-csv"])
def test_every_table_of_an_early_years_return_has_the_columns_of_the_store(kind: str) -> None:
    parsed = read_any(forms.every_form()[kind], "a")
    landed = shaped(dict(parsed.tables))
    assert landed["setting"]["setting_name"].to_pylist()[0] == "Invented Nursery"
