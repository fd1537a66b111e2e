"""A careless clerk and a hostile school at the school's page: whatever they send, an answer in words and no harm."""

import io
from typing import Any

import pytest
from django.test import Client

from rollbook.records.models.collections import Return
from rollbook.records.models.uploads import Explanation, Upload
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.explaining import explain
from rollbook.services.returns.ingest import ingest
from rollbook.services.returns.upload_pages import upload_page
from rollbook.services.returns.uploads import submit_upload
from tests import census_ground as census
from tests import school_ground as ground
from tests.people import CUSTODIAN, OPERATOR, SCHOOL_DATA_MANAGER, browser_of
from tests.school_ground import WRONG_YEAR, YEAR_RULE

pytestmark = pytest.mark.django_db(transaction=True)
FORMULAS = ("=cmd|' /C calc'!A0", "@SUM(1)", "<script>alert(1)</script>", "{{ 7 * 7 }}", "\u202egnp.exe", "\x00\x07tab")


@pytest.fixture
def by() -> Any:
    return ground.open_school()


@pytest.fixture
def browser() -> Client:
    return browser_of(SCHOOL_DATA_MANAGER)


def states() -> list[str]:
    with people_zone():
        return list(Upload.objects.order_by("pk").values_list("state", flat=True))


def a_file(data: bytes, name: str = "census.xml") -> dict[str, io.BytesIO]:
    file = io.BytesIO(data)
    file.name = name
    return {"file": file}


def test_no_deed_without_the_token_of_the_page(by: Any, browser: Client) -> None:
    handle = ground.send(by, census.a_file(WRONG_YEAR))
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    place = f"/school/files/{handle}/"
    assert strict.get(place).status_code == 200
    posts: list[tuple[str, dict[str, Any]]] = [
        ("/school/upload/", a_file(census.a_file(serial="2"))), (f"{place}submit/", {}), (f"{place}discard/", {}),
        (f"{place}rules/{YEAR_RULE}/", {"text": "Forged", "which": "all"}),
    ]  # fmt: skip
    assert [strict.post(address, given).status_code for address, given in posts] == [403] * 4
    assert (states(), upload_page(by, handle).left) == (["checked"], 1)


@pytest.mark.parametrize("text", FORMULAS)
def test_an_explanation_is_text_and_nothing_else(by: Any, browser: Client, text: str) -> None:
    handle = ground.send(by, census.a_file(WRONG_YEAR))
    address = f"/school/files/{handle}/rules/{YEAR_RULE}/"
    answer = browser.post(address, {"text": f"{text} because", "which": "all"})
    assert answer.status_code in (302, 422)
    submit_upload(by=by, handle=handle) if answer.status_code == 302 else None
    ground.work()
    pages = [browser.get(address)]
    with people_zone():
        for one in Explanation.objects.all():
            assert "\x00" not in one.text
            pages.append(browser_of(CUSTODIAN).get(f"/casework/explanations/{one.handle}/"))
    for page in pages:
        assert page.status_code == 200
        said = page.content.decode()
        assert not any(bad in said for bad in ("<script>alert", "49 because", "\u202e", "\x00"))


@pytest.mark.parametrize("name", ["../../etc/passwd", "=cmd.xml", "a\r\nSet-Cookie: x=y", "<b>.xml", "x" * 900])
def test_a_file_name_is_shown_and_does_nothing(by: Any, browser: Client, name: str) -> None:
    answer = browser.post("/school/upload/", a_file(census.a_file(), name))
    assert answer.status_code == 302
    ground.work()
    said = browser.get(answer["Location"])
    assert (said.status_code, said.cookies.get("x")) == (200, None)
    assert "<b>.xml" not in said.content.decode()


@pytest.mark.parametrize("odd", ["%00", "a%0Ab", "x" * 3000, "..%2F..", "%F0%9F%92%A9", "'%20OR%201=1--"])
def test_an_odd_address_is_no_page(by: Any, browser: Client, odd: str) -> None:
    handle = ground.send(by, census.a_file(WRONG_YEAR))
    for address in (f"/school/files/{odd}/", f"/school/files/{odd}/submit/", f"/school/files/{handle}/rules/{odd}/"):
        answers = {browser.get(address).status_code, browser.post(address, {"text": "x", "which": "all"}).status_code}
        assert answers <= {404, 405, 414}, address


