"""The one module that opens the keys. It signs, evaluates, pseudonymises and seals; it gives no key away.

Two exceptions are text a library must hold itself: a database password and Django's session secret, each for its own
process only. Left to others: what is signed (`rollbook.services.log`), the formats of signatures and proofs
(`rollbook.tlog`).
"""

import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rollbook.kernel.encoding import b64, sha256, unb64
from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.services.platform import log_keys, overseer
from rollbook.services.platform.config import Config
from rollbook.services.platform.key_files import DESTROYED, FOLDERS, KeyFolder, make_private
from rollbook.tlog import labels, notes, vrf

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

KEY_BYTES = 32
NONCE_BYTES = 12
# Where each database role's password lies: with the process that signs in as it.
PASSWORDS = {"web": "web", "jobs": "jobs", "log": "log", "owner": "operator", "administrator": "operator"}
_EPOCHS = "populations/epochs"
_VRF = "jobs/vrf"
_PROJECTS = "jobs/projects"
_MARKS = "marks"


class Keys:
    """What one process may do with keys. Every method refuses with `AccessDenied` where the process may not."""

    def __init__(self, config: Config) -> None:
        self._files = KeyFolder(config)
        self._origin = config.log_origin

    # The log

    def log_public(self) -> tuple[str, ...]:
        """The log's verifier keys as a policy file writes them, Ed25519 then ML-DSA-44, the oldest pair first."""
        return log_keys.public(self._files)

    def sign_checkpoint(self, body: bytes, at: int) -> list[str]:
        """The log's signature lines over a checkpoint's three body lines, at POSIX second `at`: two for each pair."""
        origin, size, root = body.decode().splitlines()
        return log_keys.sign(self._files, self._origin, notes.Body(origin, int(size), unb64(root, 32)), at)

    def add_log_keys(self) -> None:
        """Make a second pair, which signs beside the first from now on; there are never more than two."""
        log_keys.add(self._files, self._origin)

    def retire_log_keys(self) -> None:
        """Destroy the older pair's private keys. Its public keys stay, for what it signed."""
        log_keys.retire(self._files)

    # The pupil's monthly secret

    def vrf_public(self, epoch: str) -> bytes:
        """The VRF public key of a month (`YYYY-MM`), made at first need by a process that may."""
        if not self._files.has("public/vrf", epoch):
            public = vrf.public_key(self._vrf_private(epoch))
            self._files.write("public/vrf", epoch, public)
        return self._files.read("public/vrf", epoch)

    def vrf_evaluate(self, epoch: str, pupil_ids: Sequence[str]) -> list[bytes]:
        """`y` of each pupil in a month, in the order given."""
        private, public = self._vrf_private(epoch), self.vrf_public(epoch)
        return [labels.secret(vrf.evaluate(private, labels.alpha(epoch, one), public)) for one in pupil_ids]

    def vrf_prove(self, epoch: str, pupil_id: str) -> bytes:
        """`pi`, the proof of one pupil's `y` in a month."""
        return vrf.prove(self._vrf_private(epoch), labels.alpha(epoch, pupil_id))

    def _vrf_private(self, epoch: str) -> bytes:
        self._files.must_live(_VRF, epoch)
        if not self._files.has(_VRF, epoch):
            return self._files.write(_VRF, epoch, vrf.generate_secret_key())
        return self._files.read(_VRF, epoch)

    # Projects

    def create_project_key(self, project_ref: str) -> None:
        """A pseudonym key for a new project; a second call changes nothing."""
        self._files.must_live(_PROJECTS, project_ref)
        if not self._files.has(_PROJECTS, project_ref):
            self._files.write(_PROJECTS, project_ref, secrets.token_bytes(KEY_BYTES))

    def pseudonymise(self, project_ref: str, person_keys: Sequence[int]) -> list[bytes]:
        """The project's pseudonym of each person, 16 bytes each, in the order given."""
        from rollbook.dataplane.store import pseudonyms

        self._files.must_live(_PROJECTS, project_ref)
        return pseudonyms.cmac_batch(self._files.read(_PROJECTS, project_ref), person_keys)

    def sample_marks(self, project_ref: str, person_keys: "npt.NDArray[np.uint32]") -> "npt.NDArray[np.uint64]":
        """The project's mark of each person, by which its sample is drawn. No pseudonym follows from a mark."""
        from rollbook.dataplane.store import sampling

        return sampling.marks(self._draw_key(project_ref), person_keys)

    def sample_commitment(self, project_ref: str) -> bytes:
        """What the public is told of the key a sample is drawn by, so that an inspector can later be shown the key."""
        return sha256(b"rollbook/sample-commitment/v1\0" + self._draw_key(project_ref))

    def _draw_key(self, project_ref: str) -> bytes:
        self._files.must_live(_PROJECTS, project_ref)
        return hmac.digest(self._files.read(_PROJECTS, project_ref), b"rollbook/sample/v1", "sha256")

    def destroy_project_key(self, project_ref: str) -> None:
        """End a project: its pseudonyms can never be made again."""
        self._files.destroy(_PROJECTS, project_ref)

    # Marks: whether two values are the same, for whoever must not hold them

    def marks(self, texts: Sequence[bytes]) -> list[str]:
        """A keyed hash of each text, 64 hex digits: equal for equal texts, and nobody without the key can try values.

        The key is made at first need and lasts, so that a mark made in one year is found again in the next.
        """
        if not self._files.has("jobs", _MARKS):
            self._files.write("jobs", _MARKS, secrets.token_bytes(KEY_BYTES))
        key = self._files.read("jobs", _MARKS)
        return [hmac.digest(key, text, "sha256").hex() for text in texts]

    # Files under an epoch's key

    def seal(self, epoch: str, plaintext: bytes, name: str) -> bytes:
        """Encrypt and authenticate a file's bytes under the epoch's key, bound to its `name`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self._epoch_key(epoch)).encrypt(nonce, plaintext, _bound_to(epoch, name))

    def unseal(self, epoch: str, sealed: bytes, name: str) -> bytes:
        """What `seal` was given.

        Raises:
            StateBroken: the bytes were changed, swapped with another file's, or the epoch's key was destroyed.
        """
        key = AESGCM(self._epoch_key(epoch, make=False))
        try:
            return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(epoch, name))
        except (InvalidTag, ValueError):
            mend = "Restore it from a backup; it was changed or is another file."
            raise StateBroken(Reason("seal-broken", "An encrypted file does not open", where=name, mend=mend)) from None

    def destroy_epoch(self, epoch: str) -> None:
        """Make every file sealed under this epoch unreadable for good."""
        self._files.destroy(_EPOCHS, epoch)

    def destroy_vrf(self, epoch: str) -> None:
        """End the pupils' secrets of a month: no proof file and no set can be made for it again."""
        self._files.destroy(_VRF, epoch)

    def destroyed_epochs(self) -> frozenset[str]:
        """The epochs whose keys were destroyed, as of now."""
        names = self._files.names(_EPOCHS)
        return frozenset(name.removesuffix(DESTROYED) for name in names if name.endswith(DESTROYED))

    def segment_cipher(self, epochs: Sequence[str], name: str) -> "SegmentCipher":
        """What seals the segment `name` of the index of uses, under a key made from the keys of all these epochs.

        Raises:
            StateBroken: one of them was destroyed; then nobody can make this segment's key again.
        """
        secret = b"".join(self._epoch_key(epoch, make=False) for epoch in sorted(set(epochs)))
        info = f"rollbook/history-segment/v1\0{name}\0{','.join(sorted(set(epochs)))}".encode()
        return SegmentCipher(HKDF(hashes.SHA256(), KEY_BYTES, None, info).derive(secret), name)

    def set_cipher(self, epoch: str, name: str, *, make: bool = False) -> "SegmentCipher":
        """What seals the parts of the set store `name`, and of other files of the month that are read in parts.

        Raises:
            StateBroken: the month's key was destroyed; then nobody can make this one again.
        """
        info = f"rollbook/set-store/v1\0{name}\0{epoch}".encode()
        secret = self._epoch_key(epoch, make=make)
        return SegmentCipher(HKDF(hashes.SHA256(), KEY_BYTES, None, info).derive(secret), name)

    def _epoch_key(self, epoch: str, *, make: bool = True) -> bytes:
        self._files.must_live(_EPOCHS, epoch)
        if make and not self._files.has(_EPOCHS, epoch):
            return self._files.write(_EPOCHS, epoch, secrets.token_bytes(KEY_BYTES))
        return self._files.read(_EPOCHS, epoch)

    # The overseer

    def seal_for_overseer(self, plaintext: bytes) -> bytes:
        """Encrypt so that only the overseer's private key, which is kept elsewhere, opens it."""
        return overseer.seal(self._files.read("public", "overseer"), plaintext)

    # What libraries must hold

    def database_password(self, role: str) -> str:
        """Password of a database role: web, jobs, log, owner or administrator."""
        return self._files.read(PASSWORDS[role], f"database-{role}").decode()

    def session_secret(self) -> str:
        """Django's secret for sessions: the web's own. Other processes sign no session and get a passing one."""
        if self._files.process != "web" or not self._files.has("web", "session"):
            return secrets.token_urlsafe(48)
        return self._files.read("web", "session").decode()

    def hide_second_factor(self, text: str) -> str:
        """Encrypt the secret of an authenticator app for the database, which then holds none in the clear."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return b64(nonce + AESGCM(self._files.read("web", "second-factor")).encrypt(nonce, text.encode(), None))

    def show_second_factor(self, hidden: str) -> str:
        """What `hide_second_factor` was given."""
        data = unb64(hidden)
        key = AESGCM(self._files.read("web", "second-factor"))
        return key.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], None).decode()


class SegmentCipher:
    """Seals the numbered parts of one file. Its key serves this file alone, so a part's number is its nonce."""

    def __init__(self, key: bytes, name: str) -> None:
        self._aead, self._name = AESGCM(key), name

    def seal(self, number: int, plaintext: bytes) -> bytes:
        """Encrypt and authenticate part `number`, once: a second time with other bytes would tell both."""
        return self._aead.encrypt(number.to_bytes(NONCE_BYTES, "big"), plaintext, None)

    def open(self, number: int, sealed: bytes) -> bytes:
        """What `seal` was given.

        Raises:
            StateBroken: it was changed, or is another part or another segment's.
        """
        try:
            return self._aead.decrypt(number.to_bytes(NONCE_BYTES, "big"), sealed, None)
        except (InvalidTag, ValueError):
            mend = "An index of uses is made again by itself; restore a set store from a backup."
            reason = Reason("part-broken", "A part of an encrypted file does not open", self._name, mend)
            raise StateBroken(reason) from None


def open_keys(config: Config) -> Keys:
    """The keys as this process may use them. Nothing is read before it is needed."""
    return Keys(config)


def create(config: Config, overseer_folder: Path | None = None) -> None:
    """Make every key an installation starts with; those that exist stay.

    `overseer_folder` receives the overseer's private key, once: hand it over and delete it. It may not lie in the
    keys or data folder.
    """
    files = KeyFolder(config)
    for folder in sorted(FOLDERS):
        make_private(config.keys / folder, config.keys)
    for role, folder in PASSWORDS.items():
        _once(files, folder, f"database-{role}", secrets.token_urlsafe(32).encode())
    _once(files, "web", "session", secrets.token_urlsafe(48).encode())
    _once(files, "web", "second-factor", secrets.token_bytes(KEY_BYTES))
    log_keys.create(files, config.log_origin)
    if not files.has("public", "overseer"):
        files.write("public", "overseer", overseer.create(config, overseer_folder))


def _once(files: KeyFolder, folder: str, name: str, secret: bytes) -> None:
    if not files.has(folder, name):
        files.write(folder, name, secret)


def _bound_to(epoch: str, name: str) -> bytes:
    return f"rollbook/file/v1\0{epoch}\0{name}".encode()
