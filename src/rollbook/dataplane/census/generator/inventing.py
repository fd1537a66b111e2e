"""Invented names, places and postcodes.

Names are built from syllables chosen so that no common name comes out. Postcodes stand in areas that begin with Z and
do not exist (the one that does, ZE, is left out), so that no invented pupil can be taken for a real one.
"""

from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate
from random import Random
from typing import Final

_STARTS: Final = ("Bryx", "Drov", "Fjel", "Gwaz", "Hrun", "Jzor", "Klym", "Mryd", "Nwex", "Qual", "Skij", "Thrap",
                  "Vlim", "Wroz", "Xand", "Yvek", "Zhul", "Czav", "Pfen", "Uqor")  # fmt: skip
_MIDDLES: Final = ("a", "e", "i", "o", "u", "ou", "ae", "ia", "y", "é")
_LINKS: Final = ("nd", "rm", "lv", "sk", "zb", "gt", "mn", "rr")
_SURNAME_ENDS: Final = (
    "bexley-Quor", "dwick", "grath", "lumz", "monde", "prax", "quist", "rvane", "stoq", "tvik", "xworth", "zemor",
)  # fmt: skip
_FORENAME_ENDS: Final = ("da", "fi", "kko", "lle", "mbo", "nix", "qua", "ris", "tza", "vro", "xa", "zel")
_STREETS: Final = ("Road", "Lane", "Close", "Street", "Way", "Rise")
_POSTCODE_LETTERS: Final = "ABDEFGHJLNPQRSTUWXYZ"
_POSTCODE_AREAS: Final = tuple(f"Z{letter}" for letter in "ABCDFGHKLMNPQRTUVWXY")
_DISTRICTS: Final = 10  # an authority's postcode districts


class Dial:
    """Weighted choice, made ready once."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._names = tuple(weights)
        self._steps = tuple(accumulate(weights.values()))
        self._last = len(self._names) - 1

    def draw(self, rng: Random) -> str:
        """One name, by weight."""
        return self._names[min(bisect(self._steps, rng.random() * self._steps[-1]), self._last)]


def surname(rng: Random) -> str:
    """One of about 190,000 surnames, the 2,400 short ones far more often."""
    pick = rng.random
    middle = _MIDDLES[int(pick() * 10)]
    if pick() < 0.5:
        middle += _LINKS[int(pick() * 8)] + _MIDDLES[int(pick() * 10)]
    return _STARTS[int(pick() * 20)] + middle + _SURNAME_ENDS[int(pick() * 12)]


def forename(rng: Random, avoid: str = "") -> str:
    """One of about 2,400 first names, not beginning with the letter `avoid`."""
    pick = rng.random
    start = _STARTS[int(pick() * 20)]
    while avoid and start[0] == avoid:
        start = _STARTS[int(pick() * 20)]
    return start + _MIDDLES[int(pick() * 10)] + _FORENAME_ENDS[int(pick() * 12)]


def respelled(rng: Random, name: str) -> str:
    """The same name with one letter after the first changed, as a typing slip or its correction changes it."""
    place = 1 + int(rng.random() * (len(name) - 1))
    letters = [letter for letter in "aeioulmnrst" if letter != name[place]]
    return name[:place] + rng.choice(letters) + name[place + 1 :]


def place(rng: Random) -> str:
    """The name of a town or a school's neighbourhood."""
    return rng.choice(_STARTS) + rng.choice("aeiou") + rng.choice(("mere", "bury", "thorpe", "ham", "by", "stead"))


def street(rng: Random) -> str:
    """The name of a street."""
    pick = rng.random
    return f"{_STARTS[int(pick() * 20)]}{'aeiou'[int(pick() * 5)]} {_STREETS[int(pick() * 6)]}"


def postcode(rng: Random, area: int = 0) -> str:
    """A postcode of one authority, where nobody lives."""
    pick = rng.random
    letters = _POSTCODE_AREAS[area % len(_POSTCODE_AREAS)]
    district = 1 + (area // len(_POSTCODE_AREAS) * _DISTRICTS + int(pick() * _DISTRICTS)) % 99
    unit = _POSTCODE_LETTERS[int(pick() * 20)] + _POSTCODE_LETTERS[int(pick() * 20)]
    return f"{letters}{district} {int(pick() * 10)}{unit}"
