"""A file of a study leaves only by exception: allowed by the panel, judged by three by hand, public as such."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from rollbook.kernel.refusals import InputRefused, RollbookError, UseRefused
from rollbook.records.models.accounts import Account, Accreditation
from rollbook.records.models.exceptions import FileDecision
from rollbook.records.models.studies import Output, Project, Release, Run, Study
from rollbook.sdc.rules import SdcParameters
from rollbook.services.log import reader
from rollbook.services.log.history import audit_published
from rollbook.services.outputs import deciding, outputs, recheck, releases, revoking, submitting
from rollbook.services.outside.replay import replay
from rollbook.services.projects import file_leave
from rollbook.services.register.volumes import volumes
from rollbook.services.studies import runs, studies
from rollbook.services.studies.run_pages import run_page
from tests import file_ground, grounds
from tests import run_ground as ground
from tests.file_ground import GROUNDS
from tests.integration.runs.test_ways_to_cheat_at_checking import undone
from tests.kills import killed_at
from tests.people import (
    CHECKER,
    CUSTODIAN,
    DPO,
    OPERATOR,
    PANEL_MEMBER,
    RESEARCHER,
    SECOND_CHECKER,
    Person,
    account_of,
    actor_of,
    browser_of,
)  # fmt: skip

pytestmark = pytest.mark.django_db
NOT_COVERED = "the differencing audit does not cover it"


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


def test_what_the_public_reads_of_a_file_that_left(log: ground.Writer, client: Client, tmp_path: Path) -> None:
    output = file_ground.handed_in(file_ground.allowed(log))
    address = f"/register/files/{output.reference}"
    # Sealed: its author reads nothing of it, the public nothing at all.
    assert "0.41" not in str(run_page(by=actor_of(RESEARCHER), run_id=output.run_id))
    assert client.get(f"{address}/").status_code == 404
    sheet = browser_of(CHECKER).get(f"/casework/checking/{output.reference}/").content.decode()
    assert NOT_COVERED in sheet
    assert "first,0.4124" in sheet
    file_ground.checked(output)
    officers = browser_of(DPO).get(f"/casework/files/{output.reference}/").content.decode()
    assert officers.count(GROUNDS["person"]) == 2
    file_ground.let_out(output)
    assert client.get(f"{address}/file").status_code == 404  # not before its entry is public
    releases.release(output.id)

    page = client.get(f"{address}/").content.decode()
    for words in (NOT_COVERED, "no mixture of two groups", "output checker, output checker, data protection officer"):
        assert words in page
    answer = client.get(f"{address}/file")
    assert answer.content.decode() == file_ground.TEXT
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == 'attachment; filename="mixture.csv"'
    (listed,) = json.loads(client.get("/register/files.json").content)
    assert listed["decided_by"] == ["output-checker", "output-checker", "data-protection-officer"]
    assert "<strong>1</strong> file has left" in client.get("/register/files/").content.decode()
    assert json.loads(client.get("/register/releases.json").content) == []

    (entry,) = reader.entries("output")
    assert entry.fields["title"] == "File by exception: Two kinds of schools"
    assert (entry.fields["rules"], entry.fields["checked_by"]) == ("rollbook-by-hand-v1", listed["decided_by"])
    assert audit_published().faults == ()
    found = volumes()
    assert found is not None
    counted = {row.kind: row.count for row in found.rows}
    assert (counted["file"], counted.get("output")) == (1, None)

    record = client.get(f"{address}/record.json").content
    assert [one["grounds"] for one in json.loads(record)["decisions"]] == [GROUNDS] * 3
    files = tmp_path / "record.json", tmp_path / "mixture.csv"
    for file, data in zip(files, (record, answer.content), strict=True):
        file.write_bytes(data)
    again = replay(*files)
    assert (again.same, again.recorded.startswith("by hand")) == (True, True)
    assert NOT_COVERED in again.not_judged[0]
    files[1].write_bytes(answer.content.replace(b"0.4124", b"0.4125"))
    assert not replay(*files).same
    files[0].write_bytes(record.replace(b'"small":10', b'"small":1'))
    files[1].write_bytes(answer.content)

    # When a parameter changes it is a task, told as by hand; a later table is held against everything but it.
    checked = recheck.recheck(by=OPERATOR, parameters=SdcParameters(threshold=15))
    assert (checked.judged, checked.by_hand, checked.made) == (0, (output.reference,), 1)
    tasks = browser_of(CHECKER).get("/casework/rechecks/").content.decode()
    assert "No rule judged this file" in tasks
    later = ground.undeclared(ground.study(Project.objects.get().reference)).outputs.get()
    assert (later.state, later.audited) == (Output.MADE, [])

    revoking.ask_revoke(by=actor_of(DPO), reference=output.reference, ground="could-identify", words="A share tells.")
    log.write()
    assert "This file was revoked" in client.get(f"{address}/").content.decode()
    assert {client.get(f"{address}/{one}").status_code for one in ("file", "record.json", "proof.json")} == {410}
    found = volumes()
    assert found is not None
    counted = {row.kind: row.count for row in found.rows}
    assert (counted["file-revoked"], counted.get("revoked")) == (1, None)


# Each way to have a file made, without the panel's leave in force for this very file.
def nobody_asked(project: str) -> None:
    file_ground.made(project)


def asked_and_not_decided(project: str) -> None:
    file_ground.asked(project)
    file_ground.made(project)


def refused(project: str) -> None:
    file_ground.decided(file_ground.asked(project), "refuse")
    file_ground.made(project)


def of_another_name(project: str) -> None:
    file_ground.decided(file_ground.asked(project, name="other"))
    file_ground.made(project)


def of_another_format(project: str) -> None:
    file_ground.decided(file_ground.asked(project, form="json"))
    file_ground.made(project)


def not_yet_in_the_log(project: str) -> None:
    file_ground.decided(file_ground.asked(project))
    file_ground.made(project)


def decided_by_another_role(project: str) -> None:
    reference = file_ground.asked(project)
    for person in (DPO, CHECKER, CUSTODIAN, RESEARCHER):
        with pytest.raises(RollbookError):
            file_ground.decided(reference, person=person)
    file_ground.made(project)


def decided_by_the_project_s_own_organisation(project: str) -> None:
    reference = file_ground.asked(project)
    Account.objects.filter(id=account_of(PANEL_MEMBER).id).update(organisation=account_of(RESEARCHER).organisation)
    with pytest.raises(RollbookError):
        file_ground.decided(reference)
    file_ground.made(project)


def for_ever(project: str) -> None:
    reference = file_ground.asked(project)
    for expires in (None, grounds.days(400), grounds.days(-1)):
        with pytest.raises(InputRefused):
            file_ground.decided(reference, expires=expires)
    file_ground.made(project)


WITHOUT_LEAVE: tuple[Callable[[str], None], ...] = (
    nobody_asked,
    asked_and_not_decided,
    refused,
    of_another_name,
    of_another_format,
    not_yet_in_the_log,
    decided_by_another_role,
    decided_by_the_project_s_own_organisation,
    for_ever,
)


def test_no_file_is_made_without_the_panels_leave(log: ground.Writer) -> None:
    project = ground.project(log)
    for cheat in WITHOUT_LEAVE:
        with undone():
            with pytest.raises(UseRefused) as error:
                cheat(project)
            assert {one.code for one in error.value.reasons} <= {"file-not-allowed", "file-refused", "file-log"}
            assert not Output.objects.exists(), cheat.__name__
            assert not Study.objects.exists(), cheat.__name__


def verdict(by: Person, output: Output, /, turn: int = 1, **change: Any) -> int:
    """A verdict as the page sends it; gives the answer's status."""
    place = "files" if by is DPO else "checking"
    form = {"verdict": "approve", "turn": str(turn), **GROUNDS, **change}
    return int(browser_of(by).post(f"/casework/{place}/{output.reference}/", form).status_code)


