"""The trie over a disclosure set: its root, which is published, and a proof of membership or absence for any label.

Algorithm `rollbook-trie-sha256-v1`: the specification of the log, section 9.4. Reading proofs is `trie_proof`'s
business.
"""

import struct
from collections.abc import Iterable, Sequence
from hashlib import sha256 as _sha256
from itertools import pairwise
from typing import Final, NoReturn

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.tlog.trie_proof import EMPTY, LABEL_BYTES, Answer, Terminal, encode

ALGORITHM: Final = "rollbook-trie-sha256-v1"
LONGEST_SHARED_BITS: Final = 254
# Subtrees above this many labels keep their hashes, so that one proof recomputes a few hundred labels and not the set.
_KEPT_ABOVE = 512


class Trie:
    """A set of distinct 32-byte labels with its hashes. Costs 32 bytes a label; hashes of large subtrees are kept."""

    def __init__(self, labels: Iterable[bytes]) -> None:
        """Sort `labels` and take them over.

        Raises:
            InputRefused: code `label-length`, or `labels-alike` where two share their first 255 bits.
        """
        self._labels = in_order(labels)
        self._kept: dict[tuple[int, int, int], bytes] = {}

    @classmethod
    def from_store(cls, store: bytes) -> "Trie":
        """The trie over a set store: the sorted labels, one after the other."""
        if len(store) % LABEL_BYTES:
            _refuse("label-length", "A set store is a whole number of labels")
        return cls(store[at : at + LABEL_BYTES] for at in range(0, len(store), LABEL_BYTES))

    def store(self) -> bytes:
        """The sorted labels, one after the other: all that is needed to answer proofs later."""
        return b"".join(self._labels)

    def __len__(self) -> int:
        return len(self._labels)

    def root(self) -> bytes:
        """The 32 bytes that commit to the whole set."""
        return self._node(0, len(self._labels), 0)

    def prove(self, label: bytes, above: Sequence[bytes] = ()) -> bytes:
        """The encoded proof that `label` is, or is not, a member (section 10).

        `above` are the siblings from the root down to this trie, where it is the lower part of a larger one.
        """
        low, high, depth = 0, len(self._labels), len(above)
        siblings = list(above)
        while high - low > 1:
            middle = self._split(low, high, depth)
            if label[depth >> 3] >> (7 - (depth & 7)) & 1:
                siblings.append(self._node(low, middle, depth + 1))
                low = middle
            else:
                siblings.append(self._node(middle, high, depth + 1))
                high = middle
            depth += 1
        return encode(siblings, self._terminal(low, high, label))

    def terminal(self, label: bytes) -> Terminal:
        """What stands where `label`'s path ends in a trie of one label or none."""
        return self._terminal(0, len(self._labels), label)

    def _terminal(self, low: int, high: int, label: bytes) -> Terminal:
        if low == high:
            return Terminal(Answer.EMPTY)
        found = self._labels[low]
        return Terminal(Answer.MEMBER) if found == label else Terminal(Answer.OTHER, found)

    def _node(self, low: int, high: int, depth: int) -> bytes:
        if high - low <= _KEPT_ABOVE:
            return fold(self._labels[low:high], depth)
        known = self._kept.get((low, high, depth))
        if known is None:
            middle = self._split(low, high, depth)
            left, right = self._node(low, middle, depth + 1), self._node(middle, high, depth + 1)
            known = self._kept[low, high, depth] = _sha256(b"\x01" + left + right).digest()
        return known

    def _split(self, low: int, high: int, depth: int) -> int:
        """The first place in `low:high` whose label has a 1 at `depth`; all of them share the bits before it."""
        byte, shift, labels = depth >> 3, 7 - (depth & 7), self._labels
        while low < high:
            middle = (low + high) // 2
            if labels[middle][byte] >> shift & 1:
                high = middle
            else:
                low = middle + 1
        return low


def in_order(labels: Iterable[bytes]) -> list[bytes]:
    """The labels sorted.

    Raises:
        InputRefused: code `label-length`, or `labels-alike` where two share their first 255 bits.
    """
    ordered = sorted(labels)
    if any(len(label) != LABEL_BYTES for label in ordered):
        _refuse("label-length", "A label is 32 bytes")
    # Only neighbours can share so much, and they then share their first half too, which is cheap to see.
    for left, right in pairwise(ordered):
        if left[:16] == right[:16] and shared_bits(left, right) > LONGEST_SHARED_BITS:
            _refuse("labels-alike", "Two labels are equal or share their first 255 bits")
    return ordered


def shared_bits(left: bytes, right: bytes) -> int:
    """How many leading bits two labels share."""
    return 8 * LABEL_BYTES - (int.from_bytes(left) ^ int.from_bytes(right)).bit_length()


def fold(labels: list[bytes], depth: int) -> bytes:
    """The node over sorted distinct `labels`, which share their first `depth` bits, in one pass from left to right.

    Waiting left sides stand on a stack with the depth at which they branch; that depth only grows towards the top,
    because a sorted list visits the trie in order.
    """
    if not labels:
        return EMPTY
    waiting: list[tuple[bytes, int]] = []
    before = depth - 1
    for label, after in zip(labels, _branches(labels, depth), strict=True):
        # A single label is a leaf where it stands alone first: one below the deeper of its two branches.
        at, node = (before if before > after else after) + 1, _sha256(b"\x00" + label).digest()
        while waiting and waiting[-1][1] > after:
            left, branch = waiting.pop()
            if at > branch + 1:
                node = _raise(node, label, at, branch + 1)
            node, at = _sha256(b"\x01" + left + node).digest(), branch
        if at > after + 1:
            node = _raise(node, label, at, after + 1)
        waiting.append((node, after))
        before = after
    return node


def _branches(labels: list[bytes], depth: int) -> list[int]:
    """For each label the depth at which it and the next one part; after the last, one above `depth`."""
    # The first 8 bytes tell two labels apart nearly always, and compare many times faster than 32.
    fronts = struct.unpack(">" + "Q24x" * len(labels), b"".join(labels))
    parts = [64 - (left ^ right).bit_length() for left, right in pairwise(fronts)]
    for place, shared in enumerate(parts):
        if shared == 64:
            parts[place] = shared_bits(labels[place], labels[place + 1])
    return [*parts, depth - 1]


def _raise(node: bytes, label: bytes, start: int, end: int) -> bytes:
    """Carry a node from depth `start` up to depth `end` past empty sides, along the bits of `label`."""
    for depth in range(start - 1, end - 1, -1):
        one = label[depth >> 3] >> (7 - (depth & 7)) & 1
        node = _sha256(b"\x01" + (EMPTY + node if one else node + EMPTY)).digest()
    return node


def _refuse(code: str, message: str) -> NoReturn:
    raise InputRefused(Reason(code, message))
