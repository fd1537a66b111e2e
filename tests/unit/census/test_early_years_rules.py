"""The early years rules at their edges, and the same in both forms of the return."""

from datetime import UTC, datetime

import pytest

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.examples import edited, failing, model_return
from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.rulebook import early
from rollbook.dataplane.census.rules import check
from rollbook.dataplane.census.ruling import CheckContext, Model, Rule, Severity
from tests import forms

CONTEXT = CheckContext(now=datetime(2025, 2, 1, tzinfo=UTC))
BORN = "C{}/ChildIdentifiers/DOB = {}"
UPN = "~ C1/ChildIdentifiers/UPN = {}"
POSTCODE = "C1/HomeInformation/Address/PostCode = {}"
EDGES = {
    "a child of 5 whose hours are all expanded": (
        BORN.format(3, "2019-06-01"), "C3/Attendance/FundedHours = 0", "~ C3/Attendance/ExpandedHours = 15"),
    "two on the reference date": (BORN.format(1, "2023-01-16"),),
    "one on the reference date": (BORN.format(1, "2023-01-17"), "EY-001"),
    "five, and still asking for extended hours: one finding": (BORN.format(2, "2020-01-16"), "EY-001"),
    "no hours": ("C3/Attendance/FundedHours = 0",),
    "hours above 15": ("C3/Attendance/FundedHours = 15.5", "EY-002"),
    "hours not given": ("- C3/Attendance/FundedHours",),
    "extended hours at 2": (
        "~ C1/Attendance/ExtendedHours = 5", "~ C1/ChildCharacteristics/EligibilityCode = 50012345678", "EY-003"),
    "a working family's child of 2": ("- C1/ChildCharacteristics/FundingBases", "C1/Attendance/FundedHours = 0",
                                      "~ C1/Attendance/ExpandedHours = 15"),
    "three since Christmas with a basis": (BORN.format(1, "2022-01-01"),),
    "four with a basis": ("~ C3/ChildCharacteristics/FundingBases/FundingBasisItem/FundingBasis = ECO", "EY-005"),
    "premium basis and no answer": ("- C2/ChildCharacteristics/EYPPR", "EY-006"),
    "one child at two settings by number, whatever the names": (
        UPN.format("B801200005001"), "~ C3/ChildIdentifiers/UPN = B801200005001", "EY-007"),
    "one child at two settings within the hours": (
        UPN.format("B801200005001"), "~ C3/ChildIdentifiers/UPN = B801200005001", "C3/Attendance/FundedHours = 0"),
    "twins are two children": (
        "C2/ChildIdentifiers/Surname = Instance", BORN.format(2, "2020-11-05")),
    "a UPN of an authority of 2023": (UPN.format("A943200005001"),),
    "a UPN with a small letter": (UPN.format("b801200005001"), "EY-008"),
    "a UPN too short": (UPN.format("B80120000500"), "EY-008"),
    "a temporary UPN with a wrong letter": (UPN.format("N80120000500A"), "EY-008"),
    "a postcode of London": (POSTCODE.format("EC1A 1BB"),),
    "a postcode without its space": (POSTCODE.format("M11AE"),),
    "half a postcode": (POSTCODE.format("M1"), "EY-009"),
    "a setting's postcode, told once": ("E1/EstablishmentCharacteristics/PostCode = nowhere", "EY-009"),
}  # fmt: skip


def found(data: bytes) -> list[str]:
    return [issue.rule for issue in check(read_any(data, "a"), CONTEXT) if issue.severity is not Severity.DROPPED]


@pytest.mark.parametrize("edits", EDGES.values(), ids=EDGES)
def test_edges(edits: tuple[str, ...]) -> None:
    """Exactly what is named is found, in either form, and nothing besides."""
    expected = [text for text in edits if text.startswith("EY-")]
    xml = edited(tuple(text for text in edits if not text.startswith("EY-")), Model.EARLY)
    assert found(xml) == expected
    assert found(forms.early_csv_of(xml)) == expected


@pytest.mark.parametrize("rule", early.RULES, ids=lambda rule: rule.id)
def test_the_csv_form_is_judged_like_the_xml(rule: Rule) -> None:
    assert found(forms.early_csv_of(failing(rule))) == found(failing(rule))


def test_the_name_of_a_contact_is_gone_before_anything_is_stored() -> None:
    names = "<ContactSurname>Zzsecretone</ContactSurname>", "<ContactForename>Zzsecrettwo</ContactForename>"
    edits = tuple(f"+ E1/EstablishmentCharacteristics {name}" for name in names)
    parsed = read_any(edited(edits, Model.EARLY), "a")
    assert [issue.rule for issue in check(parsed, CONTEXT)] == ["EY-010", "EY-010"]
    assert "Zzsecret" not in str(parsed)
    columns = [column for table in parsed.tables.values() for column in table.column_names]
    assert not [one for one in (*ITEMS, *columns) if one.startswith("contact")]


def test_a_contact_of_another_form_is_dropped_under_its_own_rule() -> None:
    sent = forms.CTF.replace(b"<UPN>", b"<ContactSurname>Zzsecretone</ContactSurname><UPN>")
    rules = {one.path: one.rule for one in read_any(sent, "a").discards}
    assert [rule for path, rule in rules.items() if path.endswith("ContactSurname")] == ["PT-062"]


def test_no_early_years_rule_is_asked_of_a_school() -> None:
    edits = ("P1/HomeInformation/Address/PostCode = nowhere",)
    assert [one for one in found(edited(edits)) if one.startswith("EY-")] == []
    assert "EY-" not in str(found(model_return()))
