"""The hash tree of RFC 6962: roots, and proofs that an entry is in a tree or that one tree grew out of another.

Hashes are 32 bytes. Source: the specification of the log, section 3 and V3; RFC 6962 section 2.1.
"""

from collections.abc import Callable, Iterable, Sequence

from rollbook.kernel.encoding import sha256
from rollbook.kernel.refusals import Reason, VerificationFailed

# The root over the leaves from a start up to an end, as the proofs of RFC 6962 ask for it.
RootBetween = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return sha256(b"\x00" + entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children."""
    return sha256(b"\x01" + left + right)


class Frontier:
    """A growing tree reduced to what its root needs: the roots of its full subtrees, largest first.

    Holds about log2(size) hashes. `copy` is cheap, so a writer can try a batch on a copy.
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self.size = 0
        self._peaks: list[bytes] = []
        self.extend(leaves)

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes at the end."""
        for leaf in leaves:
            node, size = leaf, self.size
            while size & 1:
                node = node_hash(self._peaks.pop(), node)
                size >>= 1
            self._peaks.append(node)
            self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        if not self._peaks:
            return sha256(b"")
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = node_hash(peak, node)
        return node

    def copy(self) -> "Frontier":
        """The same tree, to be grown apart from this one."""
        twin = Frontier()
        twin.size, twin._peaks = self.size, list(self._peaks)
        return twin


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    return Frontier(leaves).root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes from leaf to root that show leaf `index` in the tree over `leaves`."""
    return inclusion_path(index, len(leaves), lambda start, end: root_of(leaves[start:end]))


def consistency_proof(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """The hashes that show the tree over `leaves` to be a growth of the tree over its first `old`; RFC 6962 2.1.2."""
    return consistency_path(old, len(leaves), lambda start, end: root_of(leaves[start:end]))


def inclusion_path(index: int, size: int, root_between: RootBetween) -> list[bytes]:
    """The inclusion proof of leaf `index` in a tree of `size`, with `root_between(start, end)` for the subtrees."""
    return _path(index, root_between, 0, size)


def consistency_path(old: int, new: int, root_between: RootBetween) -> list[bytes]:
    """The consistency proof between two sizes, with `root_between(start, end)` for the subtrees."""
    if not 0 < old < new:
        return []
    return _subproof(old, root_between, 0, new, whole=True)


def _path(index: int, root_between: RootBetween, start: int, end: int) -> list[bytes]:
    if end - start == 1:
        return []
    split = start + _split(end - start)
    if index < split:
        return [*_path(index, root_between, start, split), root_between(split, end)]
    return [*_path(index, root_between, split, end), root_between(start, split)]


def _subproof(old: int, root_between: RootBetween, start: int, end: int, *, whole: bool) -> list[bytes]:
    if old == end - start:
        return [] if whole else [root_between(start, end)]
    split = _split(end - start)
    middle = start + split
    if old <= split:
        return [*_subproof(old, root_between, start, middle, whole=whole), root_between(middle, end)]
    return [*_subproof(old - split, root_between, middle, end, whole=False), root_between(start, middle)]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root that `proof` gives for `leaf` at `index` of a tree of `size` leaves (V3, steps 3 to 5).

    Raises:
        VerificationFailed: code `inclusion`, where the proof has the wrong length for this place.
    """
    if not 0 <= index < size:
        raise _refused("inclusion", "The index is not in the log of this size")
    place, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise _refused("inclusion", "The inclusion proof is too long")
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise _refused("inclusion", "The inclusion proof is too short")
    return node


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Refuse unless `proof` shows `leaf` at `index` in the tree of `size` leaves with this `root`.

    Raises:
        VerificationFailed: code `inclusion`.
    """
    if root_from_inclusion(index, size, leaf, proof) != root:
        raise _refused("inclusion", "The entry is not in the log at this place")


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Refuse unless `proof` shows the tree of `new` leaves to begin with the tree of `old` (RFC 9162 section 2.1.4.2).

    Raises:
        VerificationFailed: code `consistency`.
    """
    if not 0 <= old <= new:
        raise _refused("consistency", "The log has become shorter")
    if old in (0, new):
        if proof or (old == new and old_root != new_root):
            raise _refused("consistency", "Two logs of one size have different roots, or the proof is not empty")
        return
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    path = list(proof) if place else [old_root, *proof]
    if not path:
        raise _refused("consistency", "The consistency proof is too short")
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise _refused("consistency", "The consistency proof is too long")
        if place & 1 or place == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        place, last = place >> 1, last >> 1
    if last != 0 or first != old_root or second != new_root:
        raise _refused("consistency", "The newer log does not begin with the older one")


def _refused(code: str, message: str) -> VerificationFailed:
    return VerificationFailed(Reason(code, message))
