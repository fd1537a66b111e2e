"""Receipts, made and checked from the served files alone.

What the gate does before anything leaves (section 12, step 6).
"""

from dataclasses import dataclass

from django.conf import settings

from rollbook.kernel.refusals import Reason, VerificationFailed
from rollbook.services.log.folder import log_folder
from rollbook.services.log.trust import policy_of
from rollbook.services.platform import clock
from rollbook.tlog.checkpoint import Checkpoint, verify_checkpoint
from rollbook.tlog.receipt import verify_proof, write_proof
from rollbook.tlog.tile_proofs import TileTree
from rollbook.tlog.tiles import WIDTH, decode_bundle, tile_path


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
    number, place = divmod(index, WIDTH)
    bundle = decode_bundle(folder.read(tile_path("entries", number, min(WIDTH, size - WIDTH * number))))
    if place >= len(bundle):
        raise VerificationFailed(Reason("bundle", "A file of entries has too few", where=f"entry {index}"))
    proof = write_proof(index, TileTree(size, folder.read).inclusion(index), checkpoint.note)
    verify_proof(proof, bundle[place], policy, now, fresh=True)
    return Receipt(index, bundle[place], proof)


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
