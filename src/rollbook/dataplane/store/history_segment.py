"""One segment of the index of who was in which use: up to 256 populations, turned so that one person is one read.

A segment is a file that never changes: a header in the clear (its name, the epochs it covers), blocks, a directory, and
where the directory stands. A block holds 1,024 neighbouring person keys, 128 bytes of bits for each use one after the
other, compressed with Zstandard and sealed; a block nobody is in has no bytes. The directory (which uses, which blocks,
how long) is sealed as well: the length of a block tells how many of its people were in a use. Everything is sealed by
one cipher, which needs the keys of *all* epochs the segment covers.

Left to others: keys (`rollbook.services.platform.keys`), which uses a segment gets (`history_index`).
"""

import json
import os
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from rollbook.dataplane.store.roaring_bits import CONTAINER_BYTES, Containers
from rollbook.kernel.refusals import Reason, StateBroken

MAGIC: Final = b"rbhist\x00\x01"
MOST_USES: Final = 256
PEOPLE_A_BLOCK: Final = 1024
_COLUMN_BYTES: Final = PEOPLE_A_BLOCK // 8
_BLOCKS_A_CONTAINER: Final = CONTAINER_BYTES // _COLUMN_BYTES
# The directory's number; a block's is its place in the whole space of 32-bit keys, which is far smaller.
_DIRECTORY: Final = (1 << 64) - 1
_TRAILER_BYTES: Final = 16
_ZSTD: Any = pa.Codec("zstd", compression_level=1)


class Cipher(Protocol):
    """Seals the parts of one segment. The same number is sealed once and never again with other bytes.

    `open` raises StateBroken when the bytes were changed, or belong to another number or segment.
    """

    def seal(self, number: int, plaintext: bytes) -> bytes: ...
    def open(self, number: int, sealed: bytes) -> bytes: ...


class UseOfPeople(NamedTuple):
    """One use by its population: the random name of the file, and the epoch whose key the file is under."""

    name: str
    epoch: str


@dataclass(frozen=True, slots=True)
class Column:
    """One use as it goes into a segment: its population in the portable Roaring format."""

    use: UseOfPeople
    stored: bytes


def write(path: Path, name: str, columns: Sequence[Column], cipher: Cipher) -> None:
    """Write the segment `name` of these uses to `path`, which may not exist, and make it durable.

    Raises:
        StateBroken: a population does not read, or what was written does not have as many people as it.
    """
    parts = [Containers(one.stored) for one in columns]
    highs = sorted({high for part in parts for high in part.highs})
    lengths = array("I", bytes(4 * len(highs) * _BLOCKS_A_CONTAINER))
    people = np.zeros(len(columns), np.int64)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        at = handle.write(_header(name, columns))
        for place, high in enumerate(highs):
            bits = _bits(parts, high)
            people += np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
            for block, plaintext in _blocks(bits):
                lengths[place * _BLOCKS_A_CONTAINER + block] = handle.write(
                    cipher.seal(high * _BLOCKS_A_CONTAINER + block, plaintext)
                )
        if people.tolist() != [part.people for part in parts]:
            raise _broken(path, "The index has other people than the populations")
        at += sum(lengths)
        directory = cipher.seal(_DIRECTORY, _directory(columns, highs, lengths))
        handle.write(directory + at.to_bytes(8, "big") + MAGIC)
        handle.flush()
        os.fsync(handle.fileno())


def _header(name: str, columns: Sequence[Column]) -> bytes:
    epochs = sorted({one.use.epoch for one in columns})
    text = json.dumps({"name": name, "epochs": epochs}).encode()
    return MAGIC + len(text).to_bytes(4, "big") + text


