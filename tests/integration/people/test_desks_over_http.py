"""Pages of the school's desk and the custodian's: what they show, what they refuse, and what they never show twice."""

import io
import re
import zipfile
from typing import Any

import pytest

from rollbook.records.models.control import Audit
from rollbook.records.models.identity import Access, Letter
from rollbook.services.accounts.access import own_number
from rollbook.services.accounts.codes import code_hash
from rollbook.services.platform.actors import Role
from tests.letters import CODE, handle_of, let_in, letter_code, recorded, start
from tests.people import CUSTODIAN, DPO, PARENT, PUPIL, SCHOOL_DATA_MANAGER, Person, actor_of, browser_of
from tests.rolls import UPN, a_pupil, a_return, a_school

pytestmark = pytest.mark.django_db
OTHER_CLERK = Person("other-clerk", "Ann Otherby", Role.SCHOOL_DATA_MANAGER)


@pytest.fixture(autouse=True)
def _pupil() -> None:
    a_pupil()


@pytest.fixture
def clerk() -> Any:
    return browser_of(SCHOOL_DATA_MANAGER, school=a_school())


@pytest.fixture
def custodian() -> Any:
    return browser_of(CUSTODIAN)


def text(answer: Any) -> str:
    return answer.content.decode()


def waiting() -> str:
    responsibility = recorded(PARENT)
    start(letter_code(responsibility), PARENT)
    return handle_of(PARENT, responsibility)


# The school's desk


def test_the_desk_shows_the_adult_and_not_the_child(clerk: Any) -> None:
    handle = waiting()
    for page in ("/school/", f"/school/people/{handle}/"):
        shown = text(clerk.get(page))
        assert PARENT.name in shown
        assert "Ivo" not in shown
        assert UPN not in shown
        assert own_number(actor_of(PARENT)) not in shown


def test_the_desk_lets_in_with_proof_and_number(clerk: Any) -> None:
    handle, number = waiting(), own_number(actor_of(PARENT))
    page = f"/school/people/{handle}/"
    for form, words in (
        ({"number": number}, "Choose what you have looked at"),
        ({"evidence": "passport"}, "Enter the number of their account"),
        ({"evidence": "passport", "number": "0000-0000"}, "This is not the number of that account"),
        ({"evidence": "letter", "number": number}, "Choose one from the list"),
    ):
        answer = clerk.post(page, form)
        assert answer.status_code == 422
        assert words in text(answer)
        assert "<title>Error: " in text(answer)
    assert clerk.post(page, {"evidence": "passport", "number": number}).status_code == 302
    access = Access.objects.get()
    assert (access.state, access.how, access.evidence) == (Access.CONFIRMED, "school-in-person", "passport")
    row = Audit.objects.get(deed="confirm-access")
    assert PARENT.name not in str(row.facts) + row.target + row.actor


def test_another_schools_desk_has_no_such_page() -> None:
    handle, number = waiting(), own_number(actor_of(PARENT))
    elsewhere = browser_of(OTHER_CLERK, school=a_school("9331002", "Fennick Junior"))
    pages = {
        re.sub(
            r'value="[^"]*"',
            "",
            text(elsewhere.post(f"/school/people/{one}/", {"evidence": "passport", "number": number})),
        )
        for one in (handle, "A" * 22)
    }
    assert len(pages) == 1
    assert PARENT.name not in pages.pop()
    assert Access.objects.get().state == Access.ASKED


def test_turned_away_at_the_desk_is_a_deed_and_not_a_link(clerk: Any) -> None:
    handle = waiting()
    assert clerk.get(f"/school/people/{handle}/refuse/").status_code == 405
    assert clerk.post(f"/school/people/{handle}/refuse/").status_code == 302
    assert Access.objects.get().state == Access.ENDED
    assert PARENT.name not in text(clerk.get("/school/"))


def test_a_pupils_slip_is_shown_once_and_starts_a_pupils_account(clerk: Any) -> None:
    refused = clerk.post("/school/slip/", {"upn": UPN, "ground": "presumed-able"})
    assert refused.status_code == 422
    assert "understanding is not presumed" in text(refused)
    code = CODE.search(text(clerk.post("/school/slip/", {"upn": UPN, "ground": "assessed-able"})))
    assert code
    assert not CODE.search(text(clerk.get("/school/slip/")))
    start(code[0], PUPIL)
    assert "Ivo Thrennet" in text(clerk.get("/school/"))


def test_returns_are_listed_with_receipts_for_their_own_school_only(clerk: Any) -> None:
    mine, theirs = a_return(a_school()), a_return(a_school("9331002", "Fennick Junior"))
    assert f"/school/returns/{mine.pk}/" in text(clerk.get("/school/"))
    assert "Nothing to mend" in text(clerk.get(f"/school/returns/{mine.pk}/"))
    assert clerk.get(f"/school/returns/{theirs.pk}/").status_code == 404


