"""Casework as people do it: in a browser, at two widths, and without JavaScript."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from rollbook.records.models.studies import Output, Run
from rollbook.services.gateway import gateway
from rollbook.services.outputs import outputs, recheck, releases
from rollbook.services.outputs.submitting import CONTEXT
from rollbook.services.platform import clock
from rollbook.services.studies import runs
from tests import case_ground, file_ground, grounds
from tests import run_ground as ground
from tests.functional.conftest import Visitor
from tests.people import (
    CHECKER,
    CUSTODIAN,
    DPO,
    OPERATOR,
    PANEL_MEMBER,
    POLICE_OFFICER,
    RESEARCHER,
    SECOND_CHECKER,
    SECOND_CUSTODIAN,
    actor_of,
)

pytestmark = pytest.mark.django_db(transaction=True)
HALVES = "CASE WHEN ppid < '8' THEN 'low' ELSE 'high' END"
APART = "CASE WHEN ppid = (SELECT min(ppid) FROM pupil) THEN 'the one' ELSE 'others' END"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


def test_every_page_of_a_project_and_its_table(log: ground.Writer, visitor: Visitor) -> None:
    project = ground.project(log)
    study = ground.study(project)
    passed = ground.executed(study)
    stopped = ground.executed(ground.study(project, ground.study_by(APART, items='"language"')))
    waiting = ground.run(study)
    visitor.sign_in_as(RESEARCHER)
    for address in ("", "projects/", f"projects/{project}/", "device/"):
        visitor.visit(f"/casework/{address}")
    visitor.visit(f"/register/projects/{project}/")
    page = visitor.visit(f"/register/studies/{passed.study.digest}/")
    page.get_by_text("people.sql").first.click()
    visitor.hold()
    for run in (passed.id, stopped.id, waiting):
        visitor.visit(f"/casework/runs/{run}/")
    page = visitor.visit(f"/casework/runs/{stopped.id}/")
    expect(page.get_by_text("group_of: a value not shown")).to_be_visible()

    output = Output.objects.get(run=passed)
    unsaid = ground.undeclared(ground.study(project, ground.study_by(HALVES, items='"language"')))
    page = visitor.visit(f"/casework/runs/{unsaid.id}/")
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("link", name="Who is counted, and who is not: say")).to_be_visible()
    visitor.hold()
    visitor.sign_in_as(CHECKER)
    visitor.visit("/casework/checking/")
    page = visitor.visit(f"/casework/checking/{output.reference}/")
    page.get_by_role("button", name="Give your verdict").click()
    visitor.hold()
    page.get_by_role("link", name="Choose a verdict").click()
    page.get_by_label("Release this table").check()
    page.get_by_role("button", name="Give your verdict").click()
    visitor.hold()
    expect(page.get_by_role("button", name="Give your verdict")).to_have_count(0)
    outputs.give_verdict(
        by=actor_of(SECOND_CHECKER), reference=output.reference, verdict="return", comment="Why two groups?"
    )
    page = visitor.visit(f"/casework/checking/{output.reference}/")
    expect(page.get_by_text("The verdicts differ")).to_be_visible()
    outputs.give_verdict(by=actor_of(SECOND_CHECKER), reference=output.reference, verdict="approve")
    releases.release(output.id)
    a_table_that_left(visitor, output.reference)


def a_table_that_left(visitor: Visitor, reference: str) -> None:
    """The checkers' pages of released tables: one is judged again, kept, and revoked by two people."""
    recheck.recheck(by=OPERATOR, parameters=recheck.parameters_with({"threshold": "60"}))
    page = visitor.visit("/casework/rechecks/")
    page.get_by_label("Why it stays where it is").fill("Nothing has changed for anybody.")
    page.get_by_role("button", name="It stays").click()
    expect(page.get_by_text("Nothing has changed for anybody.")).to_be_visible()
    visitor.hold()
    page = visitor.visit("/casework/left/")
    page.get_by_role("link", name="Sex of pupils").click()
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("link", name="Choose what is wrong with it").click()
    visitor.hold()
    page.get_by_label("Its figures are wrong").check()
    page.get_by_label("Why, in words for everybody").fill("Two groups were counted as one.")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("You asked to revoke it")).to_be_visible()
    visitor.hold()
    visitor.sign_in_as(DPO)
    page = visitor.visit(f"/casework/left/{reference}/")
    page.get_by_role("button", name="Revoke it for good").click()
    expect(page.get_by_text("Two groups were counted as one.")).to_be_visible()
    visitor.hold()
    visitor.visit("/casework/left/")


