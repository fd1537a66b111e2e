"""Unique pupil numbers (UPN) and unique learner numbers (ULN): form, check letter, check digit.

A UPN is a check letter, the issuing authority (3), the issuing school (4), the year of issue (2) and a serial (3). A
temporary UPN ends in a letter instead of a digit. The letters I, O and S are never used, which leaves 23; the check
letter is the weighted sum of the other characters modulo that prime, so every single wrong digit and every swap of two
different neighbours is caught.

No function here puts the number itself into a message: a UPN is personal data.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from rollbook.kernel.authorities import may_stand_in_upn
from rollbook.kernel.refusals import InputRefused, Reason

LETTERS: Final = "ABCDEFGHJKLMNPQRTUVWXYZ"
_VALUE: Final = {**{str(digit): digit for digit in range(10)}, **{letter: n for n, letter in enumerate(LETTERS)}}
# The weighted sum of two neighbours, for each place a pair can stand in: six look-ups in place of twelve products.
_PAIRS: Final = tuple(
    {one + other: weight * _VALUE[one] + (weight + 1) * _VALUE[other] for one in _VALUE for other in _VALUE}
    for weight in range(2, 14, 2)
)
_BODY: Final = re.compile(rf"[0-9]{{11}}[0-9{LETTERS}]")
_ULN: Final = re.compile(r"[0-9]{10}")
_MEND_UPN: Final = "Look the pupil up in the school's own system or ask the last school for the right UPN."


class UpnKind(StrEnum):
    """A temporary UPN stands in until the pupil's own is known."""

    PERMANENT = "permanent"
    TEMPORARY = "temporary"


@dataclass(frozen=True, slots=True)
class Upn:
    """A UPN whose form and check letter hold. `str(upn)` is the number."""

    value: str
    kind: UpnKind

    def __str__(self) -> str:
        return self.value


class UpnFault(StrEnum):
    """What can be wrong with a UPN, in the words of a message."""

    LENGTH = "it does not have 13 characters"
    DIGITS = "characters 2 to 12 must be digits"
    LAST = "character 13 must be a digit or a letter other than I, O and S"
    LETTER = "the check letter is wrong"
    AUTHORITY = "characters 2 to 4 are not a known local authority"


def check_letter(body: str) -> str:
    """The check letter of characters 2 to 13 of a UPN, permanent or temporary. Refuses any other form of body."""
    if not _BODY.fullmatch(body):
        raise InputRefused(Reason("upn-form", "This is not characters 2 to 13 of a UPN", "UPN", _MEND_UPN))
    return _letter(body)


def _letter(body: str) -> str:
    return LETTERS[
        (
            _PAIRS[0][body[:2]] + _PAIRS[1][body[2:4]] + _PAIRS[2][body[4:6]]
            + _PAIRS[3][body[6:8]] + _PAIRS[4][body[8:10]] + _PAIRS[5][body[10:]]
        )
        % len(LETTERS)
    ]  # fmt: skip


def upn_faults(text: str, day: date | None = None) -> tuple[UpnFault, ...]:
    """Everything wrong with a UPN; empty when it is right. The authority is looked up only when `day` is given."""
    if len(text) != 13:
        return (UpnFault.LENGTH,)
    known = day is None or may_stand_in_upn(text[1:4], day)
    if known and _BODY.fullmatch(text[1:]) and text[0] == _letter(text[1:]):
        return ()
    tests: list[tuple[UpnFault, Callable[[], bool]]] = [
        (UpnFault.DIGITS, lambda: not re.fullmatch(r"[0-9]{11}", text[1:12])),
        (UpnFault.LAST, lambda: text[12] not in _VALUE),
        (UpnFault.LETTER, lambda: bool(_BODY.fullmatch(text[1:])) and text[0] != check_letter(text[1:])),
        (UpnFault.AUTHORITY, lambda: not known),
    ]
    return tuple(fault for fault, broken in tests if broken())


def parse_upn(text: str, day: date | None = None) -> Upn:
    """The UPN in `text`, refused with every fault it has. `day` also asks whether its authority was known by then."""
    faults = upn_faults(text, day)
    if faults:
        raise InputRefused(
            Reason(f"upn-{fault.name.lower()}", f"The UPN is not valid: {fault}", "UPN", _MEND_UPN) for fault in faults
        )
    return Upn(text, UpnKind.PERMANENT if text[12] in "0123456789" else UpnKind.TEMPORARY)


def uln_ok(text: str) -> bool:
    """Whether a ULN has ten digits and its weighted sum (10 down to 1) leaves 10 modulo 11."""
    if not _ULN.fullmatch(text):
        return False
    return sum(weight * int(digit) for weight, digit in zip(range(10, 0, -1), text, strict=True)) % 11 == 10
