"""Over HTTP: whoever may not see a record gets, byte for byte, the page for an address that does not exist."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollbook.records.models.identity import Access
from rollbook.services.accounts.access import own_number
from rollbook.services.accounts.stops import stop
from tests.letters import let_in, letter_code, recorded, start
from tests.people import (
    CUSTODIAN,
    DPO,
    OTHER_PARENT,
    PARENT,
    RESEARCHER,
    SCHOOL_DATA_MANAGER,
    STRANGER,
    Person,
    actor_of,
    browser_of,
)
from tests.rolls import a_pupil, a_school

pytestmark = pytest.mark.django_db
NO_SUCH = "A" * 22
PAGES = ("", "uses/", "choices/", "choices/object/", "choices/take-back/", "proof/", "people/", f"people/{NO_SUCH}/")
DEEDS = ("choices/object/", "choices/take-back/", "proof/", "proof/2026-11/1/", f"people/{NO_SUCH}/")
SAFEGUARDING = "ROLE_DEACTIVATED_SAFEGUARDING"


@pytest.fixture(autouse=True)
def _pupil() -> None:
    a_pupil()


def body(answer: Any) -> str:
    """A page without its form tokens, which differ each time a page is made, whoever asks."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())


def numbered(answer: Any) -> str:
    """A page without the account's own number either."""
    return re.sub(r'id="account-number">[^<]+', "", body(answer))


def stopped_parent() -> tuple[Client, str]:
    family = let_in(PARENT)
    browser = browser_of(PARENT)
    assert browser.get(f"/record/{family.handle}/people/").status_code == 200
    stop(by=actor_of(DPO), responsibility=family.responsibility, why=SAFEGUARDING)
    return browser, family.handle


def envelope_holder() -> tuple[Client, str]:
    """The other parent, without responsibility, who opened the envelope and started an account."""
    start(letter_code(recorded(PARENT)), OTHER_PARENT)
    return browser_of(OTHER_PARENT), Access.objects.get().handle


def stranger_with_a_seen_handle() -> tuple[Client, str]:
    return browser_of(STRANGER), let_in(PARENT).handle


OUTSIDERS = (stopped_parent, envelope_holder, stranger_with_a_seen_handle)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_every_page_of_a_record_is_no_page(outsider: Any, page: str) -> None:
    browser, handle = outsider()
    real, unreal = browser.get(f"/record/{handle}/{page}"), browser.get(f"/record/{NO_SUCH}/{page}")
    assert (real.status_code, unreal.status_code) == (404, 404)
    assert body(real) == body(unreal)
    assert {*real.headers.items()} - {("Content-Length", "")} == {*unreal.headers.items()} - {("Content-Length", "")}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_every_deed_on_a_record_is_no_page(outsider: Any, deed: str) -> None:
    browser, handle = outsider()
    real, unreal = browser.post(f"/record/{handle}/{deed}"), browser.post(f"/record/{NO_SUCH}/{deed}")
    assert (real.status_code, unreal.status_code) == (404, 404)
    assert body(real) == body(unreal)


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_the_path_through_the_code_is_the_same(outsider: Any) -> None:
    browser, handle = outsider()
    seen = []
    for one in (handle, NO_SUCH):
        with CaptureQueriesContext(connection) as caught:
            browser.get(f"/record/{one}/")
        statements = [re.sub(r"'[^']*'", "?", query["sql"]) for query in caught.captured_queries]
        seen.append([re.sub(r'"s[0-9_x]+"', '"s"', one) for one in statements])
    assert seen[0] == seen[1]


@pytest.mark.parametrize("outsider", [stopped_parent, envelope_holder])
@pytest.mark.parametrize("page", ["/record/", "/record/messages/"])
def test_the_first_pages_are_those_of_a_stranger(outsider: Any, page: str) -> None:
    browser, _ = outsider()
    assert numbered(browser.get(page)) == numbered(browser_of(STRANGER).get(page))


def test_a_stop_bites_on_the_very_next_page() -> None:
    family = let_in(PARENT)
    browser = browser_of(PARENT)
    assert "Ivo Thrennet" in body(browser.get("/record/"))
    stop(by=actor_of(DPO), responsibility=family.responsibility, why=SAFEGUARDING)
    assert "Ivo" not in body(browser.get("/record/"))
    assert browser.get(f"/record/{family.handle}/").status_code == 404


def test_nobody_signed_in_and_no_second_factor_is_led_away_alike() -> None:
    handle = let_in(PARENT).handle
    for browser in (browser_of(None), browser_of(PARENT, second_factor=False)):
        answers = [browser.get(f"/record/{one}/") for one in (handle, NO_SUCH)]
        assert {answer.status_code for answer in answers} == {302}
        assert len({answer["Location"].replace(handle, NO_SUCH) for answer in answers}) == 1


