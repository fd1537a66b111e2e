"""Records that are never joined: after an adoption, for a child under protection, or found to be two people.

Every process that could put two records together asks this one value: returns by number, linking without one, the deeds
of custodians. What it refuses is refused in the words for any other pair that does not fit.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeptApart:
    """The do-not-link list as it stands, in person keys. `sealed`: never joined with anybody."""

    sealed: frozenset[int] = frozenset()
    pairs: frozenset[frozenset[int]] = frozenset()

    def forbids(self, one: int, other: int) -> bool:
        """Whether these two are never joined."""
        return one in self.sealed or other in self.sealed or frozenset({one, other}) in self.pairs

    def pairs_of(self, person: int) -> frozenset[int]:
        """Whom this one is never joined with."""
        return frozenset(key for pair in self.pairs if person in pair for key in pair - {person})


NOBODY = KeptApart()
