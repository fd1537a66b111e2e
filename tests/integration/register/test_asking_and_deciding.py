"""The forms that ask, decide and withdraw, as a browser sends them, and who cannot reach them."""

from typing import Any

import pytest
from django.test import Client

from rollbook.records.models.governance import Decision, Request
from tests import census_ground, grounds
from tests.people import CHECKER, CUSTODIAN, PANEL_MEMBER, PARENT, POLICE_OFFICER, RESEARCHER, browser_of
from tests.register_ground import Register

FORM: dict[str, Any] = {
    "title": "Lunches and language",
    "purpose": "research-analysis",
    "power": "PWR-03",
    "collections": ["sc-spr-2025"],
    "items": ["sex", "language"],
    "sample_size": "2500",
    "sample_by": "authority",
    "sample_share": "equal",
    "sample_why": "Enough to see a difference of a tenth.",
    "amends": "",
    **grounds.TEXTS,
}


def boxes(name: str, days: int) -> dict[str, str]:
    day = grounds.days(days)
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def asked(**change: Any) -> Any:
    form = FORM | boxes("starts", 0) | boxes("ends", 90) | change
    return browser_of(RESEARCHER).post("/casework/requests/new/", form)


@pytest.fixture
def collection(register: Register) -> None:
    census_ground.open_spring()


@pytest.mark.usefixtures("collection")
def test_a_researcher_asks_and_the_public_sees_it_at_once(client: Client) -> None:
    answer = asked()
    assert answer.status_code == 302, answer.content.decode()
    page = client.get(answer.headers["Location"]).content.decode()
    assert "Lunches and language" in page
    assert "Schools can plan language support." in page
    assert "A sample of 2,500 people drawn by lot, the same number from each local authority" in page
    assert "Enough to see a difference of a tenth." in page
    assert Request.objects.latest("id").items == ["sex", "language"]


