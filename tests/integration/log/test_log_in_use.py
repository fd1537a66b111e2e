"""The log as deeds, gates and operators use it: waiting with proof, sets, renewal, a wrong clock, the commands."""

from datetime import timedelta

import pytest
from django.conf import settings
from typer.testing import CliRunner

from rollbook.cli import log as command
from rollbook.kernel.encoding import unb64
from rollbook.kernel.refusals import SetupFailed, StateBroken, VerificationFailed
from rollbook.records.models.log import DisclosureSet
from rollbook.services.log import genesis, reader, trust, writer
from rollbook.services.log.folder import LogFolder
from rollbook.services.log.outbox import submit
from rollbook.services.platform import clock
from rollbook.services.platform import config as config_module
from rollbook.services.uses import sets
from rollbook.tlog import labels, trie_proof
from rollbook.tlog.manifests import read_manifest
from rollbook.tlog.seals import manifest_commit
from tests.integration.log import log_story as story

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def founded(db: None) -> LogFolder:
    folder = story.empty_log()
    genesis.found_log("A made-up authority")
    writer.append_waiting()
    return folder


def advance(monkeypatch: pytest.MonkeyPatch, **by: int) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(**by))


def test_waiting_ends_only_with_what_the_served_files_prove(founded: LogFolder) -> None:
    number = story.submit_publication(1)
    writer.append_waiting()
    file = founded.served / "tile/entries/000.p/4"
    file.write_bytes(file.read_bytes().replace(b"Notice 1", b"Notice 2"))
    with pytest.raises(VerificationFailed):
        reader.wait_for(number, timeout_s=1)


def test_waiting_is_refused_under_a_stale_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    number = story.submit_publication(1)
    writer.append_waiting()
    advance(monkeypatch, hours=25)
    with pytest.raises(VerificationFailed, match="24 hours"):
        reader.wait_for(number, timeout_s=1)


def test_an_unchanged_log_is_signed_again_after_some_hours(founded: LogFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    before = founded.checkpoint()
    writer._this().renew()
    assert founded.checkpoint() == before
    first = reader.head().signed_at
    advance(monkeypatch, hours=7)
    writer._this().renew()
    assert reader.head().signed_at >= first + timedelta(hours=7)
    assert reader.head().size == 3


def test_a_clock_set_back_stops_the_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    story.submit_publication(1)
    advance(monkeypatch, days=-1)
    with pytest.raises(StateBroken) as refused:
        writer.append_waiting()
    assert refused.value.reasons[0].code == "clock"


def test_a_clock_a_little_behind_gives_the_time_of_the_entry_before(monkeypatch: pytest.MonkeyPatch) -> None:
    number = story.submit_publication(1)
    advance(monkeypatch, minutes=-5)
    writer.append_waiting()
    assert reader.entry(reader.index_of(number)).at == reader.entry(2).at


def test_a_set_holds_each_pupil_once_and_answers_for_everyone() -> None:
    pupils = [story.upn(number) for number in range(5)]
    made = sets.make_set(pupil_ids=[*pupils, *pupils], population_sha256=bytes(32))
    manifest = read_manifest(made.manifest_bytes)
    assert manifest["pupils"] == 5
    assert manifest_commit(made.manifest_bytes) == made.manifest_b64
    assert made.set_field["size_padded"] == 1024
    for pupil, y in zip([*pupils, story.upn(9)], sets.vrf_outputs(made.epoch, [*pupils, story.upn(9)]), strict=True):
        label = labels.label(unb64(made.did), y)
        proof = sets.proof(made.store_name, made.epoch, label)
        assert trie_proof.check(proof, label, unb64(made.set_field["root"])) == (pupil in pupils)


def test_the_first_set_of_a_month_announces_the_month_s_key(monkeypatch: pytest.MonkeyPatch) -> None:
    advance(monkeypatch, days=40)
    decision = story.submit_decision(1, story.submit_request(1))
    made = sets.make_set(pupil_ids=[story.upn(1)])
    use = submit(story.disclosure(1, **made.entry_fields), refs={"of": decision})
    writer.append_waiting()
    (_, key) = reader.entries("vrf-key")
    assert key.fields["epoch_from"] == made.epoch
    assert key.index < reader.index_of(use)


def test_a_set_store_on_disk_shows_no_label_and_no_disclosure() -> None:
    made = sets.make_set(pupil_ids=[story.upn(1)])
    (y,) = sets.vrf_outputs(made.epoch, [story.upn(1)])
    file = settings.ROLLBOOK.data / "sets" / made.store_name
    stored = file.read_bytes()
    assert labels.label(unb64(made.did), y) not in stored
    assert unb64(made.did).hex() not in made.store_name
    file.write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))
    with pytest.raises(StateBroken):
        sets.proof(made.store_name, made.epoch, bytes(32))


