"""How the verdicts of one turn decide about an output: two alike do; until then everybody of the turn may think again.

A turn begins when the author submits. Its first two checkers are blind: neither sees the other. When they differ, the
turn is consolidating: they see each other, may change their verdicts, and one more checker may join to unblock it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rollbook.policy.states import OutputState


class Ruling(StrEnum):
    """What one checker says of an output."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"


CHECKERS: Final = 2
# With one more than two there is always a way out of a split.
MOST_CHECKERS: Final = 3

LEADS_TO: Mapping[Ruling, OutputState] = MappingProxyType(
    {
        Ruling.APPROVE: OutputState.AGREED,
        Ruling.RETURN: OutputState.RETURNED,
        Ruling.REJECT: OutputState.REJECTED,
    }
)


def decided(rulings: Iterable[str]) -> OutputState | None:
    """The state that the rulings given so far lead to; None while they leave the output where it is."""
    given = Counter(Ruling(one) for one in rulings)
    for ruling, votes in given.items():
        if votes >= CHECKERS:
            return LEADS_TO[ruling]
    return OutputState.CONSOLIDATING if given.total() >= CHECKERS else None