# Each way to get the file out, or a word in, that the rules forbid.
def by_two_checkers_alone(output: Output) -> None:
    file_ground.checked(output)
    with pytest.raises(Release.DoesNotExist):
        releases.release(output.id)


def by_the_officer_alone(output: Output) -> None:
    assert verdict(DPO, output) == 403


def by_one_checker_and_the_officer(output: Output) -> None:
    file_ground.checked(output, CHECKER)
    assert verdict(DPO, output) == 403


def by_one_checker_twice(output: Output) -> None:
    file_ground.checked(output, CHECKER)
    assert verdict(CHECKER, output) == 409


def by_a_third_checker_in_place_of_the_officer(output: Output) -> None:
    file_ground.checked(output)
    third = Person("third-checker", "Orla Wendlequick", CHECKER.role)
    assert verdict(third, output) == 403
    with pytest.raises(RollbookError):
        file_ground.let_out(output, person=third)


def by_a_checker_who_is_the_officer_too(output: Output) -> None:
    """Three people are three human beings, whatever accounts they have."""
    same = Person("dpo-too", "Tamsin Orrelquay", DPO.role, same_as=CHECKER.key)
    file_ground.checked(output)
    with pytest.raises(UseRefused, match="judged this file"):
        file_ground.let_out(output, person=same)


