"""The writer of the log: order, pointers, refusals, and the promise that what is served satisfies every auditor."""

import os
from datetime import timedelta

import pytest

from rollbook.kernel.refusals import InputRefused, StateBroken, UseRefused
from rollbook.records.models.log import LogDocument, LogEntry, LogState, LogSubmission
from rollbook.services.log import genesis, reader, receipts, writer
from rollbook.services.log.documents import text_document
from rollbook.services.log.folder import LogFolder
from rollbook.services.log.outbox import submit
from rollbook.services.platform import clock
from rollbook.services.uses import sets
from rollbook.tlog import bundle
from rollbook.tlog.seals import read_text
from rollbook.tlog.trust import NO_WITNESS_SENTENCE
from tests.integration.log import log_story as story

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(db: None, monkeypatch: pytest.MonkeyPatch) -> LogFolder:
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    return story.empty_log()


@pytest.fixture
def founded(folder: LogFolder) -> LogFolder:
    genesis.found_log("A made-up authority")
    writer.append_waiting()
    return folder


def test_a_new_log_starts_with_genesis_policy_and_the_key_of_the_month(founded: LogFolder) -> None:
    log = story.read_as_client()
    assert [log.history.body(index)["type"] for index in range(log.size)] == ["genesis", "policy", "vrf-key"]
    assert reader.head().size == 3
    assert reader.head().warning == NO_WITNESS_SENTENCE


def test_founding_twice_changes_nothing(founded: LogFolder) -> None:
    genesis.found_log("Another name")
    assert writer.append_waiting() == 0


def test_nothing_is_written_before_the_genesis(folder: LogFolder) -> None:
    story.submit_publication(1)
    assert writer.append_waiting() == 0
    genesis.found_log()
    assert writer.append_waiting() == 3
    assert writer.append_waiting() == 1


def test_a_pointer_to_a_submission_becomes_its_index(founded: LogFolder) -> None:
    request = story.submit_request(1)
    decision = story.submit_decision(1, request)
    writer.append_waiting()
    assert reader.entry(reader.index_of(decision)).fields["of"] == reader.index_of(request)


def test_an_entry_waits_for_a_target_that_commits_later_and_blocks_nobody(founded: LogFolder) -> None:
    request = story.submit_request(1)
    decision = story.submit_decision(1, request)
    late = LogSubmission.objects.get(id=request)
    LogSubmission.objects.filter(id=request).delete()
    story.submit_publication(1)
    assert writer.append_waiting() == 1
    assert reader.index_of(decision) is None
    late.save(force_insert=True)
    assert writer.append_waiting() == 2
    assert reader.index_of(decision) == reader.index_of(request) + 1


def test_an_entry_the_rules_refuse_blocks_nothing_and_shows_in_health(founded: LogFolder) -> None:
    bad = story.submit_publication(1, review_by="2025-01-01")
    good = story.submit_publication(2)
    assert writer.append_waiting() == 1
    assert reader.index_of(good) == 3
    with pytest.raises(UseRefused, match="L14"):
        reader.index_of(bad)
    (refused,) = reader.health().refused
    assert refused.id == "PUB-1"


def test_what_points_at_a_refused_entry_is_refused_too(founded: LogFolder) -> None:
    bad = story.submit_publication(1, review_by="2025-01-01")
    digest, data = text_document("why")
    entry = {
        "type": "correction",
        "id": "COR-1",
        "reason": "typing-error",
        "change": {"title": "x"},
        "note_text": digest,
    }
    correction = submit(entry, refs={"of": bad}, documents=[data])
    assert writer.append_waiting() == 0
    assert writer.append_waiting() == 0
    with pytest.raises(UseRefused, match="itself refused"):
        reader.index_of(correction)


def test_a_disclosure_under_a_refusal_is_never_signed(founded: LogFolder) -> None:
    request = story.submit_request(1)
    decision = story.submit_decision(1, request, "refuse")
    made = sets.make_set(pupil_ids=[story.upn(1)])
    use = submit(story.disclosure(1, **made.entry_fields), refs={"of": decision})
    assert writer.append_waiting() == 2
    with pytest.raises(UseRefused, match="L10"):
        reader.index_of(use)


