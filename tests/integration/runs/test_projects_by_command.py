"""The operator's commands about projects: what they make, and what they refuse with the exit code of its family."""

import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings
from typer.testing import CliRunner

from rollbook.cli.project import app
from rollbook.kernel.refusals import AccessDenied, InputRefused, StateBroken, UseRefused
from rollbook.policy.states import RequestState
from rollbook.records.models.control import Audit
from rollbook.records.models.governance import Request
from rollbook.records.models.studies import Project, Run, Study
from rollbook.services.platform import clock
from rollbook.services.platform.keys import open_keys
from rollbook.services.projects.projects import close_project
from rollbook.services.studies import studies
from tests import grounds, run_ground
from tests.people import PANEL_MEMBER, RESEARCHER, Person, account_of, actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_key_is_left() -> Iterator[None]:
    """A destroyed key leaves a mark for ever, and the next test's project has the same reference."""
    yield
    shutil.rmtree(settings.ROLLBOOK.keys / "jobs" / "projects", ignore_errors=True)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_open_and_member() -> None:
    grounds.organisation(grounds.UNIVERSITY, RESEARCHER)
    request = grounds.ask()
    with pytest.raises(UseRefused, match="not approved"):
        run("open", request)
    grounds.approve(request)
    assert "is open" in run("open", request)
    assert "is open" in run("open", request)
    project = Project.objects.get()
    assert project.members.count() == 1

    colleague = Person("colleague", "Bryn Tallowmere", RESEARCHER.role)
    account = account_of(colleague)
    with pytest.raises(InputRefused, match="cannot be a member"):
        run("member", project.reference, str(account.id))
    grounds.organisation(grounds.UNIVERSITY, colleague)
    run("member", project.reference, str(account.id))
    assert project.members.count() == 2
    with pytest.raises(InputRefused, match="no such project"):
        run("member", "project-none", str(account.id))


def opened() -> str:
    """An approved request at work; gives the reference of its project."""
    grounds.organisation(grounds.UNIVERSITY, RESEARCHER)
    request = grounds.ask()
    grounds.approve(request)
    run("open", request)
    return str(Project.objects.get().reference)


def test_a_closed_project_is_over_for_good() -> None:
    reference = opened()
    keys = open_keys(settings.ROLLBOOK)
    assert keys.pseudonymise(reference, [1])
    assert "is closed" in run("close", reference)
    project = Project.objects.select_related("request").get()
    assert project.closed_at is not None
    assert project.request.state == RequestState.CLOSED
    assert Audit.objects.filter(deed="close-project", target=reference).count() == 1
    with pytest.raises(StateBroken, match="destroyed"):
        keys.pseudonymise(reference, [1])
    with pytest.raises(UseRefused, match="closed"):
        studies.submit(by=actor_of(RESEARCHER), project_ref=reference, files=run_ground.STUDY)
    with pytest.raises(UseRefused, match="not approved"):
        run("open", project.request.reference)
    with pytest.raises(UseRefused, match="cannot become closed"):
        run("close", reference)
    with pytest.raises(InputRefused, match="no such project"):
        run("close", "project-none")


def test_a_project_is_not_closed_under_a_run() -> None:
    reference = opened()
    researcher, now = account_of(RESEARCHER), clock.now()
    study = Study.objects.create(
        project=Project.objects.get(), author=researcher, title="Sex", digest="0" * 64, files={}, items=["sex"],
        submitted_at=now,
    )  # fmt: skip
    asked = Run.objects.create(study=study, asked_by=researcher, queued_at=now).id
    with pytest.raises(UseRefused, match="under way"):
        run("close", reference)
    assert Project.objects.get().closed_at is None
    assert open_keys(settings.ROLLBOOK).pseudonymise(reference, [1])
    Run.objects.filter(id=asked).update(state=Run.DONE)
    run("close", reference)


def test_closing_leaves_a_refusal_what_it_is_and_is_the_operators_deed() -> None:
    reference = opened()
    grounds.refuse(Request.objects.get().reference, "The funder has changed.")
    for person in (RESEARCHER, PANEL_MEMBER):
        with pytest.raises(AccessDenied):
            close_project(by=actor_of(person), project_ref=reference)
    run("close", reference)
    assert Request.objects.get().state == RequestState.REJECTED
