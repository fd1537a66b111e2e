"""Receipts, made and checked from the served files alone.

What the gate does before anything leaves (section 12, step 6).
"""

from dataclasses import dataclass

from django.conf import settings

from rollbook.kernel.refusals import Reason, VerificationFailed
from rollbook.services import clock
from rollbook.services.log.folder import State, log_folder
from rollbook.services.log.trust import policy_of
from rollbook.tlog.checkpoint import Checkpoint, verify_checkpoint
from rollbook.tlog.receipt import verify_proof, write_proof
from rollbook.tlog.tiles import split_bundles
from rollbook.tlog.tree import inclusion_proof, leaf_hash


@dataclass(frozen=True, slots=True)
class Receipt:
    """The exact entry, and the `tlog-proof` file that shows it in the log.

    The manifest is the third file, kept elsewhere.
    """

    index: int
    entry: bytes
    proof: bytes


def make_receipt(index: int) -> Receipt:
    """The receipt of a published entry, verified before it is given.

    Raises:
        VerificationFailed: the served files do not prove the entry.
    """
    config = settings.ROLLBOOK
    now, policy, folder = int(clock.now().timestamp()), policy_of(config), log_folder(config)
    checkpoint = _served(folder.checkpoint(), now)
    size = checkpoint.body.size
    if index >= size:
        raise VerificationFailed(Reason("unpublished", "The entry is not in the published log", where=f"entry {index}"))
    raws = split_bundles(folder.bundles(State(size, checkpoint.body.root)), size)
    proof = write_proof(index, inclusion_proof([leaf_hash(raw) for raw in raws], index), checkpoint.note)
    verify_proof(proof, raws[index], policy, now, fresh=True)
    return Receipt(index, raws[index], proof)


def verify_published(index: int) -> None:
    """Refuse unless the served files prove the entry at `index` under a fresh checkpoint.

    Raises:
        VerificationFailed: they do not.
    """
    make_receipt(index)


def _served(note: bytes | None, now: int) -> Checkpoint:
    if note is None:
        raise VerificationFailed(Reason("unpublished", "No log is being published"))
    return verify_checkpoint(note, policy_of(settings.ROLLBOOK), now, fresh=True)