@pytest.mark.parametrize("person", [CUSTODIAN, RESEARCHER, DPO, SCHOOL_DATA_MANAGER])
def test_officers_have_no_way_into_the_portal(person: Person) -> None:
    handle = let_in(PARENT).handle
    fields = {"school": a_school()} if person == SCHOOL_DATA_MANAGER else {}
    assert browser_of(person, **fields).get(f"/record/{handle}/").status_code == 403


def test_no_address_carries_a_key_an_identifier_or_a_number_that_counts() -> None:
    family = let_in(PARENT)
    browser = browser_of(PARENT)
    links = set()
    for page in ("/record/", *(f"/record/{family.handle}/{one}" for one in ("", "uses/", "choices/", "people/"))):
        links |= set(re.findall(r'(?:href|action)="(/record/[^"]*)"', body(browser.get(page))))
    assert len(family.handle) == 22
    for link in links:
        assert "7001" not in link
        assert "Q933" not in link
        assert re.fullmatch(r"/record/(?:(?:messages|how-to-check)/|" + re.escape(family.handle) + r"/[a-z/-]*)?", link)


# The form that starts an account


def start_form(code: str, person: Person = OTHER_PARENT) -> Any:
    return Client().post("/account/start/", {"code": code, "email": person.email, "password": person.password})


def test_the_answer_to_every_code_is_one_page() -> None:
    responsibility = recorded(PARENT)
    used = letter_code(responsibility)
    start(used, PARENT)
    stopped = recorded(STRANGER)
    dead = letter_code(stopped)
    stop(by=actor_of(DPO), responsibility=stopped, why=SAFEGUARDING)
    live = letter_code(recorded(PARENT))
    answers = [start_form(code) for code in ("0000-0000-0000-0000", "nonsense", used, dead, live)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({body(answer) for answer in answers}) == 1
    assert len({frozenset(answer.headers.items()) for answer in answers}) == 1


def test_the_page_does_not_tell_that_an_address_has_an_account() -> None:
    let_in(PARENT)
    assert body(start_form("nonsense", PARENT)) == body(start_form("nonsense", STRANGER))
    weak = {"code": "nonsense", "password": "short"}
    pages = [
        body(Client().post("/account/start/", weak | {"email": person.email})).replace(person.email, "")
        for person in (PARENT, STRANGER)
    ]
    assert pages[0] == pages[1]


def test_a_code_is_never_shown_again_nor_put_in_an_address() -> None:
    answer = Client().post(
        "/account/start/", {"code": "K7QD-2MXP-V0TR-9AHC", "email": "x", "password": "secret-words-here"}
    )
    assert answer.status_code == 422
    assert "secret-words-here" not in body(answer)
    assert Client().get("/account/start/?code=K7QD-2MXP-V0TR-9AHC").content.decode().count("K7QD-2MXP-V0TR-9AHC") == 1


def test_too_many_codes_are_answered_the_same_whether_right_or_wrong() -> None:
    code = letter_code(recorded(PARENT))
    for _ in range(10):
        start_form("0000-0000-0000-0000")
    right, wrong = start_form(code), start_form("0000-0000-0000-0001")
    assert (right.status_code, wrong.status_code) == (429, 429)
    assert body(right) == body(wrong)


# Forms from elsewhere


def test_no_deed_is_done_by_a_form_from_elsewhere() -> None:
    family = let_in(PARENT)
    waiting = recorded(OTHER_PARENT)
    start(letter_code(waiting), OTHER_PARENT)
    handle = Access.objects.get(account__email=OTHER_PARENT.email).handle
    number = own_number(actor_of(OTHER_PARENT))
    tries = (
        (PARENT, f"/record/{family.handle}/choices/object/", {}),
        (PARENT, f"/record/{family.handle}/people/{handle}/", {"number": number}),
        (SCHOOL_DATA_MANAGER, f"/school/people/{handle}/", {"number": number, "evidence": "passport"}),
        (DPO, f"/casework/people/{family.responsibility}/stop/", {"why": SAFEGUARDING}),
        (CUSTODIAN, f"/casework/people/{family.responsibility}/letter/", {}),
        (None, "/account/start/", {"code": "x", "email": "a@b.example", "password": "three-invented-words"}),
    )
    for person, address, form in tries:
        signed_in = browser_of(person)
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = signed_in.cookies
        assert strict.post(address, form).status_code == 403, address
    assert Access.objects.get(handle=handle).state == Access.ASKED
