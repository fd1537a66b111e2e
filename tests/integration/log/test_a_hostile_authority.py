"""What an estranged parent or a hostile authority would try, with the authority's own keys and files: each is named.

The attacker holds every key of the installation and may write whatever its own programs would not. The other side holds
the policy, an identifier and the files it was given.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from rollbook.kernel.encoding import b64, unb64
from rollbook.records.models.log import DisclosureSet
from rollbook.services.log import genesis, writer
from rollbook.services.log.outbox import submit
from rollbook.services.log.trust import own_policy
from rollbook.services.outside.verify import verify_bundles
from rollbook.services.platform import clock
from rollbook.services.platform.keys import open_keys
from rollbook.services.uses import set_files, sets
from rollbook.tlog import bundle, labels
from rollbook.tlog.verdict import BundleReport
from tests.integration.log import log_story as story

pytestmark = pytest.mark.django_db

PUPILS = [story.upn(number) for number in range(4)]


@pytest.fixture
def made(db: None) -> sets.MadeSet:
    """A log with one use of the first three pupils in it."""
    story.empty_log()
    genesis.found_log("A made-up authority")
    writer.append_waiting()
    decision = story.submit_decision(1, story.submit_request(1))
    made = sets.make_set(pupil_ids=PUPILS[:3])
    submit(story.disclosure(1, **made.entry_fields), refs={"of": decision})
    writer.append_waiting()
    return made


def verdict(folder: Path, data: bytes, pupil: str) -> BundleReport:
    """What a parent's machine says of a file, with nothing but the served log and the policy."""
    (folder / "bundle").write_bytes(data)
    (folder / "policy").write_text(own_policy())
    (report,) = verify_bundles(
        bundles=[folder / "bundle"], pupil_id=pupil, log=str(settings.ROLLBOOK.log), policy=folder / "policy",
        now=int(clock.now().timestamp()), state=folder / "seen",
    ).bundles  # fmt: skip
    return report


def codes(report: BundleReport) -> set[str]:
    return {reason.code for reason in report.refused}


def another_set(made: sets.MadeSet, pupils: Sequence[str]) -> None:
    """In place of the store behind the logged root: one over other pupils, with the same id and month."""
    cipher = open_keys(settings.ROLLBOOK).set_cipher(made.epoch, "forged", make=True)
    ys = sets.vrf_outputs(made.epoch, pupils)
    members = [labels.label(unb64(made.did), y) for y in ys]
    filler = labels.dummies(bytes(32), 1024 - len(members))
    set_files.write(settings.ROLLBOOK.data / "sets" / "forged", [*members, *filler], 1024, cipher)
    DisclosureSet.objects.filter(did=made.did).update(store="forged")


def test_a_use_cannot_be_hidden_from_the_one_it_was_about(made: sets.MadeSet, tmp_path: Path) -> None:
    """A second set for the month, without the pupil: its proofs do not lead to the root that stands in the log."""
    assert verdict(tmp_path, sets.write_bundle(made.epoch, PUPILS[0]), PUPILS[0]).complete
    another_set(made, PUPILS[1:3])
    keys, log = open_keys(settings.ROLLBOOK), story.read_as_client()
    pi, (y,) = keys.vrf_prove(made.epoch, PUPILS[0]), keys.vrf_evaluate(made.epoch, [PUPILS[0]])
    label = labels.label(unb64(made.did), y)
    forged_proof = sets.proof("forged", made.epoch, label)
    (index,) = log.history.sets_of(made.epoch, log.size)
    line = f"d {index} out {b64(forged_proof)}"
    data = bundle.write(epoch=made.epoch, pi=pi, lines=[line], checkpoint=log.checkpoint.note)
    assert codes(verdict(tmp_path, data, PUPILS[0])) == {"trie-proof"}
    # Its own program refuses to write such a file at all.
    with pytest.raises(Exception, match="does not hold"):
        sets.write_bundle(made.epoch, PUPILS[0])


def test_a_file_made_with_another_childs_secret_proves_nothing(made: sets.MadeSet, tmp_path: Path) -> None:
    """The fourth pupil was in no use: their truthful file, handed to the first one's parent, says out everywhere."""
    harmless = sets.write_bundle(made.epoch, PUPILS[3])
    assert verdict(tmp_path, harmless, PUPILS[3]).complete
    assert codes(verdict(tmp_path, harmless, PUPILS[0])) == {"vrf-proof"}
    assert codes(verdict(tmp_path, harmless, PUPILS[3].replace("upn:A", "upn:B"))) == {"vrf-proof"}


def test_a_line_left_out_a_word_turned_and_a_seal_that_is_none_are_named(made: sets.MadeSet, tmp_path: Path) -> None:
    data = sets.write_bundle(made.epoch, PUPILS[0])
    (index,) = story.read_as_client().history.sets_of(made.epoch, 99)
    row = next(line for line in data.split(b"\n") if line.startswith(b"d "))
    left_out = verdict(tmp_path, data.replace(row + b"\n", b""), PUPILS[0])
    assert (left_out.complete, left_out.unanswered, codes(left_out)) == (False, 1, set())
    turned = verdict(tmp_path, data.replace(f"d {index} in ".encode(), f"d {index} out ".encode()), PUPILS[0])
    assert not turned.complete
    assert turned.refused
    assert verdict(tmp_path, data.replace(row, f"s {index}".encode()), PUPILS[0]).refused


def test_an_old_file_shown_after_a_later_use_is_incomplete(made: sets.MadeSet, tmp_path: Path) -> None:
    old = sets.write_bundle(made.epoch, PUPILS[0])
    second = sets.make_set(pupil_ids=PUPILS[:1])
    decision = story.submit_decision(2, story.submit_request(2))
    submit(story.disclosure(2, **second.entry_fields), refs={"of": decision})
    writer.append_waiting()
    shown = verdict(tmp_path, old, PUPILS[0])
    assert (shown.complete, shown.unanswered) == (False, 1)


def test_two_logs_for_two_people_part_at_the_head_that_one_of_them_kept(made: sets.MadeSet, tmp_path: Path) -> None:
    """Without witnesses one person can be shown a log of their own; whoever saw the other one before has proof."""
    data = sets.write_bundle(made.epoch, PUPILS[0])
    verdict(tmp_path, data, PUPILS[0])
    shutil.rmtree(settings.ROLLBOOK.log)
    story.clear_rows()
    story.empty_log()
    genesis.found_log("A made-up authority, once more")
    writer.append_waiting()
    with pytest.raises(Exception, match="rewritten"):
        verdict(tmp_path, data, PUPILS[0])
    assert (tmp_path / "seen.conflict").exists()


def test_the_public_learns_nothing_about_anyone_from_all_files_of_the_log(made: sets.MadeSet) -> None:
    """Neither identifiers, secrets, references nor labels stand in any file that is served."""
    ys = sets.vrf_outputs(made.epoch, PUPILS)
    told: list[Any] = [path.read_bytes() for path in settings.ROLLBOOK.log.rglob("*") if path.is_file()]
    for pupil, y in zip(PUPILS, ys, strict=True):
        ref = labels.row_ref(unb64(made.did), y)
        for secret in (pupil[4:].encode(), y, ref, ref.hex().encode(), labels.label_of_row(ref)):
            assert all(secret not in data and b64(secret).encode() not in data for data in told)
