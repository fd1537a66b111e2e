"""Every form is known by its content and becomes the same tables; what may not come in is gone and counted."""

from collections.abc import Callable

import pyarrow as pa
import pytest

from rollbook.dataplane.census.examples import edited
from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.parsed import Form, ParsedReturn
from rollbook.dataplane.census.rules import RULES, check, rules_for
from rollbook.dataplane.census.ruling import Severity
from tests import forms

FILES = forms.every_form()
FOUND = {
    "school-xml": Form.SCHOOL_XML, "early-xml": Form.EARLY_XML, "early-csv": Form.EARLY_CSV, "ctf": Form.CTF,
    "flat": Form.FLAT_TABLES, "oneroster-1.1": Form.ONEROSTER_1_1, "oneroster-1.2": Form.ONEROSTER_1_2,
}  # fmt: skip
BOM = b"\xef\xbb\xbf"


def tables(parsed: ParsedReturn) -> dict[str, pa.Table]:
    return {name: table.drop_columns(["line"]) for name, table in parsed.tables.items()}


def in_zip(members: dict[str, bytes], change: Callable[[bytes], bytes]) -> bytes:
    return forms.zipped({name: change(content) for name, content in members.items()})


@pytest.mark.parametrize("kind", FOUND)
@pytest.mark.parametrize("name", ["return.xml", "x.csv", "no-ending"])
def test_the_content_tells_the_form_and_the_name_does_not(kind: str, name: str) -> None:
    assert read_any(FILES[kind], name).form is FOUND[kind]


@pytest.mark.parametrize("kind", FOUND)
def test_a_good_file_of_each_form_has_no_error(kind: str) -> None:
    assert [issue for issue in check(read_any(FILES[kind], kind)) if issue.severity is not Severity.DROPPED] == []


def test_flat_tables_give_the_tables_of_the_same_return_in_xml() -> None:
    xml, flat = read_any(FILES["school-xml"], "a"), read_any(FILES["flat"], "b")
    assert tables(xml) == tables(flat)
    for column in ("collection_code", "laestab", "reference_date", "date_time", "software_code", "source_level"):
        assert getattr(xml.header, column) == getattr(flat.header, column)
    assert (xml.school.name, xml.school.school_type) == (flat.school.name, flat.school.school_type)


def test_a_broken_rule_is_found_in_flat_tables_too_and_placed_in_its_table() -> None:
    edits = ("P2/PupilIdentifiers/Sex = X",)
    flat = read_any(forms.zipped(forms.flat_members(edits)), "b")
    (issue,) = check(flat)
    assert issue.rule == check(read_any(edited(edits), "a"))[0].rule == "PT-025"
    assert flat.place(issue.line) == ("pupilonroll.csv", 3)


def test_flat_days_may_be_written_as_the_collection_system_writes_them() -> None:
    members = {
        name: content.replace(b"2015-03-27", b"2015-Mar-27 00:00:00").replace(b"2025-01-16T", b"2025-Jan-16 ")
        for name, content in forms.flat_members().items()
    }
    assert tables(read_any(forms.zipped(members), "b")) == tables(read_any(FILES["flat"], "b"))
    assert read_any(forms.zipped(members), "b").header.date_time == read_any(FILES["flat"], "b").header.date_time


def test_table_names_and_order_in_the_zip_mean_nothing() -> None:
    renamed = {f"T{no}.csv": content for no, content in enumerate(reversed(forms.flat_members().values()))}
    assert tables(read_any(forms.zipped(renamed), "b")) == tables(read_any(FILES["flat"], "b"))


def test_what_a_flat_collection_may_not_carry_is_dropped() -> None:
    members = forms.flat_members()
    members["nationalitiesonroll.csv"] = forms.csv_bytes(
        [{"nationalitiesonrolltableid": "1", "nationalitiesonrollorderseqcolumn": "1", "pupilonrolltableid": "1",
          "nationality": "ZZSECRET"}]
    )  # fmt: skip
    members["pupilonroll.csv"] = members["pupilonroll.csv"].replace(b"ethnicity", b"countryofbirth")
    parsed = read_any(forms.zipped(members), "b")
    assert {issue.rule for issue in check(parsed) if issue.severity is Severity.DROPPED} == {"PT-041"}
    assert {discard.element for discard in parsed.discards} == {"nationality", "countryofbirth"}
    assert "ZZSECRET" not in str(parsed)
    assert "WBRI" not in str(parsed)


