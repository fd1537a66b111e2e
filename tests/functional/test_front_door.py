"""The pages everyone meets first, in a browser."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from rollbook.services.accounts.accounts import open_account
from tests.functional.conftest import Visitor, faults
from tests.people import CUSTODIAN, OPERATOR, code_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_attempts_yet() -> None:
    cache.clear()


def test_the_first_page(visitor: Visitor) -> None:
    page = visitor.visit("/")
    expect(page.locator("h1")).to_contain_text("used in the open")


def test_a_page_that_does_not_exist(visitor: Visitor) -> None:
    page = visitor.visit("/no-such-page/", status=404)
    expect(page.locator("h1")).to_have_text("Page not found")


def test_nothing_is_fetched_from_elsewhere(open_browser: Any) -> None:
    visitor = open_browser()
    asked: list[str] = []
    failed: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.page.on("requestfailed", lambda request: failed.append(request.url))
    visitor.page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    visitor.visit("/account/sign-in/")
    assert len(asked) >= 4
    assert [url for url in asked if not url.startswith((visitor.base, "data:"))] == []
    assert failed == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_signing_in_for_the_first_time_and_again(open_browser: Any, scripts: bool) -> None:
    assert CUSTODIAN.role is not None
    open_account(
        by=OPERATOR,
        email=CUSTODIAN.email,
        name=CUSTODIAN.name,
        role=CUSTODIAN.role,
        password=CUSTODIAN.password,
        holder=CUSTODIAN.holder,
    )
    visitor = open_browser(phone=True, scripts=scripts)
    given_the_password(visitor)
    page = visitor.page
    expect(page.locator("h1")).to_have_text("Protect your account")
    visitor.hold()
    secret = page.locator("#authenticator-key").inner_text()
    page.get_by_label("Code from your authenticator app").fill("000000")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    visitor.hold()
    page.get_by_label("Code from your authenticator app").fill(code_for(secret))
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile("/casework/"))
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("You have signed out")
    given_the_password(visitor)
    expect(page.locator("h1")).to_have_text("Enter your code")
    visitor.hold()
    page.get_by_label("Code from your authenticator app").fill(code_for(secret))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/casework/"))


def given_the_password(visitor: Visitor) -> None:
    page = visitor.visit("/account/sign-in/")
    page.get_by_label("E-mail address").fill(CUSTODIAN.email)
    page.locator("input[name=password]").fill(CUSTODIAN.password)
    page.get_by_role("button", name="Continue").click()


def test_a_wrong_password_is_told_beside_the_form(visitor: Visitor) -> None:
    page = visitor.visit("/account/sign-in/")
    page.get_by_label("E-mail address").fill("nobody@rollbook.invalid")
    page.locator("input[name=password]").fill("not the password")
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_title(re.compile("^Error: "))
    visitor.hold()


def test_what_pages_are_held_to_finds_a_fault(open_browser: Any) -> None:
    page = open_browser().page
    page.set_content('<html lang="en"><title>A page</title><main><h1>A page</h1><img src="x"></main></html>')
    assert faults(page) == ['image-alt: <img src="x">']
