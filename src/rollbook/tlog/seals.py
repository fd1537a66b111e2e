"""Commitments: hashes that fix something confidential before anyone may see it. Sections 8.3, 11 and 14, and V10."""

import re

from rollbook.kernel import canonical
from rollbook.kernel.encoding import HASH_BYTES, b64, sha256, tag, unb64
from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.tlog.entries import is_sealed_body

TEXT_HEADER = "rollbook/text@v1"
SALT_BYTES = 16
_TEXT = re.compile(rb"rollbook/text@v1\n[0-9a-f]{32}\n\n(.*)\Z", re.DOTALL)
_SEAL, _MANIFEST, _OUTPUT = tag("rollbook/seal/v1"), tag("rollbook/manifest/v1"), tag("rollbook/output/v1")


def seal_commit(salt: bytes, body: bytes) -> str:
    """The `commit` of a sealed entry: base64, from a 32-byte salt and the canonical body."""
    return b64(sha256(_SEAL + salt + body))


def manifest_commit(manifest: bytes) -> str:
    """The `manifest` of a set-bearing entry. The seed inside the manifest hides it, so it needs no salt."""
    return b64(sha256(_MANIFEST + manifest))


def output_commit(manifest: bytes) -> str:
    """The `manifest` of an `output` entry."""
    return b64(sha256(_OUTPUT + manifest))


def open_seal(commit: str, salt: bytes, body: bytes) -> dict[str, object]:
    """The facts that were sealed under `commit` (V10).

    Raises:
        VerificationFailed: code `seal`.
    """
    try:
        facts = canonical.loads(body)
    except InputRefused:
        facts = {}
    if len(salt) != HASH_BYTES or not is_sealed_body(facts) or seal_commit(salt, body) != commit:
        raise VerificationFailed(Reason("seal", "The facts shown are not the ones that were sealed"))
    return facts


def opens(commit: str, salt_b64: str, facts: dict[str, object]) -> bool:
    """Whether the salt and facts of a `reveal` entry are what `commit` fixed (log rule L11)."""
    return seal_commit(unb64(salt_b64, HASH_BYTES), canonical.dumps(facts)) == commit


def write_text(text: str, salt: bytes) -> bytes:
    """The bytes of a detached text with its 16-byte salt, which keeps a removed text from being guessed by its hash."""
    if len(salt) != SALT_BYTES:
        raise ValueError("the salt of a text is 16 bytes")
    return f"{TEXT_HEADER}\n{salt.hex()}\n\n{text}".encode()


def read_text(document: bytes) -> str:
    """The text in a detached document that a `…_text` field names.

    Raises:
        VerificationFailed: code `text`.
    """
    match = _TEXT.match(document)
    try:
        if match:
            return match[1].decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise VerificationFailed(Reason("text", "The document does not have the form of a text of the log"))
