"""Receipts: the proof that one entry is in the log, as a file. C2SP `tlog-proof`; section 11.3 and V3."""

from collections.abc import Sequence
from typing import Final

from rollbook.kernel.encoding import HASH_BYTES, b64, unb64
from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.tlog.checkpoint import Checkpoint, verify_checkpoint
from rollbook.tlog.tree import leaf_hash, verify_inclusion
from rollbook.tlog.trust import Policy

HEADER: Final = "c2sp.org/tlog-proof@v1"
MOST_HASHES: Final = 63


def write_proof(index: int, hashes: Sequence[bytes], checkpoint: bytes) -> bytes:
    """The `receipt.tlog-proof` file for entry `index`, with hashes from leaf to root."""
    lines = "".join(f"{b64(node)}\n" for node in hashes)
    return f"{HEADER}\nindex {index}\n{lines}\n".encode() + checkpoint


def verify_proof(
    proof: bytes, entry: bytes, policy: Policy, now: int, *, fresh: bool = False
) -> tuple[int, Checkpoint]:
    """The index of `entry` and the checkpoint under which `proof` shows it (V3).

    Raises:
        VerificationFailed: code `proof-file`, `inclusion`, or one of the checkpoint's.
    """
    index, hashes, note = _parse(proof)
    checkpoint = verify_checkpoint(note, policy, now, fresh=fresh)
    verify_inclusion(index, checkpoint.body.size, leaf_hash(entry), hashes, checkpoint.body.root)
    return index, checkpoint


def _parse(proof: bytes) -> tuple[int, list[bytes], bytes]:
    head, gap, note = proof.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise _refused() from None
    if not gap or len(lines) < 2 or lines[0] != HEADER or len(lines) - 2 > MOST_HASHES:
        raise _refused()
    word, _, number = lines[1].partition(" ")
    # More digits than a size can have are refused before they are read as a number, which would be slow.
    if word != "index" or len(number) > 19 or not number.isdigit() or number != str(int(number)):
        raise _refused()
    try:
        return int(number), [unb64(line, HASH_BYTES) for line in lines[2:]], note
    except InputRefused:
        raise _refused() from None


def _refused() -> VerificationFailed:
    return VerificationFailed(Reason("proof-file", "The receipt does not have the form of a proof of inclusion"))
