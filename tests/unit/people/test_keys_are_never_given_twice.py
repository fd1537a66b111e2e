"""Person keys: blocks by birth year, in order of arrival, never twice, never past the end of a block."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.dataplane.people.keys import PLACES, YEARS, allocate, birth_year
from rollbook.kernel.refusals import StateBroken


@pytest.mark.parametrize(
    ("born", "year"),
    [
        (date(2015, 8, 31), 2014),
        (date(2015, 9, 1), 2015),
        (date(2016, 1, 1), 2015),
        (date(1, 1, 1), 0),
        (date(1900, 8, 31), 0),
        (date(1900, 9, 1), 1900),
        (date(9999, 12, 31), 0),
        (None, 0),
    ],
)
def test_a_birth_year_begins_on_1_september(born: date | None, year: int) -> None:
    assert birth_year(born) == year


def test_keys_follow_each_other_in_their_block() -> None:
    born, unknown = date(2015, 10, 1), None
    given_out = allocate([born, unknown, born], {2015: 7})
    assert given_out.keys == ((2015 << 21) + 7, 0, (2015 << 21) + 8)
    assert given_out.next_places == {2015: 9, 0: 1}


def test_every_key_fits_32_bits() -> None:
    last = allocate([date(YEARS - 1, 12, 31)], {YEARS - 1: PLACES - 1})
    assert last.keys == (2**32 - 1,)


def test_a_full_block_gives_nothing() -> None:
    born = date(2015, 10, 1)
    with pytest.raises(StateBroken, match="2015"):
        allocate([born, born], {2015: PLACES - 1})


def test_people_of_unknown_birth_date_have_room_for_national_files() -> None:
    """25 million pupils whom only their collection tells apart: twelve blocks are full, and the next one begins."""
    full = dict.fromkeys(range(12), PLACES)
    assert sum(full.values()) > 25_000_000
    given_out = allocate([None, None], full)
    assert given_out.keys == (12 << 21, (12 << 21) + 1)
    over = allocate([None, None], {0: PLACES - 1})
    assert over.keys == (PLACES - 1, 1 << 21)
    assert over.next_places == {0: PLACES, 1: 1}


def test_the_last_block_of_unknown_birth_dates_gives_nothing_of_a_birth_year() -> None:
    with pytest.raises(StateBroken, match="1899"):
        allocate([None], dict.fromkeys(range(1900), PLACES))


@given(st.lists(st.lists(st.one_of(st.none(), st.dates()), max_size=20), max_size=10))
def test_no_two_people_ever_share_a_key(arrivals: list[list[date | None]]) -> None:
    places: dict[int, int] = {}
    keys: list[int] = []
    for births in arrivals:
        made = allocate(births, places)
        places.update(made.next_places)
        keys += made.keys
    assert len(set(keys)) == len(keys)
    assert all(0 <= key < 2**32 for key in keys)
