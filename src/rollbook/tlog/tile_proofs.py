"""Proofs made from a log's hash tiles: a few files of 8 kB instead of every entry.

The tiles are not believed. Whoever makes a proof of them checks it against a signed root before it is given out.
"""

from collections.abc import Callable
from typing import Final

from rollbook.kernel.encoding import HASH_BYTES
from rollbook.kernel.refusals import Reason, VerificationFailed
from rollbook.tlog.tiles import WIDTH, tile_path
from rollbook.tlog.tree import Frontier, consistency_path, inclusion_path, node_hash

ReadFile = Callable[[str], bytes]
_LEVEL_BITS: Final = 8


class TileTree:
    """The tree of a log of `size` entries, as its tiles give it; `read` maps a path of the log to its bytes."""

    def __init__(self, size: int, read: ReadFile) -> None:
        self.size = size
        self._read = read
        self._tiles: dict[tuple[int, int], bytes] = {}

    def inclusion(self, index: int) -> list[bytes]:
        """The inclusion proof of entry `index`.

        Raises:
            VerificationFailed: code `tile`, where a tile has the wrong length.
        """
        return inclusion_path(index, self.size, self.root_between)

    def consistency(self, old: int) -> list[bytes]:
        """The proof that this tree is a growth of its first `old` entries.

        Raises:
            VerificationFailed: code `tile`, where a tile has the wrong length.
        """
        return consistency_path(old, self.size, self.root_between)

    def root(self) -> bytes:
        """The root over all entries."""
        return self.root_between(0, self.size)

    def root_between(self, start: int, end: int) -> bytes:
        """The root over entries `start` up to `end`; a subtree of RFC 6962, so `start` is a multiple of its width."""
        peaks, at = [], start
        for height in reversed(range((end - start).bit_length())):
            if (end - start) >> height & 1:
                peaks.append(self._node(height, at >> height))
                at += 1 << height
        if not peaks:
            return Frontier().root()
        root = peaks.pop()
        while peaks:
            root = node_hash(peaks.pop(), root)
        return root

    def _node(self, height: int, index: int) -> bytes:
        """The root of full subtree number `index` of 2^height entries."""
        level, above = divmod(height, _LEVEL_BITS)
        first, count = index << above, 1 << above
        tile = self._tile(level, first // WIDTH)
        at = first % WIDTH * HASH_BYTES
        return Frontier(tile[at + HASH_BYTES * n : at + HASH_BYTES * (n + 1)] for n in range(count)).root()

    def _tile(self, level: int, number: int) -> bytes:
        if (level, number) not in self._tiles:
            width = min(WIDTH, (self.size >> _LEVEL_BITS * level) - WIDTH * number)
            path = tile_path(level, number, width)
            tile = self._read(path)
            if len(tile) != width * HASH_BYTES:
                raise VerificationFailed(Reason("tile", "A tile of the log has the wrong length", where=path))
            self._tiles[level, number] = tile
        return self._tiles[level, number]