def by_a_member_of_the_panel_who_allowed_it(output: Output) -> None:
    same = {"name": "Sanne Morveldt-Ash", "same_as": PANEL_MEMBER.key}
    with pytest.raises(UseRefused, match="allowed this file"):
        file_ground.checked(output, Person("checker-too", role=CHECKER.role, **same))
    file_ground.checked(output)
    with pytest.raises(UseRefused, match="allowed this file"):
        file_ground.let_out(output, person=Person("dpo-too", role=DPO.role, **same))


def by_an_officer_who_is_of_the_project(output: Output) -> None:
    file_ground.checked(output)
    Project.objects.get().members.add(account_of(DPO))
    assert verdict(DPO, output) == 403


def by_an_officer_without_a_second_factor(output: Output) -> None:
    file_ground.checked(output)
    with pytest.raises(RollbookError):
        deciding.decide_file(
            by=actor_of(DPO, second_factor=False),
            reference=output.reference,
            verdict="approve",
            turn=1,
            grounds=GROUNDS,
        )


def by_a_command(output: Output) -> None:
    file_ground.checked(output)
    with pytest.raises(RollbookError):
        deciding.decide_file(by=OPERATOR, reference=output.reference, verdict="approve", turn=1, grounds=GROUNDS)


def by_the_author(output: Output) -> None:
    file_ground.checked(output, CHECKER)
    assert verdict(RESEARCHER, output) == 403


def without_grounds(output: Output) -> None:
    for checker in (CHECKER, SECOND_CHECKER):
        for change in ({"need": ""}, {"need": "Fine."}, {"groups": GROUNDS["need"]}, {"person": "x" * 2000}):
            assert verdict(checker, output, **change) == 422
        with pytest.raises(InputRefused):
            outputs.give_verdict(by=actor_of(checker), reference=output.reference, verdict="approve")


def without_the_officers_grounds(output: Output) -> None:
    file_ground.checked(output)
    assert verdict(DPO, output, warnings="") == verdict(DPO, output, hidden=GROUNDS["need"]) == 422


def with_an_address_in_a_ground(output: Output) -> None:
    assert verdict(CHECKER, output, need="Ask the author at a@b.example why.") == 422


def with_votes_of_the_turn_before(output: Output) -> None:
    """An edit resets every vote: of the checkers and, once they agree anew, of the officer's page."""
    file_ground.checked(output)
    assert verdict(DPO, output, verdict="return", comment="Say who is counted.") == 302
    ground.submitted(output.reference)
    file_ground.checked(output, CHECKER)
    assert verdict(DPO, output, turn=2) == 403
    file_ground.checked(output, SECOND_CHECKER)
    assert verdict(DPO, output, turn=1) == 409


def after_leave_was_taken_back(output: Output) -> None:
    file_ground.checked(output)
    file_ground.decided(output.run.study.project.exceptions.get().reference, "refuse")
    assert verdict(DPO, output) == 409


def after_leave_ran_out(output: Output) -> None:
    FileDecision.objects.update(expires=grounds.days(-1))
    assert verdict(CHECKER, output) == 409


def after_the_accreditation_ran_out(output: Output) -> None:
    file_ground.checked(output)
    Accreditation.objects.update(expires=grounds.days(-1))
    assert verdict(DPO, output) == 409


def by_revoking_and_handing_in_again(output: Output) -> None:
    """What has not left cannot be revoked, and what was turned down is not handed in again."""
    file_ground.checked(output)
    assert verdict(DPO, output, verdict="reject", comment="No.") == 302
    with pytest.raises(RollbookError):
        ground.submitted(output.reference)


def by_the_author_taking_it_back_and_in_again(output: Output) -> None:
    file_ground.checked(output)
    for deed in (lambda: submitting.withdraw_output(by=actor_of(RESEARCHER), reference=output.reference),
                 lambda: ground.submitted(output.reference)):  # fmt: skip
        with pytest.raises(RollbookError):
            deed()


def with_a_verdict_on_a_table_that_has_grounds(output: Output) -> None:
    """A file cannot pass as a table: its kind is the run's, not the page's."""
    outputs.give_verdict(by=actor_of(CHECKER), reference=output.reference, verdict="approve", grounds=GROUNDS)
    with pytest.raises(InputRefused):
        outputs.give_verdict(by=actor_of(SECOND_CHECKER), reference=output.reference, verdict="approve", grounds={})


