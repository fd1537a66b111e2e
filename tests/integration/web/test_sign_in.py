"""Signing in over HTTP: a password alone opens nothing."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from rollbook.kernel.refusals import AccessDenied, InputRefused
from rollbook.records.models.accounts import Account
from rollbook.services.accounts.accounts import close_account, forget_second_factor, open_account, set_second_factor
from rollbook.services.platform.actors import Actor, Role
from tests.people import CUSTODIAN, OPERATOR, SCHOOL_DATA_MANAGER, Person, browser_of, code_for, code_of
from tests.rolls import a_school

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_codes_used_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def open_for(person: Person) -> int:
    assert person.role is not None
    return open_account(
        by=OPERATOR,
        email=person.email,
        name=person.name,
        role=person.role,
        password=person.password,
        holder=person.holder,
    )


def give_password(client: Client, person: Person, password: str | None = None) -> Any:
    return client.post("/account/sign-in/", {"login": person.email, "password": password or person.password})


def test_first_sign_in_must_set_up_a_second_factor() -> None:
    open_for(CUSTODIAN)
    client = Client()
    answer = give_password(client, CUSTODIAN)
    assert answer.status_code == 302
    answer = client.get("/account/", follow=True)
    assert answer.redirect_chain[-1][0] == "/account/second-factor/"
    secret = re.search(r'id="authenticator-key">([A-Z2-7]+)<', answer.content.decode())
    assert secret
    wrong = client.post("/account/second-factor/", {"code": "000000"})
    assert "There is a problem" in wrong.content.decode()
    answer = client.post("/account/second-factor/", {"code": code_for(client.session["mfa.totp.secret"])})
    assert answer.status_code == 302
    assert answer["Location"] == "/account/"
    assert client.get("/account/")["Location"] == "/casework/"


def test_later_sign_ins_ask_for_the_code() -> None:
    account = open_for(CUSTODIAN)
    set_second_factor(by=OPERATOR, account_id=account, secret=CUSTODIAN.secret)
    client = Client()
    answer = give_password(client, CUSTODIAN)
    assert answer["Location"] == "/account/code/"
    # Without the code the session is nobody's.
    assert client.get("/account/")["Location"].startswith("/account/sign-in/")
    answer = client.post("/account/code/", {"code": code_of(CUSTODIAN)})
    assert answer.status_code == 302
    assert client.get("/account/")["Location"] == "/casework/"


def test_a_code_works_once() -> None:
    account = open_for(CUSTODIAN)
    set_second_factor(by=OPERATOR, account_id=account, secret=CUSTODIAN.secret)
    code = code_of(CUSTODIAN)
    for expected in (302, 200):
        client = Client()
        give_password(client, CUSTODIAN)
        assert client.post("/account/code/", {"code": code}).status_code == expected


def test_wrong_password_and_unknown_address_are_told_alike() -> None:
    open_for(CUSTODIAN)
    pages = [
        give_password(Client(), person, "not-the-password-at-all").content.decode()
        for person in (CUSTODIAN, Person("nobody", "Nobody", None))
    ]
    errors = [re.findall(r"error-summary.*?</div>", page, re.DOTALL)[0] for page in pages]
    assert errors[0] == errors[1]


def test_a_session_without_code_is_led_to_the_second_factor() -> None:
    client = browser_of(CUSTODIAN, second_factor=False)
    assert client.get("/account/")["Location"] == "/account/second-factor/"


def test_the_secret_of_an_authenticator_is_not_in_the_database() -> None:
    from allauth.mfa.models import Authenticator

    account = open_for(CUSTODIAN)
    set_second_factor(by=OPERATOR, account_id=account, secret=CUSTODIAN.secret)
    assert CUSTODIAN.secret not in str(Authenticator.objects.get(user_id=account).data)


def test_an_account_that_was_closed_is_turned_away_in_the_session_it_has_and_told_no_more_than_a_stranger() -> None:
    browser = browser_of(SCHOOL_DATA_MANAGER, school=a_school())
    account = Account.objects.get(email=SCHOOL_DATA_MANAGER.email)
    account.set_password(SCHOOL_DATA_MANAGER.password)
    account.save()
    browser = browser_of(SCHOOL_DATA_MANAGER)
    assert browser.get("/account/")["Location"] == "/school/"
    close_account(by=OPERATOR, account_id=account.pk)
    for path in ("/account/", "/school/", "/school/slip/"):
        assert browser.get(path)["Location"].startswith("/account/sign-in/"), path
    said = []
    for password in (SCHOOL_DATA_MANAGER.password, "a-wrong-password"):
        answer = give_password(Client(), SCHOOL_DATA_MANAGER, password)
        page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", answer.content.decode())
        said.append((answer.status_code, page))
    assert said[0] == said[1]
    assert said[0][0] == 200


def test_signing_out_ends_the_session() -> None:
    client = browser_of(CUSTODIAN)
    assert client.get("/account/").status_code == 302
    assert client.post("/account/sign-out/")["Location"] == "/account/signed-out/"
    assert client.get("/account/")["Location"].startswith("/account/sign-in/")


@pytest.mark.parametrize("path", ["signup/", "sign-up/", "password/reset/", "email/"])
def test_there_is_no_sign_up_and_no_reset_by_mail(path: str) -> None:
    assert Client().get(f"/account/{path}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"organisation_id": 999_999}, "organisation-unknown"),
        ({"laestab": "2010000"}, "school-unknown"),
        ({"name": "x" * 121}, "account"),
        ({"name": " "}, "account"),
        ({"email": "nobody"}, "account"),
    ],
)
def test_an_account_that_cannot_be_is_refused_with_the_reason(wrong: dict[str, Any], code: str) -> None:
    facts: dict[str, Any] = {"email": CUSTODIAN.email, "name": CUSTODIAN.name, "role": Role.CUSTODIAN, **wrong}
    with pytest.raises(InputRefused) as refused:
        open_account(by=OPERATOR, password=CUSTODIAN.password, **facts)
    assert [reason.code for reason in refused.value.reasons] == [code]
    assert not Account.objects.filter(email=CUSTODIAN.email).exists()


def test_a_second_factor_of_nobody_is_not_forgotten() -> None:
    with pytest.raises(InputRefused, match="no open account"):
        forget_second_factor(by=OPERATOR, account_id=999_999)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_only_an_operator_opens_accounts_and_forgets_or_sets_second_factors(role: Role) -> None:
    by = Actor(role=role, channel="web", account_id=1, second_factor=True)
    for deed in (
        lambda: open_account(by=by, email="x@rollbook.invalid", name="X", role=Role.CUSTODIAN, password="p" * 20),
        lambda: set_second_factor(by=by, account_id=1, secret="A" * 32),
        lambda: forget_second_factor(by=by, account_id=1),
    ):
        with pytest.raises(AccessDenied):
            deed()


def test_a_forgotten_second_factor_is_set_up_anew() -> None:
    account = open_for(CUSTODIAN)
    set_second_factor(by=OPERATOR, account_id=account, secret=CUSTODIAN.secret)
    forget_second_factor(by=OPERATOR, account_id=account)
    client = Client()
    give_password(client, CUSTODIAN)
    assert client.get("/account/")["Location"] == "/account/second-factor/"
