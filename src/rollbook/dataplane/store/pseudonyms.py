"""A project's pseudonym of each person: AES-256-CMAC of the person key, a whole column in one call.

CMAC of a message of at most 15 bytes is a single block, E(K, pad(message) xor K2), where K2 is made from E(K, 0) (NIST
SP 800-38B,
6.1 and 6.2). A column is therefore one ECB call over a contiguous buffer, and still the standard function that any
library can check. Whoever holds the project's key can undo it, so the key is custody enough: destroying it ends the
pseudonyms.
"""

import sys
from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16
LONGEST_MESSAGE = BLOCK - 1
KEY_BYTES = 4
# The feedback of doubling in GF(2^128), from the standard.
_RB = 0x87
_CHUNK = 1 << 20


def cmac_batch(key: bytes, person_keys: Sequence[int]) -> list[bytes]:
    """The pseudonym (16 bytes) of each person key, in order. The message is the key as 4 bytes, big-endian."""
    numbers = array("I", person_keys)
    if sys.byteorder == "little":
        numbers.byteswap()
    raw = numbers.tobytes()
    blocks = bytearray((bytes(KEY_BYTES) + b"\x80").ljust(BLOCK, b"\0") * len(numbers))
    for place in range(KEY_BYTES):
        blocks[place::BLOCK] = raw[place::KEY_BYTES]
    return _tags(key, bytes(blocks))


def cmac_words(key: bytes, person_keys: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint64]:
    """The first 8 bytes of each person's pseudonym under `key`, as a number: for millions at once."""
    words = np.empty(len(person_keys), dtype=np.uint64)
    subkey = np.frombuffer(_double(_double(_ecb(key, bytes(BLOCK)))), dtype=np.uint8)
    for start in range(0, len(person_keys), _CHUNK):
        some = person_keys[start : start + _CHUNK]
        blocks = np.tile(subkey, (len(some), 1))
        blocks[:, :KEY_BYTES] ^= some.astype(">u4").view(np.uint8).reshape(-1, KEY_BYTES)
        blocks[:, KEY_BYTES] ^= 0x80
        tags = np.frombuffer(_ecb(key, blocks.tobytes()), dtype=">u8")
        words[start : start + _CHUNK] = tags[::2]
    return words


def cmac_messages(key: bytes, messages: Sequence[bytes]) -> list[bytes]:
    """AES-CMAC of each message of at most 15 bytes.

    Raises:
        ValueError: a message is longer; it would need more than one block.
    """
    if any(len(message) > LONGEST_MESSAGE for message in messages):
        raise ValueError("a message of more than 15 bytes needs more than one block")
    return _tags(key, b"".join((message + b"\x80").ljust(BLOCK, b"\0") for message in messages))


def _tags(key: bytes, padded: bytes) -> list[bytes]:
    second_subkey = _double(_double(_ecb(key, bytes(BLOCK))))
    tags = _ecb(key, _xor(padded, second_subkey * (len(padded) // BLOCK)))
    return [tags[place : place + BLOCK] for place in range(0, len(tags), BLOCK)]


def _double(block: bytes) -> bytes:
    number = int.from_bytes(block, "big") << 1
    if number >> 128:
        number = (number & ((1 << 128) - 1)) ^ _RB
    return number.to_bytes(BLOCK, "big")


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "little") ^ int.from_bytes(right, "little")).to_bytes(len(left), "little")


def _ecb(key: bytes, buffer: bytes) -> bytes:
    # ECB is right here and only here: each block is a different message of its own, never a plaintext to hide.
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - see above
    return encryptor.update(buffer) + encryptor.finalize()
