"""The register in a browser: every page at desktop and phone width, and the panel's decision without JavaScript."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from rollbook.services.log.trust import own_policy
from rollbook.services.outside.monitor import watch
from rollbook.services.platform import clock
from rollbook.tlog.trust import parse_policy
from tests import census_ground, grounds
from tests.functional.conftest import Visitor
from tests.integration.log import log_story
from tests.people import PANEL_MEMBER, RESEARCHER
from tests.register_ground import Register, begin_log, fill

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = (
    "/", "/register/", "/register/requests/", "/register/uses/", "/register/releases/", "/register/volumes/",
    "/register/duties/", "/register/agreements/", "/register/powers/", "/register/collections/sc-spr-2025/",
    "/register/log/", "/register/log/health/", "/register/log/explained/",
    "/register/log/engineers/", "/register/log/4/", "/dictionary/?collection=sc-spr-2027&words=hours",
    "/dictionary/attendance-reason/?collection=sc-aut-2026", "/dictionary/", "/dictionary/sex/",
    "/rules/", "/rules/?return=eyc&severity=dropped", "/rules/PT-030/", "/rules/EY-007/", "/rules/CV-nc-year/",
)  # fmt: skip


@pytest.fixture
def register() -> Iterator[Register]:
    begin_log()
    made = fill()
    census_ground.open_spring()
    yield made
    log_story.empty_log()


def test_every_page_keeps_what_pages_must_keep(open_browser: Any, register: Register, live_server: Any) -> None:
    """With the rights of the web process: a page that needs more than its grants fails here."""
    visitor = open_browser(phone=True)
    for address in PAGES:
        visitor.visit(address)
    for reference in (register.open, register.refused):
        visitor.visit(f"/register/requests/{reference}/")
    visitor.visit(f"/register/papers/{register.ground.agreement}/")
    # A monitor on another machine sees the same log and the same numbers.
    policy, now = parse_policy(own_policy()), int(clock.now().timestamp())
    report = watch(log=f"{live_server.url}/log", policy=policy, now=now, site=live_server.url)
    assert (report.found, report.checked["volumes"]) == ([], 3)
    wide = open_browser()
    for address in ("/register/", "/register/volumes/", f"/register/requests/{register.ground.request}/"):
        wide.visit(address)


def test_a_rule_is_found_without_javascript(open_browser: Any, register: Register) -> None:
    page = open_browser(scripts=False, phone=True).visit("/register/")
    page.get_by_role("link", name="Rules for returns").click()
    page.get_by_label("Return").select_option("Early years census")
    page.get_by_label("What breaking it means").select_option("Dropped")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("table", name="3 rules")).to_be_visible()
    page.get_by_role("link", name="EY-010").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "The name of a contact was dropped and the discard recorded"
    )
    expect(page.get_by_text("ContactSurname>X<")).to_be_visible()


def test_a_researcher_asks_without_javascript(open_browser: Any, register: Register) -> None:
    visitor = open_browser(scripts=False)
    visitor.sign_in_as(RESEARCHER)
    page = visitor.visit("/casework/requests/new/")
    page.get_by_label("Title of the work").fill("Lunches and language")
    page.get_by_label("Research or analysis").check()
    page.get_by_label("PWR-03").check()
    page.get_by_label("Spring school census 2025").check()
    page.locator("input[name=items][value=language]").check()
    for name, days in (("starts", 0), ("ends", 90)):
        day = grounds.days(days)
        for part, value in (("day", day.day), ("month", day.month), ("year", day.year)):
            page.locator(f"#{name}-{part}").fill(str(value))
    page.get_by_role("button", name="Publish this request").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("There is a problem")
    page.get_by_label("How many people the question needs").fill("2500")
    page.get_by_label("Why so many").fill("Enough to see a difference of a tenth.")
    for key, text in grounds.TEXTS.items():
        page.locator(f"#id_{key}").fill(text)
    page.get_by_role("button", name="Publish this request").click()
    page.wait_for_url("**/register/requests/RB-*/")
    expect(page.locator("h1")).to_have_text("Lunches and language")
    expect(page.locator("main")).to_contain_text("The panel has not decided yet")
    expect(page.locator("main")).to_contain_text("A sample of 2,500 people drawn by lot")


def test_the_forms_keep_what_pages_must_keep(open_browser: Any, register: Register) -> None:
    visitor: Visitor = open_browser(phone=True)
    visitor.sign_in_as(RESEARCHER)
    visitor.visit("/casework/requests/")
    page = visitor.visit("/casework/requests/new/")
    page.get_by_role("button", name="Publish this request").click()
    visitor.hold()
    visitor.visit(f"/casework/requests/{register.open}/withdraw/")


def test_the_panel_refuses_and_the_refusal_is_public(open_browser: Any, register: Register) -> None:
    visitor = open_browser(scripts=False)
    visitor.sign_in_as(PANEL_MEMBER)
    page = visitor.visit("/casework/panel/")
    page.get_by_role("link", name=register.open).click()
    page.get_by_label("Refuse").check()
    page.get_by_label("Reasons").fill("The question can be answered from published tables.")
    page.get_by_role("button", name="Publish the decision").click()
    page.wait_for_url(f"**/register/requests/{register.open}/")
    expect(page.locator("main")).to_contain_text("The question can be answered from published tables.")


def test_the_panels_pages_keep_what_pages_must_keep(open_browser: Any, register: Register) -> None:
    visitor: Visitor = open_browser(phone=True)
    visitor.sign_in_as(PANEL_MEMBER)
    visitor.visit("/casework/panel/")
    page = visitor.visit(f"/casework/panel/{register.open}/")
    page.get_by_role("button", name="Publish the decision").click()
    visitor.hold()
