"""The whole way of a table and of a case with the database roles and keys of the web and job processes, and no more."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from rollbook.kernel.refusals import AccessDenied, StateBroken
from rollbook.records.models.identity import GatewayCase
from rollbook.records.models.studies import Output, Project, Release, Run
from rollbook.services.gateway import case_pages, gateway
from rollbook.services.outputs import check_pages, outputs, releases, revoking
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.projects import projects
from rollbook.services.studies import run_pages, runs, studies
from tests import case_ground
from tests import run_ground as ground
from tests.integration.people.test_with_the_rights_of_each_process import process
from tests.people import CHECKER, CUSTODIAN, POLICE_OFFICER, RESEARCHER, SECOND_CHECKER, SECOND_CUSTODIAN, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


def in_turns(log: ground.Writer, settings: Any, job: Callable[[], None]) -> None:
    """The job until it waits for the log, then the writer, then the job again: each with its own rights."""
    log.running = False
    with process("jobs", settings), pytest.raises(StateBroken, match="public in time"):
        job()
    log.running = True
    with process("log", settings):
        log.write()
    log.running = False
    with process("jobs", settings):
        job()
    log.running = True


def test_from_a_study_to_a_released_table(log: ground.Writer, settings: Any) -> None:
    project = ground.project(log)
    request = Project.objects.get().request
    for person in (RESEARCHER, CHECKER, SECOND_CHECKER):
        actor_of(person)
    with process("web", settings):
        by = actor_of(RESEARCHER)
        study = studies.submit(by=by, project_ref=project, files=ground.STUDY)
        number = studies.ask_run(by=by, study_id=study)
        with pytest.raises(AccessDenied):
            open_keys(settings.ROLLBOOK).create_project_key("project-new")
        with pytest.raises(AccessDenied):
            open_keys(settings.ROLLBOOK).pseudonymise(project, [1])
    with process("jobs", settings):
        projects.open_approved(request.id)
    in_turns(log, settings, lambda: runs.execute(number, wait_s=0))
    assert Run.objects.get(id=number).state == Run.DONE
    output = Output.objects.get()
    with process("web", settings):
        run_pages.run_page(by=actor_of(RESEARCHER), run_id=number)
        ground.submitted(output.reference)
        for checker in (CHECKER, SECOND_CHECKER):
            outputs.claim(by=actor_of(checker), reference=output.reference)
            outputs.unclaim(by=actor_of(checker), reference=output.reference)
            check_pages.check_page(by=actor_of(checker), reference=output.reference)
            outputs.give_verdict(by=actor_of(checker), reference=output.reference, verdict="approve")
    in_turns(log, settings, lambda: releases.release(output.id, wait_s=0))
    with process("web", settings):
        assert len(releases.released_tables()) == 1
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Release.objects.update(csv="other figures")
        words = {"ground": "not-allowed", "words": "Asked for by mistake."}
        revoking.ask_revoke(by=actor_of(CHECKER), reference=output.reference, **words)
        revoking.decline_revoke(by=actor_of(CHECKER), reference=output.reference)
        revoking.ask_revoke(by=actor_of(CHECKER), reference=output.reference, **words)
        revoking.confirm_revoke(by=actor_of(SECOND_CHECKER), reference=output.reference)
        assert releases.released_tables()[0].csv == ""


def test_from_an_officers_question_to_the_answer(log: ground.Writer, settings: Any) -> None:
    agreement = case_ground.police(log)
    for person in (POLICE_OFFICER, CUSTODIAN, SECOND_CUSTODIAN):
        actor_of(person)
    with process("web", settings):
        reference = case_ground.asked(agreement)
        case_pages.desk(actor_of(CUSTODIAN))
        gateway.match_case(by=actor_of(CUSTODIAN), reference=reference)
        case_pages.desk_case(by=actor_of(SECOND_CUSTODIAN), reference=reference)
        gateway.confirm_case(by=actor_of(SECOND_CUSTODIAN), reference=reference)
    case = case_ground.row_of(reference)
    in_turns(log, settings, lambda: gateway.seal(case.id, wait_s=0))
    with process("web", settings):
        assert case_pages.cases_of(actor_of(POLICE_OFFICER))[0].standing == "ready"
        assert gateway.collect(by=actor_of(POLICE_OFFICER), reference=reference)


@pytest.mark.parametrize("name", ["web", "jobs"])
def test_cases_cannot_be_read_without_the_zone(name: Any, settings: Any) -> None:
    with process(name, settings):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            GatewayCase.objects.exists()
        with people_zone():
            assert not GatewayCase.objects.exists()
