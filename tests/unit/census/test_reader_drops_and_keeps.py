"""What the edge lets in: withdrawn and unknown items are dropped without a trace of their value, refusals are kept."""

import pyarrow as pa
import pytest

from rollbook.dataplane.census.examples import edited, model_return
from rollbook.dataplane.census.parsed import Discard, ParsedReturn
from rollbook.dataplane.census.profile import ALWAYS
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.rules import check
from rollbook.dataplane.census.ruling import Severity

CHARACTERISTICS = "P1/PupilCharacteristics"
SECRET = "ZZSECRETZZ"


def read(*edits: str) -> ParsedReturn:
    return read_return(edited(edits), "school.xml")


def first(parsed: ParsedReturn, table: str) -> dict[str, object]:
    row: dict[str, object] = parsed.tables[table].to_pylist()[0]
    return row


def anywhere(parsed: ParsedReturn, text: str) -> bool:
    """Whether a text stands anywhere in what reading yields, findings included."""
    tables = [value for table in parsed.tables.values() for row in table.to_pylist() for value in row.values()]
    told = (parsed.header, parsed.school, parsed.discards, parsed.faults, check(parsed))
    return any(text in str(thing) for thing in (*tables, *told))


@pytest.mark.parametrize(
    ("xml", "name"),
    [
        (f"<Nationality>{SECRET}</Nationality>", "Nationality"),
        (f"<Nationalities><Nationality>{SECRET}</Nationality></Nationalities>", "Nationalities"),
        (f"<CountryOfBirth>{SECRET}</CountryOfBirth>", "CountryOfBirth"),
        (f"<countryofbirth>{SECRET}</countryofbirth>", "countryofbirth"),
        (f"<BirthCountry>{SECRET}</BirthCountry>", "BirthCountry"),
    ],
)
@pytest.mark.parametrize("block", [CHARACTERISTICS, "P1/PupilIdentifiers", "P1", "L1/PupilIdentifiers"])
def test_nationality_and_birth_country_are_dropped_wherever_they_stand(xml: str, name: str, block: str) -> None:
    parsed = read(f"+ {block} {xml}")
    (discard,) = parsed.discards
    assert (discard.rule, discard.element, discard.count) == ("PT-041", name, 1)
    assert not anywhere(parsed, SECRET)
    assert [issue.rule for issue in check(parsed) if issue.severity is Severity.DROPPED] == ["PT-041"]
    assert not any(issue.severity is Severity.ERROR for issue in check(parsed))


@pytest.mark.parametrize(
    "edit",
    [
        f"+ {CHARACTERISTICS} <Religion>{SECRET}</Religion>",
        f"+ {CHARACTERISTICS} <ProficiencyInEnglish>{SECRET}</ProficiencyInEnglish>",
        f"+ P1 <Prevent><Referral>{SECRET}</Referral></Prevent>",
        f"+ S <HeadTeacher>{SECRET}</HeadTeacher>",
        f"+ H <Contact><Name>{SECRET}</Name></Contact>",
        f"+ H/Source <Operator>{SECRET}</Operator>",
        f"+ P1/PupilIdentifiers/Surname <Nick>{SECRET}</Nick>",
        f'+ P1/Exclusions/TermlyExclusion <Note kind="x">{SECRET}</Note>',
        f"+ L1/PupilStatus <Destination>{SECRET}</Destination>",
        f"+ {CHARACTERISTICS} <x:Religion xmlns:x='urn:x'>{SECRET}</x:Religion>",
    ],
)
def test_what_nobody_asked_for_is_dropped(edit: str) -> None:
    parsed = read(edit)
    (discard,) = parsed.discards
    assert (discard.rule, discard.count) == ("PT-062", 1)
    assert discard.line > 1
    assert not anywhere(parsed, SECRET)


def test_attributes_are_dropped() -> None:
    data = model_return().replace(b"<Surname>Sample", f'<Surname birthplace="{SECRET}">Sample'.encode())
    parsed = read_return(data, "school.xml")
    assert [discard.element for discard in parsed.discards] == ["@birthplace"]
    assert not anywhere(parsed, SECRET)
    assert first(parsed, "identity")["surname"] == "Sample"


def test_an_element_name_that_carries_a_message_is_not_kept() -> None:
    parsed = read(f"+ {CHARACTERISTICS} <{'Long' * 20}>x</{'Long' * 20}>", f"+ {CHARACTERISTICS} <St.Name>x</St.Name>")
    assert {discard.element for discard in parsed.discards} == {"(other)"}


def test_discards_of_one_kind_are_counted_together() -> None:
    parsed = read(*(f"+ P{n}/PupilCharacteristics <Nationality>X</Nationality>" for n in (1, 2, 3)))
    assert parsed.discards == (
        Discard("PT-041", "PupilOnRoll/PupilCharacteristics/Nationality", parsed.discards[0].line, 3),
    )


