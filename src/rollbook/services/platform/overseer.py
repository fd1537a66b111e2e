"""Sealing for the independent overseer: X25519, HKDF-SHA256 and AES-256-GCM.

The authority keeps the public key alone. What is sealed here cannot be opened by web, jobs or operators; the private
key is written once, at set-up, to a folder the caller names, and handed over.
"""

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rollbook.kernel.refusals import Reason, SetupFailed, VerificationFailed
from rollbook.services.platform.config import Config

PRIVATE_FILE = "overseer-private-key"
PUBLIC_BYTES = 32


def create(config: Config, folder: Path | None) -> bytes:
    """Make the key pair, write the private key (32 raw bytes) into `folder`, give the public key.

    Raises:
        SetupFailed: no folder was named, it lies where the authority keeps data or keys, or it has a key already.
    """
    if folder is None:
        mend = "Name a folder to hand over, for example: rollbook setup --overseer DIR"
        raise SetupFailed(Reason("overseer", "The overseer's private key needs a folder of its own", mend=mend))
    inside = any(kept.resolve() in (folder.resolve(), *folder.resolve().parents) for kept in (config.keys, config.data))
    if inside:
        mend = "Name a folder outside both."
        raise SetupFailed(Reason("overseer", "The overseer's private key may not stay with data or keys", mend=mend))
    private = X25519PrivateKey.generate()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / PRIVATE_FILE
    if path.exists():
        # Left by a set-up that was cut off, or somebody else's: it is never written over.
        mend = "Hand that key over, or name another folder."
        raise SetupFailed(Reason("overseer", "There is an overseer's key in this folder already", str(folder), mend))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(private.private_bytes_raw())
    return private.public_key().public_bytes_raw()


def seal(public: bytes, plaintext: bytes) -> bytes:
    """Ephemeral public key (32 bytes), then the ciphertext. The key is used once, so the nonce is fixed at zero."""
    once = X25519PrivateKey.generate()
    sender = once.public_key().public_bytes_raw()
    key = _key(once.exchange(X25519PublicKey.from_public_bytes(public)), sender, public)
    return sender + AESGCM(key).encrypt(bytes(12), plaintext, None)


def unseal(folder: Path, sealed: bytes) -> bytes:
    """For the overseer: what was sealed, using the private key in `folder`.

    Raises:
        VerificationFailed: the bytes were changed or sealed for someone else.
    """
    private = X25519PrivateKey.from_private_bytes((folder / PRIVATE_FILE).read_bytes())
    sender = sealed[:PUBLIC_BYTES]
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(sender))
        key = _key(shared, sender, private.public_key().public_bytes_raw())
        return AESGCM(key).decrypt(bytes(12), sealed[PUBLIC_BYTES:], None)
    except (InvalidTag, ValueError):
        raise VerificationFailed(Reason("overseer-seal", "This was changed, or was sealed for another key")) from None


def _key(shared: bytes, sender: bytes, receiver: bytes) -> bytes:
    info = b"rollbook/overseer/v1" + sender + receiver
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(shared)