def _bits(parts: Sequence[Containers], high: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    bits = np.zeros((len(parts), CONTAINER_BYTES), np.uint8)
    for row, part in zip(bits, parts, strict=True):
        part.fill(high, row)
    return bits


def _blocks(bits: np.ndarray[Any, np.dtype[np.uint8]]) -> Iterator[tuple[int, bytes]]:
    """The blocks of one container that hold anybody: number within the container, compressed bits."""
    by_block = np.ascontiguousarray(bits.reshape(len(bits), _BLOCKS_A_CONTAINER, _COLUMN_BYTES).transpose(1, 0, 2))
    for number in np.flatnonzero(by_block.any(axis=(1, 2))).tolist():
        yield number, _ZSTD.compress(by_block[number].tobytes(), asbytes=True)


def _directory(columns: Sequence[Column], highs: Sequence[int], lengths: "array[int]") -> bytes:
    uses = json.dumps([list(one.use) for one in columns]).encode()
    plain = len(uses).to_bytes(4, "big") + uses + np.array(highs, "<u2").tobytes() + np.array(lengths, "<u4").tobytes()
    packed: bytes = _ZSTD.compress(plain, asbytes=True)
    return len(plain).to_bytes(4, "big") + packed


def header_of(path: Path) -> tuple[str, tuple[str, ...]]:
    """The name in a segment's header and the epochs it covers: all that can be read without a key.

    Raises:
        StateBroken: this is no segment, or not a whole one.
    """
    with path.open("rb") as handle:
        start = handle.read(12)
        text = handle.read(int.from_bytes(start[8:], "big")) if start[:8] == MAGIC else b""
    try:
        header = json.loads(text)
        return str(header["name"]), tuple(map(str, header["epochs"]))
    except (ValueError, KeyError, TypeError):
        raise _broken(path, "A file of the index of uses is not whole") from None


class Segment:
    """A segment opened for reading. One look-up is one read, one opening and one decompression.

    Raises:
        StateBroken: it is not whole, was changed, or is under another key.
    """

    def __init__(self, path: Path, cipher: Cipher) -> None:
        self.path, self.epochs = path, frozenset(header_of(path)[1])
        self._cipher = cipher
        self._file = os.open(path, os.O_RDONLY)
        try:
            self._read_directory()
        except BaseException:
            self.close()
            raise

    def _read_directory(self) -> None:
        size = os.fstat(self._file).st_size
        trailer = os.pread(self._file, _TRAILER_BYTES, max(0, size - _TRAILER_BYTES))
        start = int.from_bytes(trailer[:8], "big")
        if trailer[8:] != MAGIC or not 0 < start < size - _TRAILER_BYTES:
            raise _broken(self.path, "A file of the index of uses is not whole")
        sealed = os.pread(self._file, size - _TRAILER_BYTES - start, start)
        packed = self._cipher.open(_DIRECTORY, sealed)
        plain = _unpack(packed[4:], int.from_bytes(packed[:4], "big"))
        text = 4 + int.from_bytes(plain[:4], "big")
        self.uses = tuple(UseOfPeople(*one) for one in json.loads(plain[4:text]))
        count = (len(plain) - text) // (2 + 4 * _BLOCKS_A_CONTAINER)
        highs = np.frombuffer(plain, "<u2", count, text).tolist()
        lengths = np.frombuffer(plain, "<u4", count * _BLOCKS_A_CONTAINER, text + 2 * count)
        self._first = {high: place * _BLOCKS_A_CONTAINER for place, high in enumerate(highs)}
        ends = start - int(lengths.sum(dtype=np.int64)) + np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        self._starts = array("q", ends.tobytes())
        self.names = frozenset(one.name for one in self.uses)
        self._names = np.array([one.name for one in self.uses], object)

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def names_with(self, person_key: int) -> list[str]:
        """The names of the uses this person was in.

        Raises:
            StateBroken: the block was changed or cannot be read.
        """
        first = self._first.get(person_key >> 16)
        if first is None:
            return []
        place = first + (person_key >> 10) % _BLOCKS_A_CONTAINER
        start, end = self._starts[place], self._starts[place + 1]
        if start == end:
            return []
        sealed = os.pread(self._file, end - start, start)
        bits = _unpack(self._cipher.open(person_key >> 10, sealed), len(self.uses) * _COLUMN_BYTES)
        column = np.frombuffer(bits, np.uint8)[(person_key % PEOPLE_A_BLOCK) >> 3 :: _COLUMN_BYTES]
        found: list[str] = self._names[(column & (1 << (person_key & 7))) != 0].tolist()
        return found


def _unpack(packed: bytes, size: int) -> bytes:
    plain: bytes = _ZSTD.decompress(packed, decompressed_size=size, asbytes=True)
    return plain


def _broken(path: Path, message: str) -> StateBroken:
    mend = "The index is made again from the populations by itself; until then they answer."
    return StateBroken(Reason("history-index", message, where=path.name, mend=mend))
