"""Returns of one batch taken in turn: each is matched as if those before it were written already.

So a batch ends as the returns one by one would, though nothing is written until all of them are known. People whom the
batch brings have provisional keys below zero until real ones are given; `real` puts them in.

Pure: what is known comes in as a mapping, what to write goes out as values.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, NamedTuple

from rollbook.dataplane.people.identifiers import Changes, changes
from rollbook.dataplane.people.matching import Claimant, Known, Match, Maybe, Standing, match


class Written(NamedTuple):
    """An identifier as the batch leaves it: whose, how it stands, and which return (its place in the batch) said so."""

    person: int
    standing: Standing
    place: int


class Fresh(NamedTuple):
    """A pupil whose UPN nobody else of the batch gives and no record has, and who gives no other: somebody new."""

    upn: str
    born: date | None


@dataclass(frozen=True, slots=True)
class Roll:
    """The pupils of one return as matching needs them, column by column, in file order."""

    upns: Sequence[str | None]
    formers: Sequence[str | None]
    births: Sequence[date | None]
    forenames: Sequence[str | None]
    surnames: Sequence[str | None]

    def claimant(self, place: int) -> Claimant:
        """The pupil at this place, counted from none."""
        named = self.forenames[place], self.surnames[place]
        return Claimant(place + 1, self.upns[place], self.formers[place], self.births[place], *named)

    def claimants(self) -> tuple[Claimant, ...]:
        """All of them."""
        return tuple(map(self.claimant, range(len(self.upns))))


@dataclass(slots=True)
class InTurn:
    """What is known of UPNs while a batch is taken.

    `known` has every UPN that a return of the batch gives and the zone holds; it is kept up as returns are taken.
    `asked` are the UPNs of each return. `births` are those of the new people, whose keys are -1, -2 and so on,
    and `brought` the places of the returns that brought them.
    `maybe`: new people, with somebody each may be.
    `retired` are people whose current UPN of before becomes a former one, before `add` and `restate` are written.
    """

    known: dict[str, Known]
    asked: Iterable[Collection[str]]
    births: list[date | None] = field(default_factory=list)
    brought: list[int] = field(default_factory=list)
    retired: set[int] = field(default_factory=set)
    maybe: list[tuple[int, Maybe]] = field(default_factory=list)
    add: dict[str, Written] = field(default_factory=dict)
    restate: dict[str, Written] = field(default_factory=dict)
    _shared: set[str] = field(init=False)
    # Not of new people whose UPNs no other return of the batch gives: nobody asks for them again.
    _upns_of: dict[int, set[str]] = field(init=False, default_factory=dict)
    _before: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        counts = Counter(upn for one in self.asked for upn in one)
        self._shared = {upn for upn, count in counts.items() if count > 1}
        self._before = frozenset(self.known)
        for upn, held in self.known.items():
            self._upns_of.setdefault(held.person, set()).add(upn)

    def meet(self, roll: Roll) -> list[Match | Fresh]:
        """As `match` answers for each pupil of a return, but for those of whom there is nothing to ask."""
        counts, formers = Counter(roll.upns), {one for one in roll.formers if one}
        met: list[Match | Fresh] = []
        asked: list[int] = []
        for place, (upn, former) in enumerate(zip(roll.upns, roll.formers, strict=True)):
            alone = upn and not former and upn not in self.known and upn not in self._shared and counts[upn] == 1
            if upn and alone and upn not in formers:
                met.append(Fresh(upn, roll.births[place]))
            else:
                asked.append(place)
                met.append(_NOBODY)
        if asked:
            claimants = [roll.claimant(place) for place in asked]
            given = {upn for one in claimants for upn in (one.upn, one.former_upn) if upn}
            known = {upn: self.known[upn] for upn in given if upn in self.known}
            for place, one in zip(asked, match(claimants, known, {upn for upn in counts if upn}), strict=True):
                met[place] = one
        return met

    def take(self, place: int, met: Sequence[Match | Fresh]) -> list[int]:
        """Take the return at this place of the batch; gives the key of each of its pupils, in order."""
        persons = []
        matches: list[tuple[Match, int]] = []
        for one in met:
            if isinstance(one, Fresh):
                persons.append(self._new(place, one.born))
                self.add[one.upn] = Written(persons[-1], Standing.CURRENT, place)
            else:
                persons.append(self._new(place, one.claimant.born) if one.person is None else one.person)
                matches.append((one, persons[-1]))
        if matches:
            self._take(place, matches)
        return persons

    def _take(self, place: int, matches: Sequence[tuple[Match, int]]) -> None:
        made = changes(matches, self.known)
        self._retire(made.retire)
        self._write(made, place)
        for one, person in matches:
            self.maybe += [(person, other) for other in one.maybe]
            self._born(person, one.claimant.born)

    def _new(self, place: int, born: date | None) -> int:
        self.brought.append(place)
        self.births.append(born)
        return -len(self.births)

    def _retire(self, persons: Collection[int]) -> None:
        self.retired |= {person for person in persons if person >= 0}
        for person in persons:
            for upn in self._upns_of.get(person, ()):
                held = self.known[upn]
                if held.standing is Standing.CURRENT:
                    self.known[upn] = replace(held, standing=Standing.FORMER)
                    for written in (self.add, self.restate):
                        if upn in written:
                            written[upn] = written[upn]._replace(standing=Standing.FORMER)

    def _write(self, made: Changes, place: int) -> None:
        given = [*made.add.items(), *made.restate.items()]
        asked_again = {person for upn, (person, _) in given if upn in self._shared or person in self._upns_of}
        for upn, (person, standing) in given:
            written = self.restate if upn in self._before else self.add
            written[upn] = Written(person, standing, place)
            if person in asked_again:
                self._know(upn, person, standing)

    def _know(self, upn: str, person: int, standing: Standing) -> None:
        theirs = self._upns_of.setdefault(person, set())
        like = next((self.known[other] for other in theirs), Known(person, standing, None))
        left = self.known.get(upn)
        if left is not None:
            self._upns_of[left.person].discard(upn)
        self.known[upn] = replace(like, standing=standing, rivals=())
        theirs.add(upn)

    def _born(self, person: int, born: date | None) -> None:
        """The latest word on a birth date is what a former number is held against."""
        for upn in self._upns_of.get(person, ()):
            if self.known[upn].born != born:
                self.known[upn] = replace(self.known[upn], born=born)


_NOBODY: Final = Fresh("", None)


def real(persons: Iterable[int], keys: Sequence[int]) -> list[int]:
    """The keys of these people, given the real keys of the new ones in the order they were met."""
    return [person if person >= 0 else keys[-person - 1] for person in persons]


@dataclass(slots=True)
class OnlySchools:
    """Which schools have a UPN on roll as its only school, kept up as returns of a batch are taken.

    `asked` are the UPNs on roll of each return; `found` are the pairs of UPN and school of returns accepted before.
    """

    asked: Iterable[Collection[str]]
    found: Iterable[tuple[str, str]]
    _schools: dict[str, set[str]] = field(init=False, default_factory=dict)
    _upns: dict[str, set[str]] = field(init=False, default_factory=dict)
    _shared: set[str] = field(init=False)

    def __post_init__(self) -> None:
        counts = Counter(upn for one in self.asked for upn in one)
        self._shared = {upn for upn, count in counts.items() if count > 1}
        for upn, school in self.found:
            self._put(upn, school)

    def elsewhere(self, upns: Iterable[str], school: str) -> frozenset[str]:
        """Those that another school has on roll as an only school."""
        schools = self._schools
        return frozenset(upn for upn in upns if upn in schools and schools[upn] - {school}) if schools else frozenset()

    def take(self, school: str, upns: Iterable[str]) -> None:
        """A school's return is taken, with these UPNs on roll as an only school; its earlier one counts no more."""
        for upn in self._upns.pop(school, ()):
            self._schools[upn].discard(school)
        for upn in upns:
            if upn in self._shared:
                self._put(upn, school)

    def _put(self, upn: str, school: str) -> None:
        self._schools.setdefault(upn, set()).add(school)
        self._upns.setdefault(school, set()).add(upn)
