"""The start of a school year: everybody is a year older, changes phase or leaves, and new children come."""

from collections import Counter, defaultdict
from datetime import date
from random import Random
from typing import Final

from rollbook.dataplane.census.generator import marginals
from rollbook.dataplane.census.generator.area import Area, join_family
from rollbook.dataplane.census.generator.calendar import weekday
from rollbook.dataplane.census.generator.persons import Person, Place, has_number

_Pools = defaultdict[int, list[tuple[float, Person, bool]]]  # by age: where from, who, whether without a UPN so far
# Where whoever grows too old for a school goes next: to the pool of that age, or out of the schools.
_NEXT_AGE: Final = {"primary": 11, "nursery": 4, "private": 4, "secondary": 16, "all-through": 16}
_CLASS_BEFORE_SCHOOL: Final = 0.25  # of children of 3 change from a playgroup to a nursery class (DOMAIN)
_NEARBY: Final = 0.2  # how far pupils stray from the secondary school next to their primary school


def start_year(area: Area, year: int) -> None:
    """Everything that happens between July and September of a year."""
    rng = area.nation.chance("september", area.number, year)
    july, september = weekday(date(year, 7, 22)), date(year, 9, 3)
    _end_second_places(area, july)
    pools: _Pools = defaultdict(list)
    for school in range(len(area.schools)):
        _send_on(area, school, year, july, pools, rng)
    for age, pool in sorted(pools.items()):
        pool.sort(key=lambda one: one[0]) if age == 11 else rng.shuffle(pool)
    for school in range(len(area.schools)):
        _take_in(area, school, year, september, pools, rng)


def _end_second_places(area: Area, july: date) -> None:
    for roll in area.rolls:
        for place in list(roll):
            if place.enrol == "S":
                area.leave(place, july)
            else:
                place.enrol = "C"


def _send_on(area: Area, school: int, year: int, july: date, pools: _Pools, rng: Random) -> None:
    one = area.schools[school]
    staying: Counter[int] = Counter()
    for place in list(area.rolls[school]):
        age = year - place.person.cohort
        staying[age] += 1
        changes = one.private and age == 3 and rng.random() < _CLASS_BEFORE_SCHOOL
        full = age == 16 and staying[age] > one.quotas.get(16, 0)
        if age > one.last_age or full or changes:
            area.leave(place, july)
            near = school / len(area.schools) + rng.random() * _NEARBY
            pool = 3 if changes else _NEXT_AGE.get(one.kind, 0) if age in (4, 11, 16) else 0
            if pool == age:
                pools[pool].append((near, place.person, one.private))


def _take_in(area: Area, school: int, year: int, september: date, pools: _Pools, rng: Random) -> None:
    one = area.schools[school]
    counts = Counter(year - place.person.cohort for place in area.rolls[school])
    elders = [place.person for place in area.rolls[school] if not place.person.kept]
    ages = range(12, 16) if one.kind == "pru" else sorted({one.first_age, 3, 4, 11, 16} & set(one.quotas))
    for age in ages:
        for _ in range(one.quotas[age] - counts[age]):
            if one.kind == "pru":
                _refer(area, school, age, year, september, rng)
            elif pools[age] and not one.private and not one.special:
                _, person, unnumbered = pools[age].pop(0)
                if unnumbered and not has_number(person.facts):
                    person.facts.upn = area.new_upn(school, person.cohort)
                area.admit(person, school, september)
                area.mark(person, "next-phase")
            else:
                person = area.newcomer(school, year - age, september)
                if elders and not person.facts.twin and age <= 5 and rng.random() < marginals.SIBLING:
                    join_family(person, elders[int(rng.random() * len(elders))])


def _refer(area: Area, unit: int, age: int, year: int, september: date, rng: Random) -> None:
    """A referral unit takes pupils from the secondary schools of its authority, or from outside."""
    able = area.of_kind("secondary", age)
    place = _somebody(area, rng.choice(able), age, year, rng) if able else None
    if place is None:
        area.newcomer(unit, year - age, september)
        return
    area.leave(place, weekday(date(year, 7, 22)))
    area.admit(place.person, unit, september)
    area.mark(place.person, "moved")


def _somebody(area: Area, school: int, age: int, year: int, rng: Random) -> Place | None:
    old = date(year, 7, 1)
    able = [
        place
        for place in area.rolls[school]
        if year - place.person.cohort == age and not place.person.kept and place.entry < old
    ]
    return rng.choice(able) if len(able) > 10 else None
