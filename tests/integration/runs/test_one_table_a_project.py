"""Until differences are audited, of what a project's tables share only one is ever released."""

import pytest

from rollbook.records.models.studies import Output, Project, Release
from rollbook.services import outputs, releases
from rollbook.services.log import reader
from rollbook.services.run_pages import run_page
from tests import grounds
from tests import run_ground as ground
from tests.people import CHECKER, OPERATOR, RESEARCHER, SECOND_CHECKER, actor_of

pytestmark = pytest.mark.django_db
HALVES = "CASE WHEN ppid < '8' THEN 'low' ELSE 'high' END"


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


@pytest.fixture
def project(log: ground.Writer) -> str:
    return ground.project(log)


def made(study: int) -> Output:
    return Output.objects.get(run=ground.executed(study))


def released(study: int) -> Output:
    output = made(study)
    ground.approved_by_both(output.reference)
    releases.release(output.id)
    output.refresh_from_db()
    assert output.state == Output.RELEASED
    return output


def refusal(output: Output) -> str:
    assert output.state == Output.STOPPED
    table = run_page(by=actor_of(RESEARCHER), run_id=output.run_id).table
    assert table is not None
    (reason,) = table.refused
    assert reason.code == "differencing-not-audited"
    assert reason.message == "differencing not yet audited"
    return reason.where


def test_a_second_version_a_shared_dimension_and_a_renamed_one_are_refused_when_made(project: str) -> None:
    study = ground.study(project, ground.study_by(HALVES, dimension="half"))
    first = released(study)
    assert "half" in refusal(made(study))
    shared = ground.study_by(HALVES, dimension="half", items='"language"')
    assert "half" in refusal(made(ground.study(project, shared)))
    renamed = ground.study_by(HALVES, dimension="moiety", items='"sex"')
    assert "same items" in refusal(made(ground.study(project, renamed)))
    apart = ground.study_by(HALVES, dimension="other", items='"language"')
    assert made(ground.study(project, apart)).state == Output.CHECKING
    assert [table.reference for table in releases.released_tables()] == [first.reference]


def test_of_two_tables_in_checking_the_second_to_be_agreed_is_refused(project: str) -> None:
    study = ground.study(project, ground.study_by(HALVES, dimension="half"))
    first, second = made(study), made(study)
    assert (first.state, second.state) == (Output.CHECKING, Output.CHECKING)
    ground.approved_by_both(first.reference)
    # The first is agreed and not yet released: that is enough to stop the second.
    ground.approved_by_both(second.reference)
    second.refresh_from_db()
    assert "half" in refusal(second)
    assert [row.output_id for row in Release.objects.all()] == [first.id]
    releases.recover()
    assert len(reader.entries("output")) == 1


def test_a_renewed_project_gets_no_second_version(log: ground.Writer, project: str) -> None:
    from rollbook.services import projects

    first = released(ground.study(project, ground.study_by(HALVES, dimension="half")))
    request = Project.objects.get(reference=project).request.reference
    for _ in range(2):  # a renewal, and the renewal of that
        request = grounds.ask(amends=request)
        grounds.approve(request)
        log.write()
    renewed = projects.open_project(by=OPERATOR, request_ref=request)
    again = made(ground.study(renewed, ground.study_by(HALVES, dimension="half")))
    assert first.reference in refusal(again)
    apart = grounds.ask()
    grounds.approve(apart)
    log.write()
    other = projects.open_project(by=OPERATOR, request_ref=apart)
    assert made(ground.study(other, ground.study_by(HALVES, dimension="half"))).state == Output.CHECKING


def test_nothing_comes_out_of_a_project_whose_approval_was_taken_back(project: str) -> None:
    output = made(ground.study(project))
    outputs.give_verdict(by=actor_of(CHECKER), reference=output.reference, verdict="approve")
    grounds.refuse(Project.objects.get().request.reference, "The study was not what was asked for.")
    outputs.give_verdict(by=actor_of(SECOND_CHECKER), reference=output.reference, verdict="approve")
    output.refresh_from_db()
    assert output.state == Output.STOPPED
    assert [reason["code"] for reason in output.rules["refused"]] == ["approval-taken-back"]
    assert not Release.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_tables_agreed_at_one_moment_do_not_both_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from django.db import connection

    ground.clean_folders()
    ground.pupils()
    project = ground.project(ground.log_of_its_own(monkeypatch))
    study = ground.study(project, ground.study_by(HALVES, dimension="half"))
    tables = [made(study), made(study)]
    for table in tables:
        outputs.give_verdict(by=actor_of(CHECKER), reference=table.reference, verdict="approve")
    second, gate = actor_of(SECOND_CHECKER), threading.Barrier(2)

    def agree(reference: str) -> None:
        gate.wait()
        outputs.give_verdict(by=second, reference=reference, verdict="approve")
        connection.close()

    threads = [threading.Thread(target=agree, args=(table.reference,)) for table in tables]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Output.objects.values_list("state", flat=True)) == [Output.AGREED, Output.STOPPED]
    assert Release.objects.count() == 1
