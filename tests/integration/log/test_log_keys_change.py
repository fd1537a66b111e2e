"""The log changes its keys: what the old pair signed goes on verifying, and a reader who missed it is told."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from rollbook.kernel.refusals import AccessDenied, SetupFailed, StateBroken, VerificationFailed
from rollbook.records.models.control import Audit
from rollbook.services.log import genesis, key_change, reader, receipts, trust, writer
from rollbook.services.log.folder import LogFolder, log_folder
from rollbook.services.platform import clock
from rollbook.services.platform.actors import operator, system
from rollbook.services.platform.keys import open_keys
from rollbook.tlog.checkpoint import Checkpoint, verify_checkpoint
from rollbook.tlog.notes import open_note
from rollbook.tlog.receipt import verify_proof
from rollbook.tlog.trust import parse_policy
from tests.integration.log import log_story as story

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(db: None, tmp_path: Path) -> Iterator[LogFolder]:
    """A log that has begun, and keys that the next test does not inherit."""
    made, keys = story.empty_log(), settings.ROLLBOOK.keys
    shutil.copytree(keys, tmp_path / "keys")
    genesis.found_log("A made-up authority")
    writer.append_waiting()
    yield made
    shutil.rmtree(keys)
    shutil.copytree(tmp_path / "keys", keys)
    writer.forget()


def checkpoint(policy: str) -> Checkpoint:
    note = log_folder(settings.ROLLBOOK).checkpoint()
    assert note is not None
    return verify_checkpoint(note, parse_policy(policy), int(clock.now().timestamp()), fresh=True)


def publish(number: int) -> None:
    story.submit_publication(number)
    writer.append_waiting()


def test_the_whole_change() -> None:
    old_policy, old_receipt = trust.own_policy(), receipts.make_receipt(0)
    assert key_change.add_log_keys(by=operator()) == "POL-2"
    writer.append_waiting()
    both_policy = trust.own_policy()
    # While both pairs sign, a verifier of either time accepts the log.
    assert checkpoint(old_policy).body.size == checkpoint(both_policy).body.size == 4
    assert len(open_note(checkpoint(both_policy).note)[1]) == 4
    (_, announced) = reader.entries("policy")
    assert announced.fields["policy"] == key_change._last_announced()

    key_change.retire_log_keys(by=operator())
    publish(1)
    assert len(open_note(checkpoint(both_policy).note)[1]) == 2
    with pytest.raises(VerificationFailed, match="keys that this policy does not know") as missed:
        checkpoint(old_policy)
    assert missed.value.reasons[0].code == "log-key-unknown"
    assert "newest verifier" in missed.value.reasons[0].mend
    # What the old pair signed before verifies under the policy of today.
    now = int(clock.now().timestamp())
    assert verify_proof(old_receipt.proof, old_receipt.entry, parse_policy(both_policy), now)[0] == 0
    assert story.read_as_client().size == 5
    deeds = Audit.objects.filter(deed__in=["announce-log-policy", "retire-log-keys"])
    assert deeds.count() == 2


def test_a_retired_key_signs_nothing_more() -> None:
    old = open_keys(settings.ROLLBOOK).log_public()
    key_change.add_log_keys(by=operator())
    key_change.retire_log_keys(by=operator())
    private = settings.ROLLBOOK.keys / "log"
    assert sorted(path.name for path in private.iterdir() if path.stat().st_size == 32) == ["ed25519-2", "ml-dsa-44-2"]
    assert open_keys(settings.ROLLBOOK).log_public()[:2] == old


def test_a_second_change_goes_the_same_way() -> None:
    for _ in range(2):
        key_change.add_log_keys(by=operator())
        key_change.retire_log_keys(by=operator())
    assert len(open_keys(settings.ROLLBOOK).log_public()) == 6
    publish(1)
    assert checkpoint(trust.own_policy()).body.size == 6
    assert [entry.id for entry in reader.entries("policy")] == ["POL-1", "POL-2", "POL-3"]


def test_there_are_never_three_pairs_and_never_none() -> None:
    with pytest.raises(StateBroken, match="no older pair"):
        key_change.retire_log_keys(by=operator())
    key_change.add_log_keys(by=operator())
    with pytest.raises(StateBroken, match="under way already"):
        key_change.add_log_keys(by=operator())


def test_a_change_that_stopped_before_it_was_announced_is_announced() -> None:
    open_keys(settings.ROLLBOOK).add_log_keys()
    assert key_change.add_log_keys(by=operator()) == "POL-2"
    assert len(open_keys(settings.ROLLBOOK).log_public()) == 4


def test_a_policy_is_announced_once() -> None:
    assert key_change.announce_policy(by=operator()) is None
    with pytest.raises(AccessDenied):
        key_change.announce_policy(by=system())
    with pytest.raises(AccessDenied):
        key_change.add_log_keys(by=system())
    with pytest.raises(AccessDenied):
        key_change.retire_log_keys(by=system())


def test_a_lost_private_key_is_not_passed_over() -> None:
    (settings.ROLLBOOK.keys / "log" / "ml-dsa-44").unlink()
    story.submit_publication(1)
    with pytest.raises(SetupFailed, match="key is missing"):
        writer.append_waiting()
