"""What keeps a record or a study out of a run: objections by set arithmetic, and every ground the gate asks for."""

from datetime import timedelta
from typing import Any

import pytest

from rollbook.kernel.refusals import AccessDenied, InputRefused, UseRefused
from rollbook.records.models.accounts import Accreditation
from rollbook.records.models.governance import Agreement, Request
from rollbook.records.models.identity import Choice, Identifier
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.studies import Output, Run, Study
from rollbook.services.log import reader
from rollbook.services.outputs import check_pages
from rollbook.services.platform import clock, jobs
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.projects import projects, requests
from rollbook.services.studies import runs, studies
from rollbook.services.uses import populations
from tests import grounds
from tests import run_ground as ground
from tests.kills import killed_at
from tests.people import OPERATOR, PARENT, RESEARCHER, account_of, actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


def objecting(count: int = 1) -> list[int]:
    """The first people objected to research."""
    with people_zone():
        keys = list(Identifier.objects.order_by("person_id").values_list("person_id", flat=True)[:count])
        for key in keys:
            Choice.objects.get_or_create(
                person_id=key,
                kind="object-research",
                withdrawn_at=None,
                defaults={"made_by": account_of(PARENT), "made_at": clock.now()},
            )
    return keys


def codes(run: Run) -> list[str]:
    return [reason["code"] for reason in run.reasons]


def test_who_objected_is_in_neither_population_nor_table_nor_set(log: ground.Writer) -> None:
    study = ground.study(ground.project(log))
    before = ground.executed(study)
    keys = objecting(2)
    after = ground.executed(study)
    assert (before.people, before.left_out) == (ground.PUPILS, 0)
    assert (after.people, after.left_out) == (ground.PUPILS - 2, 2)
    people = populations.read(after.population_file, after.epoch)
    assert not set(keys) & set(people)
    table = check_pages.table_of(Output.objects.get(run=after))
    assert table.people == ground.PUPILS - 2

    # Withdrawing the objection is a second act; the next run has the person again.
    with people_zone():
        Choice.objects.filter(person_id=keys[0]).update(withdrawn_at=clock.now())
    assert ground.executed(study).left_out == 1


def test_an_objection_between_entry_and_opening_keeps_the_data_shut(log: ground.Writer) -> None:
    number = ground.run(ground.study(ground.project(log)))
    with killed_at(runs, "published", done=False):
        runs.execute(number)
    objecting()
    runs.recover()
    run = Run.objects.get(id=number)
    assert (run.state, codes(run)) == (Run.FAILED, ["choices-ignored"])
    log.write()
    (outcome,) = reader.entries("outcome")
    assert outcome.fields["result"] == "not-released"
    assert not Output.objects.exists()


@pytest.mark.parametrize(
    ("ground_lost", "code"),
    [
        ("accreditation", "recipient-accreditation"),
        ("agreement", "agreement-review"),
        ("approval", "decision-result"),
    ],
)
def test_a_ground_that_ends_after_the_run_was_asked_for_refuses_it(
    log: ground.Writer, ground_lost: str, code: str
) -> None:
    number = ground.run(ground.study(ground.project(log)))
    yesterday = clock.today() - timedelta(days=1)
    if ground_lost == "accreditation":
        Accreditation.objects.update(starts=yesterday, expires=yesterday)
    elif ground_lost == "agreement":
        Agreement.objects.update(review_by=yesterday)
    else:
        grounds.refuse(Request.objects.get().reference)
        log.write()
    submitted = LogSubmission.objects.count()
    runs.execute(number)
    run = Run.objects.get(id=number)
    assert run.state == Run.REFUSED
    assert code in codes(run)
    # Nothing was used, so nothing was logged.
    assert LogSubmission.objects.count() == submitted
    assert (run.submission, run.population_file) == (None, "")


