"""The few byte encodings the log is made of: strict base64, big-endian integers, padded tags and SHA-256.

Source: the specification of the transparency log, section 2.
"""

import base64
import binascii
import hashlib

from rollbook.kernel.refusals import InputRefused, Reason

HASH_BYTES = 32
TAG_BYTES = 32


def sha256(data: bytes) -> bytes:
    """SHA-256 of `data`, 32 bytes: the `H` of the specification."""
    return hashlib.sha256(data).digest()


def b64(data: bytes) -> str:
    """Base64 of RFC 4648 section 4: with padding, on one line."""
    return base64.b64encode(data).decode("ascii")


def unb64(text: str, length: int | None = None) -> bytes:
    """The bytes `text` encodes; `length`, where given, is how many there must be.

    Raises:
        InputRefused: code `base64`, where `text` is not exactly what `b64` would write, or `base64-length`.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        data = None
    # Decoders differ over padding and left-over bits; comparing with our own encoding leaves one text for each value.
    if data is None or b64(data) != text:
        raise InputRefused(Reason("base64", "This is not base64 in its one canonical form"))
    if length is not None and len(data) != length:
        raise InputRefused(Reason("base64-length", f"This base64 holds {len(data)} bytes instead of {length}"))
    return data


def u8(value: int) -> bytes:
    """`value` as one byte."""
    return value.to_bytes(1, "big")


def u16(value: int) -> bytes:
    """`value` as two bytes, most significant first."""
    return value.to_bytes(2, "big")


def u64(value: int) -> bytes:
    """`value` as eight bytes, most significant first."""
    return value.to_bytes(8, "big")


def tag(name: str) -> bytes:
    """`T(name)` of the specification: ASCII, shorter than 32 bytes, filled with zero bytes to exactly 32."""
    data = name.encode("ascii")
    if len(data) >= TAG_BYTES:
        raise ValueError("a tag is shorter than 32 bytes")
    return data.ljust(TAG_BYTES, b"\x00")
