"""The operator's commands about projects: what they make, and what they refuse with the exit code of its family."""

import pytest
from typer.testing import CliRunner

from rollbook.cli.project import app
from rollbook.kernel.refusals import InputRefused, UseRefused
from rollbook.records.models.studies import Project
from tests import grounds
from tests.people import RESEARCHER, Person, account_of

pytestmark = pytest.mark.django_db


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