@pytest.mark.parametrize("places", [["-1"], ["99999999999999999999"], ["1", "1"], ["٣"], ["1'"], ["0"] * 500])
def test_only_queries_of_the_list_can_be_ticked(by: Any, browser: Client, places: list[str]) -> None:
    handle = ground.send(by, census.a_file(WRONG_YEAR))
    address = f"/school/files/{handle}/rules/{YEAR_RULE}/"
    answer = browser.post(address, {"text": "So it is", "which": "ticked", "places": places})
    assert answer.status_code == (302 if "1" in places else 422)
    assert upload_page(by, handle).explained == ("1" in places)


def test_two_tabs_end_with_the_last_file_and_the_older_tab_is_told(by: Any, browser: Client) -> None:
    first = ground.send(by, census.a_file(WRONG_YEAR))
    second = ground.send(by, census.a_file(serial="002"))
    stale = f"/school/files/{first}/"
    answer = browser.post(f"{stale}rules/{YEAR_RULE}/", {"text": "From the old tab", "which": "all"})
    assert answer.status_code in (404, 409, 422)
    assert browser.post(f"{stale}submit/").status_code == 409
    assert browser.post(f"/school/files/{second}/submit/").status_code == 302
    assert browser.post(f"/school/files/{second}/submit/").status_code == 302
    ground.work()
    assert (states(), Return.objects.count()) == (["replaced", "received"], 1)
    assert browser.post(f"/school/files/{second}/discard/").status_code == 409


def test_a_stale_page_of_a_replaced_return_explains_nothing(by: Any, browser: Client) -> None:
    handle = ground.send(by, census.a_file(WRONG_YEAR))
    explain(by=by, handle=handle, rule=YEAR_RULE, text="Agreed")
    submit_upload(by=by, handle=handle)
    ground.work()
    ingest(by=OPERATOR, data=census.a_file(WRONG_YEAR, serial="002"), name="return.xml")
    answer = browser.post(f"/school/files/{handle}/rules/{YEAR_RULE}/", {"text": "Too late", "which": "all"})
    assert answer.status_code == 422
    assert "newest" in answer.content.decode()


def test_what_a_school_is_told_never_shows_another_schools_pupil(by: Any, browser: Client) -> None:
    """It claims a pupil of the other school by UPN, by former UPN, and under another birth date."""
    other = ("P1/PupilIdentifiers/Surname = Zzother", "P1/PupilIdentifiers/DOB = 2014-10-11")
    numbers = [census.upn(70 + place) for place in range(4)]
    theirs = census.a_file(*other, school=census.OTHER_SCHOOL, upns=numbers)
    assert ingest(by=OPERATOR, data=theirs, name="theirs.xml").accepted
    claims = (f"P1/PupilIdentifiers/UPN = {numbers[0]}", f"+ P2/PupilIdentifiers <FormerUPN>{numbers[0]}</FormerUPN>")
    for serial, edits in enumerate((claims[:1], claims[1:]), start=2):
        handle = ground.send(by, census.a_file(*edits, serial=str(serial)))
        submit_upload(by=by, handle=handle)
        ground.work()
        page = upload_page(by, handle)
        (receipt,) = Return.objects.filter(pk=page.return_id)
        assert receipt.issues, "the authority has something to say"
        rules = {one["rule"] for one in receipt.issues}
        told = [f"/school/returns/{receipt.pk}/", f"/school/files/{handle}/", "/school/"]
        told += [f"/school/returns/{receipt.pk}/rules/{rule}/" for rule in rules]
        for address in told:
            said = browser.get(address).content.decode()
            for theirs_alone in (
                "Zzother",
                "2014-10-11",
                "11 October 2014",
                census.OTHER_SCHOOL,
                numbers[0][:9],
            ):
                assert theirs_alone not in said, address