def test_every_page_of_a_file_by_exception_on_a_phone(log: ground.Writer, open_browser: Any) -> None:
    """Asked for, allowed, judged by three with their grounds, and read by everybody."""
    phone: Visitor = open_browser(phone=True)
    project = ground.project(log)
    phone.sign_in_as(RESEARCHER)
    page = phone.visit(f"/casework/projects/{project}/exception/")
    page.get_by_role("button", name="Publish and ask").click()
    expect(page.get_by_role("alert").get_by_role("link", name="Name the file")).to_be_visible()
    phone.hold()
    page.get_by_label("Name of the file").fill("mixture")
    page.get_by_label("csv: a table").check()
    page.get_by_label("Why no table or model").fill(file_ground.WHY)
    page.get_by_role("button", name="Publish and ask").click()
    expect(page.get_by_text("Not decided")).to_be_visible()
    phone.hold()
    phone.sign_in_as(PANEL_MEMBER)
    page = phone.visit("/casework/exceptions/")
    page.get_by_role("link", name="mixture.csv").click()
    page.get_by_role("button", name="Publish the decision").click()
    expect(page.get_by_role("alert").get_by_role("link", name="Choose one")).to_be_visible()
    phone.hold()
    page.get_by_label("Allow it", exact=True).check()
    ends = grounds.days(30)
    for part, value in (("day", ends.day), ("month", ends.month), ("year", ends.year)):
        page.locator(f"#expires-{part}").fill(str(value))
    page.get_by_label("Reasons").fill("No table shows a mixture.")
    page.get_by_role("button", name="Publish the decision").click()
    expect(page.get_by_text("Allowed", exact=True).or_(page.get_by_text("allowed", exact=True))).to_be_visible()
    log.write()

    output = file_ground.handed_in(project)
    phone.sign_in_as(RESEARCHER)
    phone.visit(f"/casework/runs/{output.run_id}/")
    phone.sign_in_as(CHECKER)
    page = phone.visit(f"/casework/checking/{output.reference}/")
    expect(page.get_by_text("first,0.4124")).to_be_visible()
    page.get_by_label("Let this file out").check()
    page.get_by_role("button", name="Give your verdict").click()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(len(file_ground.GROUNDS))
    phone.hold()
    for name, text in file_ground.GROUNDS.items():
        page.locator(f"#id_{name}").fill(text)
    page.get_by_role("button", name="Give your verdict").click()
    expect(page.get_by_role("button", name="Give your verdict")).to_have_count(0)
    phone.hold()
    file_ground.checked(output, SECOND_CHECKER)
    phone.sign_in_as(DPO)
    page = phone.visit("/casework/files/")
    page.get_by_role("link", name="Two kinds of schools").click()
    expect(page.get_by_text(file_ground.GROUNDS["person"])).to_have_count(2)
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("alert").get_by_role("link", name="Choose a verdict")).to_be_visible()
    phone.hold()
    for name, text in file_ground.GROUNDS.items():
        page.locator(f"#id_{name}").fill(text)
    page.get_by_label("Let this file out").check()
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("button", name="Decide")).to_have_count(0)
    releases.release(output.id)
    phone.visit("/register/files/")
    page = phone.visit(f"/register/files/{output.reference}/")
    expect(page.get_by_text("the differencing audit does not cover it")).to_be_visible()
    phone.visit(f"/casework/left/{output.reference}/")


def test_two_tables_with_levels_are_judged_and_read_on_a_phone(
    monkeypatch: pytest.MonkeyPatch, open_browser: Any
) -> None:
    """Both are on one page with a tick each; an approval without one of them is told so, and they leave together."""
    ground.clean_folders()
    ground.pupils(200)
    run = ground.executed(ground.study(ground.project(ground.log_of_its_own(monkeypatch)), ground.linked_study()))
    first, second = run.outputs.order_by("id")
    phone: Visitor = open_browser(phone=True)
    phone.sign_in_as(RESEARCHER)
    phone.visit(f"/casework/runs/{run.id}/")
    phone.sign_in_as(CHECKER)
    page = phone.visit(f"/casework/checking/{first.reference}/")
    ticks = page.locator("input[name=tables]")
    expect(ticks).to_have_count(2)
    page.locator("#id_verdict").check()
    ticks.first.check()
    page.get_by_role("button", name="Give your verdict").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(ticks.first).to_be_checked()
    phone.hold()
    for tick in ticks.all():
        tick.check()
    page.locator("#id_verdict").check()
    page.get_by_role("button", name="Give your verdict").click()
    expect(page.get_by_role("button", name="Give your verdict")).to_have_count(0)
    both = [first.reference, second.reference]
    outputs.give_verdict(by=actor_of(SECOND_CHECKER), reference=first.reference, verdict="approve", tables=both)
    releases.release(first.id)
    for reference in both:
        page = phone.visit(f"/register/releases/{reference}/")
        expect(page.get_by_text("left together")).to_be_visible()


