"""What happens to people between two census days, September apart: moves, names, homes, meals, needs."""

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from rollbook.dataplane.census.generator import marginals
from rollbook.dataplane.census.generator.area import Area
from rollbook.dataplane.census.generator.calendar import When, between, weekday
from rollbook.dataplane.census.generator.inventing import postcode, respelled, street, surname
from rollbook.dataplane.census.generator.persons import Person, Place, needs
from rollbook.dataplane.census.generator.records import Address
from rollbook.kernel.terms import Term
from rollbook.kernel.upn import LETTERS, check_letter


@dataclass(frozen=True, slots=True)
class Season:
    """The days between two censuses on which things happen. In autumn they happen before the summer holidays.

    `august` is the 31 August that ages were counted at meanwhile.
    """

    when: When
    rng: Random

    @property
    def first(self) -> date:
        """Some days after the last census, which saw everybody as they were."""
        return self.when.before + timedelta(days=5)

    @property
    def last(self) -> date:
        """Some days before the next census, or before the summer holidays."""
        return date(self.when.year, 7, 18) if self.when.term is Term.AUTUMN else self.when.day - timedelta(days=6)

    @property
    def august(self) -> int:
        """The school year in which the events fall."""
        return self.when.year - 1

    def day(self) -> date:
        """A school day of the period."""
        return weekday(between(self.rng, self.first + timedelta(days=2), self.last))

    def soon_after(self, left: date) -> date:
        """The day a pupil joins the next school."""
        return min(weekday(left + timedelta(days=3)), self.when.day)


def live(area: Area, when: When, step: int) -> None:
    """Everything that happens to the people of an authority up to a census day, the start of a school year apart."""
    season = Season(when, area.nation.chance("events", area.number, when))
    for person in area.marked:
        person.marks.clear()
    area.marked.clear()
    _settle_numbers(area)
    for school in range(len(area.schools)):
        if not area.schools[school].private:
            for place in list(area.rolls[school]):
                _happen(area, place, season)
    _move_away(area, step, season)


def _settle_numbers(area: Area) -> None:
    """Temporary UPNs of the last period give way to permanent ones, and stay as former ones."""
    for person in area.temporary:
        facts = person.facts
        facts.former_upn, facts.upn, person.next_upn = facts.upn, person.next_upn, ""
        area.mark(person, "upn-replaced")
    area.temporary.clear()


def _happen(area: Area, place: Place, season: Season) -> None:
    """One thing at most; people who are to move to another authority, or have only just come, are left in peace."""
    event = _EVENTS[bisect(_STEPS, season.rng.random())]
    person = place.person
    settled = place.enrol == "C" and place.entry < season.first and place.leaving is None
    if event is not None and settled and not person.kept and not person.facts.planted:
        event(area, place, season)


def _age(place: Place, season: Season) -> int:
    return season.august - place.person.cohort


def _moves_school(area: Area, place: Place, season: Season) -> None:
    move(area, place, season)


def move(area: Area, place: Place, season: Season) -> int | None:
    """To another school of the kind, where there is one; gives the school left. Nobody goes back within a year."""
    seen = {n for n in area.alike(place.school, _age(place, season)) if not _was_at(area, place.person, n)}
    if not seen:
        return None
    into = season.rng.choice(sorted(seen))
    left = season.day()
    area.leave(place, left)
    area.admit(place.person, into, season.soon_after(left))
    area.mark(place.person, "moved")
    return place.school


def _was_at(area: Area, person: Person, school: int) -> bool:
    return any(place.person is person for place in area.gone[school])


def _leaves(area: Area, place: Place, season: Season) -> None:
    left = season.day()
    area.leave(place, left)
    area.mark(place.person, "left")
    person = area.newcomer(place.school, place.person.cohort, season.soon_after(left))
    area.mark(person, "arrived")
    if season.rng.random() < marginals.NEW_TO_NUMBERS:
        person.next_upn, person.facts.upn = person.facts.upn, temporary_upn(person.facts.upn, 0)
        area.temporary.append(person)
        area.mark(person, "temporary-upn")


def temporary_upn(upn: str, shift: int) -> str:
    """A temporary UPN made from a permanent one; none of two UPNs and two shifts (0 and 10) give the same."""
    body = upn[1:12] + LETTERS[int(upn[12]) + shift]
    return check_letter(body) + body


def _new_home(area: Area, place: Place, season: Season) -> None:
    new_home(area, place.person, season.rng)


def new_home(area: Area, person: Person, rng: Random) -> None:
    """Another address, with everybody who lives there."""
    home = Address(str(rng.randrange(1, 200)), street(rng), person.facts.address.town, postcode(rng, area.number))
    for member in person.family or [person]:
        member.facts.address = home
        area.mark(member, "new-home")


def _new_surname(area: Area, place: Place, season: Season) -> None:
    new_surname(area, place.person, season.rng)


def new_surname(area: Area, person: Person, rng: Random) -> None:
    """As when a parent marries; the school knows the former name."""
    person.facts.former_surname = person.facts.surname
    person.facts.surname = _other_surname(rng, person.facts.surname)
    area.mark(person, "renamed")


def _other_surname(rng: Random, old: str) -> str:
    name = surname(rng)
    return name if name != old else _other_surname(rng, old)


