"""Unique pupil and learner numbers of a whole column judged at once, as `kernel.upn` judges one.

Weighted sums of all numbers are one product of arrays. Only whether a number is right is told; what is wrong with the
others is for the rules to say, one by one.
"""

from datetime import date
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rollbook.dataplane.census.columns import Mask
from rollbook.kernel.authorities import may_stand_in_upn
from rollbook.kernel.upn import LETTERS

_UPN, _ULN = 13, 10
_DIGITS: Final = 10
_ZERO: Final = ord("0")
_NO_LETTER: Final = 255
_LOWER: Final = 0x20  # the bit that makes a letter small
_UPN_WEIGHTS: Final = np.arange(2, _UPN + 1, dtype=np.int32)
_ULN_WEIGHTS: Final = np.arange(_ULN, 0, -1, dtype=np.int32)


def _letters() -> npt.NDArray[np.uint8]:
    found = np.full(256, _NO_LETTER, np.uint8)
    for number, letter in enumerate(LETTERS):
        found[ord(letter)] = number
    return found


_LETTER: Final = _letters()


def sound_upns(column: Any, day: date | None) -> Mask:
    """The rows whose UPN has no fault, the authority asked about when a day is given; a row without a UPN is not among
    them.
    """
    at, codes = _fixed(column, _UPN)
    letter, last = _LETTER[codes[:, 0]], _LETTER[codes[:, -1]]
    body = (codes[:, 1:] - _ZERO).astype(np.int32)  # of what is no digit, ten or more
    numbered = body < _DIGITS
    digits = numbered[:, :-1].all(axis=1)
    body[:, -1] = np.where(numbered[:, -1], body[:, -1], last)
    right = digits & (numbered[:, -1] | (last != _NO_LETTER)) & ((body @ _UPN_WEIGHTS) % len(LETTERS) == letter)
    authority = np.where(digits, body[:, 0] * 100 + body[:, 1] * 10 + body[:, 2], 0)
    return _spread(len(column), at, right & _authorities(day)[authority])


def sound_ulns(column: Any) -> Mask:
    """The rows whose learner number is right; a row without one is not among them."""
    at, codes = _fixed(column, _ULN)
    digits = (codes - _ZERO).astype(np.int32)
    right = (digits < _DIGITS).all(axis=1) & ((digits @ _ULN_WEIGHTS) % 11 == 10)
    return _spread(len(column), at, right)


def ends_in_letter(column: Any) -> Mask:
    """The rows whose UPN of thirteen bytes ends in one of the letters."""
    at, codes = _fixed(column, _UPN)
    return _spread(len(column), at, _LETTER[codes[:, -1]] != _NO_LETTER)


def begins_with_letter(column: Any) -> Mask:
    """The rows whose value begins with a letter of ASCII."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    some = np.flatnonzero(np.diff(ends) > 0)
    first = np.frombuffer(data or b"", np.uint8)[ends[some]] | _LOWER
    found = _spread(len(column), some, (first >= ord("a")) & (first <= ord("z")))
    return found & column.is_valid().to_numpy(zero_copy_only=False) if column.null_count else found


def _fixed(column: Any, size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """The rows whose value has so many bytes, and these, a row for each."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    at = np.flatnonzero(np.diff(ends) == size)
    if column.null_count:
        at = at[column.is_valid().to_numpy(zero_copy_only=False)[at]]
    codes = np.frombuffer(data or b"", np.uint8)
    return at, codes[ends[at][:, None] + np.arange(size)]


def _spread(size: int, at: npt.NDArray[np.int64], answers: Mask) -> Mask:
    found = np.zeros(size, np.bool_)
    found[at] = answers
    return found


@lru_cache(maxsize=64)
def _authorities(day: date | None) -> Mask:
    return np.array([day is None or may_stand_in_upn(f"{number:03d}", day) for number in range(1000)])
