"""The portal on an old phone, 360 pixels wide: from the letter to the proof file, without JavaScript.

And every page of the portal and of the desks around it, held to what pages must keep.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from rollbook.records.models.accounts import School
from rollbook.records.models.identity import Bundle
from rollbook.services.collections import notices
from rollbook.services.platform.actors import Actor
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.portal import bundles
from tests import census_ground
from tests import run_ground as ground
from tests.functional.conftest import Visitor
from tests.integration.log import log_story
from tests.letters import Family, handle_of, let_in, letter_code, recorded, start
from tests.people import CUSTODIAN, DPO, OPERATOR, OTHER_PARENT, PARENT, SCHOOL_DATA_MANAGER, code_for
from tests.rolls import RECEIVED

pytestmark = pytest.mark.django_db(transaction=True)
UPN = census_ground.upn(0)
PARTS = ("", "uses/", "choices/", "choices/object/", "choices/take-back/", "proof/", "people/")


@dataclass(frozen=True)
class Town:
    """A school with pupils, one use in the log, and a project to make more."""

    school: Any
    project: str


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    cache.clear()
    ground.clean_folders()
    log_story.clear_rows()
    ground.pupils()
    log = ground.log_of_its_own(monkeypatch)
    project = ground.project(log)
    ground.executed(ground.study(project))
    yield Town(School.objects.get(pk=census_ground.SCHOOL), project)
    log_story.empty_log()


@pytest.fixture
def family(town: Town) -> Family:
    return let_in(PARENT, UPN, town.school)


def made_proof_file(by: Actor, handle: str) -> None:
    bundles.ask_bundles(by=by, handle=handle)
    with people_zone():
        number = Bundle.objects.get().pk
    bundles.fill(number)


def test_from_the_letter_to_the_proof_file_without_javascript(open_browser: Any, town: Town) -> None:
    code = letter_code(recorded(PARENT, UPN))
    parent: Visitor = open_browser(phone=True, scripts=False)
    page = parent.visit("/account/start/")
    page.get_by_label("Code in your letter").fill(code.lower())
    page.get_by_label("Your e-mail address").fill(PARENT.email)
    page.get_by_label("Choose a password").fill(PARENT.password)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("h1")).to_have_text("Now sign in")
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.get_by_label("E-mail address").fill(PARENT.email)
    page.locator("#id_password").fill(PARENT.password)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Code from your authenticator app").fill(
        code_for(page.locator("#authenticator-key").inner_text())
    )
    page.get_by_role("button", name="Continue").click()
    parent.visit("/record/")
    expect(page.locator("main")).to_contain_text("There is no record here for you to see")
    number = page.locator("#account-number").inner_text()

    clerk: Visitor = open_browser(scripts=False)
    clerk.sign_in_as(SCHOOL_DATA_MANAGER, school=town.school)
    desk = clerk.visit("/school/")
    desk.get_by_role("link", name=f"Check {PARENT.name}").click()
    desk.get_by_label("Passport").check()
    desk.get_by_label("Number of their account").fill(number)
    desk.get_by_role("button", name=re.compile("I have checked")).click()
    expect(desk.locator("main")).to_contain_text("Nobody waits")

    parent.visit("/record/")
    page.get_by_role("link", name="Ada0 Sample").click()
    expect(page.locator("h1")).to_have_text("What we hold")
    page.get_by_role("link", name="Who used it").click()
    expect(page.locator(".govuk-tag").first).to_have_text("In")
    page.get_by_role("link", name="Your choices").click()
    page.get_by_role("button", name="Say no to research").click()
    page.get_by_role("button", name="Say no to research").click()
    expect(page.locator("main")).to_contain_text("You objected on")

    ground.executed(ground.study(town.project))
    page.get_by_role("link", name="Who used it").click()
    expect(page.locator(".govuk-tag")).to_have_text(["Not in", "In"])
    page.get_by_role("link", name="Check us").click()
    page.get_by_role("button", name="Make my proof files").click()
    expect(page.locator("main")).to_contain_text("Your files are being made")
    with people_zone():
        number_of_bundle = Bundle.objects.get().pk
    bundles.fill(number_of_bundle)
    page.get_by_role("link", name="look again now").click()
    with page.expect_download() as saving:
        page.get_by_role("button", name=re.compile("Save the file")).click()
    assert re.fullmatch(r"proof-\d{4}-\d{2}-1\.txt", saving.value.suggested_filename)
    assert saving.value.path().read_bytes().startswith(b"rollbook/pupil-proof@v1\n")


def test_every_page_of_a_record_keeps_what_pages_must_keep(open_browser: Any, town: Town, family: Family) -> None:
    notices.tell(by=OPERATOR, collection=census_ground.SPRING, how="school-letter", day=RECEIVED.date())
    made_proof_file(family.parent, family.handle)
    other = recorded(OTHER_PARENT, UPN)
    start(letter_code(other), OTHER_PARENT)
    waiting = handle_of(OTHER_PARENT, other)
    for phone in (True, False):
        visitor = open_browser(phone=phone)
        for address in ("/account/start/", "/record/how-to-check/"):
            visitor.visit(address)
        visitor.sign_in_as(PARENT)
        for part in (
            "",
            "uses/",
            "choices/",
            "choices/object/",
            "choices/take-back/",
            "proof/",
            "people/",
            f"people/{waiting}/",
        ):
            visitor.visit(f"/record/{family.handle}/{part}")
        for address in ("/record/", "/record/messages/"):
            visitor.visit(address)


def test_desks_keep_what_pages_must_keep(open_browser: Any, town: Town, family: Family) -> None:
    other = recorded(OTHER_PARENT, UPN)
    start(letter_code(other), OTHER_PARENT)
    visitor = open_browser(phone=True)
    visitor.sign_in_as(SCHOOL_DATA_MANAGER, school=town.school)
    page = visitor.visit("/school/")
    receipt = page.locator("a[href^='/school/returns/']").first.get_attribute("href")
    for address in (receipt, "/school/slip/", f"/school/people/{handle_of(OTHER_PARENT, other)}/"):
        visitor.visit(address)
    page.get_by_role("button", name=re.compile("I have checked")).click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    visitor.hold()
    for person in (CUSTODIAN, DPO):
        officer = open_browser(phone=True)
        officer.sign_in_as(person)
        page = officer.visit("/casework/people/")
        page.get_by_label("The pupil’s UPN").fill(UPN)
        page.get_by_role("button", name="Open").click()
        officer.hold()
        officer.visit(f"/casework/people/{family.responsibility}/stop/")
        if person == CUSTODIAN:
            officer.visit("/casework/people/record/")
            page.get_by_role("button", name="Record").click()
            officer.hold()
            officer.visit(f"/casework/people/{family.responsibility}/letter/")


def test_the_start_form_puts_its_faults_at_the_fields(open_browser: Any, town: Town) -> None:
    visitor: Visitor = open_browser(phone=True)
    page = visitor.visit("/account/start/")
    page.get_by_role("button", name="Continue").click()
    visitor.hold()
    page.get_by_role("link", name="Enter the code in your letter").click()
    expect(page.locator("#id_code")).to_be_focused()
