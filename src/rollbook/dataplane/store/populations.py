"""Populations: the exact set of people in a use, as a Roaring bitmap of person keys.

The bytes are the portable Roaring format, so that any Roaring library reads them. They leave this module only to be
encrypted: a person key shows the birth year, and a set shows who was in it.
"""

from array import array
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from pyroaring import BitMap

from rollbook.kernel.refusals import Reason, StateBroken

Population = BitMap


def encode(people: BitMap) -> bytes:
    """The population as portable Roaring bytes. The same people give the same bytes, however the set was built."""
    settled = BitMap(people)
    settled.run_optimize()
    return bytes(settled.serialize())


def decode(stored: bytes) -> BitMap:
    """The population that `encode` was given.

    Raises:
        StateBroken: the bytes are no Roaring bitmap.
    """
    try:
        return BitMap.deserialize(stored)
    except (ValueError, TypeError, IndexError):
        mend = "Restore it from a backup."
        raise StateBroken(Reason("population-broken", "A population file does not read", mend=mend)) from None


def from_column(column: "pa.ChunkedArray[Any]") -> BitMap:
    """The people in a column of person keys; duplicates count once. Twelve times faster than number by number."""
    people = BitMap()
    for chunk in column.cast(pa.uint32()).chunks:
        if chunk.null_count:
            raise StateBroken(Reason("person-key", "A row has no person key"))
        values = chunk.buffers()[1]
        if values is None:
            continue
        keys = array("I")
        keys.frombytes(memoryview(values)[chunk.offset * 4 : (chunk.offset + len(chunk)) * 4])
        people |= BitMap(keys)
    return people


def to_column(people: Iterable[int]) -> "pa.Array[Any]":
    """The person keys of a population in ascending order, as the 64-bit column the study tables hold."""
    settled = people if isinstance(people, BitMap) else BitMap(people)
    return pa.array(settled.to_array(), pa.uint32()).cast(pa.int64())
