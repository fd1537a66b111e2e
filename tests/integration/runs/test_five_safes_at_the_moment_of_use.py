"""Each of the Five Safes has an end, and each end bites where the project is used: at the door, when a study is sent
in, when a run is asked for, when it begins, and when its table is checked. The clock is moved; no row is.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from rollbook.kernel.refusals import InputRefused, RollbookError, UseRefused
from rollbook.policy.purposes import PURPOSES, PurposeKind
from rollbook.records.models.accounts import Account, Device, Organisation
from rollbook.records.models.governance import Request
from rollbook.records.models.studies import Output, Run
from rollbook.services.outputs import outputs
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor
from rollbook.services.projects import projects, safe_places
from rollbook.services.studies import run_pages, runs, studies
from tests import grounds
from tests import run_ground as ground
from tests.people import CHECKER, OPERATOR, RESEARCHER, Person, account_of, actor_of, browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


LONG = 900


def a_project(log: ground.Writer, **ends: int) -> str:
    """A project in which everything lasts for long, but for what `ends` says, in days from today."""

    def day(name: str) -> object:
        return grounds.days(ends.get(name, LONG))

    number = grounds.organisation(grounds.UNIVERSITY, RESEARCHER)
    Organisation.objects.get().sites.all().delete()
    grounds.site(number, expires=day("site"))
    grounds.agreement(number, ends=day("agreement"), review_by=day("agreement review"))
    grounds.assessment(review_by=day("assessment"))
    from rollbook.services.projects import requests, safe_people
    from tests.people import PANEL_MEMBER

    account = account_of(RESEARCHER).id
    safe_people.record_accreditation(
        by=OPERATOR, account_id=account, scheme="accredited-researcher", starts=grounds.days(0),
        expires=day("accreditation"),
    )  # fmt: skip
    grounds.trained(expires=day("training"))
    reference = grounds.ask(ends=day("project"))
    requests.decide(
        by=actor_of(PANEL_MEMBER), reference=reference, result="approve", reasons="Useful.", expires=day("approval")
    )
    log.write()
    return projects.open_project(by=OPERATOR, request_ref=reference)


ENDS = {
    "project": {"request-dates"},
    "approval": {"request-dates", "decision-expired"},
    "agreement": {"agreement-ended"},
    "agreement review": {"agreement-review"},
    "assessment": {"assessment-current"},
    "accreditation": {"recipient-accreditation"},
    "training": {"recipient-training"},
    "site": {"setting-expired"},
}


@pytest.mark.parametrize(("what", "codes"), ENDS.items())
def test_each_end_bites_at_every_use(
    log: ground.Writer, monkeypatch: pytest.MonkeyPatch, what: str, codes: set[str]
) -> None:
    by = actor_of(RESEARCHER)
    ground.accounts()
    project = a_project(log, **{what: 30})
    last_day = clock.now() + timedelta(days=30)
    study = ground.study(project)
    checked = Output.objects.get(run=ground.executed(study)).reference
    waiting = ground.run(study)

    monkeypatch.setattr(clock, "now", lambda: last_day)
    assert studies.project_page(by=by, project_ref=project).refused == ()
    monkeypatch.setattr(clock, "now", lambda: last_day + timedelta(days=1))

    page = studies.project_page(by=by, project_ref=project)
    assert {reason.code for reason in page.refused} == codes
    assert page.studies == ()
    shut = run_pages.run_page(by=by, run_id=Output.objects.get().run_id)
    assert (shut.table, {reason.code for reason in shut.shut}) == (None, codes)
    deeds: list[Callable[[], object]] = [
        lambda: ground.study(project),
        lambda: ground.run(study),
        lambda: outputs.give_verdict(by=actor_of(CHECKER), reference=checked, verdict="approve"),
    ]
    for deed in deeds:
        with pytest.raises(UseRefused) as refused:
            deed()
        assert {reason.code for reason in refused.value.reasons} == codes
    runs.execute(waiting)
    run = Run.objects.get(id=waiting)
    assert run.state == Run.REFUSED
    # The run asks the gate alone: a project over its dates and an approval over its day are two reasons there.
    assert {reason["code"] for reason in run.reasons} & codes

    response = browser_of(RESEARCHER).get(f"/casework/projects/{project}/")
    assert response.status_code == 200
    assert page.refused[0].message in response.content.decode().replace("&#39;", "'")


def test_somebody_elses_expiry_is_theirs_at_the_door_and_bars_the_run(log: ground.Writer) -> None:
    project = ground.project(log)
    colleague = Person("colleague", "Bryn Tallowmere", RESEARCHER.role)
    grounds.organisation(grounds.UNIVERSITY, colleague)
    projects.add_member(by=OPERATOR, project_ref=project, account_id=account_of(colleague).id)
    study = ground.study(project)
    assert refusal(lambda: studies.submit(by=actor_of(colleague), project_ref=project, files=ground.STUDY)) == {
        "recipient-accreditation", "recipient-training"
    }  # fmt: skip
    run = ground.executed(study)
    assert {reason["code"] for reason in run.reasons} == {"recipient-accreditation", "recipient-training"}


def elsewhere(device: str = "", connection: str = "198.51.100.7") -> Actor:
    from dataclasses import replace

    return replace(actor_of(RESEARCHER), connection=connection, device=device)


def refusal(deed: Callable[[], object]) -> set[str]:
    try:
        deed()
    except RollbookError as refused:
        return {reason.code for reason in refused.reasons}
    return set()


def submitted(by: Actor) -> set[str]:
    project = projects.projects_of(by)[0].reference
    return refusal(lambda: studies.submit(by=by, project_ref=project, files=ground.STUDY))


@pytest.mark.parametrize("address", ["198.51.100.7", "", "unknown", "::1", "127.0.0.2", "127.0.0.1, 198.51.100.7"])
def test_from_another_network_the_project_is_shut(log: ground.Writer, address: str) -> None:
    ground.project(log)
    assert submitted(actor_of(RESEARCHER)) == set()
    assert submitted(elsewhere(connection=address)) == {"setting-missing"}


def test_a_site_of_another_organisation_opens_nothing(log: ground.Writer) -> None:
    ground.project(log)
    number = grounds.organisation(("Fennick Institute", "RC900002", "university"))
    grounds.site(number, networks=["198.51.100.0/24"])
    assert submitted(elsewhere()) == {"setting-missing"}


def test_a_registered_device_opens_until_it_ends(log: ground.Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.project(log)
    site = grounds.site(grounds.UNIVERSITY[1], name="Reading room", asks="device", networks=[])
    code = safe_places.accredit_device(by=OPERATOR, site_id=site, label="Desk 4", expires=grounds.days(30))
    key = safe_places.register_device(by=elsewhere(), code=code)
    row = Device.objects.get()
    assert key not in {row.key_hash, row.code_hash}
    with pytest.raises(InputRefused, match="does not register"):
        safe_places.register_device(by=elsewhere(), code=code)

    assert submitted(elsewhere(device=key)) == set()
    assert submitted(elsewhere(device=key + "x")) == {"setting-missing"}
    safe_places.end_device(by=OPERATOR, device_id=row.id)
    assert submitted(elsewhere(device=key)) == {"setting-device-expired"}
    Device.objects.update(ended_on=None)
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert submitted(elsewhere(device=key)) == {"setting-device-expired"}


def test_a_site_that_asks_for_both_takes_neither_alone(log: ground.Writer) -> None:
    ground.project(log)
    Organisation.objects.get().sites.all().delete()
    site = grounds.site(grounds.UNIVERSITY[1], asks="both", networks=["198.51.100.0/24"])
    code = safe_places.accredit_device(by=OPERATOR, site_id=site, label="Desk 4", expires=grounds.days(30))
    key = safe_places.register_device(by=elsewhere(), code=code)
    assert submitted(elsewhere(device=key)) == set()
    assert submitted(elsewhere()) == {"setting-missing"}
    assert submitted(elsewhere(device=key, connection="203.0.113.9")) == {"setting-missing"}


def test_a_place_that_ends_between_asking_and_running_bars_the_run(log: ground.Writer) -> None:
    study = ground.study(ground.project(log))
    site = Organisation.objects.get().sites.get()
    waiting = ground.run(study)
    assert Run.objects.get(id=waiting).site == site
    safe_places.end_site(by=OPERATOR, site_id=site.id)
    runs.execute(waiting)
    run = Run.objects.get(id=waiting)
    assert (run.state, [one["code"] for one in run.reasons]) == (Run.REFUSED, ["setting-expired"])


def test_the_page_registers_the_device_it_is_opened_on(log: ground.Writer) -> None:
    ground.project(log)
    Organisation.objects.get().sites.all().delete()
    site = grounds.site(grounds.UNIVERSITY[1], name="Reading room", asks="device", networks=[])
    code = safe_places.accredit_device(by=OPERATOR, site_id=site, label="Desk 4", expires=grounds.days(30))
    browser = browser_of(RESEARCHER)
    assert "Projects stay shut here" in browser.get("/casework/device/").content.decode()
    assert browser.post("/casework/device/", {"code": "AAAA-BBBB"}).status_code == 422
    cookie = browser.post("/casework/device/", {"code": code}).cookies["rollbook-device"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert "Reading room" in browser.get("/casework/device/").content.decode()


def test_research_and_action_about_one_person_never_share_a_project(log: ground.Writer) -> None:
    grounds.organisation(grounds.UNIVERSITY, RESEARCHER)
    direct = [code for code, one in PURPOSES.items() if one.kind is PurposeKind.DIRECT]
    for code in direct:
        with pytest.raises(InputRefused) as refused:
            grounds.ask(purpose=code)
        assert "purpose" in {reason.code for reason in refused.value.reasons}
    # Even a row that says otherwise opens nothing.
    project = ground.project(log)
    Request.objects.update(purpose="safeguarding")
    page = studies.project_page(by=actor_of(RESEARCHER), project_ref=project)
    assert "purpose-kind" in {reason.code for reason in page.refused}
    assert not Account.objects.filter(role="police-officer", projects__isnull=False).exists()


def test_the_public_and_the_team_read_the_five_safes_and_what_ends_next(log: ground.Writer) -> None:
    project = a_project(log, training=12, site=40)
    ends = grounds.days(12)
    pages = [
        browser_of(None).get(f"/register/projects/{project}/").content.decode(),
        browser_of(RESEARCHER).get(f"/casework/projects/{project}/").content.decode(),
    ]
    for page in pages:
        for words in ("Safe project", "Safe people", "Safe settings", "Safe data", "Safe outputs", "Library",
                      "Schools can plan language support.", "Everybody in the collections",
                      "The project can be used today"):  # fmt: skip
            assert words in page
        after = page.split("Ends next:")[1][:200]
        assert "A training (Safe Researcher Training)" in after
        assert f"{ends.day} {ends:%B %Y}" in after
    # Neither the person, nor which account, nor the address of the network.
    assert RESEARCHER.name not in pages[0].replace(grounds.TEXTS["applicant_names"], "")
    assert "127.0.0.1" not in pages[0]
    assert "account" not in pages[0].split("<main")[1].split("</main>")[0]


def test_the_public_page_says_what_is_lacking_without_naming_anybody(
    log: ground.Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = a_project(log, accreditation=5)
    later = clock.now() + timedelta(days=6)
    monkeypatch.setattr(clock, "now", lambda: later)
    page = browser_of(None).get(f"/register/projects/{project}/").content.decode()
    assert "This person is not accredited" in page
    assert f"account {account_of(RESEARCHER).id}" not in page
    assert browser_of(None).get("/register/projects/project-none/").status_code == 404
