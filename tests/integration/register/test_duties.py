"""Overdue duties: each kind shows itself on the day after it was due, and goes by being done."""

from datetime import timedelta

import pytest

from rollbook.records.models.accounts import Accreditation
from rollbook.records.models.governance import Agreement, Decision, Publication, Request
from rollbook.records.models.log import LogEntry, LogSubmission
from rollbook.records.models.studies import Project
from rollbook.services.collections import collections
from rollbook.services.log import writer
from rollbook.services.platform import clock
from rollbook.services.projects import governance, projects
from rollbook.services.register.duties import Duty, DutyKind, overdue
from rollbook.services.returns.ingest import ingest
from tests import census_ground, grounds
from tests.people import OPERATOR, RESEARCHER, account_of
from tests.register_ground import Register


def found() -> set[tuple[DutyKind, str]]:
    return {(duty.kind, duty.reference) for duty in overdue(clock.today())}


def due(reference: str, days: int) -> None:
    Publication.objects.filter(reference=reference).update(review_by=grounds.days(days))


def project(register: Register) -> Project:
    request = Request.objects.get(reference=register.ground.request)
    Request.objects.filter(id=request.id).update(state="live")
    made = Project.objects.create(reference="project-1", request=request, opened_at=clock.now())
    made.members.add(account_of(RESEARCHER))
    return made


def test_nothing_is_overdue_when_all_is_done(register: Register) -> None:
    project(register)
    assert found() == set()


def test_a_review_is_overdue_from_the_day_after(register: Register) -> None:
    due(register.ground.agreement, 0)
    assert found() == set()
    due(register.ground.agreement, -1)
    due(register.ground.assessment, -1)
    assert found() == {
        (DutyKind.AGREEMENT, register.ground.agreement),
        (DutyKind.ASSESSMENT, register.ground.assessment),
    }


def test_any_other_paper_past_its_review_shows(register: Register) -> None:
    paper = governance.publish(
        by=OPERATOR, kind="notice", title="What we collect", document="Items.", from_=grounds.days(0),
        review_by=grounds.days(5),
    )  # fmt: skip
    writer.append_waiting()
    assert found() == set()
    due(paper, -1)
    assert found() == {(DutyKind.PUBLICATION, paper)}


def test_a_new_version_or_the_end_of_an_agreement_ends_the_duty(register: Register) -> None:
    due(register.ground.agreement, -1)
    due(register.ground.assessment, -1)
    Agreement.objects.update(ends=grounds.days(-1))
    grounds.assessment(supersedes=register.ground.assessment)
    writer.append_waiting()
    assert found() == set()


def test_a_later_version_that_has_not_begun_does_not_end_it(register: Register) -> None:
    due(register.ground.assessment, -1)
    grounds.assessment(starts=grounds.days(9), supersedes=register.ground.assessment)
    writer.append_waiting()
    assert found() == {(DutyKind.ASSESSMENT, register.ground.assessment)}


def sealed(index: int, reveal_by: str) -> None:
    body = {"type": "sealed", "basis": "pwr-10", "reveal_by": reveal_by, "set": {"size_padded": 1024}}
    LogEntry.objects.create(index=index, type="sealed", entry_id=f"sealed-{index}", at=clock.now(), body=body)


def test_a_sealed_case_past_its_day_shows_until_it_is_told_or_extended(register: Register) -> None:
    sealed(900, str(grounds.days(0)))
    assert found() == set()
    sealed(901, str(grounds.days(-1)))
    assert found() == {(DutyKind.REVEAL, "entry 901")}
    extension = {"type": "seal-extend", "of": 901, "reveal_by": str(grounds.days(30))}
    LogEntry.objects.create(index=902, type="seal-extend", entry_id="x-902", at=clock.now(), body=extension)
    assert found() == set()


def test_a_told_case_is_no_duty(register: Register) -> None:
    sealed(901, str(grounds.days(-1)))
    body = {"recipient": {"name": "Ostleshire Police"}, "items": ["surname"]}
    reveal = {"type": "reveal", "of": 901, "body": body}
    LogEntry.objects.create(index=902, type="reveal", entry_id="x-902", at=clock.now(), body=reveal)
    assert found() == set()


def test_an_entry_that_waits_over_an_hour_or_was_refused_shows(register: Register) -> None:
    reference = grounds.ask(title="Late")
    assert found() == set()
    LogSubmission.objects.filter(entry_id=reference).update(made_at=clock.now() - timedelta(minutes=61))
    assert found() == {(DutyKind.LOG_WAITING, reference)}
    LogSubmission.objects.filter(entry_id=reference).update(state=LogSubmission.REFUSED)
    assert found() == {(DutyKind.LOG_REFUSED, reference)}


def test_returns_that_no_entry_counts_by_the_next_day_show(
    register: Register,
) -> None:
    census_ground.empty_store()
    census_ground.open_spring()
    writer.append_waiting()
    ingest(by=OPERATOR, data=census_ground.a_file(), name="return.xml")
    came = clock.now()
    late = {
        days: {one for one in overdue(came.date() + timedelta(days=days)) if one.kind is DutyKind.INTAKE}
        for days in (0, 1, 2)
    }
    assert late == {
        0: set(),
        1: set(),
        2: {Duty(DutyKind.INTAKE, census_ground.SPRING, came.date() + timedelta(days=1))},
    }
    collections.log_intake(by=OPERATOR, day=came.date())
    assert not {one for one in overdue(came.date() + timedelta(days=2)) if one.kind is DutyKind.INTAKE}


def test_a_head_that_nobody_signs_again_shows(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now() + timedelta(hours=25)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert {kind for kind, _ in found()} == {DutyKind.LOG_STALE}


def test_a_project_after_its_approval_must_be_closed(register: Register) -> None:
    made = project(register)
    Decision.objects.filter(request=made.request).update(expires=grounds.days(0))
    assert found() == set()
    Decision.objects.filter(request=made.request).update(expires=grounds.days(-1))
    assert found() == {(DutyKind.CLOSE_PROJECT, register.ground.request)}
    projects.close_project(by=OPERATOR, project_ref=made.reference)
    assert found() == set()


def test_a_project_whose_approval_was_taken_back_must_be_closed(register: Register) -> None:
    project(register)
    grounds.refuse(register.ground.request, "The funder has changed.")
    writer.append_waiting()
    assert found() == {(DutyKind.CLOSE_PROJECT, register.ground.request)}


def test_an_expired_accreditation_of_a_member_shows_without_the_person(register: Register) -> None:
    project(register)
    Accreditation.objects.update(starts=grounds.days(-9), expires=grounds.days(0))
    assert found() == set()
    Accreditation.objects.update(expires=grounds.days(-1))
    (duty,) = overdue(clock.today())
    assert (duty.kind, duty.reference, duty.days(clock.today())) == (
        DutyKind.ACCREDITATION, register.ground.request, 1
    )  # fmt: skip
    Accreditation.objects.all().delete()
    assert {kind for kind, _ in found()} == {DutyKind.ACCREDITATION}


def test_the_longest_overdue_stands_first(register: Register) -> None:
    due(register.ground.agreement, -1)
    due(register.ground.assessment, -9)
    assert [duty.reference for duty in overdue(clock.today())] == [
        register.ground.assessment, register.ground.agreement
    ]  # fmt: skip
