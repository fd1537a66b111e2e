"""An invented log with keys of its own, signed checkpoints of it, and a witness served from a folder."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from rollbook.services.outside import witness
from rollbook.services.outside.witness_http import WitnessServer
from rollbook.tlog import notes, tree
from rollbook.tlog.trust import write_policy
from rollbook.tlog.witness import Request

ORIGIN = "log.example/rollbook"
ED = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
ML = MLDSA44PrivateKey.from_seed_bytes(bytes([1] * 32))
KEYS = (notes.ed25519_key(ORIGIN, ED), notes.ml_dsa_key(ORIGIN, ML))
POLICY = write_policy(KEYS)
LEAVES = [tree.leaf_hash(b"%d" % number) for number in range(40)]
OTHER_LEAVES = [tree.leaf_hash(b"other %d" % number) for number in range(40)]


def body(size: int, leaves: Sequence[bytes] = LEAVES) -> notes.Body:
    """The checkpoint body of the first `size` leaves."""
    return notes.Body(ORIGIN, size, tree.root_of(leaves[:size]))


def signed(signed_body: notes.Body, at: int = 1_800_000_000) -> bytes:
    """A checkpoint with both lines of the log."""
    text = signed_body.text()
    return notes.write_note(text, [notes.sign_text(ORIGIN, ED, text), notes.cosign_ml_dsa(ORIGIN, ML, signed_body, at)])


def request(old: int, size: int, leaves: Sequence[bytes] = LEAVES) -> Request:
    """A true request for growth from `old` to `size`."""
    proof = tuple(tree.consistency_proof(leaves[:size], old))
    return Request(old, proof, signed(body(size, leaves)))


@contextmanager
def serving(
    folder: Path, policy: str = POLICY, name: str = "witness.example/one", port: int = 0
) -> Iterator[WitnessServer]:
    """A witness on the loopback, made in `folder` where there is none yet."""
    if not (folder / witness.KEY).exists():
        witness.create(folder, name)
    served = witness.Witness(folder, witness.logs_of(policy))
    server = WitnessServer(served, "127.0.0.1", port)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        served.close()
