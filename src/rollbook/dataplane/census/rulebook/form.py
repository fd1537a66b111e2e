"""PT-060 to PT-065: values that cannot be read, codes outside their list, and what nobody asked for.

The project's own rules, beside the numbered ones: a value that a numbered rule would never see must still be told.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from rollbook.dataplane.census.catalogue import PROFILES, known_collection, places_read
from rollbook.dataplane.census.codes import codes_of, why_not
from rollbook.dataplane.census.gathering import TWICE_RULE, UNKNOWN_RULE, UNREADABLE_RULE
from rollbook.dataplane.census.ruling import Finding, Pupil, ReturnView, Severity, rule

# Fields with a rule of their own.
_ELSEWHERE: Final = frozenset({"sex", "language", "ethnicity", "young-carer"})


def _faults(view: ReturnView, number: str) -> Iterator[Finding]:
    return (Finding(f.line, f.pupil_no, f.field) for f in view.parsed.faults if f.rule == number)


@rule(
    UNREADABLE_RULE, Severity.ERROR, "The value cannot be read",
    mend="Write days as 2025-01-16, counts as whole numbers, hours as 12.5, and keep text under 200 characters.",
    source="OWN", passes=(), fails=("P1/PupilIdentifiers/DOB = 27/03/2015",),
)  # fmt: skip
def readable(view: ReturnView) -> Iterator[Finding]:
    """The reader left the value out."""
    return _faults(view, UNREADABLE_RULE)


@rule(
    TWICE_RULE, Severity.ERROR, "The element is given twice",
    mend="Keep the right one. The first was read.",
    source="OWN", passes=(), fails=("+ P1/PupilIdentifiers <Sex>M</Sex>",),
)  # fmt: skip
def once(view: ReturnView) -> Iterator[Finding]:
    """Of an element that may stand once."""
    return _faults(view, TWICE_RULE)


@rule(
    UNKNOWN_RULE, Severity.DROPPED, "This item is not part of this collection; it was dropped and the discard recorded",
    mend="Nothing to mend for the return to be taken. Ask the supplier of the school's system why it is sent.",
    source="OWN (promise P10)", passes=(), fails=("+ P1/PupilCharacteristics <Religion>X</Religion>",),
)  # fmt: skip
def known(view: ReturnView) -> Iterator[Finding]:
    """No assessment covers it, so it is not taken."""
    for discard in view.parsed.discards:
        if discard.rule == UNKNOWN_RULE:
            yield Finding(discard.line, None, discard.element)


@rule(
    "PT-063", Severity.ERROR, "The code is not in the list for this term",
    mend="Choose a code from the list in force for this term; the dictionary has the lists of every return.",
    source="LIIA", passes=("P1/PupilCharacteristics/PLAA = O",), fails=("P1/PupilCharacteristics/PLAA = Q",),
)  # fmt: skip
def listed(view: ReturnView) -> Iterator[Finding]:
    """Fields with a rule of their own are left to it."""
    collection = view.header.collection_code
    yield from _unlisted_school(view, collection)
    lists = [
        (item.table, item.column, item.id, codes_of(item.id, collection))
        for item in (place.item for place in places_read(collection).values())
        if item.values and item.id not in _ELSEWHERE
    ]
    for table, column, item, codes in lists:
        if not _all_listed(view, table, column, codes):
            for pupil in view.pupils:
                yield from _unlisted(pupil, table, column, item, codes, collection)


def _all_listed(view: ReturnView, table: str, column: str, codes: Mapping[str, str]) -> bool:
    """Whether the distinct values of a column, in few steps of the machine, show that no row can be wrong."""
    rows = view.rows(table)
    values = {row.get(column) for row in rows}
    return values.issubset({*codes, None})


_SCHOOL_CODES: Final = ("school_type", "intake", "governance", "highest_year", "lowest_year")


def _unlisted_school(view: ReturnView, collection: str) -> Iterator[Finding]:
    for column in _SCHOOL_CODES:
        value = getattr(view.school, column)
        if value is not None and value not in codes_of(column.replace("_", "-"), collection):
            yield view.school_at(column)


def _unlisted(
    pupil: Pupil, table: str, column: str, item: str, codes: Mapping[str, str], collection: str
) -> Iterator[Finding]:
    rows = (pupil.values,) if table == "pupil" else pupil.rows.get(table, ())
    for row in rows:
        value = row.get(column)
        if value is not None and value not in codes:
            yield pupil.at(item, row["line"], why_not(item, value, collection))


@rule(
    "PT-064", Severity.ERROR, "Rollbook holds no profile for this collection",
    mend=PROFILES,
    source="OWN (promise P10)", fields=("Collection", "Term", "Year"),
    passes=("H/CollectionDetails/Term = AUT",), fails=("H/CollectionDetails/Year = 2019",),
)  # fmt: skip
def profile_held(view: ReturnView) -> Iterator[Finding]:
    """Without a profile nobody can say what may be taken."""
    if not known_collection(view.header.collection_code):
        yield view.header_at("year")


_NEEDED: Final = {
    "fsm_period": ("fsm-start-date",),
    "sen_need": ("sen-type",),
    "exclusion": ("exclusion-category",),
    "session": ("attendance-reason", "attendance-sessions"),
    "second_half_session": ("second-half-reason", "second-half-sessions"),
}


@rule(
    "PT-065", Severity.ERROR, "A part of the entry is missing",
    mend="Give the part named, or leave the whole entry out. Every pupil on roll needs an enrolment status.",
    source="OWN", fields=("EnrolStatus", "FSMstartDate", "SENtype", "Category", "AttendanceReason", "Sessions"),
    passes=("P1/PupilStatus/EnrolStatus = M",),
    fails=("- P1/PupilCharacteristics/FSMperiods/FSMperiod/FSMstartDate",),
)  # fmt: skip
def complete(view: ReturnView) -> Iterator[Finding]:
    """Half an entry cannot be counted; without a status nobody knows whether a second school is right."""
    for pupil in view.pupils:
        if pupil.on_roll and pupil.text("enrol_status") is None:
            yield pupil.at("enrol-status")
        for table, items in _NEEDED.items():
            for row in pupil.rows.get(table, ()):
                yield from (pupil.at(item, row["line"]) for item in items if row[item.replace("-", "_")] is None)


RULES = (readable, once, known, listed, profile_held, complete)