def test_a_document_is_served_once_an_entry_names_it_and_not_before(founded: LogFolder) -> None:
    digest, data = text_document("Refused: too much data.")
    _, waiting = text_document("A summary that waits for its reveal.")
    entry = {
        "type": "publication",
        "id": "PUB-1",
        "kind": "rules",
        "title": "x",
        "document": digest,
        "from": "2026-01-01",
    }
    submit(entry, documents=[data, waiting])
    writer.append_waiting()
    served = [path.read_bytes() for path in (founded.served / "doc").iterdir()]
    assert data in served
    assert waiting not in served
    assert read_text(data) == "Refused: too much data."
    assert LogDocument.objects.filter(published=True).count() == len(served)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "Not a code"}, "entry-form"),
        ({"surplus": 1}, "entry-form"),
        ({"type": "no-such-type"}, "entry-form"),
        ({"at": "2026-01-01T00:00:00Z"}, "entry-form"),
        ({"title": "t\x00"}, "canonical-json"),
        ({"document": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}, "document-missing"),
        ({"id": "LOG"}, "entry-id"),
    ],
)
def test_a_malformed_entry_refuses_the_deed_at_once(founded: LogFolder, change: dict[str, object], code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        story.submit_publication(1, **change) if "type" not in change else submit({"id": "X", **change})
    assert refused.value.reasons[0].code == code
    assert not LogSubmission.objects.filter(entry_id="PUB-1").exists()


def test_many_batches_give_the_same_files_as_one(founded: LogFolder) -> None:
    for number in range(260):
        story.submit_publication(number)
        if number % 37 == 0:
            writer.append_waiting()
    writer.append_waiting()
    log = story.read_as_client()
    assert log.size == 263
    assert (founded.served / "tile/0/000").stat().st_size == 8192
    assert (founded.served / "tile/0/001.p/7").stat().st_size == 7 * 32
    assert receipts.make_receipt(200).index == 200


def test_a_fresh_process_goes_on_where_the_last_one_stopped(founded: LogFolder) -> None:
    story.submit_publication(1)
    writer.forget()
    assert writer.append_waiting() == 1
    assert story.read_as_client().size == 4


def test_a_restored_older_state_row_is_refused(founded: LogFolder) -> None:
    old = LogState.objects.get()
    story.submit_publication(1)
    writer.append_waiting()
    LogState.objects.filter(id=1).update(size=old.size, root=old.root)
    story.submit_publication(2)
    for _ in range(2):
        with pytest.raises(StateBroken, match="larger than the record") as refused:
            writer.append_waiting()
        assert refused.value.reasons[0].code == "log-restored"
    assert story.read_as_client().size == 4


def test_a_lost_state_row_is_refused_while_a_log_is_served(founded: LogFolder) -> None:
    LogState.objects.all().delete()
    with pytest.raises(StateBroken, match="record of what was signed is missing"):
        writer.append_waiting()


def test_a_served_log_of_another_history_is_refused(founded: LogFolder) -> None:
    first = (founded.served / "checkpoint").read_bytes()
    other = story.empty_log()
    story.clear_rows()
    genesis.found_log("Another authority")
    writer.append_waiting()
    story.submit_publication(1)
    writer.append_waiting()
    (other.served / "checkpoint").write_bytes(first)
    writer.forget()
    with pytest.raises(StateBroken, match="not the beginning"):
        writer.append_waiting()


def test_a_changed_entry_file_is_refused_at_start(founded: LogFolder) -> None:
    file = founded.served / "tile/entries/000.p/3"
    file.write_bytes(file.read_bytes().replace(b"A made-up", b"Another a"))
    writer.forget()
    with pytest.raises(StateBroken, match="recorded root"):
        writer.append_waiting()


def test_what_an_attempt_left_in_staging_goes_at_the_next_start(founded: LogFolder) -> None:
    left = founded.staging / "99-of-no-state/tile/entries/000.p/99"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"left")
    writer.forget()
    writer.recover()
    assert not left.exists()


def test_a_missing_entry_file_is_refused_at_start(founded: LogFolder) -> None:
    (founded.served / "tile/entries/000.p/3").unlink()
    writer.forget()
    with pytest.raises(StateBroken, match="missing"):
        writer.append_waiting()


def test_the_index_for_pages_is_made_anew_where_rows_are_lost(founded: LogFolder) -> None:
    LogEntry.objects.filter(index=1).delete()
    writer.forget()
    writer.append_waiting()
    assert [entry.index for entry in reader.entries()] == [0, 1, 2]


def test_waiting_ends_with_a_refusal_when_nobody_writes(founded: LogFolder) -> None:
    number = story.submit_publication(1)
    with pytest.raises(StateBroken, match="did not become public"):
        reader.wait_for(number, timeout_s=0.2)
    writer.append_waiting()
    assert reader.wait_for(number, timeout_s=0.2) == 3


def test_a_set_for_a_month_without_its_own_key_is_refused(folder: LogFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    today = clock.now()
    with monkeypatch.context() as earlier:
        earlier.setattr(clock, "now", lambda: today - timedelta(days=40))
        genesis.found_log()
        writer.append_waiting()
    decision = story.submit_decision(1, story.submit_request(1))
    monkeypatch.setattr(genesis, "announce_key", lambda epoch: None)
    made = sets.make_set(pupil_ids=[story.upn(1)])
    use = submit(story.disclosure(1, **made.entry_fields), refs={"of": decision})
    writer.append_waiting()
    with pytest.raises(UseRefused, match="no VRF key of its own"):
        reader.index_of(use)


def test_a_bundle_answers_every_set_of_the_month(founded: LogFolder) -> None:
    member, other = story.upn(1), story.upn(2)
    request = story.submit_request(1)
    decision = story.submit_decision(1, request)
    for number, pupils in enumerate([[member], [member, other], [other]]):
        made = sets.make_set(pupil_ids=pupils)
        submit(story.disclosure(number, **made.entry_fields), refs={"of": decision})
    writer.append_waiting()
    log = story.read_as_client()
    data = sets.write_bundle(made.epoch, member)
    assert member.encode() not in data
    assert member.encode()[4:] not in data
    policy = receipts.policy_of(receipts.settings.ROLLBOOK)
    verdict = bundle.verify(data, member, log, policy, log.checkpoint.time)
    assert verdict.complete
    assert list(verdict.results.values()) == ["in", "in", "out"]