def test_a_run_needs_somebody_to_study(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests import census_ground

    log = ground.log_of_its_own(monkeypatch)
    census_ground.empty_store()
    run = ground.executed(ground.study(ground.project(log)))
    assert (run.state, codes(run)) == (Run.REFUSED, ["population-empty"])


def test_projects_open_by_approval_and_only_for_their_members(log: ground.Writer) -> None:
    by = actor_of(RESEARCHER)
    reference = ground.project(log)
    request = Request.objects.get()
    # The operator's deed and the approval's job make one project, whichever comes first.
    projects.open_approved(request.id)
    assert projects.open_project(by=OPERATOR, request_ref=request.reference) == reference
    assert [line.reference for line in projects.projects_of(by)] == [reference]

    stranger = grounds.Person("other-researcher", "Fen Oddlethwaite", RESEARCHER.role)
    for what in (reference, "project-of-nobody"):
        with pytest.raises(AccessDenied, match="not a member"):
            studies.submit(by=actor_of(stranger), project_ref=what, files=ground.STUDY)
    with pytest.raises(InputRefused, match="cannot be a member"):
        projects.add_member(by=OPERATOR, project_ref=reference, account_id=account_of(stranger).id)
    with pytest.raises(AccessDenied):
        projects.open_project(by=by, request_ref=request.reference)


def test_an_approval_asks_for_its_project_and_a_refusal_does_not(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_in: list[tuple[str, dict[str, int]]] = []
    monkeypatch.setattr(jobs, "defer", lambda job, **arguments: handed_in.append((job, arguments)))
    grounds.organisation(grounds.UNIVERSITY, RESEARCHER)
    grounds.refuse(grounds.ask())
    assert handed_in == []
    approved = grounds.ask()
    grounds.approve(approved)
    assert handed_in == [("open_project", {"request_id": Request.objects.get(reference=approved).id})]


def test_a_request_that_was_refused_becomes_no_project(db: None) -> None:
    grounds.organisation(grounds.UNIVERSITY, RESEARCHER)
    reference = grounds.ask()
    with pytest.raises(UseRefused, match="not approved"):
        projects.open_project(by=OPERATOR, request_ref=reference)
    grounds.refuse(reference)
    with pytest.raises(UseRefused, match="not approved"):
        projects.open_project(by=OPERATOR, request_ref=reference)


def test_a_study_stays_within_what_was_approved_and_when(log: ground.Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = ground.project(log, items=("sex", "language"))
    with pytest.raises(InputRefused, match="ethnicity is not approved"):
        ground.study(reference, ground.study_by("'all'", items='"sex", "ethnicity"'))
    toml = ground.STUDY["study.toml"].replace(b"purpose", b'project = "project-of-another"\npurpose', 1)
    with pytest.raises(InputRefused, match="another project"):
        ground.study(reference, ground.STUDY | {"study.toml": toml})
    stray = ground.STUDY["people.sql"] + b"\n-- written by noor@rollbook.invalid\n"
    with pytest.raises(InputRefused, match="e-mail address"):
        ground.study(reference, ground.STUDY | {"people.sql": stray})

    number = ground.study(reference)
    ground.run(number)
    with pytest.raises(UseRefused, match="under way"):
        ground.run(number)
    late = clock.now() + timedelta(days=201)
    monkeypatch.setattr(clock, "now", lambda: late)
    for deed in (lambda: ground.study(reference), lambda: ground.run(number)):
        with pytest.raises(UseRefused, match="outside the dates"):
            deed()
    assert "outside the dates" in projects.projects_of(actor_of(RESEARCHER))[0].closed_because
    assert Study.objects.count() == 1


def test_an_approval_taken_back_while_the_set_is_made_is_seen_under_the_lock(
    log: ground.Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = ground.run(ground.study(ground.project(log)))
    real = populations.keep

    def refuse_meanwhile(*args: Any, **named: Any) -> str:
        requests.withdraw(by=actor_of(RESEARCHER), reference=Request.objects.get().reference, reasons="No longer.")
        log.write()
        return real(*args, **named)

    monkeypatch.setattr(populations, "keep", refuse_meanwhile)
    runs.execute(number)
    run = Run.objects.get(id=number)
    assert run.state == Run.REFUSED
    assert "request-state" in codes(run)
    assert not reader.entries("disclosure")
