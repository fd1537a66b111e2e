"""A population reads back as the same people; anything else is refused."""

import pyarrow as pa
import pytest
from pyroaring import BitMap

from rollbook.dataplane.store.populations import decode, encode, from_column, to_column
from rollbook.kernel.refusals import StateBroken

PEOPLE = BitMap([0, 7, 2**21, 2**31, 2**32 - 1, *range(100_000, 200_000)])


def test_encode_and_decode() -> None:
    assert decode(encode(PEOPLE)) == PEOPLE
    assert decode(encode(BitMap())) == BitMap()


def test_the_same_people_give_the_same_bytes_however_they_were_gathered() -> None:
    gathered = BitMap()
    for key in sorted(PEOPLE, reverse=True):
        gathered.add(key)
    assert encode(gathered) == encode(PEOPLE)


@pytest.mark.parametrize("broken", [b"", b"not a set", encode(PEOPLE)[:40]])
def test_other_bytes_are_refused(broken: bytes) -> None:
    with pytest.raises(StateBroken):
        decode(broken)


def test_a_column_and_back_whatever_its_chunks() -> None:
    column = to_column(PEOPLE)
    chunks = pa.chunked_array([column.slice(0, 3), column.slice(3, 0), column.slice(3)])
    assert from_column(chunks) == PEOPLE


def test_a_person_twice_counts_once() -> None:
    assert from_column(pa.chunked_array([pa.array([5, 5, 6], pa.int64())])) == BitMap([5, 6])


def test_a_row_without_a_person_is_refused() -> None:
    with pytest.raises(StateBroken):
        from_column(pa.chunked_array([pa.array([5, None], pa.int64())]))


@pytest.mark.parametrize("key", [-1, 2**32])
def test_a_number_that_is_no_person_key_is_refused(key: int) -> None:
    with pytest.raises(pa.ArrowInvalid):
        from_column(pa.chunked_array([pa.array([key], pa.int64())]))
