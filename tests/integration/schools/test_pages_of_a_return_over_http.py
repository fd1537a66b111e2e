"""A school's return over HTTP: no other school reaches it by its address, and a session that ended reaches none."""

import io
from typing import Any

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from rollbook.records.models.uploads import Upload
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.uploads import submit_upload
from rollbook.web.bodies import MOST, MOST_OF_A_RETURN
from tests import census_ground as census
from tests import school_ground as ground
from tests.people import CUSTODIAN, PARENT, RESEARCHER, SCHOOL_DATA_MANAGER, browser_of

pytestmark = pytest.mark.django_db(transaction=True)


def addresses(handle: str) -> list[str]:
    place = f"/school/files/{handle}/"
    return [place, f"{place}submit/", f"{place}discard/", f"{place}rules/{ground.YEAR_RULE}/"]


def a_file(data: bytes) -> dict[str, io.BytesIO]:
    file = io.BytesIO(data)
    file.name = "census.xml"
    return {"file": file}


def test_another_school_finds_nothing_under_a_guessed_address() -> None:
    handle = ground.send(ground.open_school(), census.a_file(ground.WRONG_YEAR))
    other = browser_of(ground.OTHER_MANAGER)
    given = {"text": "Mine", "which": "all"}
    for address in addresses(handle):
        answers = [other.get(address).status_code, other.post(address, given).status_code]
        assert set(answers) <= {404, 405}, address
        assert other.get(address.replace(handle, "nothing")).status_code in (404, 405)
    with people_zone():
        assert Upload.objects.get().state == "checked"


@pytest.mark.parametrize("who", [PARENT, RESEARCHER, CUSTODIAN])
def test_no_other_role_comes_in(who: Any) -> None:
    handle = ground.send(ground.open_school(), census.a_file(ground.WRONG_YEAR))
    browser = browser_of(who)
    assert [browser.get(one).status_code for one in ["/school/upload/", *addresses(handle)]].count(200) == 0


def test_a_session_that_ended_is_led_to_sign_in_and_nothing_happens() -> None:
    by = ground.open_school()
    handle = ground.send(by, census.a_file())
    browser = browser_of(SCHOOL_DATA_MANAGER)
    browser.session.flush()
    answer = browser.post(f"/school/files/{handle}/submit/")
    assert (answer.status_code, answer["Location"].startswith("/account/sign-in/")) == (302, True)
    assert browser.post("/school/upload/", a_file(census.a_file(serial="2"))).status_code == 302
    with people_zone():
        assert [one.state for one in Upload.objects.all()] == ["checked"]


def test_a_receipt_and_its_rules_are_the_schools_own() -> None:
    by = ground.open_school()
    handle = ground.send(by, census.a_file())
    submit_upload(by=by, handle=handle)
    ground.work()
    with people_zone():
        address = f"/school/returns/{Upload.objects.get().received_id}/"
    assert browser_of(SCHOOL_DATA_MANAGER).get(address).status_code == 200
    assert browser_of(ground.OTHER_MANAGER).get(address).status_code == 404
    assert browser_of(ground.OTHER_MANAGER).get(f"{address}rules/PT-048/").status_code == 404


def test_a_large_return_comes_in_without_a_copy_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", lambda self, *given, **named: written.append(given[1]))
    ground.open_school()
    browser = browser_of(SCHOOL_DATA_MANAGER)
    answer = browser.post("/school/upload/", a_file(b"x" * (6 * 1024 * 1024)))
    assert (answer.status_code, written) == (302, [])
    assert browser.post("/school/upload/", a_file(b"x" * MOST_OF_A_RETURN)).status_code == 413
    for stranger in (browser_of(None), browser_of(RESEARCHER), browser_of(SCHOOL_DATA_MANAGER, second_factor=False)):
        assert stranger.post("/school/upload/", a_file(b"x" * MOST)).status_code == 413


def test_the_second_factor_is_asked_for() -> None:
    ground.open_school()
    browser = browser_of(SCHOOL_DATA_MANAGER, second_factor=False)
    assert browser.get("/school/upload/").status_code == 302
