"""What must hold for all rules together: no values in findings, dates of force, order, hard edges."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.examples import edited, failing, model_return
from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.parsed import Header, SchoolFacts
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.rules import RULES, check, has_errors
from rollbook.dataplane.census.ruling import CheckContext, Severity

# The one thing a finding may add to the rule's words: which return had a code last.
WHEN_LAST = re.compile(r": the (spring|summer|autumn) school census 20\d\d was the last to have it\Z")
SUMMER = ("H/CollectionDetails/Term = SUM", "H/CollectionDetails/ReferenceDate = 2025-05-15")
AUTUMN = ("H/CollectionDetails/Term = AUT", "H/CollectionDetails/ReferenceDate = 2025-10-02")


def broken(*edits: str, context: CheckContext | None = None) -> list[str]:
    return [issue.rule for issue in check(read_return(edited(edits), "a.xml"), context)]


def test_no_finding_holds_a_value_of_a_pupil() -> None:
    """A finding has the rule's fixed words, the return that had a code last, a field's name, and no other text."""
    columns = {"setting-urn", "setting-postcode"}
    columns |= {name.replace("_", "-") for kind in (Header, SchoolFacts) for name in kind.__dataclass_fields__}
    for rule in RULES.values():
        parsed = read_any(failing(rule), "a.xml")
        names = columns | set(ITEMS) | {discard.element for discard in parsed.discards}
        names |= {fault.field for fault in parsed.faults}
        for issue in check(parsed):
            assert WHEN_LAST.sub("", issue.message) == RULES[issue.rule].message
            assert issue.field in names


def test_errors_come_first_then_lines() -> None:
    found = check(read_return(edited(("P3/PupilIdentifiers/Sex = X", "P1/PupilStatus/NCyearActual = 1")), "a.xml"))
    assert [issue.severity for issue in found] == [Severity.ERROR, Severity.QUERY]
    assert has_errors(found)
    assert not has_errors(found[1:])


def test_a_rule_is_silent_outside_its_days() -> None:
    rule = replace(RULES["PT-040"], valid_from=date(2024, 1, 1), valid_to=date(2025, 1, 15))
    assert rule.applies(date(2025, 1, 15))
    assert not rule.applies(date(2025, 1, 16))
    assert not rule.applies(date(2023, 12, 31))
    assert rule.applies(None)


def test_check_leaves_out_rules_that_were_not_in_force_yet() -> None:
    edits = (
        "H/CollectionDetails/Year = 2018", "H/CollectionDetails/ReferenceDate = 2018-01-18",
        "+ P1/PupilCharacteristics <Nationality>X</Nationality>",
    )  # fmt: skip
    assert {"PT-041", "PT-064"} & set(broken(*edits)) == {"PT-064"}
    assert read_return(edited(edits), "a.xml").discards[-1].rule == "PT-041"  # dropped all the same


def test_upn_on_another_roll_is_found_only_for_an_only_school() -> None:
    upns = read_return(model_return(), "a.xml").tables["identity"]["upn"].to_pylist()
    context = CheckContext(upn_elsewhere=lambda upn: upn in upns)
    assert broken(context=context).count("PT-016") == 3  # the leaver may well be on roll elsewhere
    assert broken("P1/PupilStatus/EnrolStatus = M", context=context).count("PT-016") == 2
    assert broken("P1/PupilStatus/EnrolStatus = S", context=context).count("PT-016") == 2
    assert "PT-016" not in broken()


def test_a_file_from_the_future_of_the_clock_given() -> None:
    early = CheckContext(now=datetime(2025, 1, 16, 8, 0, tzinfo=UTC))
    summer_time = CheckContext(now=datetime(2025, 1, 16, 9, 37, tzinfo=UTC))
    assert broken(context=early) == ["PT-006"]
    assert broken(context=summer_time) == []


@pytest.mark.parametrize("header", [SUMMER, AUTUMN])
def test_other_terms_are_read_and_judged(header: tuple[str, ...]) -> None:
    rules = set(broken(*header))
    assert rules <= {
        "NC-SENneeds",
        "NC-ethnicity",
        "NC-young-carer",
        "PT-051b",
        "PT-044",
        "PT-022",
        "PT-048",
        "PT-037",
        "PT-036",
        "PT-045",
        "PT-027",
        "PT-052a",
    }
    assert {"PT-001", "PT-002", "PT-003", "PT-030", "PT-064"}.isdisjoint(rules)


@pytest.mark.parametrize(
    "edits",
    [
        ("- H/CollectionDetails",),
        ("- H/Source",),
        ("- H/CollectionDetails/Term",),
        ("- H/CollectionDetails/Year",),
        ("H/CollectionDetails/Year = 20x5",),
        ("H/CollectionDetails/Year = 99999",),
        ("H/CollectionDetails/ReferenceDate = soon",),
        ("- S",),
        ("S/HighestNCyear = Z",),
        ("- P1/PupilIdentifiers",),
        ("- P1/PupilStatus",),
        ("- P1/PupilIdentifiers/DOB",),
        ("- P1/PupilCharacteristics", "- P1/SpecialEducationalNeeds", "- P1/Attendance"),
        ("- P1/PupilCharacteristics/FSMperiods/FSMperiod/FSMstartDate",),
        ("- P1/Exclusions/TermlyExclusion/StartDate", "- P1/Exclusions/TermlyExclusion/Category"),
    ],
)
def test_a_return_with_a_part_missing_is_judged_and_refused(edits: tuple[str, ...]) -> None:
    assert check(read_return(edited(edits), "a.xml")) != ()


def test_a_leaver_needs_a_number_as_well() -> None:
    assert broken("- L1/PupilIdentifiers/UPN") == ["PT-014"]


def test_a_return_without_pupils_is_judged() -> None:
    data = model_return()
    start, end = data.index(b"  <Pupils>"), data.index(b"</Message>")
    assert check(read_return(data[:start] + data[end:], "a.xml")) == ()


def test_no_profile_for_a_collection_is_an_error() -> None:
    found = broken("H/CollectionDetails/Year = 2019", "H/CollectionDetails/ReferenceDate = 2019-01-17")
    assert "PT-064" in found
