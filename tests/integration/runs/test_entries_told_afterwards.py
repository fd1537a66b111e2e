"""Corrections, certificates, late releases and look-ups: each is an entry, each shows, and none rewrites anything."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from typer.testing import CliRunner

from rollbook.cli import entries as command
from rollbook.kernel.refusals import AccessDenied, InputRefused, RollbookError, StateBroken, UseRefused
from rollbook.records.models.accounts import School
from rollbook.records.models.governance import Decision
from rollbook.records.models.reported import ReportedUse
from rollbook.services.gateway import gateway
from rollbook.services.log import reader
from rollbook.services.log.trust import own_policy
from rollbook.services.outside.verify_release import verify
from rollbook.services.platform import clock
from rollbook.services.portal.history import history
from rollbook.services.projects import projects
from rollbook.services.register.duties import DutyKind, overdue
from rollbook.services.studies import runs
from rollbook.services.uses import certificates, corrections, reported_uses, sets, totals
from rollbook.tlog.duties import overdue as overdue_in_log
from rollbook.tlog.totals import recount
from tests import case_ground, census_ground, grounds
from tests import run_ground as ground
from tests.integration.log import log_story
from tests.letters import let_in
from tests.people import CUSTODIAN, OPERATOR, PARENT, RESEARCHER, actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ground.Writer]:
    ground.clean_folders()
    ground.pupils(12)
    yield ground.log_of_its_own(monkeypatch)
    shutil.rmtree(settings.ROLLBOOK.keys / "jobs" / "projects", ignore_errors=True)


def pupils() -> list[str]:
    return [f"upn:{census_ground.upn(number)}" for number in range(3)]


def test_look_ups_of_a_day_are_told_with_the_references_that_went_with_the_answers(
    log: ground.Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    project = ground.project(log)
    request = Decision.objects.select_related("request").latest("id").request.reference
    with pytest.raises(AccessDenied):
        reported_uses.open_account(by=actor_of(CUSTODIAN), request_ref=request, reference="LRS-1", opens=clock.today())
    with pytest.raises(UseRefused):
        reported_uses.open_account(by=OPERATOR, request_ref="RB-0", reference="LRS-1", opens=clock.today())
    reported_uses.open_account(by=OPERATOR, request_ref=request, reference="LRS-1", opens=clock.today())
    log.running = False
    with pytest.raises(StateBroken):
        reported_uses.references(by=OPERATOR, account="LRS-1", pupil_ids=pupils(), wait_s=0)
    log.running = True
    did, refs = reported_uses.references(by=OPERATOR, account="LRS-1", pupil_ids=pupils()[:2])
    again, third = reported_uses.references(by=OPERATOR, account="LRS-1", pupil_ids=pupils()[2:])
    assert did == again, "one id for a day of an account"

    # The day after tomorrow nobody has told it: that shows by itself, and it is too late to tell it as a day.
    assert DutyKind.LOOKUPS in {duty.kind for duty in overdue(clock.today() + timedelta(days=2))}
    two_days_ago = clock.today() - timedelta(days=2)
    with pytest.raises(UseRefused, match="on the day"):
        reported_uses.report_day(by=OPERATOR, account="LRS-1", day=two_days_ago, pupil_ids=pupils())
    with pytest.raises(InputRefused):
        reported_uses.report_day(by=OPERATOR, account="LRS-1", day=clock.today(), pupil_ids=["A1"])
    reported_uses.report_day(by=OPERATOR, account="LRS-1", day=clock.today(), pupil_ids=pupils())
    log.write()
    with pytest.raises(UseRefused, match="already"):
        reported_uses.report_day(by=OPERATOR, account="LRS-1", day=clock.today(), pupil_ids=pupils())
    (batch,) = reader.entries("lookup-batch")
    assert batch.fields["did"] == did

    # Who holds the account compares its set with the references it collected.
    from rollbook.services.log.receipts import make_receipt

    receipt = make_receipt(batch.index)
    for name, data in {
        "entry.json": receipt.entry, "receipt.tlog-proof": receipt.proof, "manifest.json": sets.manifest_of(did),
        "policy": own_policy().encode(), "rows.csv": "\n".join(["row_ref", *refs, *third]).encode() + b"\n",
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(data)
    now = int(clock.now().timestamp())
    files = {"files": tmp_path / "rows.csv", "proof": tmp_path, "policy": tmp_path / "policy"}
    assert verify(**files, now=now).pupils == 3

    family = let_in(PARENT, census_ground.upn(0), School.objects.get(pk=census_ground.SCHOOL))
    (use,) = history(family.parent, family.handle).uses
    assert (use.inside, use.title) == (True, f"Look-ups on {clock.today()} in another service")
    reported_uses.close_account(by=OPERATOR, account="LRS-1")
    with pytest.raises(UseRefused):
        reported_uses.references(by=OPERATOR, account="LRS-1", pupil_ids=pupils())
    log.write()
    assert log_story.read_as_client().history.closed
    assert project


def test_a_late_release_says_so_everywhere(log: ground.Writer, client: Client) -> None:
    number = grounds.organisation(grounds.UNIVERSITY, RESEARCHER)
    facts: dict[str, Any] = {
        "released": clock.today(), "reason": "gate-failed", "organisation": number,
        "power": "PWR-03", "items": ["sex"], "pupil_ids": pupils()[:2],
    }  # fmt: skip
    for wrong in ({"reason": "forgot"}, {"released": clock.today() + timedelta(days=1)}, {"organisation": "X"}):
        with pytest.raises(InputRefused):
            reported_uses.log_late(by=OPERATOR, **{**facts, **wrong})
    with pytest.raises(UseRefused, match="no key"):
        reported_uses.log_late(by=OPERATOR, **{**facts, "released": date(2001, 3, 4)})
    reported_uses.log_late(by=OPERATOR, **facts)
    log.write()
    (entry,) = reader.entries("disclosure")
    assert entry.fields["late"] == {"released": str(clock.today()), "reason": "gate-failed"}
    family = let_in(PARENT, census_ground.upn(2), School.objects.get(pk=census_ground.SCHOOL))
    (use,) = history(family.parent, family.handle).uses
    assert use.inside is False
    assert "It went past the gate" in use.result
    assert ReportedUse.objects.get().account is None
    # The next start of the job process removes what nothing names; this is named.
    runs.recover(wait_s=0)
    assert history(family.parent, family.handle).uses[0].inside is False


def test_what_is_corrected_shows_both_values_and_what_a_use_rests_on_cannot_be(
    log: ground.Writer, client: Client
) -> None:
    ground.executed(ground.study(ground.project(log)))
    log.write()
    (request,), (use,) = reader.entries("request"), reader.entries("disclosure")
    done = CliRunner().invoke(
        command.app, ["correct", str(request.index), '{"title":"A better title"}', "--reason", "name-wrong"]
    )
    assert done.exit_code == 0, done.output
    log.write()
    page = client.get(f"/register/log/{request.index}/").content.decode()
    for words in ("A better title", request.fields["title"], "A name or title was wrong"):
        assert words in page
    for index, change in (
        (use.index, {"set": use.fields["set"]}), (use.index, {"did": use.fields["did"]}), (use.index, {}),
        (use.index, {"items": []}), (request.index, {"kind": "amend"}), (0, {"operator": "Other"}),
    ):  # fmt: skip
        with pytest.raises(InputRefused):
            corrections.correct(by=OPERATOR, index=index, change=change, reason="wording")
    with pytest.raises(AccessDenied):
        corrections.correct(by=actor_of(CUSTODIAN), index=request.index, change={"title": "x"}, reason="wording")
    with pytest.raises(UseRefused):
        corrections.correct(by=OPERATOR, index=10**6, change={"title": "x"}, reason="wording")


def test_a_use_is_overdue_until_its_data_is_certified_gone_and_the_numbers_of_the_period_hold(
    log: ground.Writer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = ground.project(log)
    ground.executed(ground.study(project))
    log.write()
    (use,) = reader.entries("disclosure")
    after = date.fromisoformat(reader.entries("decision")[-1].fields["expires"]) + timedelta(days=1)
    late = [one.code for one in overdue_in_log(log_story.read_as_client().history, str(after))]
    assert "destruction-overdue" in late
    assert (DutyKind.DESTRUCTION, f"entry {use.index}") in {(one.kind, one.reference) for one in overdue(after)}
    tomorrow = clock.today() + timedelta(days=1)
    for wrong in ({"method": "shredded"}, {"on": tomorrow}, {"certificate": " "}, {"index": 0}):
        facts: dict[str, Any] = {"index": use.index, "on": clock.today(), "method": "erased", "certificate": "Signed."}
        with pytest.raises(RollbookError):
            certificates.certify(by=OPERATOR, **{**facts, **wrong})
    projects.close_project(by=OPERATOR, project_ref=project)
    log.write()
    (gone,) = reader.entries("destroyed")
    assert (gone.fields["of"], gone.fields["method"]) == (use.index, "extract-removed")
    assert "Data destroyed" in client.get(f"/register/log/{use.index}/").content.decode()
    assert not [one for one in overdue_in_log(log_story.read_as_client().history, str(after)) if one.index == use.index]

    # The exact numbers of the period, with a case that is sealed.
    case = case_ground.confirmed(case_ground.police(log))
    gateway.seal(case.id)
    today, now = clock.today(), clock.now()
    with pytest.raises(InputRefused):
        totals.enter_totals(by=OPERATOR, first=today, last=today)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=1))
    with pytest.raises(AccessDenied):
        totals.enter_totals(by=actor_of(CUSTODIAN), first=today, last=today)
    with pytest.raises(InputRefused):
        totals.enter_totals(by=OPERATOR, first=date(2020, 1, 1), last=date(2020, 1, 2))
    totals.enter_totals(by=OPERATOR, first=today, last=today)
    log.write()
    (entry,) = reader.entries("totals")
    assert entry.fields["rows"] == [
        {"group": "pwr-03", "requests": 1, "disclosures": 1, "pupils": 12},
        {"group": "pwr-10", "requests": 0, "disclosures": 1, "pupils": 1, "asked": 1, "returned": 1},
    ]
    assert recount(log_story.read_as_client().history, entry.index) == ()