def test_early_years_csv_gives_the_tables_of_the_xml() -> None:
    assert tables(read_any(FILES["early-xml"], "a")) == tables(read_any(FILES["early-csv"], "b"))


def test_early_years_children_stand_beside_their_setting() -> None:
    parsed = read_any(FILES["early-csv"], "a")
    assert parsed.header.collection_code == "eyc-spr-2025"
    assert parsed.tables["setting"].to_pylist() == [
        {"pupil_no": 1, "line": 2, "setting_urn": "999998", "setting_estab": None,
         "setting_name": "Invented Nursery", "setting_postcode": "ZZ99 9ZZ"}
    ]  # fmt: skip
    assert parsed.tables["pupil"]["hours_at_setting"].to_pylist() == [22.5]
    assert parsed.tables["funding_basis"]["funding_basis"].to_pylist() == ["ECO"]


def test_a_transfer_file_keeps_assessments_with_their_stage() -> None:
    rows = read_any(FILES["ctf"], "a").tables["stage_assessment"].to_pylist()
    assert [(row["assessment_stage"], row["assessment_subject"], row["assessment_result"]) for row in rows] == [
        ("KS1", "ENG", "EXS"), ("KS1", "MAT", "WTS"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["oneroster-1.1", "oneroster-1.2"])
def test_a_roster_gives_pupils_only(kind: str) -> None:
    parsed = read_any(FILES[kind], "a")
    (row,) = parsed.tables["identity"].to_pylist()
    assert (row["upn"], row["surname"], row["forename"], row["sex"]) == ("C201399919001", "Sample", "Ada", "F")
    assert (parsed.header.laestab, parsed.school.name) == ("2013999", "Synthetic Primary")
    dropped = {(one.rule, one.path) for one in parsed.discards}
    assert {
        ("PT-041", "demographics/countryofbirthcode"), ("PT-062", "users/password"), ("PT-062", "users/not_a_pupil"),
    } <= dropped  # fmt: skip


@pytest.mark.parametrize("heading", ["birthCountry", "countryOfBirthCode", "birthcountry"])
def test_birth_country_of_a_roster_is_dropped_however_it_is_spelled(heading: str) -> None:
    members = forms.roster_members()
    members["demographics.csv"] = members["demographics.csv"].replace(b"countryOfBirthCode", heading.encode())
    parsed = read_any(forms.zipped(members), "a")
    assert ("PT-041", heading.lower()) in {(one.rule, one.element) for one in parsed.discards}


@pytest.mark.parametrize("kind", FOUND)
def test_nothing_secret_comes_in(kind: str) -> None:
    parsed = read_any(FILES[kind], kind)
    everything = str([table.to_pylist() for table in parsed.tables.values()]) + str(parsed)
    assert "ZZSECRET" not in everything
    assert "Zzsecretperson" not in everything


@pytest.mark.parametrize("kind", ["school-xml", "early-xml", "early-csv", "ctf"])
@pytest.mark.parametrize("ending", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", BOM])
def test_byte_order_mark_and_line_endings_change_nothing(kind: str, ending: bytes, mark: bytes) -> None:
    plain, sent = (read_any(data, "a") for data in (FILES[kind], mark + FILES[kind].replace(b"\n", ending)))
    assert plain.tables == sent.tables
    assert (plain.header, plain.discards, check(plain)) == (sent.header, sent.discards, check(sent))
    assert (plain.sha256 == sent.sha256) == (not mark and ending == b"\n")


@pytest.mark.parametrize("members", [forms.flat_members(), forms.roster_members()], ids=["flat", "roster"])
@pytest.mark.parametrize("ending", [b"\r\n", b"\n", b"\r"])
def test_byte_order_mark_and_line_endings_change_nothing_in_a_zip(members: dict[str, bytes], ending: bytes) -> None:
    plain = read_any(forms.zipped(members), "a")
    sent = read_any(in_zip(members, lambda content: BOM + content.replace(b"\r\n", ending)), "a")
    assert plain.tables == sent.tables
    assert (plain.discards, check(plain)) == (sent.discards, check(sent))


def test_rules_of_the_school_census_are_for_the_school_census() -> None:
    assert {rule.id for rule in rules_for(Form.SCHOOL_XML)} == {number for number in RULES if number[:2] == "PT"}
    for form in set(Form) - {Form.SCHOOL_XML, Form.FLAT_TABLES}:
        asked = {rule.id for rule in rules_for(form)}
        assert {"PT-041", "PT-060", "PT-061", "PT-062"} <= asked
        assert not {"PT-002", "PT-007", "PT-029", "PT-042", "PT-064"} & asked


def test_one_folder_in_the_zip_and_what_a_mac_adds_change_nothing() -> None:
    foldered = {f"export/{name}": content for name, content in forms.flat_members().items()}
    mac = {"__MACOSX/export/._school.csv": b"\x00\x05\x16\x07"}
    sent = read_any(forms.zipped({"export/": b"", **foldered, **mac}), "b")
    assert sent.tables == read_any(FILES["flat"], "b").tables


def test_a_school_name_that_is_too_long_is_left_out_and_told() -> None:
    parsed = read_any(FILES["ctf"].replace(b"Synthetic Primary", b"S" * 201), "a")
    assert parsed.school.name is None
    assert [issue.rule for issue in check(parsed) if issue.severity is Severity.ERROR] == ["PT-060"]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"<DOB>2015-03-27", b"<DOB>27/03/2015", "DT-date-of-birth"),
        (b"<Sex>F</Sex>", b"<Sex>F</Sex><Gender>F</Gender>", "PT-061"),
        (b"<UPN>C201399919001", b"<UPN>B801200005002", "PT-015"),
        (b"<UPN>C201399919001</UPN>", b"", "PT-014"),
        (b"<Surname>Sample</Surname>", b"", "PT-024"),
    ],
)
def test_a_pupil_of_a_transfer_file_is_judged(old: bytes, new: bytes, rule: str) -> None:
    issues = check(read_any(FILES["ctf"].replace(old, new), "a"))
    assert [issue.rule for issue in issues if issue.severity is Severity.ERROR] == [rule]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"2025-01-16,L", b"2025-01-17,L", "PT-001"),
        (b",L,201,", b",L,909,", "PT-004"),
        (b"WBRI", b"XXXX", "PT-030"),
        (b",ECO,", b",XXX,", "CV-funding-basis"),
        (b",15,,,22.5", b",15h,,,22.5", "TY-funded-hours"),
        (b",F,2022", b",X,2022", "PT-025"),
    ],
)
def test_a_child_of_an_early_years_return_is_judged(old: bytes, new: bytes, rule: str) -> None:
    issues = check(read_any(FILES["early-csv"].replace(old, new), "a"))
    assert [issue.rule for issue in issues if issue.severity is Severity.ERROR] == [rule]


def test_a_transfer_file_of_a_school_without_a_name() -> None:
    parsed = read_any(FILES["ctf"].replace(b"<SchoolName>Synthetic Primary</SchoolName>", b""), "a")
    assert (parsed.school.name, parsed.header.laestab) == (None, "2013999")


def test_kinds_of_what_was_dropped_are_told_up_to_a_number() -> None:
    strange = b"".join(b"<Strange%d/>" % number for number in range(500))
    discards = read_any(FILES["ctf"].replace(b"<Contacts>", strange + b"<Contacts>"), "a").discards
    assert len(discards) == 201
    assert sum(one.count for one in discards) == 503
    assert discards[-1].path == "(other)"


def test_flat_tables_without_leavers_and_with_more_about_the_school() -> None:
    members = forms.flat_members(("- L1",))
    members["school.csv"] = members["school.csv"].replace(b"governance", b"freemealstaken")
    members["levels.csv"] = b"levelsorderseqcolumn,cbdslevel\n1,School\n"
    parsed = read_any(forms.zipped(members), "b")
    assert (parsed.pupils, "pupilnolongeronroll.csv" in members) == (3, False)
    assert {one.path for one in parsed.discards} == {"school/freemealstaken", "tables/levels"}