def test_every_page_of_the_gateway(log: ground.Writer, visitor: Visitor) -> None:
    agreement = case_ground.police(log)
    case = case_ground.confirmed(agreement)
    gateway.seal(case.id)
    waiting, looked_at = case_ground.asked(agreement), case_ground.matched(agreement)
    visitor.sign_in_as(POLICE_OFFICER)
    visitor.visit("/casework/cases/")
    page = visitor.visit(f"/casework/cases/ask/{agreement}/")
    page.get_by_role("button", name="Ask").click()
    visitor.hold()
    expect(page.get_by_role("alert").get_by_role("link", name="Enter the surname")).to_be_visible()
    visitor.visit("/casework/cases/")
    page.get_by_role("button", name="Collect the answer once").click()
    visitor.hold()
    expect(page.get_by_text("shown once")).to_be_visible()
    page.reload()
    visitor.visit("/casework/cases/")
    expect(page.get_by_text("The answer was collected")).to_be_visible()

    visitor.sign_in_as(CUSTODIAN)
    visitor.visit("/casework/desk/")
    for reference in (waiting, looked_at):
        visitor.visit(f"/casework/desk/{reference}/")
    page = visitor.visit(f"/casework/desk/{waiting}/")
    page.get_by_role("button", name="Look for the child").click()
    visitor.hold()
    visitor.sign_in_as(SECOND_CUSTODIAN)
    page = visitor.visit(f"/casework/desk/{waiting}/")
    page.get_by_role("button", name="Do not confirm").click()
    visitor.hold()
    expect(page).to_have_url(re.compile("/casework/desk/$"))

    visitor.sign_in_as(DPO)
    page = visitor.visit("/casework/seals/")
    page.get_by_role("link", name=case.reference).click()
    visitor.hold()
    page.get_by_role("button", name="Put it off in public").click()
    visitor.hold()
    expect(page.get_by_role("alert").get_by_role("link", name="Give the new day")).to_be_visible()
    for part, value in (("day", 1), ("month", 6), ("year", clock.today().year + 3)):
        page.locator(f"#reveal_by-{part}").fill(str(value))
    page.get_by_label("A court ordered it").check()
    page.get_by_role("button", name="Put it off in public").click()
    expect(page.get_by_text(f"told by 1 June {clock.today().year + 3}")).to_be_visible()


def a_zip(folder: Path) -> Path:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, data in ground.STUDY.items():
            archive.writestr(path, data)
    place = folder / "study.zip"
    place.write_bytes(packed.getvalue())
    return place


def test_a_study_is_sent_in_run_checked_and_released_without_javascript(
    log: ground.Writer, open_browser: Any, tmp_path: Path
) -> None:
    project = ground.project(log)
    researcher = open_browser(scripts=False)
    researcher.sign_in_as(RESEARCHER)
    page = researcher.visit(f"/casework/projects/{project}/")
    page.get_by_role("button", name="Send the study in").click()
    expect(page.get_by_text("No file was sent").first).to_be_visible()
    page.get_by_label("Files of the study").set_input_files(a_zip(tmp_path))
    page.get_by_role("button", name="Send the study in").click()
    page.get_by_role("button", name="Run this study").click()
    expect(page.get_by_text("waits for its turn")).to_be_visible()
    runs.execute(Run.objects.get().id)
    page.reload()
    page.get_by_role("button", name="Hand in").click()
    page.get_by_role("link", name="What the table shows: say").click()
    for label, text in zip(CONTEXT.values(), ground.CONTEXT.values(), strict=True):
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_text("Two checkers look at it")).to_be_visible()
    output = Output.objects.get()
    for person in (CHECKER, SECOND_CHECKER):
        checker = open_browser(scripts=False)
        checker.sign_in_as(person)
        table = checker.visit(f"/casework/checking/{output.reference}/")
        table.get_by_label("Release this table").check()
        table.get_by_role("button", name="Give your verdict").click()
    releases.release(output.id)
    page.reload()
    expect(page.get_by_text("anyone can read it in the register")).to_be_visible()
    released = open_browser(phone=True).visit(f"/register/releases/{output.reference}/")
    expect(released.get_by_role("img", name=re.compile("^Sex of pupils"))).to_be_visible()