def _adopted(area: Area, place: Place, season: Season) -> None:
    """A new UPN, name and home that nothing ties to the old ones."""
    facts, rng = place.person.facts, season.rng
    facts.surname, facts.former_surname, facts.plaa = _other_surname(rng, facts.surname), "", "A"
    facts.upn, facts.former_upn = area.new_upn(place.school, place.person.cohort), ""
    facts.address = Address(str(rng.randrange(1, 200)), street(rng), facts.address.town, postcode(rng, area.number))
    for member in place.person.family:
        if member is not place.person:
            member.family = [other for other in member.family if other is not place.person]
    place.person.family = []
    area.mark(place.person, "adopted")


def _corrected(area: Area, place: Place, season: Season) -> None:
    """What stood in earlier returns was wrong: a letter of a name, or the day of birth."""
    facts, draw = place.person.facts, season.rng.random()
    if draw < 0.2 and not facts.twin:
        facts.born = facts.born.replace(day=facts.born.day % 28 + 1)
    elif draw < 0.6:
        facts.surname = respelled(season.rng, facts.surname)
    else:
        facts.forename = respelled(season.rng, facts.forename)
    area.mark(place.person, "corrected")


def _meals_begin(area: Area, place: Place, season: Season) -> None:
    facts = place.person.facts
    ended = all(end is not None for _, end in facts.meals)
    start = between(season.rng, season.first, season.last)
    over = all(end is not None and end < start for _, end in facts.meals)
    if facts.service_child != "Y" and ended and over:
        facts.meals = (*facts.meals, (start, None))


def _meals_end(area: Area, place: Place, season: Season) -> None:
    facts = place.person.facts
    end = between(season.rng, season.first, season.last)
    facts.meals = tuple((start, end if last is None and start < end else last) for start, last in facts.meals)


def _needs_found(area: Area, place: Place, season: Season) -> None:
    facts = place.person.facts
    level = {"N": "K", "K": "E"}.get(facts.sen, "")
    if level == "K" or (level and season.rng.random() < 0.5):
        facts.sen = level
        facts.needs = facts.needs or needs(season.rng, level)


def _needs_met(area: Area, place: Place, season: Season) -> None:
    if place.person.facts.sen == "K":
        place.person.facts.sen, place.person.facts.needs = "N", ()


def _second_school(area: Area, place: Place, season: Season) -> None:
    others = area.alike(place.school, _age(place, season))
    register_twice(area, place, others, season)


def register_twice(area: Area, place: Place, others: list[int], season: Season) -> int | None:
    """Main at the school, second (S) at one of the others; gives that one."""
    able = [n for n in others if not _was_at(area, place.person, n)]
    if not able:
        return None
    into = season.rng.choice(able)
    place.enrol = "M"
    area.admit(place.person, into, season.day(), "S")
    area.mark(place.person, "dual")
    return into


def _referral(area: Area, place: Place, season: Season) -> None:
    if area.schools[place.school].kind == "secondary":
        register_twice(area, place, area.of_kind("pru", _age(place, season)), season)


def _expelled(area: Area, place: Place, season: Season) -> None:
    """Excluded for good two terms ago, taken off the roll now that the review is over; then a referral unit."""
    long_here = place.entry < season.when.windows.exclusions.first
    if area.schools[place.school].kind != "secondary" or not long_here or not 11 <= _age(place, season) <= 14:
        return
    units = area.of_kind("pru", _age(place, season))
    left = weekday(season.when.before + timedelta(days=season.rng.randrange(8, 20)))
    place.expelled = True
    area.leave(place, left)
    area.mark(place.person, "excluded")
    if units:
        area.admit(place.person, season.rng.choice(units), season.soon_after(left))


def _move_away(area: Area, step: int, season: Season) -> None:
    """Some leave for another authority and as many come from a third, drawn again as they were there."""
    for person in area.leaving[step]:
        for place in list(person.places):
            area.leave(place, season.day())
    nation = area.nation
    source = nation.source(area.number, step)
    if source == area.number:
        return
    for n, cohort, serial in nation.leaving(source)[step]:
        age = season.august - cohort
        able = [school for kind in ("primary", "secondary") for school in area.of_kind(kind, age)]
        if able:
            person = nation.person(nation.layout.areas[source][n], cohort, serial)
            entry = season.soon_after(season.day())
            person.facts = replace(person.facts, entry=entry)
            area.admit(person, season.rng.choice(able), entry)
            area.mark(person, "moved-authority")


_Event = Callable[[Area, Place, Season], None]
_CHANCES: Final[tuple[tuple[float, _Event], ...]] = (
    (marginals.MOVES_SCHOOL, _moves_school), (marginals.LEAVES, _leaves), (marginals.NEW_HOME, _new_home),
    (marginals.NEW_SURNAME, _new_surname), (marginals.ADOPTED, _adopted), (marginals.CORRECTED, _corrected),
    (marginals.MEALS_BEGIN, _meals_begin), (marginals.MEALS_END, _meals_end), (marginals.NEEDS_FOUND, _needs_found),
    (marginals.NEEDS_MET, _needs_met), (marginals.SECOND_SCHOOL, _second_school),
    (marginals.REFERRAL["secondary"], _referral), (marginals.EXPELLED["secondary"], _expelled),
)  # fmt: skip
_STEPS: Final = tuple(accumulate(chance for chance, _ in _CHANCES))
_EVENTS: Final[tuple[_Event | None, ...]] = (*(event for _, event in _CHANCES), None)
