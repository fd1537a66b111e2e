"""On the real stores: what a parent sees of the record, of each use, of choices, and in a proof file of their own."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from rollbook.kernel.refusals import AccessDenied, InputRefused, UseRefused
from rollbook.records.models.accounts import School
from rollbook.records.models.control import Audit
from rollbook.records.models.identity import Access, Bundle
from rollbook.records.models.log import LogEntry, LogSubmission
from rollbook.services.accounts import stops
from rollbook.services.collections import notices
from rollbook.services.collections.collections import told_counts
from rollbook.services.log.trust import policy_text
from rollbook.services.outputs import releases
from rollbook.services.outside.verify import verify_bundles
from rollbook.services.platform import clock
from rollbook.services.portal import bundles, choices
from rollbook.services.portal.history import history
from rollbook.services.portal.portal import record_page
from rollbook.services.returns.ingest import ingest
from rollbook.services.uses import populations
from tests import census_ground
from tests import run_ground as ground
from tests.letters import Family, at, let_in
from tests.people import CUSTODIAN, DPO, OPERATOR, OTHER_PARENT, PARENT, actor_of, browser_of

pytestmark = pytest.mark.django_db
UPN = census_ground.upn(0)


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


@pytest.fixture
def family(log: ground.Writer) -> Family:
    return let_in(PARENT, UPN, School.objects.get(pk=census_ground.SCHOOL))


def a_use(log: ground.Writer, name: str = "group_of") -> Any:
    """A run of a new project, done."""
    return ground.executed(ground.study(ground.project(log)))


def pages(family: Family, *parts: str) -> str:
    browser = browser_of(PARENT)
    found = [browser.get(f"/record/{family.handle}/{part}") for part in parts]
    assert {one.status_code for one in found} == {200}
    return "\n".join(one.content.decode() for one in found)


def test_what_is_held_names_its_source_and_gives_no_value_of_anybody_else(family: Family) -> None:
    page = record_page(family.parent, family.handle)
    (source,) = page.sources
    assert (source.school, source.collection) == ("School 2013999", "Spring school census 2025")
    facts = {fact.item: fact for group in source.groups for fact in group.facts}
    assert facts["surname"].value == "Sample0"
    assert facts["upn"].value == UPN
    assert all(fact.line for fact in facts.values())
    shown = pages(family, "")
    assert "Sample0" in shown
    assert f"(line {facts['surname'].line})" in shown
    assert "Sample1" not in shown


def test_a_notice_not_given_is_shown_as_not_given_and_counted(family: Family) -> None:
    assert [one.given_on for one in record_page(family.parent, family.handle).notices] == [None]
    assert "There is no record that you were given the notice" in pages(family, "")
    given = notices.tell(by=OPERATOR, collection=census_ground.SPRING, how="school-letter", day=date(2025, 2, 3))
    assert given == ground.PUPILS
    (told,) = record_page(family.parent, family.handle).notices
    assert (told.reference, told.given_on, told.how) == ("notice-spring", date(2025, 2, 3), "on paper, from the school")
    counts = told_counts(census_ground.SPRING)
    assert (counts.told, counts.not_told) == (ground.PUPILS, 0)
    again = notices.tell(by=OPERATOR, collection=census_ground.SPRING, how="school-letter", day=date(2025, 2, 4))
    assert again == 0
    assert "on 3 February 2025, on paper, from the school" in pages(family, "")


@pytest.mark.parametrize("wrong", [{"collection": "sc-spr-1999"}, {"how": "by pigeon"}, {"day": date(2090, 1, 1)}])
def test_telling_is_recorded_only_of_what_can_have_happened(log: ground.Writer, wrong: dict[str, Any]) -> None:
    facts = {"collection": census_ground.SPRING, "how": "post", "day": date(2025, 2, 3)}
    with pytest.raises(InputRefused):
        notices.tell(by=OPERATOR, **(facts | wrong))
    with pytest.raises(AccessDenied):
        notices.tell(by=actor_of(PARENT), **facts)


def test_a_use_of_all_pupils_is_shown_with_who_why_power_and_result(family: Family, log: ground.Writer) -> None:
    run = a_use(log)
    (use,) = history(family.parent, family.handle).uses
    assert (use.inside, use.objected, use.title) == (True, False, "Sex of pupils")
    assert all((use.organisation, use.why, use.power, use.allows))
    assert use.result == "A table was made. Two people are checking it."
    output = run.outputs.get()
    ground.approved_by_both(output.reference)
    releases.release(output.id)
    (use,) = history(family.parent, family.handle).uses
    assert [one.reference for one in use.tables] == [output.reference]
    shown = pages(family, "uses/")
    told = (use.organisation, use.power, use.allows, "A table of counts came out.", ">\n  In\n", f"Entry {use.index}")
    for words in told:
        assert words in shown, words


def test_a_use_that_is_not_in_the_log_is_not_in_the_list(family: Family, log: ground.Writer) -> None:
    a_use(log)
    LogSubmission.objects.filter(entry__type="disclosure").update(state=LogSubmission.WAITING, index=None)
    assert history(family.parent, family.handle).uses == ()


def test_a_list_of_people_that_cannot_be_read_is_said_and_not_guessed(family: Family, log: ground.Writer) -> None:
    run = a_use(log)
    populations.folder().joinpath(run.population_file).unlink()
    (use,) = history(family.parent, family.handle).uses
    assert use.inside is None
    assert "We cannot tell" in pages(family, "uses/")


def test_an_objection_leaves_the_record_out_of_the_next_use_and_says_so(family: Family, log: ground.Writer) -> None:
    project = ground.project(log)
    ground.executed(ground.study(project))
    browser = browser_of(PARENT)
    assert browser.get(f"/record/{family.handle}/choices/object/").status_code == 200
    answer = browser.post(f"/record/{family.handle}/choices/object/")
    assert answer["Location"] == f"/record/{family.handle}/choices/"
    second = ground.executed(ground.study(project))
    assert (second.people, second.left_out) == (ground.PUPILS - 1, 1)
    later, earlier = history(family.parent, family.handle).uses
    assert (earlier.inside, earlier.objected) == (True, False)
    assert (later.inside, later.objected) == (False, True)
    assert "left out, because of an objection" in pages(family, "uses/")
    assert "You said no" in pages(family, "choices/")


def test_an_objection_leaves_no_trace_in_the_log_and_none_of_the_person_in_the_audit(family: Family) -> None:
    before = LogSubmission.objects.count()
    choices.object_to_research(by=family.parent, handle=family.handle)
    choices.object_to_research(by=family.parent, handle=family.handle)
    assert LogSubmission.objects.count() == before
    (row,) = Audit.objects.filter(deed="object")
    assert re.fullmatch(r"choice:\d+", row.target)
    assert row.facts == {"kind": "object-research"}


def test_taken_back_an_objection_keeps_its_time_and_the_next_use_has_the_record(
    family: Family, log: ground.Writer
) -> None:
    choices.object_to_research(by=family.parent, handle=family.handle)
    choices.take_back_objection(by=family.parent, handle=family.handle)
    with pytest.raises(UseRefused, match="no objection"):
        choices.take_back_objection(by=family.parent, handle=family.handle)
    ((made, ended),) = choices.objected_between(_key(family))
    assert ended is not None
    assert made <= ended
    assert a_use(log).left_out == 0


def test_one_parent_cannot_take_back_the_others_objection(family: Family) -> None:
    other = let_in(OTHER_PARENT, UPN, School.objects.get(pk=census_ground.SCHOOL))
    choices.object_to_research(by=other.parent, handle=other.handle)
    with pytest.raises(UseRefused) as refused:
        choices.take_back_objection(by=family.parent, handle=family.handle)
    assert refused.value.reasons[0].code == "anothers-objection"
    page = choices.choice_page(family.parent, family.handle)
    assert (page.by_asker, page.may_take_back) == (False, False)
    assert page.objected_at


def test_the_choices_page_names_the_law_and_what_can_be_refused(family: Family) -> None:
    page = choices.choice_page(family.parent, family.handle)
    assert {one.code for one in page.refusable} == {"ethnicity", "language", "service-child"}
    shown = pages(family, "choices/")
    for words in (
        "UK GDPR Art. 21(6)",
        "Education Act 1996 s.537A",
        "Does not change",
        *(one.name for one in page.refusable),
    ):
        assert words in shown, words


# Proof files


def asked_and_made(family: Family) -> bytes:
    assert bundles.ask_bundles(by=family.parent, handle=family.handle) == 1
    bundles.fill(Bundle.objects.get().pk)
    kept = bytes(Bundle.objects.get().content or b"")
    assert kept
    assert b"rollbook/pupil-proof" not in kept
    (file,) = bundles.proof_page(family.parent, family.handle).files
    assert file.state == Bundle.READY
    return bundles.take_bundle(by=family.parent, handle=family.handle, epoch=file.epoch, place=file.place)


def test_a_proof_file_says_in_for_the_first_use_and_out_after_the_objection(
    family: Family, log: ground.Writer, tmp_path: Path
) -> None:
    project = ground.project(log)
    ground.executed(ground.study(project))
    choices.object_to_research(by=family.parent, handle=family.handle)
    ground.executed(ground.study(project))
    log.write()
    content = asked_and_made(family)
    assert UPN.encode() not in content
    file, policy = tmp_path / "proof.txt", tmp_path / "policy"
    file.write_bytes(content)
    policy.write_text(policy_text(settings.ROLLBOOK))
    verdict = verify_bundles(
        bundles=[file], pupil_id=f"upn:{UPN}", log=str(settings.ROLLBOOK.log), policy=policy,
        now=int(clock.now().timestamp()), state=tmp_path / "state",
    )  # fmt: skip
    (report,) = verdict.bundles
    assert report.complete, report
    assert [line.word for line in report.lines] == ["in", "out"]
    assert [use.inside for use in reversed(history(family.parent, family.handle).uses)] == [True, False]


def test_the_whole_history_is_one_file_that_answers_every_month(
    family: Family, log: ground.Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = ground.project(log)
    ground.executed(ground.study(project))
    choices.object_to_research(by=family.parent, handle=family.handle)
    at(monkeypatch, clock.now() + timedelta(days=31))
    ground.executed(ground.study(project))
    log.write()
    assert bundles.ask_bundles(by=family.parent, handle=family.handle) == 3
    for row in Bundle.objects.all():
        bundles.fill(row.pk)
    first, *months = bundles.proof_page(family.parent, family.handle).files
    assert (first.month, len(months)) == ("the whole history", 2)
    assert "one with the whole history" in pages(family, "proof/")
    kept = [bytes(row.content or b"") for row in Bundle.objects.all()]
    assert not any(b"rollbook/pupil" in one for one in kept)
    file, policy, copy = tmp_path / "history.txt", tmp_path / "policy", tmp_path / "copy"
    file.write_bytes(bundles.take_bundle(by=family.parent, handle=family.handle, epoch=first.epoch, place=1))
    policy.write_text(policy_text(settings.ROLLBOOK))
    copy.write_bytes(b"".join(browser_of(None).get("/log-copy")))  # type: ignore[arg-type]
    for source in (settings.ROLLBOOK.log, copy):
        verdict = verify_bundles(
            bundles=[file], pupil_id=f"upn:{UPN}", log=str(source), policy=policy,
            now=int(clock.now().timestamp()), state=tmp_path / "state",
        )  # fmt: skip
        assert verdict.word == "complete"
        assert [line.word for report in verdict.bundles for line in report.lines] == ["in", "out"]
        assert verdict.unchecked == ()


def test_a_proof_file_is_given_once_and_then_gone(family: Family, log: ground.Writer) -> None:
    a_use(log)
    asked_and_made(family)
    assert Bundle.objects.get().content is None
    with pytest.raises(UseRefused, match="not there"):
        bundles.take_bundle(by=family.parent, handle=family.handle, epoch=Bundle.objects.get().epoch, place=1)


def test_over_http_the_file_waits_is_saved_and_is_gone(family: Family, log: ground.Writer) -> None:
    a_use(log)
    browser = browser_of(PARENT)
    address = f"/record/{family.handle}/proof/"
    assert "Make my proof files" in browser.get(address).content.decode()
    assert browser.post(address).status_code == 302
    assert 'http-equiv="refresh"' in browser.get(address).content.decode()
    row = Bundle.objects.get()
    bundles.fill(row.pk)
    assert 'http-equiv="refresh"' not in browser.get(address).content.decode()
    saved = browser.post(f"{address}{row.epoch}/1/")
    assert saved.content.startswith(b"rollbook/pupil-proof@v1\n")
    assert saved["Cache-Control"] == "no-store"
    assert UPN not in saved["Content-Disposition"]
    assert browser.post(f"{address}{row.epoch}/1/").status_code == 409
    assert browser.get(f"{address}{row.epoch}/1/").status_code == 405


def test_a_file_left_for_a_day_is_wiped(family: Family, log: ground.Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    a_use(log)
    bundles.ask_bundles(by=family.parent, handle=family.handle)
    row = Bundle.objects.get()
    bundles.fill(row.pk)
    at(monkeypatch, clock.now() + timedelta(days=1))
    with pytest.raises(UseRefused):
        bundles.take_bundle(by=family.parent, handle=family.handle, epoch=row.epoch, place=1)
    assert not Bundle.objects.exists()


@pytest.mark.parametrize("made_before", [True, False])
def test_a_stop_wipes_files_made_and_files_still_asked_for(
    family: Family, log: ground.Writer, *, made_before: bool
) -> None:
    a_use(log)
    bundles.ask_bundles(by=family.parent, handle=family.handle)
    if made_before:
        bundles.fill(Bundle.objects.get().pk)
    stops.stop(by=actor_of(DPO), responsibility=family.responsibility, why="ROLE_DEACTIVATED_SAFEGUARDING")
    assert not Bundle.objects.exists()


def test_no_file_is_made_for_who_lost_access_while_it_waited(family: Family, log: ground.Writer) -> None:
    a_use(log)
    bundles.ask_bundles(by=family.parent, handle=family.handle)
    Access.objects.update(state=Access.ENDED)
    bundles.fill(Bundle.objects.get().pk)
    assert not Bundle.objects.exists()


def test_a_file_of_one_parent_is_not_the_others_to_take(family: Family, log: ground.Writer) -> None:
    a_use(log)
    bundles.ask_bundles(by=family.parent, handle=family.handle)
    row = Bundle.objects.get()
    bundles.fill(row.pk)
    other = let_in(OTHER_PARENT, UPN, School.objects.get(pk=census_ground.SCHOOL))
    with pytest.raises(UseRefused):
        bundles.take_bundle(by=other.parent, handle=other.handle, epoch=row.epoch, place=1)
    assert bundles.take_bundle(by=family.parent, handle=family.handle, epoch=row.epoch, place=1)


def test_the_pages_of_how_to_check_say_the_limits_and_the_missing_witness(log: ground.Writer) -> None:
    from rollbook.tlog.limits import LIMITS

    shown = browser_of(None).get("/record/how-to-check/").content.decode()
    assert "rollbook-verify proof-" in shown
    assert f"--log {settings.ROLLBOOK.public_url}/log" in shown
    assert "no independent witness: the authority could show different people different logs" in shown
    limits = shown.partition('id="limits"')[2].partition("</ul>")[0]
    assert limits.count("<li>") == len(LIMITS)


def test_the_custodian_sees_who_may_act_and_when_to_look_again(family: Family) -> None:
    file = stops.pupil_file(actor_of(CUSTODIAN), UPN)
    assert [(one.adult, one.standing, one.account) for one in file.adults] == [(PARENT.name, "active", "let in")]
    assert file.next_review


def _key(family: Family) -> int:
    from rollbook.services.accounts.access import allowed

    return allowed(family.parent, family.handle)


# What changes later


def test_a_corrected_fact_shows_old_and_new_and_the_use_that_had_the_old_one(
    family: Family, log: ground.Writer
) -> None:
    a_use(log)
    again = census_ground.a_large_file(ground.PUPILS).replace(b"<SerialNo>001", b"<SerialNo>002")
    first = again.index(b"<Sex>") + len(b"<Sex>")
    other = {b"F": b"M", b"M": b"F"}[again[first : first + 1]]
    receipt = ingest(by=OPERATOR, data=again[:first] + other + again[first + 1 :], name="return.xml")
    assert receipt.state == "accepted", receipt
    shown = pages(family, "")
    assert shown.count("Changed") == 1
    assert re.search(r"Before [^<]+ it said: <b>(?:Female|Male)</b>", shown)
    assert "These uses had the old value:" in shown
    assert "Sex of pupils" in shown


def a_sealed_entry(index: int, kind: str, **fields: Any) -> None:
    moment = datetime(2026, 1, 5, 12, tzinfo=UTC)
    body = {"v": 1, "type": kind, "id": f"{kind}-{index}", "at": "2026-01-05T12:00:00Z", **fields}
    LogEntry.objects.create(index=index, type=kind, entry_id=f"{kind}-{index}", at=moment, body=body)


def test_sealed_cases_are_counted_alike_for_every_person_until_they_are_told(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, datetime(2026, 2, 1, tzinfo=UTC))
    for index in (900, 901, 902):
        a_sealed_entry(index, "sealed", basis="pwr-10", reveal_by="2026-01-31", set={"epoch": "2026-01"})
    a_sealed_entry(903, "seal-extend", of=901, reveal_by="2026-12-31", basis="pwr-10", by="overseer")
    told = {"recipient": {"name": "Ostleshire Police"}, "purpose": "missing-child", "basis": "pwr-10"}
    a_sealed_entry(904, "reveal", of=902, body={**told, "counts": {"asked": 1, "matched": 0, "returned": 0}})
    other = let_in(OTHER_PARENT, census_ground.upn(1), School.objects.get(pk=census_ground.SCHOOL))
    mine, theirs = history(family.parent, family.handle).sealed, history(other.parent, other.handle).sealed
    assert mine == theirs
    assert [(one.index, str(one.reveal_by), one.overdue) for one in mine] == [
        (900, "2026-01-31", True),
        (901, "2026-12-31", False),
    ]
    pages_of_both = {
        browser_of(person).get(f"/record/{handle}/uses/").content.decode().partition("Sealed cases</h2>")[2]
        for person, handle in ((PARENT, family.handle), (OTHER_PARENT, other.handle))
    }
    assert len(pages_of_both) == 1
    assert "It must be told by 31 January 2026" in pages_of_both.pop()
