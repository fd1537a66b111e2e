"""A disclosure set of millions on disk, in small parts: built in little memory, asked for one proof at a time.

Part 0 is the index: where each of the other parts begins, and the hashes of the top of the trie. Part `n` holds the
sorted labels that share the first bits of `n - 1`, some hundreds of them. A proof reads two parts. Whoever keeps the
parts encrypts each by its number; reading and writing files is left to others. The root is that of
`rollbook.tlog.trie`, whose algorithm this is: the specification of the log, sections 9.4 and 10.
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256 as _sha256
from itertools import accumulate
from typing import Final

from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.tlog.trie import Trie, fold, in_order
from rollbook.tlog.trie_proof import EMPTY, LABEL_BYTES, encode

LABELS_A_PART: Final = 512
MOST_BITS: Final = 16
INDEX: Final = 0
Keep = Callable[[int, bytes], None]


@dataclass(frozen=True, slots=True)
class Index:
    """What part 0 holds: the set's size and root, where each part begins, and the top of the trie as a heap.

    Node 1 is the root, the sides of node n are 2n and 2n + 1, the last `parts` nodes are the parts' own.
    """

    bits: int
    starts: tuple[int, ...]
    nodes: bytes

    @property
    def size(self) -> int:
        """How many labels the set has."""
        return self.starts[-1]

    @property
    def root(self) -> bytes:
        """The 32 bytes that commit to the whole set."""
        return self.node(1)

    def node(self, place: int) -> bytes:
        """The hash at a place of the heap; EMPTY where no label lies below it."""
        return self.nodes[place * LABEL_BYTES : (place + 1) * LABEL_BYTES]

    def part_of(self, label: bytes) -> int:
        """The number of the part whose labels end `label`'s path: where it lies or would lie, or, where a label stands
        alone higher up, that label's part.
        """
        own = first_bits(label, self.bits)
        for depth in range(self.bits):
            first, after = self._below((1 << depth) + first_bits(label, depth), depth)
            if self.starts[after] - self.starts[first] == 1:
                return next(part for part in range(first, after) if self.starts[part + 1] > self.starts[part]) + 1
        return own + 1

    def span(self, part: int) -> tuple[int, int]:
        """The first label of a part and the first after it, counted over the whole set."""
        return self.starts[part - 1], self.starts[part]

    def write(self) -> bytes:
        """The bytes of part 0."""
        return struct.pack(f">{len(self.starts)}I", *self.starts) + self.nodes

    def prove(self, label: bytes, part: bytes) -> bytes:
        """The encoded proof that `label` is, or is not, a member, from the bytes of `part_of(label)`."""
        below = Trie.from_store(part)
        siblings: list[bytes] = []
        place = 1
        while len(siblings) < self.bits:
            if self._count(place, len(siblings)) <= 1:
                # Where one label stands alone, or none, the path ends.
                return encode(siblings, below.terminal(label))
            one = label[len(siblings) >> 3] >> (7 - (len(siblings) & 7)) & 1
            siblings.append(self.node(2 * place + 1 - one))
            place = 2 * place + one
        return below.prove(label, siblings)

    def _count(self, place: int, depth: int) -> int:
        first, after = self._below(place, depth)
        return self.starts[after] - self.starts[first]

    def _below(self, place: int, depth: int) -> tuple[int, int]:
        """The parts below a place at a depth, counted from 0, and the one after them."""
        width = 1 << (self.bits - depth)
        first = (place - (1 << depth)) * width
        return first, first + width


def bits_for(size: int) -> int:
    """By how many first bits a set of about `size` labels is divided into parts."""
    return min(MOST_BITS, max(0, (size // LABELS_A_PART).bit_length() - 1))


def first_bits(label: bytes, bits: int) -> int:
    """The first `bits` (at most 16) bits of a label as a number."""
    return (label[0] << 8 | label[1]) >> (MOST_BITS - bits)


def index_bytes(bits: int) -> int:
    """How long part 0 is."""
    return 4 * ((1 << bits) + 1) + LABEL_BYTES * (2 << bits)


def build(labels: Iterable[bytes], expected: int, keep: Keep) -> Index:
    """Build the set of `labels`, about `expected` of them; `keep` is given each part's number and bytes, 0 last.

    Needs 32 bytes of memory a label.

    Raises:
        InputRefused: code `label-length`, or `labels-alike` where two share their first 255 bits.
    """
    bits = bits_for(expected)
    shift, parts = MOST_BITS - bits, [bytearray() for _ in range(1 << bits)]
    for label in labels:
        parts[(label[0] << 8 | label[1]) >> shift].extend(label)
    counts, roots = [0], []
    for number, part in enumerate(parts, start=1):
        ordered = in_order(bytes(part[at : at + LABEL_BYTES]) for at in range(0, len(part), LABEL_BYTES))
        part.clear()
        keep(number, b"".join(ordered))
        counts.append(len(ordered))
        roots.append(fold(ordered, bits))
    index = Index(bits, tuple(accumulate(counts)), _top(counts[1:], roots))
    keep(INDEX, index.write())
    return index


def read_index(part: bytes, bits: int) -> Index:
    """The index in the bytes of part 0.

    Raises:
        StateBroken: code `set-broken`.
    """
    if len(part) != index_bytes(bits):
        raise StateBroken(Reason("set-broken", "A set store does not read", mend="Restore it from a backup."))
    after = 4 * ((1 << bits) + 1)
    return Index(bits, struct.unpack(f">{(1 << bits) + 1}I", part[:after]), part[after:])


def _top(counts: list[int], roots: list[bytes]) -> bytes:
    """The heap above the parts. A side that is empty, or a label alone, is carried up unhashed."""
    levels = [roots]
    while len(roots) > 1:
        pairs = [(roots[at], roots[at + 1], counts[at] + counts[at + 1]) for at in range(0, len(roots), 2)]
        roots = [_sha256(b"\x01" + a + b).digest() if n > 1 else (b if a == EMPTY else a) for a, b, n in pairs]
        counts = [n for _, _, n in pairs]
        levels.append(roots)
    return b"".join([EMPTY, *(b"".join(level) for level in reversed(levels))])
