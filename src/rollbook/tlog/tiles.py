"""Which files a log of some size consists of, byte by byte: C2SP `tlog-tiles`; the specification of the log, section 3.

A static file server can serve them; no file changes once a checkpoint covering it is signed.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from rollbook.kernel.encoding import u16
from rollbook.kernel.refusals import Reason, VerificationFailed
from rollbook.tlog.tree import Frontier, leaf_hash

WIDTH: Final = 256
CHECKPOINT: Final = "checkpoint"
# What the log has signed and too few witnesses have cosigned; no verifier accepts it, and nothing leaves under it.
UNWITNESSED: Final = "checkpoint.unwitnessed"


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """The path of hash tile `number` of a level, or of an entry bundle where the level is the word `entries`."""
    groups = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def bundle_paths(size: int) -> list[str]:
    """The paths of the entry bundles of a log of `size` entries, the last one partial where it is not full."""
    full, rest = divmod(size, WIDTH)
    paths = [tile_path("entries", number) for number in range(full)]
    return [*paths, tile_path("entries", full, rest)] if rest else paths


def document_path(digest: bytes) -> str:
    """The path of the detached document with this SHA-256."""
    return f"doc/{digest.hex()}"


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """An entry bundle: each entry after its length in two bytes."""
    return b"".join(u16(len(entry)) + entry for entry in entries)


def decode_bundle(bundle: bytes) -> list[bytes]:
    """The entries of a bundle.

    Raises:
        VerificationFailed: code `bundle`, where lengths and bytes do not agree.
    """
    entries, at = [], 0
    while at < len(bundle):
        length = int.from_bytes(bundle[at : at + 2])
        entry = bundle[at + 2 : at + 2 + length]
        if len(bundle) - at < 2 or len(entry) != length:
            raise VerificationFailed(Reason("bundle", "A file of entries ends in the middle of an entry"))
        entries.append(entry)
        at += 2 + length
    return entries


def split_bundles(bundles: Sequence[bytes], size: int) -> list[bytes]:
    """All entries of a log of `size`, from its bundles in order (V4 step 2).

    Raises:
        VerificationFailed: code `bundle`, where a bundle does not hold the entries it must.
    """
    entries: list[bytes] = []
    for number, bundle in enumerate(bundles):
        part = decode_bundle(bundle)
        if len(part) != min(WIDTH, size - WIDTH * number):
            where = tile_path("entries", number)
            raise VerificationFailed(Reason("bundle", "A file of entries has too many or too few", where=where))
        entries += part
    if len(entries) != size:
        raise VerificationFailed(Reason("bundle", "The log has fewer entries than its checkpoint says"))
    return entries


class Tiles:
    """The growing edge of a log: what its next files are made of. Holds at most 255 entries and 255 hashes a level."""

    def __init__(self) -> None:
        self.tree = Frontier()
        self._bundle: list[bytes] = []
        self._levels: list[list[bytes]] = []
        self._full: list[int] = []
        self._full_bundles = 0

    @property
    def size(self) -> int:
        """How many entries the log has."""
        return self.tree.size

    def copy(self) -> "Tiles":
        """The same edge, to be grown apart from this one."""
        twin = Tiles()
        twin.tree = self.tree.copy()
        twin._bundle = list(self._bundle)
        twin._levels = [list(level) for level in self._levels]
        twin._full, twin._full_bundles = list(self._full), self._full_bundles
        return twin

    def grow(self, entries: Iterable[bytes]) -> dict[str, bytes]:
        """Add entries; gives every file that is new: full tiles and bundles, and the partial ones for the new size."""
        files: dict[str, bytes] = {}
        touched: set[int] = set()
        for entry in entries:
            leaf = leaf_hash(entry)
            self.tree.extend((leaf,))
            self._bundle.append(entry)
            if len(self._bundle) == WIDTH:
                files[tile_path("entries", self._full_bundles)] = encode_bundle(self._bundle)
                self._bundle, self._full_bundles = [], self._full_bundles + 1
            self._add_hash(0, leaf, files, touched)
        if touched and self._bundle:
            files[tile_path("entries", self._full_bundles, len(self._bundle))] = encode_bundle(self._bundle)
        for level in sorted(touched):
            if self._levels[level]:
                path = tile_path(level, self._full[level], len(self._levels[level]))
                files[path] = b"".join(self._levels[level])
        return files

    def _add_hash(self, level: int, node: bytes, files: dict[str, bytes], touched: set[int]) -> None:
        if level == len(self._levels):
            self._levels.append([])
            self._full.append(0)
        touched.add(level)
        tile = self._levels[level]
        tile.append(node)
        if len(tile) == WIDTH:
            files[tile_path(level, self._full[level])] = b"".join(tile)
            self._levels[level], self._full[level] = [], self._full[level] + 1
            self._add_hash(level + 1, Frontier(tile).root(), files, touched)
