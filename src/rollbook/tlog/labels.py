"""From a pupil's identifier to the label that stands in a disclosure set, and the padding that hides the set's size.

Source: the specification of the log, sections 2.1, 2.2, 9.1 to 9.3.
"""

import re
from collections.abc import Iterator
from typing import Final

from rollbook.kernel.encoding import sha256, tag, u64
from rollbook.kernel.refusals import InputRefused, Reason

SMALLEST_SET: Final = 1024
SECRET_BYTES: Final = 32
_PUPIL_ID = re.compile(r"upn:[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]\Z|uln:[0-9]{10}\Z")
_UPN = re.compile(r"[A-Z][0-9]{11}[0-9A-Z]\Z")
_ULN = re.compile(r"[0-9]{10}\Z")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")
_REF, _LABEL, _PAD = tag("rollbook/ref/v1"), tag("rollbook/label/v1"), tag("rollbook/pad/v1")


def is_pupil_id(text: str) -> bool:
    """Whether `text` is `upn:` or `uln:` and a number of the right shape. Check letters are the kernel's business."""
    return _PUPIL_ID.match(text) is not None


def parse_identifier(text: str) -> str:
    """The pupil's identifier as the log writes it, from what a person types: a UPN or ULN, with or without its scheme.

    Raises:
        InputRefused: code `pupil-id`. What was typed is not repeated.
    """
    value = "".join(text.split())
    scheme, colon, number = value.rpartition(":")
    number = number.upper()
    scheme = scheme.lower() if colon else ("upn" if _UPN.match(number) else "uln" if _ULN.match(number) else "")
    if not is_pupil_id(f"{scheme}:{number}"):
        mend = (
            "Give the Unique Pupil Number (a letter and twelve more characters) or the ten digits of a learner number."
        )
        raise InputRefused(Reason("pupil-id", "This is not an identifier of a pupil", mend=mend))
    return f"{scheme}:{number}"


def is_month(text: str) -> bool:
    """Whether `text` is an epoch: a calendar month `YYYY-MM`."""
    return _MONTH.match(text) is not None


def alpha(epoch: str, pupil_id: str) -> bytes:
    """The VRF input for one pupil and month.

    Raises:
        InputRefused: code `pupil-id` or `epoch`. The identifier itself is never in the reason.
    """
    if not is_pupil_id(pupil_id):
        mend = "Give upn: and a Unique Pupil Number, or uln: and a Unique Learner Number, in capitals."
        raise InputRefused(Reason("pupil-id", "The identifier does not have a known form", mend=mend))
    if not is_month(epoch):
        raise InputRefused(Reason("epoch", "The month is not written as YYYY-MM", where=epoch[:20]))
    return b"\x00".join((b"rollbook/pupil-epoch/v1", epoch.encode("ascii"), pupil_id.encode("ascii")))


def secret(beta: bytes) -> bytes:
    """`y`, the pupil's secret of the month: the first 32 bytes of the VRF output."""
    return beta[:SECRET_BYTES]


def row_ref(did: bytes, y: bytes) -> bytes:
    """The reference of this pupil's rows in the disclosure `did`, 32 bytes; files show it as 64 hex digits."""
    return sha256(_REF + did + y)


def label_of_row(ref: bytes) -> bytes:
    """The label that stands in the trie for a row reference."""
    return sha256(_LABEL + ref)


def label(did: bytes, y: bytes) -> bytes:
    """The label of the pupil with secret `y` in the disclosure `did`."""
    return label_of_row(row_ref(did, y))


def padded(n: int) -> int:
    """How many labels a set of `n` distinct pupils is filled up to."""
    if n <= SMALLEST_SET:
        return SMALLEST_SET
    exponent = n.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return -(-n // step) * step


def is_padded(size: int) -> bool:
    """Whether `size` is one that padding can give (log rule L8)."""
    return size >= SMALLEST_SET and padded(size) == size


def smallest_n(size: int) -> int:
    """The smallest number of pupils whose padded size is `size`; pages show the two as an interval."""
    if size <= SMALLEST_SET:
        return 0
    low, high = size // 2, size
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if padded(middle) >= size else (middle + 1, high)
    return low


def dummy(pad_seed: bytes, j: int) -> bytes:
    """The dummy label number `j` from a 32-byte seed."""
    return sha256(_PAD + pad_seed + u64(j))


def dummies(pad_seed: bytes, count: int) -> Iterator[bytes]:
    """The `count` dummy labels that fill a set up, from its seed."""
    return (dummy(pad_seed, j) for j in range(count))
