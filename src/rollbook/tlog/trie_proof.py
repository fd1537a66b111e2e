"""Proofs that a label is, or is not, in a set: their one encoding, and how to check them.

Source: the specification of the log, section 10 and V7 steps 6 to 9. Every refusal here keeps a second encoding of
the same statement from existing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NoReturn

from rollbook.kernel.encoding import HASH_BYTES, sha256, u8
from rollbook.kernel.refusals import Reason, VerificationFailed

EMPTY: Final = bytes(HASH_BYTES)
LABEL_BYTES: Final = 32
DEEPEST: Final = 255


class Answer(IntEnum):
    """What stands where the label's path ends: nothing, another label, or the label itself."""

    EMPTY = 0
    OTHER = 1
    MEMBER = 2


@dataclass(frozen=True, slots=True)
class Terminal:
    """The end of the path; `other` is the label found there when it is not the own one."""

    answer: Answer
    other: bytes = b""


def encode(siblings: Sequence[bytes], terminal: Terminal) -> bytes:
    """The bytes of a proof with these siblings, root side first."""
    depth = len(siblings)
    bitmap = bytearray((depth + 7) // 8)
    for place, sibling in enumerate(siblings):
        if sibling != EMPTY:
            bitmap[place >> 3] |= 1 << (place & 7)
    sent = b"".join(sibling for sibling in siblings if sibling != EMPTY)
    return u8(depth) + bytes(bitmap) + sent + u8(terminal.answer) + terminal.other


def decode(proof: bytes, label: bytes) -> tuple[list[bytes], Terminal]:
    """The siblings and the end of the path that `proof` states for `label`.

    Raises:
        VerificationFailed: code `trie-proof`, for anything but the one encoding of a statement about `label`.
    """
    depth = _part(proof, 0, 1)[0]
    width = (depth + 7) // 8
    bitmap, at = _part(proof, 1, width), 1 + width
    if depth & 7 and bitmap[-1] >> (depth & 7):
        _refuse("its bitmap goes on below the path")
    siblings = []
    for place in range(depth):
        if bitmap[place >> 3] >> (place & 7) & 1:
            siblings.append(_part(proof, at, HASH_BYTES))
            at += HASH_BYTES
            if siblings[-1] == EMPTY:
                _refuse("it sends an empty side explicitly")
        else:
            siblings.append(EMPTY)
    return siblings, _decode_terminal(proof, at, label, depth)


def _decode_terminal(proof: bytes, at: int, label: bytes, depth: int) -> Terminal:
    kind = _part(proof, at, 1)[0]
    if kind > Answer.MEMBER:
        _refuse("its end has an unknown kind")
    terminal = Terminal(Answer(kind), _part(proof, at + 1, LABEL_BYTES) if kind == Answer.OTHER else b"")
    if at + 1 + len(terminal.other) != len(proof):
        _refuse("it goes on after its end")
    if terminal.answer is Answer.OTHER and (terminal.other == label or not _share_path(terminal.other, label, depth)):
        _refuse("the other label is not on this path")
    return terminal


def check(proof: bytes, label: bytes, root: bytes) -> bool:
    """Whether `label` is in the set with this `root`, as `proof` shows.

    Raises:
        VerificationFailed: code `trie-proof`, where the proof shows neither.
    """
    siblings, terminal = decode(proof, label)
    node = {
        Answer.EMPTY: EMPTY,
        Answer.OTHER: sha256(b"\x00" + terminal.other),
        Answer.MEMBER: sha256(b"\x00" + label),
    }[terminal.answer]
    for depth in range(len(siblings) - 1, -1, -1):
        one = label[depth >> 3] >> (7 - (depth & 7)) & 1
        sides = siblings[depth] + node if one else node + siblings[depth]
        node = sha256(b"\x01" + sides)
    if node != root:
        _refuse("it does not lead to the root in the log")
    return terminal.answer is Answer.MEMBER


def _share_path(other: bytes, label: bytes, depth: int) -> bool:
    return (int.from_bytes(other) ^ int.from_bytes(label)) >> (8 * LABEL_BYTES - depth) == 0


def _part(proof: bytes, at: int, length: int) -> bytes:
    if at + length > len(proof):
        _refuse("it ends early")
    return proof[at : at + length]


def _refuse(why: str) -> NoReturn:
    raise VerificationFailed(Reason("trie-proof", f"The proof of an answer does not hold: {why}"))
