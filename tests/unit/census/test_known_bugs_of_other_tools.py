"""Mistakes other validators make with school census rules: each must not be ours."""

import pytest

from rollbook.dataplane.census.examples import edited
from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.rules import check
from rollbook.dataplane.census.ruling import Model
from rollbook.kernel.upn import check_letter
from tests import forms

UPN = "P1/PupilIdentifiers/UPN"
FORMER = "+ P1/PupilIdentifiers <FormerUPN>{}</FormerUPN>"
FIVE, SIX = "P1/PupilIdentifiers/DOB = 2019-03-01", "P1/PupilIdentifiers/DOB = 2018-03-01"


def _aged(school_type: str, born: str) -> tuple[str, ...]:
    """One pupil, born then, in a school of this type; ages are those at 31 August 2024."""
    return (f"S/SchoolType = {school_type}", f"P1/PupilIdentifiers/DOB = {born}", "- P2", "- P3")


PASS = {
    "a temporary former UPN": ("PT-020", (FORMER.format("M80120000500A"),)),
    "a temporary UPN by its own scale of letters": ("PT-015", (f"{UPN} = M80120000500A",)),
    "a learner number whose sum leaves 10": (
        "PT-023", ("+ P1/PupilIdentifiers <UniqueLearnerNumber>1000000019</UniqueLearnerNumber>",),
    ),
    "a middle school deemed secondary with a secondary number": ("PT-008", ("S/Phase = MS", "H/Source/Estab = 4500")),
    "a middle school deemed primary with a primary number": ("PT-008", ("S/Phase = MP", "H/Source/Estab = 3999")),
    "another class than nursery at age 5": ("PT-047", (FIVE,)),
    "a nursery class at age 5": ("PT-047", (FIVE, "P1/PupilStatus/ClassType = N")),
    "another class than nursery at age 6": ("PT-047", (SIX, "P1/PupilStatus/ClassType = O")),
    "an entry-year pupil of 11 in an 11-16 school": (
        "PT-027", ("S/SchoolType = 21", "P1/PupilIdentifiers/DOB = 2013-08-31", "- P2", "- P3"),
    ),
    "a pupil of 16 in an 11-16 school": ("PT-027", _aged("21", "2007-09-01")),
    "a child of 2, the entry year, in a primary school": ("PT-027", _aged("03", "2022-08-31")),
    "a pupil of 10, the last year, in a primary school": ("PT-027", _aged("03", "2013-09-01")),
    "any age in a type of school without a known range": ("PT-027", _aged("07", "2013-09-01")),
    "authority 940 in a UPN": ("PT-017", (f"{UPN} = Q940200005001",)),
    "authority 941 in a UPN": ("PT-017", (f"{UPN} = {check_letter('941200005001')}941200005001",)),
    "authority 942 in a UPN": ("PT-017", (f"{UPN} = {check_letter('942200005001')}942200005001",)),
    "authority 943 in a UPN": ("PT-017", (f"{UPN} = U943200005001",)),
    "authority 942 in the header": ("PT-004", ("H/Source/LEA = 942",)),
}  # fmt: skip
FAIL = {
    "a wrong letter on a temporary UPN": ("PT-015", (f"{UPN} = N80120000500A",)),
    "the right pattern with a wrong letter": ("PT-015", (f"{UPN} = B801200005002",)),
    "the sample UPN everyone copies": ("PT-015", (f"{UPN} = A123456789123",)),
    "a lower-case check letter": ("PT-015", (f"{UPN} = b801200005001",)),
    "I as check letter": ("PT-015", (f"{UPN} = I801200005001",)),
    "O as check letter": ("PT-015", (f"{UPN} = O801200005001",)),
    "S as check letter": ("PT-015", (f"{UPN} = S801200005001",)),
    "I in last place": ("PT-019", (f"{UPN} = M80120000500I",)),
    "O in last place": ("PT-019", (f"{UPN} = M80120000500O",)),
    "a lower-case letter in last place": ("PT-019", (f"{UPN} = M80120000500a",)),
    "a UPN with a character too few": ("PT-019", (f"{UPN} = B80120000500",)),
    "a nursery class at age 6": ("PT-047", (SIX, "P1/PupilStatus/ClassType = N")),
    "a middle school deemed secondary with a primary number": ("PT-008", ("S/Phase = MS", "H/Source/Estab = 3999")),
    "a middle school deemed primary with a secondary number": ("PT-008", ("S/Phase = MP", "H/Source/Estab = 4500")),
    "a pupil of 10 in an 11-16 school": ("PT-027", _aged("21", "2013-09-01")),
    "a pupil of 17 in an 11-16 school": ("PT-027", _aged("21", "2007-08-31")),
    "a child of 1 in a primary school": ("PT-027", _aged("03", "2022-09-01")),
    "a pupil of 11 in a primary school": ("PT-027", _aged("03", "2013-08-31")),
    "attendance of a child of 4": ("PT-052a", ("P1/PupilIdentifiers/DOB = 2020-03-01",)),
}


def rules_broken(edits: tuple[str, ...]) -> set[str]:
    return {issue.rule for issue in check(read_return(edited(edits), "example.xml"))}


@pytest.mark.parametrize(("rule", "edits"), PASS.values(), ids=PASS.keys())
def test_right_data_passes(rule: str, edits: tuple[str, ...]) -> None:
    assert rule not in rules_broken(edits)


@pytest.mark.parametrize(("rule", "edits"), FAIL.values(), ids=FAIL.keys())
def test_wrong_data_fails(rule: str, edits: tuple[str, ...]) -> None:
    assert rule in rules_broken(edits)


def numbers(rows: dict[str, tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    return {name: edits[0].split(" = ")[1] for name, (_, edits) in rows.items() if edits[0].startswith(f"{UPN} = ")}


def told_of_upn(data: bytes) -> set[str]:
    return {issue.rule for issue in check(read_any(data, "a")) if issue.field == "upn"}


@pytest.mark.parametrize("upn", numbers(PASS).values(), ids=numbers(PASS))
def test_a_right_number_passes_in_other_forms(upn: str) -> None:
    early = edited((f"~ C1/ChildIdentifiers/UPN = {check_letter(upn[1:])}{upn[1:]}",), Model.EARLY)
    assert told_of_upn(early) == told_of_upn(forms.early_csv_of(early)) == set()


@pytest.mark.parametrize("upn", numbers(FAIL).values(), ids=numbers(FAIL))
def test_a_wrong_number_fails_in_other_forms(upn: str) -> None:
    early = edited((f"~ C1/ChildIdentifiers/UPN = {upn}",), Model.EARLY)
    assert told_of_upn(early) == told_of_upn(forms.early_csv_of(early)) == {"EY-008"}
    assert told_of_upn(forms.CTF.replace(b"C201399919001", upn.encode())) & {"PT-015", "PT-019"}
