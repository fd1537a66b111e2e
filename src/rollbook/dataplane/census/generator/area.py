"""One authority: who is on which roll now, and who left when. Everything here is done by one process, in one order."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random

from rollbook.dataplane.census.generator import marginals
from rollbook.dataplane.census.generator.calendar import When
from rollbook.dataplane.census.generator.persons import Person, Place, first_person, is_twin, make_upn
from rollbook.dataplane.census.generator.records import School
from rollbook.dataplane.census.generator.schools import Layout

Slot = tuple[int, int, int]  # position of the school in its authority, cohort, serial


@dataclass(frozen=True, slots=True)
class Nation:
    """What every process must know. `begin` is the term at which people stand in their first places."""

    layout: Layout
    seed: int
    begin: When
    steps: tuple[When, ...]

    def chance(self, *purpose: object) -> Random:
        """The chance of one purpose: the same whichever process asks."""
        return Random("/".join(map(str, (self.seed, *purpose))))  # noqa: S311  nothing secret is drawn

    def person(self, school: School, cohort: int, serial: int) -> Person:
        """Whoever holds a numbered place at the start, or is the nth to join a cohort later."""
        return first_person(self.layout, school, cohort, serial, self.seed, self.begin.august)

    def leaving(self, area: int) -> tuple[tuple[Slot, ...], ...]:
        """Who moves to another authority in each step: single people who stay in one school until then."""
        schools = self.layout.areas[area]
        able = [n for n, school in enumerate(schools) if school.kind in ("primary", "secondary")]
        rng, taken = self.chance("leaving", area), set[Slot]()
        if not able or len(self.layout.areas) < 2:
            return ((),) * len(self.steps)
        weights = [schools[n].size for n in able]
        count = round(sum(weights) * marginals.MOVES_AUTHORITY)
        return tuple(tuple(self._leavers(rng, step, schools, able, weights, count, taken)) for step in self.steps)

    def _leavers(
        self, rng: Random, step: When, schools: tuple[School, ...], among: list[int], weights: list[int], count: int,
        taken: set[Slot],
    ) -> Iterator[Slot]:  # fmt: skip
        for n in rng.choices(among, weights, k=count):
            school = schools[n]
            age = rng.randint(school.first_age, school.last_age)
            slot = (n, self.begin.august - age, rng.randint(1, max(1, school.quotas[age])))
            too_old = step.august - slot[1] > min(school.last_age, 15)  # a sixth form has no place for everybody
            able = not too_old and school.quotas[age] > 0 and slot not in taken
            if able and not is_twin(school, slot[1], slot[2], self.seed):
                taken.add(slot)
                yield slot

    def source(self, area: int, step: int) -> int:
        """The authority from which people move into this one in a step: a ring, turned differently each time."""
        count = len(self.layout.areas)
        turn = 1 + self.chance("ring", step).randrange(count - 1) if count > 1 else 0
        return (area - turn) % count


@dataclass(slots=True)
class Area:
    """An authority as it stands. `gone` holds places given up in the last year."""

    nation: Nation
    number: int
    rolls: list[list[Place]] = field(default_factory=list)
    gone: list[list[Place]] = field(default_factory=list)
    leaving: tuple[tuple[Person, ...], ...] = ()
    temporary: list[Person] = field(default_factory=list)
    marked: list[Person] = field(default_factory=list)
    joined: Counter[tuple[int, int]] = field(default_factory=Counter)

    @property
    def schools(self) -> tuple[School, ...]:
        """Schools, then early years settings."""
        return self.nation.layout.areas[self.number]

    def alike(self, school: int, age: int) -> list[int]:
        """Other schools of the kind that teach pupils of an age."""
        kind = self.schools[school].kind
        return [
            n
            for n, other in enumerate(self.schools)
            if n != school and other.kind == kind and other.first_age <= age <= other.last_age
        ]

    def of_kind(self, kind: str, age: int) -> list[int]:
        """Schools of a kind that teach pupils of an age."""
        return [n for n, one in enumerate(self.schools) if one.kind == kind and one.first_age <= age <= one.last_age]

    def admit(self, person: Person, school: int, entry: date, enrol: str = "C") -> Place:
        """Put somebody on a roll."""
        place = Place(person, school, entry, enrol)
        self.rolls[school].append(place)
        person.places.append(place)
        return place

    def leave(self, place: Place, day: date) -> None:
        """Take somebody off a roll; the school keeps what it knew."""
        place.leaving = max(day, place.entry)
        place.told = place.person.facts.copy()
        self.rolls[place.school].remove(place)
        place.person.places.remove(place)
        if not self.schools[place.school].private:
            self.gone[place.school].append(place)

    def mark(self, person: Person, what: str) -> None:
        """Remember for the truth file what happened to somebody since the last census."""
        if not person.marks:
            self.marked.append(person)
        person.marks.add(what)

    def newcomer(self, school: int, cohort: int, entry: date) -> Person:
        """Somebody not seen before joins a cohort of a school."""
        person = self.nation.person(self.schools[school], cohort, self.next_serial(school, cohort))
        person.facts.entry = entry
        self.admit(person, school, entry)
        return person

    def next_serial(self, school: int, cohort: int) -> int:
        """The next number in a school's cohort."""
        age = self.nation.begin.august - cohort
        self.joined[school, cohort] += 1
        return self.schools[school].quotas.get(age, 0) + self.joined[school, cohort]

    def new_upn(self, school: int, cohort: int) -> str:
        """A UPN that a school issues for somebody who has none, or may not keep the old one."""
        one = self.schools[school]
        issued = cohort + (one.first_age if one.first_age <= 4 else 4)
        return make_upn(one.lea, one.issuing_estab, issued, self.next_serial(school, cohort))


def begin(nation: Nation, number: int) -> Area:
    """An authority at the start: every place taken, brothers and sisters under one roof."""
    area = Area(nation, number)
    slots: dict[Slot, Person] = {}
    for n, school in enumerate(area.schools):
        area.rolls.append([])
        area.gone.append([])
        for age, quota in school.quotas.items():
            cohort = nation.begin.august - age
            for serial in range(1, quota + 1):
                person = slots[n, cohort, serial] = nation.person(school, cohort, serial)
                area.admit(person, n, person.facts.entry)
                if person.facts.twin and serial % 2 == 0:
                    first = slots[n, cohort, serial - 1]
                    first.family = person.family = [first, person]
    area.leaving = tuple(tuple(slots[slot] for slot in step) for step in nation.leaving(number))
    for step in area.leaving:
        for person in step:
            person.kept = True
    _make_families(area)
    return area


def _make_families(area: Area) -> None:
    """Oldest first, so that whoever is joined to an older child takes over what will not change any more."""
    rng = area.nation.chance("families", area.number)
    people = sorted((place.person for roll in area.rolls for place in roll), key=lambda person: person.cohort)
    elders: list[Person] = []
    for person in people:
        if person.kept:
            continue
        if elders and not person.facts.twin and rng.random() < marginals.SIBLING:
            join_family(person, elders[int(rng.random() * len(elders))])
        elders.append(person)


def join_family(person: Person, elder: Person) -> None:
    """Make somebody the younger brother or sister of somebody older."""
    if person.cohort <= elder.cohort or person.family:
        return
    mine, theirs = person.facts, elder.facts
    mine.surname, mine.address = theirs.surname, theirs.address
    mine.ethnicity, mine.language = theirs.ethnicity, theirs.language
    mine.meals, mine.service_child = theirs.meals, theirs.service_child
    if not elder.family:
        elder.family.append(elder)
    elder.family.append(person)
    person.family = elder.family
