"""The rules that follow from the catalogue: none says what a numbered rule says, and each says what it judges."""

from datetime import UTC, datetime

import pytest

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.examples import edited, failing
from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.rulebook.derivation import DerivedRule, Kind
from rollbook.dataplane.census.rules import DERIVED, RULES, check
from rollbook.dataplane.census.ruling import CheckContext, Issue, Model, Severity
from tests import forms

CONTEXT = CheckContext(now=datetime(2030, 1, 1, tzinfo=UTC))
CHARACTERISTICS, STATUS = "P1/PupilCharacteristics", "P1/PupilStatus"
SECONDARY = ("S/Phase = SS", "S/SchoolType = 21", "H/Source/Estab = 4500", "- P2", "- P3")
SESSION = "P1/Attendance/TermlyAttendance/SessionDetails/SessionDetail"
SUMMER = ("H/CollectionDetails/Term = SUM", "H/CollectionDetails/ReferenceDate = 2025-05-15")


def found(data: bytes) -> list[Issue]:
    return list(check(read_any(data, "a"), CONTEXT))


@pytest.mark.parametrize("rule", DERIVED.values(), ids=lambda rule: rule.id)
def test_one_fault_is_told_once(rule: DerivedRule) -> None:
    """In the failing example nothing else is said about the same value."""
    issues = found(failing(rule))
    for told in (issue for issue in issues if issue.rule == rule.id):
        same = [
            one.rule for one in issues if (one.pupil_no, one.field, one.line) == (told.pupil_no, told.field, told.line)
        ]
        assert same == [rule.id]


def test_every_coded_item_has_its_list_judged_once() -> None:
    coded = {item.id for item in ITEMS.values() if item.values and item.status == "current"}
    derived = {rule.item for rule in DERIVED.values() if rule.kind is Kind.CODE} & set(ITEMS)
    assert coded - derived == {"sex", "language", "ethnicity", "young-carer"}  # PT-025, PT-029, PT-030, PT-040
    assert derived <= coded


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ((f"~ {CHARACTERISTICS}/YSSA = ?",), ["CV-yssa"]),  # of an age that PT-035 does not ask about
        ((*SECONDARY, "P1/PupilIdentifiers/DOB = 2012-03-27", f"{STATUS}/NCyearActual = 8",
          f"~ {CHARACTERISTICS}/YSSA = ?"), ["PT-035"]),
        (("S/SchoolType = ?",), ["PT-009"]),
        (("S/Governance = ?",), ["CV-governance"]),
        (("S/SchoolType = 49", "S/Governance = ?"), ["PT-010"]),
        ((f"{CHARACTERISTICS}/Language = ?",), ["PT-029"]),
        (("P1/Exclusions/TermlyExclusion/Category = FIXD",), ["CO-exclusion-category"]),
        (("P1/Exclusions/TermlyExclusion/Category = NONE",), ["CV-exclusion-category"]),
        ((f"~ {CHARACTERISTICS}/EYPPBF = EE",), ["CO-eypp-basis"]),
        ((f"{CHARACTERISTICS}/PLAA = a",), ["CV-plaa"]),
        ((f"{STATUS}/EntryDate = 2019-9-4",), ["DT-entry-date"]),
        ((f"{SESSION}[1]/Sessions = 6.0",), ["TY-attendance-sessions"]),
        (("~ P1/HomeInformation/Address/UniquePropertyReferenceNumber = 1000000000000",), ["RG-uprn"]),
        (("~ P1/HomeInformation/Address/UniquePropertyReferenceNumber = 000000000001",), []),
        ((f"~ {CHARACTERISTICS}/FSMperiods/FSMperiod/FSMendDate = 2025-01-16",), []),
        ((f"~ {CHARACTERISTICS}/FSMperiods/FSMperiod/FSMendDate = 2025-01-17",), ["RG-fsm-end-date"]),
        (("~ P1/AlternativeProvision/SchoolArrangedAP/UKPRN = ١0000001",), ["LN-school-ap-ukprn"]),
    ],
)  # fmt: skip
def test_what_is_told(edits: tuple[str, ...], expected: list[str]) -> None:
    assert sorted(issue.rule for issue in found(edited(edits)) if issue.rule not in ("PT-048", "PT-044")) == expected


