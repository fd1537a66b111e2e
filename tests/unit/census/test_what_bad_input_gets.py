"""What bad input gets, for every reader it can come to: a refusal of the whole file, or a finding with its rule.

One row for each fault and form. What has no row cannot be in that form: transfer files and rosters name no term, and
of their codes none but the sex is judged; an early years return is an authority's, a roster may be of several schools.
Byte order marks and line endings are in `test_forms_read_alike`.
"""

from datetime import UTC, datetime

import pytest

from rollbook.dataplane.census.examples import edited
from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.rules import check
from rollbook.dataplane.census.ruling import CheckContext, Severity
from rollbook.dataplane.census.untrusted import Limits
from rollbook.kernel.refusals import InputRefused
from tests import forms

CONTEXT = CheckContext(now=datetime(2025, 6, 1, tzinfo=UTC))
FILES = forms.every_form()
XML, FLAT, ROSTER = FILES["school-xml"], forms.flat_members(), forms.roster_members()
SCHOOL = XML[XML.index(b"<School>") : XML.index(b"</School>") + len(b"</School>")]
Row = tuple[bytes, str]


def sent(kind: str, old: bytes, new: bytes) -> bytes:
    assert old in FILES[kind]
    return FILES[kind].replace(old, new)


def flat(table: str, old: bytes, new: bytes) -> bytes:
    assert old in FLAT[table]
    return forms.zipped({**FLAT, table: FLAT[table].replace(old, new)})


def roster(version: str, table: str, old: bytes, new: bytes) -> bytes:
    members = forms.roster_members(version)
    assert old in members[table]
    return forms.zipped({**members, table: members[table].replace(old, new)})


def flat_row(table: str, old: bytes, new: bytes) -> bytes:
    """The table's last row once more, with a change."""
    row = FLAT[table].rstrip().split(b"\r\n")[-1]
    assert old in row
    return forms.zipped({**FLAT, table: FLAT[table] + row.replace(old, new) + b"\r\n"})


TERM = b"<Term>SPR</Term>"
MIXED_TERMS: dict[str, Row] = {
    "school-xml": (sent("school-xml", TERM, TERM + b"<Term>AUT</Term>"), "PT-061"),
    "school-xml, day of another term": (sent("school-xml", b"2025-01-16</Ref", b"2025-05-15</Ref"), "PT-001"),
    "flat": (flat_row("schoolcensus.csv", b"SPR", b"AUT"), "terms-mixed"),
    "flat, a table of autumn": (forms.zipped({**FLAT, "a.csv": b"addressesonrollorderseqcolumn,x\n"}), "terms-mixed"),
    "early-xml": (sent("early-xml", TERM, TERM + b"<Term>AUT</Term>"), "terms-mixed"),
    "early-xml, autumn": (sent("early-xml", b"SPR", b"AUT"), "term-wrong"),
    "early-csv": (FILES["early-csv"] + FILES["early-csv"], "terms-mixed"),
    "early-csv, autumn": (sent("early-csv", b"SPR", b"AUT"), "term-wrong"),
}
WRONG_SCHOOL: dict[str, Row] = {
    "school-xml, two schools": (XML.replace(SCHOOL, SCHOOL + SCHOOL), "block-twice"),
    "school-xml, two numbers": (sent("school-xml", b"</Estab>", b"</Estab><Estab>3998</Estab>"), "PT-061"),
    "school-xml, a number of another phase": (sent("school-xml", b">3999<", b">4500<"), "PT-008"),
    "flat, two schools": (flat_row("school.csv", b"Synthetic", b"Another"), "school-not-one"),
    "flat, two headers": (flat_row("schoolcensus.csv", b"3999", b"3998"), "header-not-one"),
    "flat, a number of another phase": (flat("schoolcensus.csv", b"3999", b"4500"), "PT-008"),
    "ctf, two schools": (
        sent("ctf", b"<DestSchool>", b"<SourceSchool><Estab>3998</Estab></SourceSchool><DestSchool>"), "school-not-one",
    ),
    "early-xml, an authority that is gone": (sent("early-xml", b"<LEA>201", b"<LEA>909"), "PT-004"),
    "early-csv, a child of no setting": (
        sent("early-csv", b"E,999998,,Invented Nursery,ZZ99 9ZZ\n", b""), "row-without-setting",
    ),
}  # fmt: skip
FUTURE: dict[str, Row] = {
    "school-xml, birth": (sent("school-xml", b"2015-03-27", b"2025-01-17"), "PT-026"),
    "school-xml, entry": (sent("school-xml", b"2019-09-04", b"2025-01-17"), "PT-042"),
    "school-xml, file": (sent("school-xml", b"2025-01-16T", b"2025-07-16T"), "PT-006"),
    "school-xml, meals": (edited(("~ P1/PupilCharacteristics/FSMperiods/FSMperiod/FSMendDate = 2025-03-01",)),
                          "RG-fsm-end-date"),
    "flat, birth": (flat("pupilonroll.csv", b"2015-03-27", b"2025-01-17"), "PT-026"),
    "flat, entry": (flat("pupilonroll.csv", b"2019-09-04", b"2025-Jan-17 00:00:00"), "PT-042"),
    "flat, file": (flat("schoolcensus.csv", b"2025-01-16T", b"2025-07-16T"), "PT-006"),
    "early-xml, birth": (sent("early-xml", b"2022-05-02", b"2025-01-17"), "PT-026"),
    "early-xml, file": (sent("early-xml", b"2025-01-16T", b"2025-07-16T"), "PT-006"),
    "early-csv, birth": (sent("early-csv", b"2022-05-02", b"2025-01-17"), "PT-026"),
    "early-csv, file": (sent("early-csv", b"2025-01-16T", b"2025-07-16T"), "PT-006"),
    "ctf, birth": (sent("ctf", b"2015-03-27", b"2025-06-02"), "PT-026"),
    "ctf, file": (sent("ctf", b"2025-02-01T", b"2025-07-01T"), "PT-006"),
    "oneroster-1.1, birth": (roster("1.1", "demographics.csv", b"2015-03-27", b"2025-06-02"), "PT-026"),
    "oneroster-1.2, birth": (roster("1.2", "demographics.csv", b"2015-03-27", b"2025-06-02"), "PT-026"),
}  # fmt: skip
FUNDING_MARK = "~ P1/PupilCharacteristics/LearnerFAMs/LearnerFAM/LearnerFAMCode = 21"
LAST_YEARS_CODE: dict[str, Row] = {
    "school-xml, in the list until summer 2024": (edited((FUNDING_MARK,)), "CO-learner-fam-code"),
    "school-xml, years ago": (sent("school-xml", b">SUSP<", b">FIXD<"), "CO-exclusion-category"),
    "school-xml, never": (sent("school-xml", b">SUSP<", b">SUSPEND<"), "CV-exclusion-category"),
    "flat": (flat("termlyexclusionsonroll.csv", b"SUSP", b"FIXD"), "CO-exclusion-category"),
    "early-xml": (
        sent("early-xml", b"<FundingBases>", b"<EYPPR>Y</EYPPR><EYPPBF>EE</EYPPBF><FundingBases>"), "CO-eypp-basis"),
    "early-csv": (sent("early-csv", b"WBRI,,,", b"WBRI,Y,EE,"), "CO-eypp-basis"),
}  # fmt: skip


