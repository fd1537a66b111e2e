"""On which grounds a released table is revoked, and how many people each needs.

Where somebody could be recognised one person is enough, for every hour counts; whatever else is wrong with a table has
time for a second opinion, or one person could take down a table that somebody dislikes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground for revoking: its words for the public, and how many people it takes."""

    words: str
    people: int


GROUNDS: Final[Mapping[str, Ground]] = MappingProxyType(
    {
        "could-identify": Ground("It could tell of somebody", 1),
        "wrong-figures": Ground("Its figures are wrong", 2),
        "not-allowed": Ground("It should not have been made", 2),
    }
)
# The change by which a correction of an output says that its entry stands for no table any more.
REVOKES: Final[Mapping[str, int]] = MappingProxyType({"tables": 0})