def test_thousands_of_different_unknown_names_do_not_fill_the_record() -> None:
    edits = [f"+ {CHARACTERISTICS} <Made{n}>x</Made{n}>" for n in range(1000)]
    parsed = read(*edits)
    assert len(parsed.discards) <= 201
    assert sum(discard.count for discard in parsed.discards) == 1000


@pytest.mark.parametrize(
    ("field", "code"), [("Ethnicity", "REFU"), ("Ethnicity", "NOBT"), ("Language", "REF"), ("ServiceChild", "R")]
)
def test_a_refusal_is_a_value_and_is_kept(field: str, code: str) -> None:
    parsed = read(f"{CHARACTERISTICS}/{field} = {code}")
    column = {"Ethnicity": "ethnicity", "Language": "language", "ServiceChild": "service_child"}[field]
    assert first(parsed, "pupil")[column] == code
    assert parsed.discards == ()
    assert check(parsed) == ()


def test_an_item_of_another_term_is_dropped() -> None:
    summer = (
        "H/CollectionDetails/Term = SUM", "H/CollectionDetails/ReferenceDate = 2025-05-15",
        "H/Source/DateTime = 2025-05-16T08:00:00",
    )  # fmt: skip
    parsed = read(*summer)
    assert "ethnicity" not in parsed.tables["pupil"].column_names
    assert "PupilOnRoll/PupilCharacteristics/Ethnicity" in {discard.path for discard in parsed.discards}


def test_values_have_their_types() -> None:
    parsed = read_return(model_return(), "school.xml")
    pupil = parsed.tables["pupil"].schema
    assert pupil.field("date_of_birth").type == pa.date32()
    assert pupil.field("sessions_possible").type == pa.int32()
    assert pupil.field("funded_hours").type == pa.float64()
    assert pupil.field("on_roll").type == pa.bool_()
    assert parsed.tables["pupil"]["pupil_no"].to_pylist() == [1, 2, 3, 4]
    assert parsed.tables["pupil"]["on_roll"].to_pylist() == [True, True, True, False]
    assert set(ALWAYS) == set(parsed.tables)
    assert first(parsed, "address")["address_line"] == "1, Example Road, Exampleton"


def test_identity_stays_out_of_the_study_tables() -> None:
    parsed = read_return(model_return(), "school.xml")
    names = {"upn", "former_upn", "uln", "surname", "forename", "middle_names", "preferred_surname", "postcode"}
    for table, rows in parsed.tables.items():
        if table not in ("identity", "address"):
            assert names.isdisjoint(rows.column_names)


@pytest.mark.parametrize(
    ("edit", "field", "rule"),
    [
        ("P1/PupilIdentifiers/DOB = 2015-02-30", "date-of-birth", "DT-date-of-birth"),
        ("P1/PupilIdentifiers/DOB = 27/03/2015", "date-of-birth", "DT-date-of-birth"),
        ("P1/PupilIdentifiers/DOB = 2015-W03-4", "date-of-birth", "DT-date-of-birth"),
        ("P1/Attendance/TermlyAttendance/SessionsPossible = -1", "sessions-possible", "TY-sessions-possible"),
        ("P1/Attendance/TermlyAttendance/SessionsPossible = 12.5", "sessions-possible", "TY-sessions-possible"),
        ("P1/Attendance/TermlyAttendance/SessionsPossible = 99999999999", "sessions-possible", "TY-sessions-possible"),
        ("P2/PupilCharacteristics/FundedHours = fifteen", "funded-hours", "TY-funded-hours"),
        ("P2/PupilCharacteristics/FundedHours = 1e1", "funded-hours", "TY-funded-hours"),
        (f"P1/PupilIdentifiers/Surname = {'a' * 201}", "surname", "PT-060"),
    ],
)
def test_a_value_that_cannot_be_read_is_told_with_its_line(edit: str, field: str, rule: str) -> None:
    parsed = read(edit)
    (fault,) = parsed.faults
    assert (fault.rule, fault.field) == ("PT-060", field)
    assert fault.line > parsed.tables["pupil"]["line"].to_pylist()[fault.pupil_no - 1 if fault.pupil_no else 0]
    told = [issue.rule for issue in check(parsed) if (issue.pupil_no, issue.field) == (fault.pupil_no, field)]
    assert told == [rule]


def test_true_and_false_are_read_as_flags() -> None:
    parsed = read("P1/PupilStatus/PartTime = false", "P2/PupilStatus/PartTime = true")
    assert parsed.tables["pupil"]["part_time"].to_pylist()[:2] == ["0", "1"]


def test_lines_are_right_past_65535() -> None:
    data = model_return()
    padded = data.replace(b"  <School>", b"\n" * 70_000 + b"  <School>", 1)
    lines = read_return(data, "a.xml").tables["pupil"]["line"].to_pylist()
    assert read_return(padded, "a.xml").tables["pupil"]["line"].to_pylist() == [line + 70_000 for line in lines]
