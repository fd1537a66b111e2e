"""Who a pupil of a return is, by identifier alone: somebody known, or somebody new.

Own UPN first, then former UPN; children without either are looked for elsewhere (`again`). Two pupils of one file never
become one person, so twins cannot be merged, and no likeness of names is looked at. A former UPN is the weaker word: it
links only where the birth dates agree (or day and month were swapped, or one is unknown), because joining two
children's records shows one child to the other's family, while a missed link can be mended. A record that must not be
linked (adoption, protection) is reached by its own current number alone, and nothing is said to the school that would
show it.

Pure: what is known comes in as a mapping, what to write goes out as values. Left to others: reading and writing the
identity zone (`services.returns.identity_rows`), and whether the UPNs are well formed (`dataplane.census.rules`).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rollbook.dataplane.people.search import plain
from rollbook.policy.uses import MatchOutcome


class Standing(StrEnum):
    """How an identifier stands for its person. A temporary UPN in use is `current` too; its form shows what it is.

    `claimed`: a return named it as a former UPN, but no return ever gave it as a pupil's own.
    """

    CURRENT = "current"
    FORMER = "former"
    CLAIMED = "claimed"


class Route(StrEnum):
    """How a pupil came to their person."""

    OWN = "own-upn"
    FORMER = "former-upn"
    AGAIN = "seen-again"
    NEW = "new"


class Doubt(StrEnum):
    """What stands in the way of a sure match. The first two refuse the return; the others ask."""

    ONE_PERSON_TWICE = "MA-001"
    UPN_OF_ANOTHER = "MA-002"
    FORMER_NOT_LINKED = "MA-003"
    TWO_RECORDS = "MA-004"
    NUMBER_OF_TWO = "MA-005"


# What to tell the school: what was found, and how to mend it. No number and no name.
WORDS: Mapping[Doubt, tuple[str, str]] = {
    Doubt.ONE_PERSON_TWICE: (
        "Two pupils in this file are known as one person, under the present and a former UPN",
        "Send the pupil once, under the present UPN, with the older one as FormerUPN.",
    ),
    Doubt.UPN_OF_ANOTHER: (
        "This UPN is known as the former UPN of a pupil born on another day",
        "Check the UPN and the date of birth with the pupil's last school.",
    ),
    Doubt.FORMER_NOT_LINKED: (
        "The former UPN did not lead to this pupil's record: it stands for another pupil, or the birth dates differ",
        "Check FormerUPN and the date of birth; correct the wrong one and send the file again.",
    ),
    Doubt.TWO_RECORDS: (
        "UPN and former UPN are known as two different pupils",
        "Check FormerUPN. If both are this pupil's, tell the custodian, who can join the records.",
    ),
    Doubt.NUMBER_OF_TWO: (
        "This UPN was given to two children, and the birth date and first name do not show which of them this is",
        "Check the date of birth, and ask the local authority for a UPN of the pupil's own.",
    ),
}
REFUSING = frozenset({Doubt.ONE_PERSON_TWICE, Doubt.UPN_OF_ANOTHER})


@dataclass(frozen=True, slots=True)
class Claimant:
    """One pupil of a return, as far as matching needs it."""

    pupil_no: int
    upn: str | None
    former_upn: str | None
    born: date | None
    forename: str | None = None
    surname: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the identity zone knows about a UPN: whose it is, how it stands, and that person's latest birth date.

    `one`: the key that stands for the person, where two keys were joined. `closed`: keys it must never be linked with;
    `sealed`: with none at all. `rivals`: others who gave the number before it was found to be two children's; then
    birth date and first name (letters only, in both) say who is meant.
    """

    person: int
    standing: Standing
    born: date | None
    one: int | None = None
    closed: frozenset[int] = frozenset()
    sealed: bool = False
    forename: str = ""
    rivals: "tuple[Known, ...]" = ()

    @property
    def root(self) -> int:
        """The key to compare with others."""
        return self.person if self.one is None else self.one


@dataclass(frozen=True, slots=True)
class Maybe:
    """Somebody a new person may be; `evidence` as codes."""

    person: int
    outcome: MatchOutcome
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """The answer for one pupil. `person` is None for somebody new, who may be one of `maybe`.

    `doubts` are about this pupil.
    """

    claimant: Claimant
    person: int | None
    route: Route
    doubts: tuple[Doubt, ...] = ()
    maybe: tuple[Maybe, ...] = ()


