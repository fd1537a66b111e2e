"""Person keys: 32-bit numbers, a block of 2^21 for each birth year, given out in order of arrival.

Blocks before 1900 belong to people of unknown birth date, filled one after the other: a national file of pupils whom
only their collection tells apart has more than one block holds, and all of them together have room for 3,984 million.

A birth year runs from 1 September, as school years do. The order keeps people of one age together, which makes sets of
people six times smaller; nothing else may rely on it, since a corrected birth date keeps its key. A key shows the birth
year and so never leaves the data plane.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from rollbook.kernel.refusals import Reason, StateBroken

PLACE_BITS = 21
PLACES = 1 << PLACE_BITS
YEARS = 1 << (32 - PLACE_BITS)
UNKNOWN_YEAR = 0
FIRST_YEAR = 1900
_FIRST_MONTH = 9


@dataclass(frozen=True, slots=True)
class Allocation:
    """Keys given out, in the order asked, and the next free place of each block that was touched."""

    keys: tuple[int, ...]
    next_places: Mapping[int, int]


def birth_year(born: date | None) -> int:
    """The block a birth date belongs to: the calendar year of the 1 September on or before it; 0 when unknown, which
    stands for every block before 1900.

    A year that fits no block (a mistyped date) counts as unknown: the block decides nothing but where the number comes
    from.
    """
    if born is None:
        return UNKNOWN_YEAR
    year = born.year if born.month >= _FIRST_MONTH else born.year - 1
    return year if FIRST_YEAR <= year < YEARS else UNKNOWN_YEAR


def allocate(births: Iterable[date | None], next_places: Mapping[int, int]) -> Allocation:
    """A new key for each birth date, from the places that are free.

    `next_places` has the next free place of every block that was ever used; a block that is not there is empty.

    Raises:
        StateBroken: a block is full.
    """
    places = dict(next_places)
    touched: dict[int, int] = {}
    keys: list[int] = []
    unknown = UNKNOWN_YEAR
    births = tuple(births)
    years = {born: birth_year(born) for born in set(births)}
    for born in births:
        year = years[born]
        if year == UNKNOWN_YEAR:
            while unknown < FIRST_YEAR - 1 and places.get(unknown, 0) >= PLACES:
                unknown += 1
            year = unknown
        place = places.get(year, 0)
        if place >= PLACES:
            raise StateBroken(Reason("key-block-full", "A birth year has no person keys left", where=str(year)))
        keys.append(year << PLACE_BITS | place)
        places[year] = touched[year] = place + 1
    return Allocation(tuple(keys), touched)
