"""What is held about one person: each fact with its source, what a resubmission replaced, and which uses had that."""

from datetime import date

import pytest
from pyroaring import BitMap

from rollbook.records.models.accounts import Organisation
from rollbook.records.models.governance import Request
from rollbook.records.models.identity import Identifier
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.studies import Project, Run, Study
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns import returns
from rollbook.services.returns.held import HeldFact
from rollbook.services.returns.ingest import ingest
from rollbook.services.uses import populations
from tests import census_ground as ground
from tests.people import OPERATOR, RESEARCHER, account_of
from tests.rolls import RECEIVED

EPOCH = "2025-01"


@pytest.fixture(autouse=True)
def opened(db: None) -> None:
    ground.empty_store()
    ground.open_spring()


def send(*edits: str, **how: str) -> str:
    return ingest(by=OPERATOR, data=ground.a_file(*edits, **how), name="return.xml").return_id


def ada() -> int:
    with people_zone():
        return int(Identifier.objects.get(value=ground.ADA).person_id)


def fact(item: str, row: str = "") -> HeldFact:
    (found,) = [one for one in returns.facts_held(ada()) if (one.item, one.row) == (item, row)]
    return found


def a_run(return_id: str, people: list[int], items: list[str], *, entry: str | None = LogSubmission.APPENDED) -> Run:
    """A run whose entry is in this state in the log; None for one that was never handed in."""
    number = Run.objects.count()
    submission = LogSubmission.objects.create(
        entry_id=f"run-{number}", entry={}, made_at=RECEIVED, state=entry or LogSubmission.WAITING
    )
    author = account_of(RESEARCHER)
    body, _ = Organisation.objects.get_or_create(
        company_number="RC1", defaults={"name": "University", "sector": "university"}
    )
    request = Request.objects.create(
        reference=f"R-{number}", organisation=body, requester=author, title="T", purpose="p", power="PWR-01",
        items=items, classes=[], collections=[], starts=RECEIVED, ends=RECEIVED, state="approved", made_at=RECEIVED,
        submission=submission,
    )  # fmt: skip
    project = Project.objects.create(reference=f"P-{number}", request=request, opened_at=RECEIVED)
    study = Study.objects.create(
        project=project, author=author, title="Absence", digest="d", files={}, items=items, submitted_at=RECEIVED
    )
    return Run.objects.create(
        study=study, state="done", asked_by=author, queued_at=RECEIVED, started_at=RECEIVED, returns=[return_id],
        epoch=EPOCH, did=f"did-{number}", population_file=populations.keep(BitMap(people), EPOCH),
        submission=submission if entry else None,
    )  # fmt: skip


def test_every_fact_names_its_source_and_line() -> None:
    send()
    language = fact("language")
    assert (language.value, language.value_label, language.name) == ("ENG", "English", "First language")
    assert (language.source_school, language.collection) == ("School 2013999", "Spring school census 2025")
    lines = ground.a_file().decode().splitlines()
    assert "<PupilOnRoll>" in lines[(language.line or 0) - 1]
    assert language.previous == ()


def test_identity_facts_dates_and_flags_read_as_words() -> None:
    send()
    assert fact("surname").value == "Sample"
    assert fact("address-line").value == "1, Example Road, Exampleton"
    assert fact("date-of-birth").value_label == "27 March 2015"
    assert fact("part-time").value_label == "No"
    assert fact("on-roll").value_label == "Yes"


def test_a_persons_facts_hold_nobody_elses() -> None:
    send()
    assert {one.value for one in returns.facts_held(ada()) if one.item == "upn"} == {ground.ADA}


def test_old_and_new_value_and_until_when_the_old_one_stood() -> None:
    first = send()
    send("P1/PupilCharacteristics/Ethnicity = REFU", serial="002")
    ethnicity = fact("ethnicity")
    (old,) = ethnicity.previous
    assert (ethnicity.value, old.value, old.return_id) == ("REFU", "White - British", first)
    assert old.until >= old.received_on
    assert fact("language").previous == ()


def test_every_replaced_value_is_shown_latest_first() -> None:
    send()
    send("P1/PupilIdentifiers/Surname = Second", serial="002")
    send("P1/PupilIdentifiers/Surname = Third", serial="003")
    assert [old.value for old in fact("surname").previous] == ["Second", "Sample"]


def test_a_value_no_longer_given_stays_visible_as_an_older_one() -> None:
    send()
    send("- P1/PupilIdentifiers/MiddleNames", serial="002")
    middle = fact("middle-names")
    assert (middle.value, [old.value for old in middle.previous]) == ("", ["Jo"])


def test_rows_of_a_child_table_are_followed_by_what_they_are_about() -> None:
    send()
    send("P1/Attendance/TermlyAttendance/SessionDetails/SessionDetail[1]/Sessions = 9", serial="002")
    assert fact("attendance-sessions", "I").value == "9"
    assert [old.value for old in fact("attendance-sessions", "I").previous] == ["6"]
    assert fact("attendance-sessions", "E").previous == ()


def test_a_pupil_taken_off_the_return_sees_that_too() -> None:
    send()
    person = ada()
    send(serial="002", upns=[ground.upn(number) for number in range(1, 5)])
    held = {one.item: one for one in returns.facts_held(person) if not one.row}
    assert held["language"].value == ""
    assert [old.value for old in held["language"].previous] == ["English"]


def test_only_uses_that_had_the_old_value_are_named() -> None:
    first = send()
    person = ada()
    had = a_run(first, [person, 5], ["ethnicity"])
    a_run(first, [5], ["ethnicity"])  # not in its population
    a_run(first, [person], ["language"])  # did not have the item
    for never_opened in (None, LogSubmission.WAITING, LogSubmission.REFUSED):
        a_run(first, [person], ["ethnicity"], entry=never_opened)
    second = send("P1/PupilCharacteristics/Ethnicity = REFU", serial="002")
    a_run(second, [person], ["ethnicity"])  # had the new value
    (old,) = fact("ethnicity").previous
    assert [(use.did, use.project, use.study) for use in old.uses_that_had_it] == [(had.did, "P-0", "Absence")]
    assert old.uses_that_had_it[0].at.date() == date(2025, 1, 20)


def test_somebody_without_any_return_has_no_facts() -> None:
    assert returns.facts_held(12345) == ()
