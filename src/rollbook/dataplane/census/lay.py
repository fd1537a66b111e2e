"""Lays the values that `scan` found into columns: text one after another, days, counts and hours as numbers.

Compiled (`machine`). Whatever is not a value as it should be (too long, given twice, with white space around it, no day
of the calendar) is a failure here: the walk of the tree is the rule for it, and says what is wrong.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rollbook.dataplane.census.machine import compiled
from rollbook.dataplane.census.plain_shape import COUNT, DATE, FLAG, HOURS, LINE, Bytes, Ints
from rollbook.dataplane.census.scan import FAILED, Scan, entity
from rollbook.dataplane.census.values import MAX_TEXT

_AMPERSAND, _DASH, _POINT, _ZERO, _COMMA, _SPACE = b"&-.0, "
_ASCII: Final = 128
_MOST_DIGITS, _MOST_HOURS, _MOST_PARTS = 6, 3, 2
_DAY: Final = 10  # characters: 2025-01-16
_TRUE, _FALSE = np.frombuffer(b"true", np.uint8), np.frombuffer(b"false", np.uint8)
_MONTHS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
_EPOCH: Final = 719_163  # 1 January 1970, counting days from 1 January of year 1 as day 1
Hours = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Laid:
    """The columns of a shape. A column has `size` entries, from `at` in `whole` (days from 1970, counts, or for text
    where it ends in `text`, counted from `text_at`, one entry more) or in `hours`; and a bit for each in `given`, from
    byte `bits`. `filled` says how many have a value; nothing is laid for a column without any.
    """

    whole: Ints
    hours: Hours
    text: Bytes
    given: Bytes
    size: Ints
    at: Ints
    bits: Ints
    text_at: Ints
    filled: Ints


def lay(found: Scan) -> Laid | None:
    """The columns of the values found, None when one of them is not as it should be."""
    shape = found.shape
    counts = np.bincount(found.target, minlength=len(shape.kind))
    rows = np.bincount(found.begins, minlength=len(shape.tables))
    size = np.where(counts > 0, rows[shape.home], 0).astype(np.int32)
    at, bits = _begins(size + 1), _begins((size + 7) // 8)
    laid = Laid(
        whole=np.zeros(at[-1], np.int32), hours=np.zeros(at[-1], np.float64),
        text=np.empty(int((found.end - found.start).sum()) + 2 * len(found.row), np.uint8),
        given=np.zeros(bits[-1], np.uint8), size=size, at=at, bits=bits,
        text_at=np.zeros(len(size), np.int32), filled=np.zeros(len(size), np.int32),
    )  # fmt: skip
    foreign = np.empty(len(found.row), np.int32)
    count = _lay(
        found.codes, shape.kind, np.argsort(found.target.astype(np.int16), kind="stable"), _begins(counts),
        (found.row, found.start, found.end), (laid.whole, laid.hours, laid.text, laid.given),
        (size, at, bits, laid.text_at, laid.filled), foreign,
    )  # fmt: skip
    if count < 0 or not all(_tidy(found, one) for one in foreign[:count].tolist()):
        return None
    return laid


def _begins(sizes: npt.NDArray[Any]) -> Ints:
    """Where each of these begins when they stand one after another, and where the last one ends."""
    begins = np.zeros(len(sizes) + 1, np.int32)
    np.cumsum(sizes, out=begins[1:])
    return begins


def _tidy(found: Scan, one: int) -> bool:
    """Whether no white space of another script stands around a value."""
    text = found.codes[found.start[one] : found.end[one]].tobytes().decode()
    return text == text.strip()


@compiled
def _lay(
    codes: Bytes,
    kinds: Ints,
    order: npt.NDArray[np.int64],
    begins: Ints,
    values: tuple[Ints, Ints, Ints],
    filling: tuple[Ints, Hours, Bytes, Bytes],
    columns: tuple[Ints, Ints, Ints, Ints, Ints],
    foreign: Ints,
) -> int:
    """Fill the columns, one after another; gives how many values begin or end with a character that is not ASCII, and
    which in `foreign`. Below zero for a value that is not as it should be.
    """
    rows, starts, ends = values
    whole, hours, text, given = filling
    size, at, bits, text_at, filled = columns
    told, position = 0, 0
    for column in range(len(kinds)):
        if begins[column] == begins[column + 1]:
            continue
        kind, first = kinds[column], at[column]
        last, done = -1, 0  # the last row that has a value, and the offsets written
        text_at[column] = position
        for place in range(begins[column], begins[column + 1]):
            one = order[place]
            row, start, end = rows[one], starts[one], ends[one]
            edge = max(codes[start], codes[end - 1])
            if end - start > MAX_TEXT or min(codes[start], codes[end - 1]) <= _SPACE:
                return FAILED
            if edge >= _ASCII:
                foreign[told] = one
                told += 1
            if row == last and kind != LINE:
                return FAILED
            if kind == DATE:
                if not _day(codes, start, end, whole, first + row):
                    return FAILED
            elif kind == COUNT:
                if not _count(codes, start, end, whole, first + row):
                    return FAILED
            elif kind == HOURS:
                if not _hours(codes, start, end, hours, first + row):
                    return FAILED
            else:
                if row == last:
                    text[position], text[position + 1] = _COMMA, _SPACE
                    position += 2
                while done <= row:
                    whole[first + done] = position - text_at[column]
                    done += 1
                position = _copy(codes, start, end, text, position, kind == FLAG)
            if row != last:
                given[bits[column] + (row >> 3)] |= 1 << (row & 7)
                filled[column] += 1
                last = row
        if kind <= LINE:
            while done <= size[column]:
                whole[first + done] = position - text_at[column]
                done += 1
    return told


@compiled
def _copy(codes: Bytes, start: int, end: int, text: Bytes, position: int, flag: bool) -> int:
    """Append a text, its entities put in; gives where it ends. A flag written as a word is kept as a digit."""
    if flag and (_is(codes, start, end, _TRUE) or _is(codes, start, end, _FALSE)):
        text[position] = _ZERO + (end - start == len(_TRUE))
        return position + 1
    while start < end:
        code, long = codes[start], 1
        if code == _AMPERSAND:
            long, code = entity(codes, start)
        text[position] = code
        position += 1
        start += long
    return position


@compiled
def _is(codes: Bytes, start: int, end: int, word: Bytes) -> bool:
    if end - start != len(word):
        return False
    same = 0
    while same < len(word) and codes[start + same] == word[same]:
        same += 1
    return same == len(word)


@compiled
def _number(codes: Bytes, start: int, end: int) -> int:
    """The number that these digits are, below zero when they are not all digits, or none."""
    number = 0
    for at in range(start, end):
        digit = codes[at] - _ZERO
        if digit < 0 or digit > 9:
            return FAILED
        number = 10 * number + digit
    return number if end > start else FAILED


@compiled
def _count(codes: Bytes, start: int, end: int, whole: Ints, at: int) -> bool:
    number = _number(codes, start, end)
    whole[at] = number
    return number >= 0 and end - start <= _MOST_DIGITS


@compiled
def _hours(codes: Bytes, start: int, end: int, hours: Hours, at: int) -> bool:
    """Up to three digits, and up to two after a point. One division of whole numbers, so it is the nearest there is."""
    point = start
    while point < end and codes[point] != _POINT:
        point += 1
    number = _number(codes, start, point)
    if number < 0 or point - start > _MOST_HOURS:
        return False
    hours[at] = number
    if point < end:
        parts, long = _number(codes, point + 1, end), end - point - 1
        if parts < 0 or long > _MOST_PARTS:
            return False
        power = 10**long
        hours[at] = (number * power + parts) / power
    return True


@compiled
def _day(codes: Bytes, start: int, end: int, whole: Ints, at: int) -> bool:
    """A day of the Gregorian calendar as days from 1970."""
    if end - start != _DAY or codes[start + 4] != _DASH or codes[start + 7] != _DASH:
        return False
    year, month = _number(codes, start, start + 4), _number(codes, start + 5, start + 7)
    day = _number(codes, start + 8, end)
    if year < 1 or month < 1 or month > 12 or day < 1:
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day > _MONTHS[month] + (leap and month == 2):
        return False
    before = year - 1
    days = 365 * before + before // 4 - before // 100 + before // 400 + day
    for one in range(1, month):
        days += _MONTHS[one]
    whole[at] = days + (leap and month > 2) - _EPOCH
    return True
