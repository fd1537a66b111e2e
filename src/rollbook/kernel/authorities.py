"""Local authority numbers with the days on which each was in force.

Two lists are kept apart, because they answer different questions. A *return* names the authority the school sits in on
census day, so an abolished authority is wrong there. A *UPN* names the authority that issued it, and a number issued
years ago stays valid for life, so in a UPN an abolished authority is right for ever.

Sources: characters 2 to 4 of a UPN, the list of the children in need validator (CSCV) with its 2023 additions; numbers
in returns, the code list of the school census tables (LIIA). Days of creation and abolition are domain knowledge and
not confirmed by the Department for Education; a number without days is taken to be in force always.
"""

from datetime import date
from typing import Final

# Inclusive ranges of numbers found in UPNs, pseudo authorities included.
_UPN_RANGES: Final = (
    (1, 5), (201, 213), (301, 320), (330, 336), (340, 344), (350, 359), (370, 373), (380, 384), (390, 394), (420, 420),
    (660, 681), (701, 708), (800, 803), (805, 808), (810, 813), (815, 816), (820, 823), (825, 826), (830, 831),
    (835, 841), (845, 846), (850, 852), (855, 857), (860, 861), (865, 896), (908, 909), (916, 916), (919, 919),
    (921, 921), (925, 926), (928, 929), (931, 931), (933, 933), (935, 938), (940, 943),
)  # fmt: skip

# English authorities that a school census return may name. The pseudo numbers of the code list (XXX, MMM, NAA), its
# Welsh numbers (660-681) and its service pseudo numbers (701-708) cannot send an English school census.
_PSEUDO_RANGES: Final = ((1, 5), (660, 681), (701, 708))

_CREATED: Final = {
    "838": date(2019, 4, 1), "839": date(2019, 4, 1),  # Dorset; Bournemouth, Christchurch and Poole
    "940": date(2021, 4, 1), "941": date(2021, 4, 1),  # North and West Northamptonshire
    "942": date(2023, 4, 1), "943": date(2023, 4, 1),  # Cumberland; Westmorland and Furness
    "895": date(2009, 4, 1), "896": date(2009, 4, 1),  # Cheshire East; Cheshire West and Chester
    "822": date(2009, 4, 1), "823": date(2009, 4, 1),  # Bedford; Central Bedfordshire
}  # fmt: skip

_LAST_DAY: Final = {
    "820": date(2009, 3, 31), "875": date(2009, 3, 31),  # Bedfordshire; Cheshire
    "835": date(2019, 3, 31), "836": date(2019, 3, 31), "837": date(2019, 3, 31),  # Dorset, Poole, Bournemouth
    "928": date(2021, 3, 31),  # Northamptonshire
    "909": date(2023, 3, 31),  # Cumbria
}  # fmt: skip


def _numbers(ranges: tuple[tuple[int, int], ...]) -> frozenset[str]:
    return frozenset(f"{number:03d}" for first, last in ranges for number in range(first, last + 1))


UPN_AUTHORITIES: Final = _numbers(_UPN_RANGES)
RETURN_AUTHORITIES: Final = UPN_AUTHORITIES - _numbers(_PSEUDO_RANGES)


def may_stand_in_upn(number: str, day: date) -> bool:
    """Whether a UPN held on `day` may carry this authority number: it existed by then, or had existed before."""
    return number in UPN_AUTHORITIES and _CREATED.get(number, date.min) <= day


def in_force(number: str, day: date) -> bool:
    """Whether this authority existed on `day`, so that a return of that census day may name it."""
    known = number in RETURN_AUTHORITIES
    return known and _CREATED.get(number, date.min) <= day <= _LAST_DAY.get(number, date.max)
