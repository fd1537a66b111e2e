"""Reads the portable Roaring format container by container, as plain bits.

A whole population of 25 million people as bits is 3 MB and of 256 populations 800 MB; one container of each is 2 MB.
Format: the Roaring bitmap format specification (RoaringFormatSpec): cookie, keys and counts, offsets, containers.
"""

import numpy as np
from numpy.typing import NDArray

from rollbook.kernel.refusals import Reason, StateBroken

CONTAINER = 1 << 16
CONTAINER_BYTES = CONTAINER // 8
_PLAIN, _WITH_RUNS = 12346, 12347
_OFFSETS_FROM = 4
_MOST_IN_ARRAY = 4096

Bits = NDArray[np.uint8]


class Containers:
    """One serialised population. `highs`: the upper 16 bits of the person keys in it, ascending; `people`: how many.

    Raises:
        StateBroken: the bytes are not a Roaring bitmap, or shorter than they say.
    """

    def __init__(self, stored: bytes) -> None:
        self._stored = stored
        try:
            self._read_header()
        except (ValueError, IndexError):
            raise _broken() from None

    def _read_header(self) -> None:
        cookie = int(np.frombuffer(self._stored, "<u4", 1)[0])
        at = 4
        if cookie & 0xFFFF == _WITH_RUNS:
            count = (cookie >> 16) + 1
            flags = np.frombuffer(self._stored, np.uint8, (count + 7) // 8, at)
            runs = np.unpackbits(flags, bitorder="little")[:count].astype(bool)
            at += len(flags)
        elif cookie == _PLAIN:
            count = int(np.frombuffer(self._stored, "<u4", 1, at)[0])
            runs, at = np.zeros(count, bool), at + 4
        else:
            raise ValueError
        header = np.frombuffer(self._stored, "<u2", 2 * count, at).reshape(count, 2)
        at += 4 * count
        if count >= _OFFSETS_FROM or not runs.any():
            at += 4 * count
        self.highs = [int(high) for high in header[:, 0]]
        counts = header[:, 1].astype(np.int64) + 1
        self.people = int(counts.sum())
        self._places: dict[int, tuple[int, int, bool]] = {}
        for high, held, run in zip(self.highs, counts.tolist(), runs.tolist(), strict=True):
            self._places[high] = (at, held, run)
            at += self._size(at, held, run)
        if at != len(self._stored):
            raise ValueError

    def _size(self, at: int, held: int, run: bool) -> int:
        if run:
            return 2 + 4 * int(np.frombuffer(self._stored, "<u2", 1, at)[0])
        return CONTAINER_BYTES if held > _MOST_IN_ARRAY else 2 * held

    def fill(self, high: int, into: Bits) -> None:
        """Write the bits of one container into `into`, 8,192 zero bytes: key `high << 16 | v` is bit `v & 7` of byte
        `v >> 3`. Nothing is written where nobody has such a key.
        """
        if high not in self._places:
            return
        at, held, run = self._places[high]
        if run:
            into[:] = self._from_runs(at)
        elif held > _MOST_IN_ARRAY:
            into[:] = np.frombuffer(self._stored, np.uint8, CONTAINER_BYTES, at)
        else:
            marks = np.zeros(CONTAINER, np.uint8)
            marks[np.frombuffer(self._stored, "<u2", held, at)] = 1
            into[:] = np.packbits(marks, bitorder="little")

    def _from_runs(self, at: int) -> Bits:
        count = int(np.frombuffer(self._stored, "<u2", 1, at)[0])
        pairs = np.frombuffer(self._stored, "<u2", 2 * count, at + 2).reshape(count, 2).astype(np.int64)
        steps = np.zeros(CONTAINER + 1, np.int8)
        np.add.at(steps, pairs[:, 0], 1)
        np.add.at(steps, pairs[:, 0] + pairs[:, 1] + 1, -1)
        return np.packbits(np.cumsum(steps[:-1], dtype=np.int8).view(np.uint8), bitorder="little")


def _broken() -> StateBroken:
    return StateBroken(Reason("population-broken", "A population does not read", mend="Restore it from a backup."))
