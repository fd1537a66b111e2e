"""The first page leads each person to where they may go, and to nothing that turns them away."""

from dataclasses import replace
from typing import Any

import pytest
from lxml import html

from rollbook.services.platform.actors import Role
from tests.people import PEOPLE, Person, browser_of
from tests.rolls import a_school

pytestmark = pytest.mark.django_db
ROLES = tuple({person.role: person for person in PEOPLE}.values())


def links(page: Any) -> dict[str, str]:
    """Address to words, within the page's own content and its navigation."""
    anchors = html.document_fromstring(page.content).iter("a")
    return {str(one.get("href")): " ".join(one.text_content().split()) for one in anchors if one.get("href")}


@pytest.mark.parametrize("person", [None, *ROLES], ids=lambda one: one.key if one else "public")
def test_no_link_of_the_first_page_turns_away_whoever_reads_it(person: Person | None) -> None:
    school = {"school": a_school()} if person and person.role is Role.SCHOOL_DATA_MANAGER else {}
    browser = browser_of(person, **school)
    found = links(browser.get("/"))
    assert len(found) > 5
    for address in found:
        if address.startswith("/"):
            assert browser.get(address, follow=True).status_code == 200, address


def test_staff_are_led_to_their_own_work_and_families_to_the_record() -> None:
    for person in ROLES:
        found = links(browser_of(person).get("/"))
        family = person.role in {Role.PARENT, Role.PUPIL}
        assert ("/record/" in found) == family, person.key
        assert ("/casework/" in found or "/school/" in found) != family, person.key


def test_the_short_address_of_a_letter_leads_to_the_form_for_its_code() -> None:
    page = browser_of(None).get("/start", follow=True)
    assert (page.status_code, page.request["PATH_INFO"]) == (200, "/account/start/")


def test_the_phone_number_for_help_stands_below_every_page(settings: Any) -> None:
    settings.ROLLBOOK = replace(settings.ROLLBOOK, help_phone="0300 555 0100")
    for address in ("/", "/account/sign-in/", "/account/start/", "/no-such-page/"):
        assert "0300 555 0100" in browser_of(None).get(address).content.decode()
