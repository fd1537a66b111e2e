"""The pairs of keys the log signs with: one pair, or two while verifiers change over from the older to the newer.

Every pair whose private keys are there signs; every pair there ever was stays public, because what it signed must go on
verifying. Called by `rollbook.services.platform.keys` alone.
"""

import secrets
from itertools import count
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.services.platform.key_files import DESTROYED, KeyFolder
from rollbook.tlog import notes

KEY_BYTES: Final = 32
_KINDS: Final = ("ed25519", "ml-dsa-44")


def create(files: KeyFolder, origin: str) -> None:
    """The first pair; one that exists stays."""
    _make(files, origin, 1)


def public(files: KeyFolder) -> tuple[str, ...]:
    """The verifier keys of every pair, the oldest first."""
    pairs = range(1, max(_newest(files), 1) + 1)
    return tuple(files.read("public", f"log-{_name(kind, pair)}").decode() for pair in pairs for kind in _KINDS)


def sign(files: KeyFolder, origin: str, body: notes.Body, at: int) -> list[str]:
    """The lines of every living pair over a checkpoint at POSIX second `at`, the oldest first."""
    lines = []
    for pair in _living(files):
        ed25519, ml_dsa = _private(files, pair)
        lines += [notes.sign_text(origin, ed25519, body.text()), notes.cosign_ml_dsa(origin, ml_dsa, body, at)]
    return lines


def add(files: KeyFolder, origin: str) -> None:
    """A second living pair.

    Raises:
        StateBroken: code `log-keys`, where two live already.
    """
    if len(_living(files)) > 1:
        mend = "Retire the older pair first: `rollbook trust retire-keys`."
        raise StateBroken(Reason("log-keys", "A change of the log's keys is under way already", mend=mend))
    _make(files, origin, _newest(files) + 1)


def retire(files: KeyFolder) -> None:
    """Destroy the private keys of the older of two pairs.

    Raises:
        StateBroken: code `log-keys`, where one pair alone lives: the log could then not sign at all.
    """
    living = _living(files)
    if len(living) < 2:
        mend = "Make the new pair first: `rollbook trust new-keys`."
        raise StateBroken(Reason("log-keys", "There is no older pair of keys to retire", mend=mend))
    for kind in _KINDS:
        files.destroy("log", _name(kind, living[0]))


def _living(files: KeyFolder) -> list[int]:
    """The pairs that sign. A missing key that nobody destroyed is not passed over: reading it refuses."""
    pairs = range(1, max(_newest(files), 1) + 1)
    return [pair for pair in pairs if not files.has("log", f"{_name(_KINDS[0], pair)}{DESTROYED}")]


def _newest(files: KeyFolder) -> int:
    """The number of whole pairs: the last file of a pair to be written is its ML-DSA-44 public key."""
    return next(pair for pair in count(0) if not files.has("public", f"log-{_name(_KINDS[1], pair + 1)}"))


def _make(files: KeyFolder, origin: str, pair: int) -> None:
    for kind in _KINDS:
        if not files.has("log", _name(kind, pair)) and not files.has("public", f"log-{_name(kind, pair)}"):
            files.write("log", _name(kind, pair), secrets.token_bytes(KEY_BYTES))
    if not files.has("public", f"log-{_name(_KINDS[1], pair)}"):
        ed25519, ml_dsa = _private(files, pair)
        files.write("public", f"log-{_name(_KINDS[0], pair)}", str(notes.ed25519_key(origin, ed25519)).encode())
        files.write("public", f"log-{_name(_KINDS[1], pair)}", str(notes.ml_dsa_key(origin, ml_dsa)).encode())


def _private(files: KeyFolder, pair: int) -> tuple[Ed25519PrivateKey, MLDSA44PrivateKey]:
    return (
        Ed25519PrivateKey.from_private_bytes(files.read("log", _name(_KINDS[0], pair))),
        MLDSA44PrivateKey.from_seed_bytes(files.read("log", _name(_KINDS[1], pair))),
    )


def _name(kind: str, pair: int) -> str:
    return kind if pair == 1 else f"{kind}-{pair}"
