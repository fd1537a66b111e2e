"""The interval shown for a padded size holds every number that is padded to it, and no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.services.platform.sizes import Interval, interval
from rollbook.tlog.labels import padded


@given(st.integers(0, 30_000_000))
def test_a_number_lies_in_the_interval_of_its_padded_size(people: int) -> None:
    found = interval(padded(people))
    assert found.low <= people <= found.high
    assert padded(found.high) == padded(people)
    assert padded(max(found.low, 0)) == padded(people)
    assert found.low == 0 or padded(found.low - 1) < padded(people)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (1024, "at most 1,024"),
        (1088, "between 1,025 and 1,088"),
        (71680, "between 69,633 and 71,680"),
    ],
)
def test_the_examples_of_the_specification(size: int, words: str) -> None:
    assert str(interval(size)) == words


def test_intervals_add_up() -> None:
    assert interval(1024) + interval(1088) == Interval(1025, 2112)
