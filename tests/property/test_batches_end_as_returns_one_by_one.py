"""Returns taken in turn, nothing written until the end, leave identifiers and people as writing after each would."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.dataplane.people.identifiers import changes
from rollbook.dataplane.people.in_turn import Fresh, InTurn, OnlySchools, Roll, real
from rollbook.dataplane.people.matching import Claimant, Doubt, Known, Match, Route, Standing, match
from rollbook.kernel.upn import check_letter

UPNS = [check_letter(body) + body for body in (f"20139991900{n}" for n in range(7))]
BORN = (date(2015, 3, 27), date(2015, 3, 28), None)
SEALED = 10**9


@dataclass
class Zone:
    """The identity zone, written after each return: what a batch is held against."""

    held: dict[str, tuple[int, Standing]] = field(default_factory=dict)
    born: dict[int, date | None] = field(default_factory=dict)
    roots: dict[int, int] = field(default_factory=dict)

    def known(self) -> dict[str, Known]:
        return {
            upn: Known(person, standing, self.born.get(person), one=self.roots.get(person), sealed=person == SEALED)
            for upn, (person, standing) in self.held.items()
        }

    def retire(self, person: int) -> None:
        for upn, (whose, standing) in self.held.items():
            if whose == person and standing is Standing.CURRENT:
                self.held[upn] = whose, Standing.FORMER

    def take(self, pupils: Sequence[Claimant]) -> tuple[list[int], Sequence[Match]]:
        matches = match(pupils, self.known())
        persons = []
        for one in matches:
            persons.append(len(self.born) if one.person is None else one.person)
            self.born[persons[-1]] = one.claimant.born
        made = changes(zip(matches, persons, strict=True), self.known())
        for person in made.retire:
            self.retire(person)
        self.held |= made.restate
        self.held |= made.add
        return persons, matches


def roll_of(pupils: Sequence[Claimant]) -> Roll:
    columns = zip(*((p.upn, p.former_upn, p.born, p.forename, p.surname) for p in pupils), strict=True)
    return Roll(*columns)


def answer(met: Match | Fresh) -> tuple[Route, tuple[Doubt, ...]]:
    return (Route.NEW, ()) if isinstance(met, Fresh) else (met.route, met.doubts)


@st.composite
def returns(draw: st.DrawFn) -> list[list[Claimant]]:
    made = []
    for _ in range(draw(st.integers(1, 5))):
        own = draw(st.lists(st.sampled_from(UPNS), min_size=1, max_size=3, unique=True))
        pupils = [
            Claimant(n, upn, draw(st.sampled_from([None, None, *UPNS])), draw(st.sampled_from(BORN)))
            for n, upn in enumerate(own, start=1)
        ]
        made.append(pupils)
    return made


@settings(max_examples=400, deadline=None)
@given(before=returns(), batch=returns(), joined=st.booleans(), sealed=st.booleans())
def test_a_batch_ends_as_returns_one_by_one(
    before: list[list[Claimant]], batch: list[list[Claimant]], joined: bool, sealed: bool
) -> None:
    zone = Zone()
    for one in before:
        zone.take(one)
    if joined and len(zone.born) > 1:
        zone.roots = {0: 1}
    if sealed:
        zone.held = {upn: (SEALED if person == 2 else person, how) for upn, (person, how) in zone.held.items()}
        zone.born[SEALED] = zone.born.get(2)
    first = replace(zone, held=dict(zone.held), born=dict(zone.born))
    together = InTurn(zone.known(), [{u for p in one for u in (p.upn, p.former_upn) if u} for one in batch])
    alone, given_keys = [], []
    for place, one in enumerate(batch):
        alone.append(zone.take(one))
        met = together.meet(roll_of(one))
        given_keys.append((together.take(place, met), met))
    keys = list(range(len(first.born), len(first.born) + len(together.births)))
    for (persons, matches), (theirs, theirs_matches) in zip(given_keys, alone, strict=True):
        assert real(persons, keys) == theirs
        assert [answer(m) for m in matches] == [(m.route, m.doubts) for m in theirs_matches]
    for person in together.retired:
        first.retire(person)
    for written in (together.restate, together.add):
        first.held |= {upn: (real([w.person], keys)[0], w.standing) for upn, w in written.items()}
    assert first.held == zone.held


@given(
    found=st.lists(st.tuples(st.sampled_from(UPNS), st.sampled_from("AB")), unique=True),
    batch=st.lists(
        st.tuples(st.sampled_from("ABC"), st.sets(st.sampled_from(UPNS), min_size=1)), unique_by=lambda r: r[0]
    ),
)
def test_rolls_are_kept_up_as_returns_are_taken(
    found: list[tuple[str, str]], batch: list[tuple[str, set[str]]]
) -> None:
    rolls = OnlySchools([upns for _, upns in batch], found)
    held = {school: {upn for upn, whose in found if whose == school} for school in "ABC"}
    for school, upns in batch:
        others = set().union(*(theirs for other, theirs in held.items() if other != school))
        assert rolls.elsewhere(upns, school) == upns & others
        rolls.take(school, upns)
        held[school] = upns