def outcome(data: bytes) -> list[str]:
    try:
        issues = check(read_any(data, "sent"), CONTEXT)
    except InputRefused as refused:
        return [reason.code for reason in refused.reasons]
    return [issue.rule for issue in issues if issue.severity is not Severity.DROPPED]


ROWS = [
    pytest.param(*row, id=f"{what}: {name}")
    for what, rows in (("mixed terms", MIXED_TERMS), ("wrong school", WRONG_SCHOOL), ("future", FUTURE),
                       ("old code", LAST_YEARS_CODE))
    for name, row in rows.items()
]  # fmt: skip


@pytest.mark.parametrize(("data", "told"), ROWS)
def test_bad_input_is_told_by_its_name(data: bytes, told: str) -> None:
    """Exactly this is told, and once, but for what follows from it."""
    found = outcome(data)
    assert found.count(told) == 1
    follows = {"PT-022", "PT-027", "PT-048", "PT-036", "PT-045", "PT-052a", "PT-003", "PT-037"}  # of an odd age or day
    assert set(found) - follows - {told} == set()


def test_a_code_of_last_year_was_right_last_year() -> None:
    last_year = ("H/CollectionDetails/Year = 2024", "H/CollectionDetails/ReferenceDate = 2024-01-18")
    assert not [rule for rule in outcome(edited((*last_year, FUNDING_MARK))) if "learner-fam" in rule]


def repeated(kind: str, first: bytes, last: bytes) -> bytes:
    """A file of 60 MB: the first pupil over and over."""
    data = FILES[kind]
    start, end = data.index(first), data.index(last) + len(last)
    one = data[start:end] + b"\n"
    return data[:end] + b"\n" + one * ((60_000_000 - len(data)) // len(one)) + data[end:]


def sixty_megabytes(kind: str) -> bytes:
    if kind == "school-xml":
        return repeated(kind, b"<PupilOnRoll>", b"</PupilOnRoll>")
    if kind == "ctf":
        return repeated(kind, b"<Pupil>", b"</Pupil>")
    members, table = (FLAT, "pupilonroll.csv") if kind == "flat" else (ROSTER, "users.csv")
    head, row = members[table].split(b"\r\n")[:2]
    own = b"1,1,1,1," if kind == "flat" else b"u1,"
    many = (row.replace(own, own.replace(b"1,", b"%d," % no), 1) for no in range(60_000_000 // (len(row) + 8)))
    return forms.zipped({**members, table: b"\r\n".join([head, *many, b""])})


@pytest.mark.parametrize(
    ("kind", "code"),
    [("school-xml", "too-many-pupils"), ("ctf", "file-too-large"), ("flat", "too-many-pupils"),
     ("oneroster", "too-many-pupils")],
)  # fmt: skip
def test_sixty_megabytes_of_one_school(kind: str, code: str) -> None:
    """Refused within seconds. An early years return of that size may be an authority's; `test_forms_refuse` has one."""
    with pytest.raises(InputRefused) as refused:
        read_any(sixty_megabytes(kind), "sent", limits=Limits(max_pupils=20_000))
    assert [reason.code for reason in refused.value.reasons] == [code]