def test_a_data_manager_without_a_school_sees_nothing() -> None:
    assert browser_of(Person("no-school", "No School", Role.SCHOOL_DATA_MANAGER)).get("/school/").status_code == 403


# The custodian's desk

FORM = {
    "upn": UPN, "adult_name": PARENT.name, "address": "4 Quillmere Row\nOstlebury\nZZ1 1ZZ",
    "basis": "parental-responsibility", "evidence": "birth-certificate", "evidence_on": "2024-09-02",
    "starts": "2024-09-02",
}  # fmt: skip


def test_recording_shows_the_pupils_page_and_no_number_in_any_address(custodian: Any) -> None:
    answer = custodian.post("/casework/people/record/", FORM)
    assert answer.status_code == 200
    assert "Who may act for Ivo Thrennet" in text(answer)
    assert UPN not in "".join(re.findall(r'(?:href|action)="([^"]*)"', text(answer)))


@pytest.mark.parametrize(("changes", "words"), [
    ({"basis": "UNK"}, "Select a valid choice"),
    ({"evidence": "signed-authority"}, "This evidence does not prove this ground"),
    ({"evidence_on": "yesterday"}, "Enter a day like 2026-09-01"),
    ({"upn": "X"}, "No pupil of yours has this UPN"),
    ({"address": ""}, "Enter the adult’s address"),
])  # fmt: skip
def test_each_fault_stands_at_its_field(custodian: Any, changes: dict[str, str], words: str) -> None:
    answer = custodian.post("/casework/people/record/", FORM | changes)
    assert answer.status_code == 422
    assert text(answer).count(words) >= 2


def test_a_letter_comes_as_one_file_in_two_forms_this_once(custodian: Any) -> None:
    responsibility = recorded(PARENT)
    page = f"/casework/people/{responsibility}/letter/"
    assert not CODE.search(text(custodian.get(page)))
    answer = custodian.post(page)
    assert (answer["Cache-Control"], answer["Content-Type"]) == ("no-store", "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as files:
        assert files.namelist() == ["letter.pdf", "letter.txt"]
        code = CODE.search(files.read("letter.txt").decode())
    assert code
    assert Letter.objects.get().code_hash == code_hash(code[0])
    assert not CODE.search(text(custodian.get(page)))


@pytest.mark.parametrize("person", [PARENT, DPO, SCHOOL_DATA_MANAGER])
def test_nobody_else_issues_letters(person: Person) -> None:
    responsibility = recorded(PARENT)
    assert browser_of(person).post(f"/casework/people/{responsibility}/letter/").status_code == 403
    assert not Letter.objects.exists()


def test_a_stop_is_one_page_and_only_the_officer_takes_it_back(custodian: Any) -> None:
    family = let_in(PARENT)
    page, lift = (f"/casework/people/{family.responsibility}/{one}/" for one in ("stop", "lift"))
    assert custodian.post(page, {}).status_code == 422
    answer = custodian.post(page, {"why": "ROLE_DEACTIVATED_SAFEGUARDING"})
    assert "is stopped" in text(answer)
    assert Access.objects.get().state == Access.ENDED
    assert custodian.post(lift).status_code == 403
    assert browser_of(DPO).post(lift).status_code == 200
    assert (
        custodian.post(
            page.replace(family.responsibility, "A" * 22), {"why": "ROLE_DEACTIVATED_SAFEGUARDING"}
        ).status_code
        == 409
    )


def test_a_stop_shows_the_other_children_of_the_same_adult_to_be_stopped_too(custodian: Any) -> None:
    a_pupil("H933000125002", forename="Wren", key=7002)
    a_pupil("L933000125003", forename="Odo", key=7003)
    family, sister = let_in(PARENT), let_in(PARENT, "H933000125002", address="9 Elsewhere Row, Ostlebury")
    same_name = recorded(PARENT, "L933000125003", address="77 Far Street, Mrydeby")
    page, hers = (f"/casework/people/{one}/stop/" for one in (family.responsibility, sister.responsibility))
    for answer in (custodian.get(page), custodian.post(page, {"why": "ROLE_DEACTIVATED_SAFEGUARDING"})):
        assert f"Stop {PARENT.name} for Wren Thrennet too" in text(answer)
        assert hers in answer.content.decode()
        assert same_name not in answer.content.decode()
    assert "other children" not in text(custodian.post(hers, {"why": "ROLE_DEACTIVATED_SAFEGUARDING"}))


def test_another_childs_letter_that_waits_is_shown_too(custodian: Any) -> None:
    a_pupil("H933000125002", forename="Wren", key=7002)
    family, _ = let_in(PARENT), recorded(PARENT, "H933000125002")
    assert "for Wren Thrennet too" in text(custodian.get(f"/casework/people/{family.responsibility}/stop/"))
