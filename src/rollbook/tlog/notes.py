"""Signed notes: a text, an empty line, then lines of signatures; and the keys that make and check them.

C2SP `signed-note` and `tlog-cosignature`; the specification of the log, sections 4.1, 4.3 and 4.4, and V1. Private
keys are arguments of the `sign_…` functions and are kept nowhere here.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from rollbook.kernel.encoding import b64, sha256, u8, u64, unb64
from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed

LONGEST_NOTE: Final = 131_072
MOST_LINES: Final = 64
_LINE = re.compile("— ([^\\s+]+) ([A-Za-z0-9+/=]+)\\Z")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")


class KeyType(IntEnum):
    """What a key signs: a note's text, or a checkpoint together with a time."""

    ED25519 = 0x01
    ED25519_COSIGNATURE = 0x04
    ML_DSA_44_COSIGNATURE = 0x06


_KEY_BYTES = {KeyType.ED25519: 32, KeyType.ED25519_COSIGNATURE: 32, KeyType.ML_DSA_44_COSIGNATURE: 1312}
_SIGNATURE_BYTES = {KeyType.ED25519: 64, KeyType.ED25519_COSIGNATURE: 72, KeyType.ML_DSA_44_COSIGNATURE: 2428}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name it signs under; written `name+id+key` in a policy file."""

    name: str
    type: KeyType
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that stand before this key's signatures."""
        return sha256(self.name.encode() + b"\n" + u8(self.type) + self.public)[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64(u8(self.type) + self.public)}"


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature line of a note: whose it says it is, and the bytes after the key id."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {b64(self.key_id + self.signature)}"


@dataclass(frozen=True, slots=True)
class Body:
    """The three lines a checkpoint's signatures cover.

    Whose log, how many entries, the root of their tree (32 bytes).
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text, each line ended by a newline."""
        return f"{self.origin}\n{self.size}\n{b64(self.root)}\n"


def parse_key(text: str) -> VerifierKey:
    """The verifier key written as `text`.

    Raises:
        InputRefused: code `verifier-key`.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        data = unb64(encoded)
        key = VerifierKey(name, KeyType(data[0]), data[1:])
    except (InputRefused, ValueError, IndexError):
        raise InputRefused(
            Reason("verifier-key", "This is not a verifier key of a known type", where=name[:80])
        ) from None
    if not name or " " in name or key.id.hex() != key_id or len(key.public) != _KEY_BYTES[key.type]:
        raise InputRefused(Reason("verifier-key", "The verifier key does not have its own key id", where=name[:80]))
    return key


def open_note(data: bytes) -> tuple[str, tuple[SignatureLine, ...]]:
    """The text of a note, with its last newline, and its signature lines (V1). Nothing is verified yet.

    Raises:
        VerificationFailed: code `note`.
    """
    if len(data) > LONGEST_NOTE:
        raise _bad_note("it is too long")
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _bad_note("it is not UTF-8") from None
    if _CONTROL.search(note):
        raise _bad_note("it holds a control character")
    head, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise _bad_note("it has no signature lines")
    lines = tail[:-1].split("\n")
    if len(lines) > MOST_LINES:
        raise _bad_note("it has too many signature lines")
    return head + "\n", tuple(parse_signature_line(line) for line in lines)


def write_note(text: str, lines: tuple[str, ...] | list[str]) -> bytes:
    """The bytes of the note of `text` (ending in a newline) with these signature lines."""
    return (text + "\n" + "".join(line + "\n" for line in lines)).encode()


def parse_signature_line(line: str) -> SignatureLine:
    """The signature line written as `line`, without its newline.

    Raises:
        VerificationFailed: code `note`.
    """
    match = _LINE.match(line)
    if match is None:
        raise _bad_note("a signature line is malformed")
    try:
        field = unb64(match[2])
    except InputRefused:
        raise _bad_note("a signature is not base64") from None
    if len(field) < 5:
        raise _bad_note("a signature is too short")
    return SignatureLine(match[1], field[:4], field[4:])


def _bad_note(why: str) -> VerificationFailed:
    return VerificationFailed(Reason("note", f"The signed note cannot be read: {why}"))


def verify_line(key: VerifierKey, line: SignatureLine, text: str, body: Body | None) -> int | None:
    """Check `line`, known to be of `key`; gives the time it states (POSIX seconds), or None for a type without one.

    `body` is the note's text as a checkpoint; types with a time sign checkpoints only.

    Raises:
        VerificationFailed: code `signature`.
    """
    failed = VerificationFailed(Reason("signature", "A signature of a known key does not verify", where=key.name))
    if len(line.signature) != _SIGNATURE_BYTES[key.type]:
        raise failed
    try:
        if key.type is KeyType.ED25519:
            Ed25519PublicKey.from_public_bytes(key.public).verify(line.signature, text.encode())
            return None
        time = int.from_bytes(line.signature[:8], "big")
        if body is None or not 0 < time < 2**63:
            raise failed
        if key.type is KeyType.ED25519_COSIGNATURE:
            message = cosignature_message(body, time)
            Ed25519PublicKey.from_public_bytes(key.public).verify(line.signature[8:], message)
        else:
            message = subtree_message(key.name, body, time)
            MLDSA44PublicKey.from_public_bytes(key.public).verify(line.signature[8:], message)
    except (InvalidSignature, ValueError):
        raise failed from None
    return time


def cosignature_message(body: Body, time: int) -> bytes:
    """What an Ed25519 cosignature (type 0x04) at `time` signs."""
    return f"cosignature/v1\ntime {time}\n{body.text()}".encode()


def subtree_message(name: str, body: Body, time: int) -> bytes:
    """What an ML-DSA-44 cosignature (type 0x06) by `name` at `time` signs."""
    signer, origin = name.encode(), body.origin.encode()
    head = b"subtree/v1\n\x00" + u8(len(signer)) + signer + u64(time)
    return head + u8(len(origin)) + origin + u64(0) + u64(body.size) + body.root


def ed25519_key(name: str, private: Ed25519PrivateKey, type_: KeyType = KeyType.ED25519) -> VerifierKey:
    """The verifier key of an Ed25519 private key."""
    return VerifierKey(name, type_, private.public_key().public_bytes_raw())


def ml_dsa_key(name: str, private: MLDSA44PrivateKey) -> VerifierKey:
    """The verifier key of an ML-DSA-44 private key."""
    return VerifierKey(name, KeyType.ML_DSA_44_COSIGNATURE, private.public_key().public_bytes_raw())


def sign_text(name: str, private: Ed25519PrivateKey, text: str) -> str:
    """The type 0x01 signature line over a note's `text`."""
    key = ed25519_key(name, private)
    return str(SignatureLine(name, key.id, private.sign(text.encode())))


def cosign_ed25519(name: str, private: Ed25519PrivateKey, body: Body, time: int) -> str:
    """The type 0x04 signature line over a checkpoint at `time`."""
    key = ed25519_key(name, private, KeyType.ED25519_COSIGNATURE)
    return str(SignatureLine(name, key.id, u64(time) + private.sign(cosignature_message(body, time))))


def cosign_ml_dsa(name: str, private: MLDSA44PrivateKey, body: Body, time: int) -> str:
    """The type 0x06 signature line over a checkpoint at `time`."""
    key = ml_dsa_key(name, private)
    return str(SignatureLine(name, key.id, u64(time) + private.sign(subtree_message(name, body, time))))