def match(claimants: Sequence[Claimant], known: Mapping[str, Known], beside: Collection[str] = ()) -> tuple[Match, ...]:
    """One match for each claimant, in order. `known` has each of their UPNs and former UPNs that the zone holds;
    `beside` are the UPNs of others in their file.
    """
    own = {*beside, *(one.upn for one in claimants if one.upn)}
    one_of = {held.person: held.root for each in known.values() for held in _all(each)}
    by_own = {one.pupil_no: _by_own_upn(one, known) for one in claimants}
    taken = Counter(one_of[found.person] for found in by_own.values() if found.person is not None)
    results: list[Match] = []
    for one in claimants:
        found = by_own[one.pupil_no]
        if found.person is not None and taken[one_of[found.person]] > 1:
            found = Match(one, found.person, Route.OWN, (Doubt.ONE_PERSON_TWICE,))
        elif found.person is None and not found.doubts:
            found = _by_former_upn(one, known, own, taken)
            if found.person is not None:
                taken[one_of[found.person]] += 1
        elif found.person is not None:
            found = _with_claim(found, known)
        results.append(found)
    return tuple(results)


def meant(held: Known, born: date | None, forename: str | None) -> Known | None:
    """Whose the number is for this pupil: the holder, or of two children the one it fits; None where it fits neither or
    both.
    """
    if not held.rivals:
        return held
    both = _all(held)
    fitting = [one for one in both if one.born == born is not None] or [
        one for one in both if born is not None and one.born is not None and same_birth(born, one.born)
    ]
    if len(fitting) > 1:
        fitting = [one for one in fitting if one.forename == plain(forename or "")]
    return fitting[0] if len(fitting) == 1 else None


def _by_own_upn(one: Claimant, known: Mapping[str, Known]) -> Match:
    holder = known.get(one.upn or "")
    if holder is None:
        return Match(one, None, Route.NEW)
    held = meant(holder, one.born, one.forename)
    if held is None:
        return Match(one, None, Route.NEW, (Doubt.NUMBER_OF_TWO,))
    if held.standing is Standing.CURRENT:
        return Match(one, held.person, Route.OWN)
    if not held.sealed and same_birth(one.born, held.born):
        return Match(one, held.person, Route.OWN)
    if held.standing is Standing.CLAIMED:
        # The claim was wrong, or must not count: this pupil gives the number as their own.
        return Match(one, None, Route.NEW)
    return Match(one, None, Route.NEW, (Doubt.UPN_OF_ANOTHER,))


def _by_former_upn(one: Claimant, known: Mapping[str, Known], own: set[str], taken: Collection[int]) -> Match:
    holder = known.get(one.former_upn or "")
    if holder is None:
        return Match(one, None, Route.NEW)
    held = meant(holder, one.born, one.forename)
    if held is None:
        return Match(one, None, Route.NEW, (Doubt.NUMBER_OF_TWO,))
    if held.sealed or one.former_upn in own or held.root in taken or not same_birth(one.born, held.born):
        return Match(one, None, Route.NEW, (Doubt.FORMER_NOT_LINKED,))
    return Match(one, held.person, Route.FORMER)


def _with_claim(found: Match, known: Mapping[str, Known]) -> Match:
    one = found.claimant
    own = next(each for each in _all(known[one.upn or ""]) if each.person == found.person)
    holder = known.get(one.former_upn or "")
    held = meant(holder, one.born, one.forename) if holder else None
    if held is None or held.root == own.root or own.sealed or held.sealed or held.root in own.closed:
        return found
    return Match(found.claimant, found.person, found.route, (Doubt.TWO_RECORDS,))


def _all(held: Known) -> tuple[Known, ...]:
    return (held, *held.rivals)


def same_birth(one: date | None, other: date | None) -> bool:
    """Whether two birth dates can be one: equal, day and month swapped, or one of them unknown."""
    if one is None or other is None or one == other:
        return True
    return one.year == other.year and (one.month, one.day) == (other.day, other.month)
