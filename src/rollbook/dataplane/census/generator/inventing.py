"""Invented names, places and postcodes.

Names are built from syllables chosen so that no common name comes out, and postcodes stand in ZZ99, where nobody lives,
so that no invented pupil can be taken for a real one.
"""

from random import Random
from typing import Final

_STARTS: Final = ("Bryx", "Drov", "Fjel", "Gwaz", "Hrun", "Jzor", "Klym", "Mryd", "Nwex", "Qual", "Skij", "Thrap",
                  "Vlim", "Wroz", "Xand", "Yvek", "Zhul", "Czav", "Pfen", "Uqor")  # fmt: skip
_MIDDLES: Final = ("a", "e", "i", "o", "u", "ou", "ae", "ia", "y", "é")
_SURNAME_ENDS: Final = (
    "bexley-Quor",
    "dwick",
    "grath",
    "lumz",
    "monde",
    "prax",
    "quist",
    "rvane",
    "stoq",
    "tvik",
    "xworth",
    "zemor",
)
_FORENAME_ENDS: Final = ("da", "fi", "kko", "lle", "mbo", "nix", "qua", "ris", "tza", "vro", "xa", "zel")
_STREETS: Final = ("Road", "Lane", "Close", "Street", "Way", "Rise")
_POSTCODE_LETTERS: Final = "ABDEFGHJLNPQRSTUWXYZ"


def surname(rng: Random) -> str:
    """One of about 2,400 surnames."""
    return rng.choice(_STARTS) + rng.choice(_MIDDLES) + rng.choice(_SURNAME_ENDS)


def forename(rng: Random, avoid: str = "") -> str:
    """One of about 2,400 first names, not beginning with the letter `avoid`."""
    start = rng.choice([name for name in _STARTS if not avoid or name[0] != avoid])
    return start + rng.choice(_MIDDLES) + rng.choice(_FORENAME_ENDS)


def place(rng: Random) -> str:
    """The name of a town or a school's neighbourhood."""
    return rng.choice(_STARTS) + rng.choice("aeiou") + rng.choice(("mere", "bury", "thorpe", "ham", "by", "stead"))


def street(rng: Random) -> str:
    """The name of a street."""
    return f"{rng.choice(_STARTS)}{rng.choice('aeiou')} {rng.choice(_STREETS)}"


def postcode(rng: Random) -> str:
    """A postcode in ZZ99."""
    return f"ZZ99 {rng.randrange(10)}{rng.choice(_POSTCODE_LETTERS)}{rng.choice(_POSTCODE_LETTERS)}"


def weighted(rng: Random, weights: dict[str, float] | dict[str, int]) -> str:
    """One key, by weight."""
    return rng.choices(list(weights), list(weights.values()))[0]
