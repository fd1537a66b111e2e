"""What ends between two moments of a use: at midnight, while the log writes, mid-session, before the second verdict.

The other ends, each at every use, stand in `test_five_safes_at_the_moment_of_use.py`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from rollbook.kernel.refusals import InputRefused, RollbookError, UseRefused
from rollbook.records.models.accounts import Accreditation, Device, Organisation, Site
from rollbook.records.models.control import Audit
from rollbook.records.models.studies import Output, Run, Study
from rollbook.services.accounts import accounts
from rollbook.services.log import reader
from rollbook.services.outputs import outputs
from rollbook.services.platform import clock
from rollbook.services.projects import projects, safe_people, safe_places
from rollbook.services.studies import runs, studies
from tests import grounds
from tests import run_ground as ground
from tests.people import (
    CHECKER,
    OPERATOR,
    RESEARCHER,
    SECOND_CHECKER,
    Person,
    account_of,
    actor_of,
    browser_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Puts the clock to a moment."""

    def put(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return put


def codes(deed: Callable[[], Any]) -> set[str]:
    try:
        deed()
    except RollbookError as refused:
        return {reason.code for reason in refused.reasons}
    return set()


def opened() -> bool:
    return Audit.objects.filter(deed="open-extract").exists()


def test_one_microsecond_around_the_last_day(log: ground.Writer, at: Callable[[datetime], None]) -> None:
    study = ground.study(ground.project(log))
    last = grounds.days(40)
    Accreditation.objects.update(expires=last)
    Site.objects.update(expires=last)
    midnight = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    at(midnight - timedelta(microseconds=1))
    waiting = ground.run(study)
    at(midnight)
    assert codes(lambda: ground.run(ground.study(studies_project()))) == {"recipient-accreditation", "setting-expired"}
    runs.execute(waiting)
    run = Run.objects.get(id=waiting)
    assert (run.state, {one["code"] for one in run.reasons}) == (
        Run.REFUSED, {"recipient-accreditation", "setting-expired"}
    )  # fmt: skip
    assert (reader.entries("disclosure"), opened()) == ((), False)


def studies_project() -> str:
    return projects.projects_of(actor_of(RESEARCHER))[0].reference


ENDS: dict[str, tuple[str, Callable[[], Any]]] = {
    "site": ("setting-expired", lambda: safe_places.end_site(by=OPERATOR, site_id=Site.objects.get().id)),
    "accreditation": (
        "recipient-accreditation",
        lambda: safe_people.end_accreditation(by=OPERATOR, account_id=account_of(RESEARCHER).id),
    ),
    "account": (
        "recipient-closed",
        lambda: accounts.close_account(by=OPERATOR, account_id=account_of(RESEARCHER).id),
    ),
    "member": (
        "recipients-none",
        lambda: projects.remove_member(
            by=OPERATOR, project_ref=studies_project(), account_id=account_of(RESEARCHER).id
        ),
    ),
}


@pytest.mark.parametrize(("code", "end"), [ENDS["site"], ENDS["account"]], ids=["site", "account"])
def test_what_ends_while_the_log_writes_leaves_the_data_shut(
    log: ground.Writer, monkeypatch: pytest.MonkeyPatch, code: str, end: Callable[[], Any]
) -> None:
    """The entry says that the data would be opened; it is not, and the log says that too."""
    waiting = ground.run(ground.study(ground.project(log)))
    inner = runs.published

    def late(*given: Any, **named: Any) -> Any:
        found = inner(*given, **named)
        end()
        return found

    monkeypatch.setattr(runs, "published", late)
    runs.execute(waiting)
    run = Run.objects.get(id=waiting)
    assert (run.state, [one["code"] for one in run.reasons], opened()) == (Run.FAILED, [code], False)
    log.write()
    assert [one.fields["result"] for one in reader.entries("outcome")] == ["not-released"]


def test_what_ends_between_two_verdicts_keeps_the_table_inside(log: ground.Writer) -> None:
    ground.accounts()
    output = Output.objects.get(run=ground.executed(ground.study(ground.project(log))))
    outputs.give_verdict(by=actor_of(CHECKER), reference=output.reference, verdict="approve")

    def second(verdict: str) -> set[str]:
        facts = {"reference": output.reference, "verdict": verdict, "comment": "Not now."}
        return codes(lambda: outputs.give_verdict(by=actor_of(SECOND_CHECKER), **facts))

    for code, end in ENDS.values():
        with transaction.atomic():
            end()
            assert second("approve") == {code}
            output.refresh_from_db()
            assert output.state == Output.CHECKING
            assert second("return") == set(), "what lets nothing out is never barred"
            transaction.set_rollback(True)
    assert second("approve") == set()


def test_a_device_that_is_taken_away_shuts_the_page_that_is_open(log: ground.Writer) -> None:
    project = ground.project(log)
    Organisation.objects.get().sites.all().delete()
    site = grounds.site(grounds.UNIVERSITY[1], name="Reading room", asks="device", networks=[])
    code = safe_places.accredit_device(by=OPERATOR, site_id=site, label="Desk 4", expires=grounds.days(30))
    browser = browser_of(RESEARCHER)
    browser.post("/casework/device/", {"code": code})
    address = f"/casework/projects/{project}/"
    assert "Send a study in" in browser.get(address).content.decode()
    ground_study = {"files": [SimpleUploadedFile(path, data) for path, data in ground.STUDY.items()]}
    assert browser.post(address, ground_study).status_code == 302
    study = studies.project_page(by=actor_of(RESEARCHER), project_ref=project)
    assert study.refused, "without the device's key the same account is outside"
    safe_places.end_device(by=OPERATOR, device_id=Device.objects.get().id)
    page = browser.get(address).content.decode()
    assert "You cannot work on this project now" in page
    assert "Send a study in" not in page
    assert browser.post(f"/casework/studies/{Study.objects.get().id}/run/").status_code == 409
    assert not Run.objects.exists()


def test_a_closed_account_is_out_of_the_session_it_is_in(log: ground.Writer) -> None:
    project = ground.project(log)
    browser = browser_of(RESEARCHER)
    assert browser.get(f"/casework/projects/{project}/").status_code == 200
    accounts.close_account(by=OPERATOR, account_id=account_of(RESEARCHER).id)
    answer = browser.get(f"/casework/projects/{project}/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/sign-in/")


def test_who_is_taken_off_is_off_at_once_and_bars_the_others_no_more(log: ground.Writer) -> None:
    project = ground.project(log)
    colleague = Person("colleague", "Bryn Tallowmere", RESEARCHER.role)
    grounds.organisation(grounds.UNIVERSITY, colleague)
    projects.add_member(by=OPERATOR, project_ref=project, account_id=account_of(colleague).id)
    study = ground.study(project)
    assert ground.executed(study).state == Run.REFUSED, "a colleague without accreditation bars the run"
    projects.remove_member(by=OPERATOR, project_ref=project, account_id=account_of(colleague).id)
    assert codes(lambda: studies.project_page(by=actor_of(colleague), project_ref=project)) == {"not-member"}
    assert ground.executed(study).state == Run.DONE
    with pytest.raises(InputRefused, match="no member"):
        projects.remove_member(by=OPERATOR, project_ref=project, account_id=account_of(colleague).id)


def test_an_accreditation_withdrawn_and_given_anew(log: ground.Writer) -> None:
    study = ground.study(ground.project(log))
    account = account_of(RESEARCHER).id
    safe_people.end_accreditation(by=OPERATOR, account_id=account)
    with pytest.raises(UseRefused, match="not accredited"):
        ground.run(study)
    with pytest.raises(InputRefused, match="no accreditation"):
        safe_people.end_accreditation(by=OPERATOR, account_id=account)
    grounds.accredited()
    assert ground.executed(study).state == Run.DONE
