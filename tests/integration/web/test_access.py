"""The rule on every door, and the pages for what goes wrong."""

from typing import Any

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from rollbook.kernel.refusals import (
    AccessDenied,
    InputRefused,
    LimitBreached,
    Reason,
    RollbookError,
    SetupFailed,
    StateBroken,
    UseRefused,
    VerificationFailed,
)
from rollbook.services.platform.actors import Role
from rollbook.web import urls
from rollbook.web.access import access
from rollbook.web.errors import PAGES
from rollbook.web.ui.actor import actor
from tests.people import CUSTODIAN, PANEL_MEMBER, PARENT, RESEARCHER, browser_of

pytestmark = pytest.mark.django_db

REFUSALS: dict[str, type[RollbookError]] = {
    kind.__name__: kind
    for kind in (
        InputRefused, UseRefused, AccessDenied, VerificationFailed, StateBroken, LimitBreached, SetupFailed,
    )
}  # fmt: skip


@access("public")
def whoever(request: HttpRequest) -> HttpResponse:
    by = actor(request)
    return HttpResponse(f"{by.role} {by.channel} {by.account_id is not None} {by.second_factor}")


@access("signed-in")
def anyone_signed_in(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


@access(Role.CUSTODIAN, Role.PANEL_MEMBER)
def some_roles(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


@access("public")
def fails(request: HttpRequest, how: str) -> HttpResponse:
    if how == "missing":
        raise Http404
    if how == "unforeseen":
        raise RuntimeError("Ivo Thrennet")
    raise REFUSALS[how](Reason("code", "What is wrong", where="somewhere", mend="Do this."))


@access("public")
def takes_a_form(request: HttpRequest) -> HttpResponse:
    return HttpResponse("taken")


urlpatterns = [
    path("whoever/", whoever),
    path("signed-in/", anyone_signed_in),
    path("some-roles/", some_roles),
    path("fails/<str:how>/", fails),
    path("form/", takes_a_form),
    *urls.urlpatterns,
]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


@pytest.fixture(autouse=True)
def _our_pages() -> Any:
    with override_settings(ROOT_URLCONF=__name__):
        yield


def test_a_visitor_is_nobody() -> None:
    assert Client().get("/whoever/").content == b"None web False False"


def test_a_person_is_their_role_and_says_whether_a_code_was_given() -> None:
    assert browser_of(CUSTODIAN).get("/whoever/").content == b"custodian web True True"
    assert browser_of(CUSTODIAN, second_factor=False).get("/whoever/").content == b"custodian web True False"


@pytest.mark.parametrize("address", ["/signed-in/", "/some-roles/"])
def test_nobody_is_led_to_the_door_and_back(address: str) -> None:
    assert Client().get(address + "?a=1")["Location"] == f"/account/sign-in/?next={address}%3Fa%3D1"


@pytest.mark.parametrize("address", ["/signed-in/", "/some-roles/"])
def test_a_password_alone_opens_nothing(address: str) -> None:
    answer = browser_of(CUSTODIAN, second_factor=False).get(address)
    assert answer["Location"] == "/account/second-factor/"


@pytest.mark.parametrize(
    ("person", "status"), [(CUSTODIAN, 200), (PANEL_MEMBER, 200), (RESEARCHER, 403), (PARENT, 403)]
)
def test_a_role_opens_its_own_doors(person: Any, status: int) -> None:
    assert browser_of(person).get("/some-roles/").status_code == status
    assert browser_of(person).get("/signed-in/").status_code == 200


def test_a_closed_account_opens_nothing() -> None:
    from rollbook.records.models.accounts import Account

    browser = browser_of(CUSTODIAN)
    Account.objects.update(is_active=False)
    assert browser.get("/signed-in/").status_code == 302


@pytest.mark.parametrize("wrong", [(), ("public", Role.CUSTODIAN), ("public", "signed-in")])
def test_a_rule_that_means_nothing_is_refused_at_import(wrong: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="access takes"):
        access(*wrong)


@pytest.mark.parametrize("kind", list(REFUSALS))
def test_each_refusal_has_its_page(kind: str) -> None:
    answer = Client().get(f"/fails/{kind}/")
    status, heading = PAGES[REFUSALS[kind].family]
    text = answer.content.decode()
    assert answer.status_code == status
    assert heading in text
    assert "What is wrong (somewhere). Do this." in " ".join(text.split())


def test_a_page_that_is_not_there() -> None:
    answer = Client().get("/fails/missing/")
    assert (answer.status_code, b"Page not found" in answer.content) == (404, True)


@pytest.mark.parametrize("address", ["/register/requests/%00/", "/register/papers/%00/", "/register/collections/%00/"])
def test_an_address_with_a_zero_byte_is_no_page(address: str) -> None:
    assert Client().get(address).status_code == 404


def test_a_record_with_a_zero_byte_is_no_page() -> None:
    assert browser_of(PARENT).get("/record/%00/").status_code == 404


def test_an_unforeseen_fault_shows_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    answer = Client(raise_request_exception=False).get("/fails/unforeseen/")
    assert answer.status_code == 500
    assert b"Sorry, there is a problem" in answer.content
    assert b"Thrennet" not in answer.content
    assert b"RuntimeError" not in answer.content


def test_a_form_without_its_token_is_explained() -> None:
    answer = Client(enforce_csrf_checks=True).post("/form/")
    assert (answer.status_code, b"This form can no longer be sent" in answer.content) == (403, True)


def test_a_host_that_is_not_ours_is_refused() -> None:
    assert Client().get("/whoever/", headers={"host": "elsewhere.example"}).status_code == 400


def test_pages_of_a_session_are_kept_in_no_cache() -> None:
    assert browser_of(CUSTODIAN).get("/signed-in/")["Cache-Control"] == "no-store"
    assert Client().get("/whoever/").headers.get("Cache-Control") != "no-store"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Frame-Options", "DENY"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ],
)
def test_every_answer_says_how_it_may_be_used(header: str, value: str) -> None:
    assert Client().get("/whoever/")[header] == value


def test_no_page_may_run_or_show_what_is_not_ours() -> None:
    policy = Client().get("/whoever/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert {"default-src 'self'", "frame-ancestors 'none'", "form-action 'self'"} <= set(policy.split("; "))


def test_a_link_out_of_the_site_is_not_followed_after_signing_in() -> None:
    answer = browser_of(CUSTODIAN).get("/account/sign-in/?next=https://elsewhere.example/")
    assert answer["Location"] == "/account/"
