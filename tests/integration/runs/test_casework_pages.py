"""The casework pages over HTTP, as the people of the story use them: no page shows more than its reader may see."""

import io
import zipfile
from typing import Any

import pytest

from rollbook.records.models.studies import Output, Run
from rollbook.services.gateway import gateway
from rollbook.services.outputs import releases
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.studies import runs
from tests import case_ground
from tests import run_ground as ground
from tests.people import (
    CHECKER,
    CUSTODIAN,
    DPO,
    OVERSEER,
    PANEL_MEMBER,
    POLICE_OFFICER,
    RESEARCHER,
    SECOND_CHECKER,
    SECOND_CUSTODIAN,
    STRANGER,
    browser_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


def a_zip(files: dict[str, bytes]) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    packed.seek(0)
    packed.name = "study.zip"
    return packed


def text_of(page: Any, status: int = 200) -> str:
    assert page.status_code == status, page.content.decode()[-3000:]
    text: str = page.content.decode()
    assert text.count("<h1") == 1
    return text


def test_from_an_upload_to_two_verdicts(log: ground.Writer) -> None:
    project = ground.project(log)
    researcher = browser_of(RESEARCHER)
    assert project in text_of(researcher.get("/casework/projects/"))
    sent = researcher.post(f"/casework/projects/{project}/", {"files": a_zip(ground.STUDY)})
    assert sent.status_code == 302
    assert "Sex of pupils" in text_of(researcher.get(f"/casework/projects/{project}/"))
    started = researcher.post(f"/casework/studies/{Run.objects.count() + _study()}/run/")
    assert started.status_code == 302
    run = Run.objects.get()
    assert "waits for its turn" in text_of(researcher.get(started.url))
    runs.execute(run.id)
    assert "Say what it shows" in text_of(researcher.get(started.url))
    text_of(researcher.post(started.url, ground.CONTEXT | {"safe": " "}), 422)
    assert "e-mail address" in text_of(researcher.post(started.url, ground.CONTEXT | {"safe": "a@b.example"}), 422)
    assert researcher.post(started.url, ground.CONTEXT).status_code == 302
    assert "Two checkers look at it" in text_of(researcher.get(started.url))

    output = Output.objects.get()
    address = f"/casework/checking/{output.reference}/"
    for checker in (CHECKER, SECOND_CHECKER):
        browser = browser_of(checker)
        assert output.title in text_of(browser.get("/casework/checking/"))
        shown = text_of(browser.get(address))
        assert "Give your verdict" in shown
        assert ground.CONTEXT["population"] in shown
        assert browser.post(f"{address}take/").status_code == 302
        assert "You have taken this table on" in text_of(browser.get(address))
        assert "&lt; &#39;8&#39;" in shown
        assert "&lt;pre" not in shown
        text_of(browser.post(address, {"verdict": "return"}), 422)
        assert (
            browser.post(address, {"verdict": "approve", "turn": "1", "comment": f"seen by {checker.key}"}).status_code
            == 302
        )
    releases.release(output.id)
    assert "anyone can read it" in text_of(researcher.get(started.url))


def _study() -> int:
    from rollbook.records.models.studies import Study

    return Study.objects.get().id


def test_an_upload_that_cannot_be_read_is_explained_on_its_page(log: ground.Writer) -> None:
    project = ground.project(log)
    bad = io.BytesIO(b"not a zip")
    bad.name = "study.zip"
    page = text_of(browser_of(RESEARCHER).post(f"/casework/projects/{project}/", {"files": bad}), 422)
    assert "The zip cannot be read" in page
    nothing = text_of(browser_of(RESEARCHER).post(f"/casework/projects/{project}/"), 422)
    assert "No file was sent" in nothing


def test_the_gateway_by_three_people(log: ground.Writer) -> None:
    agreement = case_ground.police(log)
    officer = browser_of(POLICE_OFFICER)
    assert agreement in text_of(officer.get("/casework/cases/"))
    form = f"/casework/cases/ask/{agreement}/"
    text_of(officer.get(form))
    child = case_ground.CHILD
    fields = {
        "surname": child["surname"],
        "forename": child["forename"],
        "born_day": child["born"].day,
        "born_month": child["born"].month,
        "born_year": child["born"].year,
        "purpose": "crime-investigation",
        "items": ["postcode"],
    }
    refused = text_of(officer.post(form, fields | {"born_day": 31, "born_month": 2, "items": ["sex"]}), 422)
    assert "There is a problem" in refused
    assert officer.post(form, fields).status_code == 302
    assert "The case waits" in text_of(officer.get("/casework/cases/"))

    with people_zone():
        case = case_ground.GatewayCase.objects.get()
    desk = f"/casework/desk/{case.reference}/"
    custodian, second = browser_of(CUSTODIAN), browser_of(SECOND_CUSTODIAN)
    assert child["surname"] in text_of(custodian.get(desk))
    assert "Match" in text_of(custodian.post(desk, {"deed": "match"}))
    assert "another custodian confirms" in text_of(custodian.get(desk))
    assert custodian.post(desk, {"deed": "confirm"}).status_code == 403
    assert "surname same" in text_of(second.get(desk))
    assert second.post(desk, {"deed": "confirm"}).status_code == 302
    gateway.seal(case.id)

    assert "Collect the answer once" in text_of(officer.get("/casework/cases/"))
    answer = text_of(officer.post(f"/casework/cases/{case.reference}/answer/"))
    assert "Home postcode" in answer
    assert officer.post(f"/casework/cases/{case.reference}/answer/").status_code == 409
    assert text_of(second.get("/casework/desk/")).count(case.reference) == 0


@pytest.mark.parametrize(
    "address",
    ["/casework/projects/", "/casework/checking/", "/casework/cases/", "/casework/desk/", "/casework/runs/1/"],
)
def test_no_page_is_open_to_the_public_or_to_other_roles(db: None, address: str) -> None:
    assert browser_of(None).get(address).status_code == 302
    for other in (STRANGER, PANEL_MEMBER):
        assert browser_of(other).get(address).status_code == 403


def test_the_first_page_leads_each_role_to_its_work(db: None) -> None:
    assert browser_of(POLICE_OFFICER).get("/casework/").url == "/casework/cases/"
    assert "Files asked for by exception" in text_of(browser_of(PANEL_MEMBER).get("/casework/"))
    checkers = text_of(browser_of(CHECKER).get("/casework/"))
    assert "Outputs to check" in checkers
    assert "Tables that left" in checkers
    for person in (RESEARCHER, CUSTODIAN, DPO, OVERSEER):
        text_of(browser_of(person).get("/casework/"))
