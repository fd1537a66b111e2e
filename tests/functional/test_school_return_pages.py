"""A school's return in a browser: every page at two widths with axe, and the whole way without JavaScript."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from rollbook.services.outside.check import check_files
from rollbook.services.outside.check_html import findings_html
from tests import census_ground as census
from tests import school_ground as ground
from tests.functional.conftest import Visitor
from tests.people import CUSTODIAN, SCHOOL_DATA_MANAGER

pytestmark = pytest.mark.django_db(transaction=True)
MOST_OF_A_PAGE = 200_000


def choose(visitor: Visitor, data: bytes, name: str = "census.xml") -> None:
    """Send a file by the form and let the job process read it."""
    page = visitor.visit("/school/upload/")
    page.get_by_label("The return").set_input_files({"name": name, "mimeType": "text/xml", "buffer": data})
    page.get_by_role("button", name="Send and check").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your file is being checked")
    visitor.hold()
    ground.work()
    page.get_by_role("link", name="look again now").or_(page.get_by_role("link", name="Your school")).first.click()


def the_whole_way(visitor: Visitor) -> None:
    ground.open_school()
    visitor.sign_in_as(SCHOOL_DATA_MANAGER)
    visitor.visit("/school/")
    choose(visitor, census.a_file(ground.NO_SURNAME, ground.WRONG_YEAR))
    page = visitor.visit("/school/")
    page.get_by_role("link", name="The file you sent").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mend the errors and send the file again")
    visitor.hold()
    page.get_by_role("link", name="Name missing").click()
    expect(page.get_by_text("Pupil 1, UPN ends")).to_be_visible()
    visitor.hold()
    choose(visitor, census.a_file(ground.WRONG_YEAR, ground.SECOND_WRONG_YEAR))
    page = visitor.visit("/school/")
    page.get_by_role("link", name="The file you sent").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Explain the queries, then submit")
    visitor.hold()
    page.get_by_role("link", name="Year group does not fit").click()
    page.get_by_role("button", name="Save the explanation").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why it is right")
    visitor.hold()
    page.get_by_label("Why is this right?").fill("Moved up by agreement")
    page.get_by_label("Only those I tick").check()
    page.get_by_label("Pupil 2").check()
    page.get_by_role("button", name="Save the explanation").click()
    expect(page.get_by_text("Moved up by agreement")).to_have_count(1)
    page.get_by_label("Why is this right?").fill("Joined late")
    page.get_by_role("button", name="Save the explanation").click()
    expect(page.get_by_text("Joined late")).to_have_count(1)
    visitor.hold()
    page.get_by_role("link", name="The return").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ready to submit")
    visitor.hold()
    page.get_by_role("button", name="Go on to submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Submit this return")
    visitor.hold()
    page.get_by_role("button", name="Submit the return").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your return is being taken in")
    visitor.hold()
    ground.work()
    page = visitor.visit("/school/")
    page.get_by_role("link", name="received").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Receipt")
    expect(page.get_by_text("Tomorrow the public log")).to_be_visible()
    visitor.hold()
    the_data_team_answers(visitor)
    page = visitor.visit("/school/")
    expect(page.get_by_text("1 query needs an explanation")).to_be_visible()


def the_data_team_answers(visitor: Visitor) -> None:
    visitor.sign_in_as(CUSTODIAN)
    page = visitor.visit("/casework/explanations/")
    page.locator("main table a").first.click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    visitor.hold()
    page.get_by_label("Send it back").check()
    page.get_by_label("What is missing").fill("Which agreement?")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What schools explain")
    visitor.hold()
    page.locator("main table a").first.click()
    page.get_by_label("It is a good reason").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("No explanation waits.")).to_be_visible()
    visitor.sign_in_as(SCHOOL_DATA_MANAGER)


def test_a_return_is_sent_explained_submitted_and_answered(visitor: Visitor) -> None:
    the_whole_way(visitor)


def test_the_same_without_scripts(open_browser: Any) -> None:
    the_whole_way(open_browser(scripts=False))


def test_a_waiting_page_looks_again_by_itself(visitor: Visitor) -> None:
    by = ground.open_school()
    visitor.sign_in_as(SCHOOL_DATA_MANAGER)
    handle = ground.upload_return(by=by, name="a.xml", data=census.a_file())
    page = visitor.visit(f"/school/files/{handle}/")
    ground.work()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ready to submit")


def test_a_large_school_with_thousands_of_issues_gets_small_pages(visitor: Visitor) -> None:
    by = ground.open_school()
    visitor.sign_in_as(SCHOOL_DATA_MANAGER)
    handle = ground.send(by, ground.a_file_of_issues(2_500))
    for path in ("", "rules/PT-024/", "rules/PT-024/?page=25", "rules/PT-048/"):
        page = visitor.visit(f"/school/files/{handle}/{path}")
        assert len(page.content().encode()) < MOST_OF_A_PAGE
    expect(page.get_by_text("found 1,250 times")).to_be_visible()


def test_a_file_that_is_refused_and_one_that_is_destroyed(visitor: Visitor) -> None:
    by = ground.open_school()
    visitor.sign_in_as(SCHOOL_DATA_MANAGER)
    refused = ground.send(by, b"Dear all, the return is late")
    page = visitor.visit(f"/school/files/{refused}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("This file was not taken")
    handle = ground.send(by, census.a_file())
    page = visitor.visit(f"/school/files/{handle}/")
    page.get_by_role("button", name="Destroy this file").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("School")
    page = visitor.visit(f"/school/files/{handle}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("This file was destroyed")


def test_the_report_of_the_command_is_a_page_for_everyone(visitor: Visitor, tmp_path: Path) -> None:
    names = ("bad.xml", "sound.xml", "letter.xml")
    files = (census.a_file(ground.NO_SURNAME, ground.WRONG_YEAR), census.a_file(), b"Dear all")
    for name, data in zip(names, files, strict=True):
        (tmp_path / name).write_bytes(data)
    report = tmp_path / "report.html"
    report.write_text(findings_html(check_files([tmp_path / name for name in names])), encoding="utf-8")
    fetched: list[str] = []
    visitor.page.on("request", lambda request: fetched.append(request.url))
    visitor.page.goto(report.as_uri())
    visitor.hold()
    assert fetched == [report.as_uri()]