CHEATS: tuple[Callable[[Output], None], ...] = (
    by_two_checkers_alone,
    by_the_officer_alone,
    by_one_checker_and_the_officer,
    by_one_checker_twice,
    by_a_third_checker_in_place_of_the_officer,
    by_a_checker_who_is_the_officer_too,
    by_a_member_of_the_panel_who_allowed_it,
    by_an_officer_who_is_of_the_project,
    by_an_officer_without_a_second_factor,
    by_a_command,
    by_the_author,
    without_grounds,
    without_the_officers_grounds,
    with_an_address_in_a_ground,
    with_votes_of_the_turn_before,
    after_leave_was_taken_back,
    after_leave_ran_out,
    after_the_accreditation_ran_out,
    by_revoking_and_handing_in_again,
    by_the_author_taking_it_back_and_in_again,
    with_a_verdict_on_a_table_that_has_grounds,
)


def test_no_file_leaves_by_a_way_round(log: ground.Writer, client: Client) -> None:
    project = file_ground.allowed(log)
    output = file_ground.handed_in(project)
    for cheat in CHEATS:
        with undone():
            cheat(output)
            present = Output.objects.get(id=output.id)
            assert present.state not in {Output.AGREED, Output.RELEASED}, cheat.__name__
            assert not hasattr(present, "release"), cheat.__name__
    # What no person may see ends the run; nothing is kept of it. These two write to the log, so they come last.
    rows = b"COPY (SELECT ppid AS part, 1 AS share FROM pupil) TO '/out/mixture.csv' (FORMAT csv, HEADER);"
    run = ground.undeclared(ground.study(project, file_ground.STUDY | {"mixture.sql": rows}))
    assert (run.state, [one["code"] for one in run.reasons]) == (Run.FAILED, ["file-identifier"])
    assert not run.outputs.exists()

    # Leave that is taken back between asking and running stops the run before any record is used.
    number = ground.run(ground.study(project, file_ground.STUDY))
    file_ground.decided(Project.objects.get().exceptions.get().reference, "refuse")
    runs.execute(number)
    run = Run.objects.get(id=number)
    assert run.state == Run.REFUSED
    assert "file-refused" in {one["code"] for one in run.reasons}
    with pytest.raises(UseRefused):
        studies.ask_run(by=actor_of(RESEARCHER), study_id=run.study_id)


@pytest.mark.parametrize("done", [False, True], ids=["lost", "done-but-unacknowledged"])
def test_each_durable_step_is_done_once_or_not_at_all(log: ground.Writer, done: bool) -> None:
    project = ground.project(log)
    reference = file_ground.asked(project)
    # A decision, a verdict and an agreement are one transaction each: dead before its end, nothing was said.
    for place, step, deed, left in (
        (file_leave, "submit", lambda: file_ground.decided(reference), FileDecision),
        (file_leave, "audit", lambda: file_ground.decided(reference), FileDecision),
    ):  # fmt: skip
        with killed_at(place, step, done=done):
            deed()
        assert not left.objects.exists(), step
    file_ground.decided(reference)
    log.write()
    output = file_ground.handed_in(project)
    file_ground.checked(output)
    for place, step in ((deciding, "say"), (deciding, "audit"), (deciding, "let_out"), (releases, "submit")):
        with killed_at(place, step, done=done):
            file_ground.let_out(output)
        output.refresh_from_db()
        assert (output.state, hasattr(output, "release")) == (Output.DECIDING, False), step
    file_ground.let_out(output)
    for place, step in ((releases, "published"), (releases, "verify_output"), (releases, "audit")):
        with killed_at(place, step, done=done):
            releases.release(output.id)
        assert Release.objects.get().released_at is None, step
    releases.recover()
    output.refresh_from_db()
    assert output.state == Output.RELEASED
    assert len(reader.entries("output")) == 1
    assert audit_published().faults == ()


def test_leave_taken_back_before_the_entry_is_public_keeps_the_file_inside(log: ground.Writer, client: Client) -> None:
    output = file_ground.handed_in(file_ground.allowed(log))
    file_ground.checked(output)
    log.running = False
    file_ground.let_out(output)
    file_ground.decided(Project.objects.get().exceptions.get().reference, "refuse")
    log.running = True
    releases.release(output.id)
    output.refresh_from_db()
    assert output.state == Output.STOPPED
    assert client.get(f"/register/files/{output.reference}/file").status_code == 404
    log.write()
    (entry,) = reader.entries("correction")
    assert (entry.fields["reason"], entry.fields["change"]) == ("file-refused", {"tables": 0})
    assert "Not allowed" in client.get("/register/files/").content.decode()
