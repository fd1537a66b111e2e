"""The bytes of a membership: who is in which cell of a released table, kept to audit later tables against it.

A part for the outline and one for each block of people, so that an audit opens only what it needs. Ascending keys
differ by little, cells repeat, and so do amounts: the bytes of each place of a number stand together and are packed
(Zstandard), which takes a few bytes for each person. They leave this module only to be encrypted.
"""

import json
import struct
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.sdc.membership import (
    STEPS,
    Face,
    Kept,
    Membership,
    Numbers,
    Outline,
    Rows,
    blocks,
    outline,
)

PARTS = STEPS + 2
Read = TypeVar("Read")
_LEVEL = 1
_CODEC = pa.Codec("zstd", compression_level=_LEVEL)
_ONES, _AMOUNTS = 0, 1


def membership(
    people: npt.NDArray[np.uint32],
    cells: npt.NDArray[np.uint32],
    parts: tuple[Numbers, ...],
    amounts: npt.NDArray[np.float32] | None = None,
) -> Membership:
    """A membership from one row for each person, in any order: person key, inner cell, amount."""
    order = np.argsort(people, kind="stable")
    rows = Rows(people[order], cells[order], None if amounts is None else amounts[order])
    return Membership(rows, len(parts[0]), parts)


def encode(table: Membership) -> list[bytes]:
    """The membership as bytes, `PARTS` of them."""
    about = outline(table)
    place = blocks(table, about)
    return [_outline_bytes(about), *(_rows_bytes(table.rows.of(place == number)) for number in range(STEPS + 1))]


def decode(part: Callable[[int], bytes]) -> Kept:
    """The membership that `encode` was given; part 0 is read now, the others when an audit asks for them.

    Raises:
        StateBroken: the bytes are no membership; also from reading a block.
    """
    return Kept(_sound(_outline_from, part(0)), lambda number: _sound(_rows_from, part(number + 1)))


def _sound(read: Callable[[bytes], Read], stored: bytes) -> Read:
    try:
        return read(stored)
    except (pa.ArrowInvalid, OSError, KeyError, ValueError, struct.error) as error:
        reason = Reason("membership-broken", "A membership file does not read", mend="Restore it from a backup.")
        raise StateBroken(reason) from error


def _outline_bytes(about: Outline) -> bytes:
    head = json.dumps({"count": about.count, "parts": len(about.parts), "faces": len(about.faces)}).encode()
    arrays = [*about.parts, *(one for face in about.faces for one in (face.sizes, face.prints.ravel()))]
    return struct.pack("<I", len(head)) + head + b"".join(_packed(one.astype("<u8")) for one in arrays)


def _outline_from(stored: bytes) -> Outline:
    (size,) = struct.unpack_from("<I", stored)
    head, rest = json.loads(stored[4 : 4 + size]), _Bytes(stored, 4 + size)
    parts = tuple(rest.unpacked("<u8").astype(np.int64) for _ in range(head["parts"]))
    faces = []
    for _ in range(head["faces"]):
        sizes, prints = (rest.unpacked("<u8").astype(np.int64) for _ in range(2))
        faces.append(Face(sizes, prints.reshape(len(sizes), -1) if len(sizes) else np.zeros((0, 1), np.int64)))
    return Outline(int(head["count"]), parts, tuple(faces))


def _rows_bytes(rows: Rows) -> bytes:
    steps = np.diff(rows.people, prepend=np.uint32(0)).astype("<u4")
    kind = _ONES if rows.amounts is None else _AMOUNTS
    amounts = b"" if rows.amounts is None else _packed(rows.amounts.astype("<f4").view("<u4"))
    return bytes([kind]) + _packed(steps) + _packed(rows.cells.astype("<u4")) + amounts


def _rows_from(stored: bytes) -> Rows:
    rest = _Bytes(stored, 1)
    people = np.cumsum(rest.unpacked("<u4"), dtype=np.uint32)
    cells = rest.unpacked("<u4")
    amounts = rest.unpacked("<u4").view(np.float32) if stored[0] == _AMOUNTS else None
    if len(people) != len(cells):
        raise ValueError("as many cells as people")
    return Rows(people, cells, amounts)


def _packed(numbers: npt.NDArray[np.unsignedinteger]) -> bytes:
    """Numbers as planes of bytes, those of the same place together, as many planes as are not empty."""
    width = numbers.dtype.itemsize
    planes = numbers.view(np.uint8).reshape(-1, width).T
    kept = max((place + 1 for place in range(width) if planes[place].any()), default=0)
    pressed = [_CODEC.compress(planes[place].tobytes(), asbytes=True) for place in range(kept)]
    sizes = [len(one) for one in pressed]
    return struct.pack(f"<QB{kept}Q", len(numbers), kept, *sizes) + b"".join(pressed)


class _Bytes:
    """Bytes read from front to back."""

    def __init__(self, stored: bytes, at: int) -> None:
        self._stored, self._at = stored, at

    def unpacked(self, kind: str) -> npt.NDArray[np.unsignedinteger]:
        """What `_packed` wrote, next in line."""
        count, kept = struct.unpack_from("<QB", self._stored, self._at)
        sizes = struct.unpack_from(f"<{kept}Q", self._stored, self._at + 9)
        at = self._at + 9 + 8 * kept
        width = np.dtype(kind).itemsize
        numbers = np.zeros((count, width), np.uint8)
        for place, size in enumerate(sizes):
            plane = _CODEC.decompress(self._stored[at : at + size], decompressed_size=count, asbytes=True)
            numbers[:, place] = np.frombuffer(plane, np.uint8)
            at += size
        self._at = at
        return numbers.reshape(-1).view(kind)