def test_a_code_in_many_rows_is_told_at_each() -> None:
    parsed = read_any(edited((f"{SESSION}[1]/AttendanceReason = ?", f"{SESSION}[3]/AttendanceReason = ?")), "a")
    lines = [issue.line for issue in check(parsed, CONTEXT) if issue.rule == "CV-attendance-reason"]
    rows = parsed.tables["session"].to_pylist()
    assert lines == [row["line"] for row in rows if row["attendance_reason"] == "?"]
    assert len(lines) == 2


def test_large_and_small_returns_are_judged_alike() -> None:
    """Above a number of rows the columns are asked instead of the rows."""
    data = edited((f"{CHARACTERISTICS}/PLAA = ?",))
    one = data[data.index(b"<PupilOnRoll>") : data.index(b"</PupilOnRoll>") + len(b"</PupilOnRoll>")]
    many = data.replace(one, one * 200, 1)
    assert [issue.pupil_no for issue in found(many) if issue.rule == "CV-plaa"] == list(range(1, 201))


def test_what_another_term_asks_is_named_and_what_nobody_asks_is_not() -> None:
    edits = (*SUMMER, f"+ {CHARACTERISTICS} <Religion>X</Religion>")
    dropped = {issue.field: issue.rule for issue in found(edited(edits)) if issue.severity is Severity.DROPPED}
    assert dropped == {
        "Ethnicity": "NC-ethnicity", "YoungCarer": "NC-young-carer", "SENneeds": "NC-SENneeds", "Religion": "PT-062",
    }  # fmt: skip


def test_flat_tables_name_what_is_not_asked_by_the_same_rules() -> None:
    flat = {issue.rule for issue in found(forms.zipped(forms.flat_members(SUMMER))) if issue.rule.startswith("NC-")}
    assert flat == {"NC-ethnicity", "NC-young-carer", "NC-SENneeds"}


def test_codes_of_an_early_years_return_are_judged_in_both_forms() -> None:
    edits = ("C1/SpecialEducationalNeeds/SENprovision = ?", "E1/EstablishmentCharacteristics/URN = 1")
    data = edited(edits, Model.EARLY)
    for sent in (data, forms.early_csv_of(data)):
        assert [issue.rule for issue in found(sent)] == ["CV-sen-provision", "LN-setting-urn"]


def test_every_unasked_item_is_named_in_flat_tables_too() -> None:
    members = forms.flat_members()
    members["pupilonroll.csv"] = members["pupilonroll.csv"].replace(b"language", b"qualhrs", 1)
    dropped = {issue.field: issue.rule for issue in found(forms.zipped(members)) if issue.severity is Severity.DROPPED}
    assert dropped == {"qualhrs": "NC-qual-hrs"}


def test_no_rule_is_held_without_a_source() -> None:
    """Lengths and ranges above all: where no source gives one, there is no rule."""
    for rule in DERIVED.values():
        assert rule.source.split(" ")[0] in {"LIIA", "ASPEN", "DOMAIN", "OWN", "the"}
    held = {rule.item for rule in DERIVED.values() if rule.kind in (Kind.FORM, Kind.RANGE)}
    assert {"surname", "forename", "postcode", "address-line"}.isdisjoint(held)
    unconfirmed = [rule for rule in DERIVED.values() if rule.source in ("DOMAIN", "OWN") and rule.kind is not Kind.CODE]
    assert {rule.severity for rule in unconfirmed} == {Severity.QUERY}


def test_ids_say_the_kind() -> None:
    assert all(number.startswith(f"{rule.kind}-") for number, rule in DERIVED.items())
    assert set(DERIVED) < set(RULES)
