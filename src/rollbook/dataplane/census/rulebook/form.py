"""PT-060 to PT-065: values that cannot be read, what is given twice or by half, and what nobody asked for.

The project's own rules, beside the numbered ones: a value that a numbered rule would never see must still be told.
"""

from collections.abc import Iterator
from typing import Final

from rollbook.dataplane.census.catalogue import PROFILES, known_collection
from rollbook.dataplane.census.gathering import TWICE_RULE, UNKNOWN_RULE, UNREADABLE_RULE
from rollbook.dataplane.census.landed_forms import READER_ONLY, NotLanded, Row
from rollbook.dataplane.census.rulebook.derived import not_asked_by, unread_by
from rollbook.dataplane.census.ruling import Finding, ReturnView, Severity, rule


def _faults(view: ReturnView, number: str) -> Iterator[Finding]:
    return (Finding(f.line, f.pupil_no, f.field) for f in view.parsed.faults if f.rule == number)


@rule(
    UNREADABLE_RULE, Severity.ERROR, "The value cannot be read",
    mend="Keep text to 200 characters, and write days as 2025-01-16.",
    source="OWN", passes=(), fails=(f"P1/PupilIdentifiers/Forename = {'Ada ' * 51}A",),
    landed=READER_ONLY,
)  # fmt: skip
def readable(view: ReturnView) -> Iterator[Finding]:
    """The reader left the value out. Days and numbers of the catalogue have rules of their own."""
    return (found for found in _faults(view, UNREADABLE_RULE) if unread_by(found.field) == UNREADABLE_RULE)


@rule(
    TWICE_RULE, Severity.ERROR, "The element is given twice",
    mend="Keep the right one. The first was read.",
    source="OWN", passes=(), fails=("+ P1/PupilIdentifiers <Sex>M</Sex>",),
    landed=READER_ONLY,
)  # fmt: skip
def once(view: ReturnView) -> Iterator[Finding]:
    """Of an element that may stand once."""
    return _faults(view, TWICE_RULE)


@rule(
    UNKNOWN_RULE, Severity.DROPPED, "This item is not part of this collection; it was dropped and the discard recorded",
    mend="Nothing to mend for the return to be taken. Ask the supplier of the school's system why it is sent.",
    source="OWN (promise P10)", passes=(), fails=("+ P1/PupilCharacteristics <Religion>X</Religion>",),
    landed=READER_ONLY,
)  # fmt: skip
def known(view: ReturnView) -> Iterator[Finding]:
    """No assessment covers it, so it is not taken. An item of another census return has a rule of its own."""
    for discard in view.parsed.discards:
        if discard.rule == UNKNOWN_RULE and not_asked_by(view, discard) is None:
            yield Finding(discard.line, None, discard.element)


@rule(
    "PT-064", Severity.ERROR, "Rollbook holds no profile for this collection",
    mend=PROFILES,
    source="OWN (promise P10)", fields=("Collection", "Term", "Year"),
    passes=("H/CollectionDetails/Term = AUT",), fails=("H/CollectionDetails/Year = 2019",),
    landed=NotLanded("Nothing of an unknown collection is landed."),
)  # fmt: skip
def profile_held(view: ReturnView) -> Iterator[Finding]:
    """Without a profile nobody can say what may be taken."""
    if not known_collection(view.header.collection_code):
        yield view.header_at("year")


NEEDED: Final = {
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
    landed=(Row("pupil", "enrol-status", "on_roll AND enrol_status IS NULL"), *(
        Row(table, item, f"{item.replace('-', '_')} IS NULL") for table, items in NEEDED.items() for item in items
    )),
)  # fmt: skip
def complete(view: ReturnView) -> Iterator[Finding]:
    """Half an entry cannot be counted; without a status nobody knows whether a second school is right."""
    halves = {table: items for table, items in NEEDED.items() if any(view.lacks(table, _column(i)) for i in items)}
    for pupil in view.pupils:
        if pupil.on_roll and pupil.text("enrol_status") is None:
            yield pupil.at("enrol-status")
        for table, items in halves.items():
            for row in pupil.rows.get(table, ()):
                yield from (pupil.at(item, row["line"]) for item in items if row[_column(item)] is None)


def _column(item: str) -> str:
    return item.replace("-", "_")


RULES = (readable, once, known, profile_held, complete)