def test_the_same_pupils_give_another_set_each_time() -> None:
    first, second = (sets.make_set(pupil_ids=[story.upn(1)]) for _ in range(2))
    assert first.did != second.did
    assert first.set_field["root"] != second.set_field["root"]


def test_a_sealed_set_opens_for_nobody_here() -> None:
    made = sets.make_set(pupil_ids=[story.upn(1)], sealed=True)
    with pytest.raises(StateBroken, match="sealed"):
        sets.proof(made.store_name, made.epoch, bytes(32))
    assert made.manifest_bytes not in made.sealed_manifest
    assert len(made.sealed_manifest) > len(made.manifest_bytes)


def test_a_sealed_use_is_the_same_line_in_every_bundle() -> None:
    made = sets.make_set(pupil_ids=[story.upn(1)], sealed=True)
    fields = {"commit": made.did, "basis": "law", "by": "custodian", "reveal_by": "2099-01-01"}
    submit({"type": "sealed", "id": "sealed-1", **made.entry_fields, **fields})
    writer.append_waiting()
    for pupil in (story.upn(1), story.upn(2)):
        assert b"\ns 3\n\n" in sets.write_bundle(made.epoch, pupil)


def test_no_bundle_is_better_than_one_with_a_line_missing() -> None:
    decision = story.submit_decision(1, story.submit_request(1))
    made = sets.make_set(pupil_ids=[story.upn(1)])
    submit(story.disclosure(1, **made.entry_fields), refs={"of": decision})
    writer.append_waiting()
    DisclosureSet.objects.filter(did=made.did).delete()
    with pytest.raises(StateBroken, match="No set store"):
        sets.write_bundle(made.epoch, story.upn(1))


def test_production_refuses_a_log_without_witnesses() -> None:
    production = config_module.load({"ROLLBOOK_PRODUCTION": "1", "ROLLBOOK_PUBLIC_URL": "https://records.example"})
    with pytest.raises(SetupFailed, match="no independent witness"):
        trust.policy_text(production)


def call(*arguments: str) -> str:
    result = CliRunner().invoke(command.app, list(arguments))
    assert result.exit_code == 0, result.exception
    return result.output


def test_the_commands_show_head_audit_and_policy() -> None:
    story.submit_publication(1, review_by="2025-01-01")
    story.submit_publication(2)
    assert "4 entries" not in call("head")
    assert "2 waiting" in call("head")
    with pytest.raises(StateBroken):
        CliRunner().invoke(command.app, ["write", "--once"], catch_exceptions=False)
    shown = call("head")
    assert "4 entries" in shown
    assert "refused PUB-1 (publication): entry 3 breaks L14" in shown
    assert "no independent witness" in shown
    assert "4 entries read, 0 faults." in call("audit")
    assert call("policy") == trust.own_policy()


def test_an_audit_of_changed_files_fails(founded: LogFolder) -> None:
    file = founded.served / "tile/entries/000.p/3"
    file.write_bytes(file.read_bytes().replace(b"made-up", b"mado-up"))
    result = CliRunner().invoke(command.app, ["audit"])
    assert isinstance(result.exception, VerificationFailed)