@pytest.mark.usefixtures("collection")
def test_the_form_says_at_each_field_what_is_wrong_and_keeps_what_was_typed() -> None:
    before = Request.objects.count()
    wrong = {"title": "", "ends-month": "13", "items": [], "lay_summary": "Write to a@example.org",
             "sample_size": "0", "sample_why": ""}  # fmt: skip
    answer = asked(**wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "There is a problem" in page
    for said in ("Give the work a title", "Give a real day as numbers", "Choose at least one item", "#ends-day",
                 "Say why so many people are needed", "#id_sample_size"):  # fmt: skip
        assert said in page
    assert 'value="13"' in page
    assert Request.objects.count() == before


@pytest.mark.usefixtures("collection")
def test_a_refusal_of_the_service_stands_at_its_field() -> None:
    answer = asked(lay_summary="Write to a@example.org")
    assert answer.status_code == 422
    assert "published with an e-mail address" in answer.content.decode()
    answer = asked(**boxes("ends", -2))
    assert "would end before it begins" in answer.content.decode()


@pytest.mark.usefixtures("collection")
def test_what_is_not_on_the_form_cannot_be_asked_for() -> None:
    for change in ({"items": ["nationality"]}, {"items": ["unit-contact-time"]}, {"power": "PWR-10"}, {"purpose": "x"}):
        assert asked(**change).status_code == 422


@pytest.mark.usefixtures("collection")
def test_a_change_is_a_request_of_its_own(register: Register) -> None:
    page = browser_of(RESEARCHER).get(f"/casework/requests/new/?amends={register.open}").content.decode()
    assert f"This asks for a change of {register.open}" in page
    assert asked(amends=register.open).status_code == 302
    made = Request.objects.latest("id")
    assert (made.kind, made.amends) == ("amend", Request.objects.get(reference=register.open))


def decided(reference: str, **change: Any) -> Any:
    form = {"result": "approve", "reasons": "Useful and safe.", **boxes("expires", 100), **change}
    return browser_of(PANEL_MEMBER).post(f"/casework/panel/{reference}/", form)


def test_the_panel_reads_what_the_public_reads_and_decides(client: Client, register: Register) -> None:
    browser = browser_of(PANEL_MEMBER)
    waiting = browser.get("/casework/panel/").content.decode()
    assert register.open in waiting
    assert register.refused not in waiting
    page = browser.get(f"/casework/panel/{register.open}/").content.decode()
    assert "The panel has not decided" in page
    assert page.count("<h1") == 1
    answer = decided(register.open)
    assert answer.status_code == 302, answer.content.decode()
    assert "Useful and safe." in client.get(answer.headers["Location"]).content.decode()
    assert Decision.objects.latest("id").expires == grounds.days(100)


def test_a_refusal_by_form_needs_reasons_and_no_date(register: Register) -> None:
    no_date = {f"expires-{part}": "" for part in ("day", "month", "year")}
    assert decided(register.open, result="refuse", reasons="", **no_date).status_code == 422
    assert "Only an approval has a date" in decided(register.open, result="refuse").content.decode()
    assert "An approval needs a date" in decided(register.open, **no_date).content.decode()
    assert Request.objects.get(reference=register.open).state == "open"
    assert decided(register.open, result="refuse", reasons="Too wide.", **no_date).status_code == 302
    assert Request.objects.get(reference=register.open).state == "rejected"


def test_an_ended_request_offers_no_form_and_takes_no_decision(register: Register) -> None:
    page = browser_of(PANEL_MEMBER).get(f"/casework/panel/{register.refused}/").content.decode()
    assert "Publish the decision" not in page
    assert decided(register.refused).status_code == 422
    assert Request.objects.get(reference=register.refused).state == "rejected"


def test_a_member_of_the_asking_organisation_is_told_that_another_decides(register: Register) -> None:
    grounds.organisation(grounds.UNIVERSITY, PANEL_MEMBER)
    assert "another member decides" in browser_of(PANEL_MEMBER).get("/casework/panel/").content.decode()
    answer = decided(register.open)
    assert answer.status_code == 422
    assert "Your own organisation asked for this" in answer.content.decode()


def test_a_researcher_withdraws_from_the_list(client: Client, register: Register) -> None:
    browser = browser_of(RESEARCHER)
    address = f"/casework/requests/{register.open}/withdraw/"
    assert address in browser.get("/casework/requests/").content.decode()
    assert browser.post(address, {"reasons": ""}).status_code == 422
    assert browser.post(address, {"reasons": "Answered elsewhere."}).status_code == 302
    assert "Answered elsewhere." in client.get(f"/register/requests/{register.open}/").content.decode()
    assert "cannot be withdrawn" in browser.get(address).content.decode()
    assert browser.post(address, {"reasons": "Again."}).status_code == 422
    assert browser.get("/casework/requests/RB-1999-0001/withdraw/").status_code == 403


def test_nobody_else_reaches_these_pages(client: Client, register: Register) -> None:
    asking = ("/casework/requests/", "/casework/requests/new/", f"/casework/requests/{register.open}/withdraw/")
    deciding = ("/casework/panel/", f"/casework/panel/{register.open}/")
    for person in (PARENT, CUSTODIAN, CHECKER, POLICE_OFFICER):
        browser = browser_of(person)
        for address in asking + deciding:
            assert browser.get(address).status_code == 403, (person.key, address)
            assert browser.post(address, FORM).status_code in {403, 405}
    assert all(browser_of(PANEL_MEMBER).get(address).status_code == 403 for address in asking)
    assert all(browser_of(RESEARCHER).get(address).status_code == 403 for address in deciding)
    for address in asking + deciding:
        assert client.get(address).status_code == 302
        assert browser_of(RESEARCHER, second_factor=False).get(address).status_code == 302
        assert browser_of(PANEL_MEMBER, second_factor=False).post(address, FORM).status_code in {302, 405}
    assert Request.objects.get(reference=register.open).state == "open"
