"""Invents people. Whoever stands in a place of a school from the start is drawn from the seed and that place alone.

So another authority can draw the same person again when they move there, and nobody has to be passed between processes.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from rollbook.dataplane.census.generator import marginals
from rollbook.dataplane.census.generator.inventing import Dial, forename, place, postcode, street, surname
from rollbook.dataplane.census.generator.records import Address, Pupil, School
from rollbook.dataplane.census.generator.schools import Layout
from rollbook.kernel.upn import check_letter

_ETHNICITY: Final = Dial(marginals.ETHNICITY)
_SERVICE: Final = Dial(marginals.SERVICE_CHILD)
_CARE: Final = Dial(marginals.LEFT_CARE)
_YOUTH: Final = Dial(marginals.YOUTH_SUPPORT)
_NEEDS: Final = {level: Dial(needs) for level, needs in marginals.NEEDS.items()}
_NO_LANGUAGE: Final = Dial(marginals.LANGUAGE_UNKNOWN)
_NO_LANGUAGE_SHARE: Final = sum(marginals.LANGUAGE_UNKNOWN.values())
_HOURS: Final = (15.0, 15.0, 22.5, 30.0)
_BASES: Final = ("ECO", "ECO", "ECO", "HSD", "LAA")
_FIRST_ULN: Final = 100_000_000


@dataclass(slots=True, eq=False)
class Person:
    """Somebody and where they are. `facts` holds what is true now; `kept` people meet nothing until they move away.

    `next_upn` is the permanent UPN that will replace a temporary one. `marks` is what happened since the last census.
    """

    facts: Pupil
    cohort: int
    kept: bool = False
    next_upn: str = ""
    family: "list[Person]" = field(default_factory=list)
    places: "list[Place]" = field(default_factory=list)
    marks: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Place:
    """A place on the roll of a school (by its position in the authority). `told` is what the school knew on leaving."""

    person: Person
    school: int
    entry: date
    enrol: str = "C"
    leaving: date | None = None
    told: Pupil | None = None
    expelled: bool = False


def make_upn(lea: str, estab: str, year: int, serial: int) -> str:
    """A permanent UPN."""
    body = f"{lea}{estab}{year % 100:02d}{serial:03d}"
    return check_letter(body) + body


def first_person(layout: Layout, school: School, cohort: int, serial: int, seed: int, august: int) -> Person:
    """Whoever holds a numbered place of a cohort. A cohort is the year in whose 31 August their year of birth ends.

    `august` is the year before which everybody of the start had joined.
    """
    rng = Random(f"{seed}/{school.number}/{cohort}/{serial}")  # noqa: S311  nothing secret is drawn
    facts = _facts(rng, layout, school, cohort, serial)
    facts.entry = _entry(rng, cohort + school.first_age, august)
    if is_twin(school, cohort, serial, seed):
        facts.twin = True
        if serial % 2 == 0:
            _like_twin(facts, first_person(layout, school, cohort, serial - 1, seed, august).facts, rng)
    return Person(facts, cohort)


def is_twin(school: School, cohort: int, serial: int, seed: int) -> bool:
    """Whether the places 2n-1 and 2n of a cohort are twins."""
    pair = Random(f"{seed}/twin/{school.number}/{cohort}/{(serial + 1) // 2}")  # noqa: S311
    return pair.random() < 2 * marginals.TWIN_BIRTH


def _facts(rng: Random, layout: Layout, school: School, cohort: int, serial: int) -> Pupil:
    pick = rng.random
    issued = cohort + (school.first_age if school.first_age <= 4 else 4)
    town = Random(f"town/{school.area}/{int(pick() * 12)}")  # noqa: S311
    facts = Pupil(
        key=f"{school.laestab}-{cohort}-{serial}", upn=make_upn(school.lea, school.issuing_estab, issued, serial),
        surname=surname(rng), forename=forename(rng), sex="F" if pick() < marginals.GIRLS else "M",
        born=date(cohort - 1, 9, 1) + timedelta(days=int(pick() * 365)), entry=date(cohort, 9, 1),
        address=Address(str(1 + int(pick() * 199)), street(rng), place(town), postcode(rng, school.area)),
        middle_names=forename(rng) if pick() < 0.4 else "", uln=_uln(school, cohort, serial),
        absence=rng.betavariate(*marginals.ABSENCE_BETA),
        hours_at_setting=_HOURS[int(pick() * 4)], eligibility_code=f"500{int(pick() * 10**8):08d}",
        funding_basis=_BASES[int(pick() * 5)], yssa=_YOUTH.draw(rng),
    )  # fmt: skip
    _background(rng, facts)
    _meals(rng, facts, school)
    _support(rng, facts, school, layout)
    return facts


def _entry(rng: Random, begins: int, august: int) -> date:
    """Most joined with their year group; some in a later September. Never in the year that is running."""
    year = begins if rng.random() < 0.85 or august <= begins else rng.randrange(begins, august + 1)
    return date(min(year, max(august, begins)), 9, 2 + int(rng.random() * 3))


def _like_twin(facts: Pupil, other: Pupil, rng: Random) -> None:
    """One birthday, home and surname; another initial, so that nobody could take them for one person."""
    facts.surname, facts.born, facts.address = other.surname, other.born, other.address
    facts.ethnicity, facts.language, facts.meals = other.ethnicity, other.language, other.meals
    facts.service_child, facts.entry = other.service_child, other.entry
    facts.forename = forename(rng, avoid=other.forename[0])


def _uln(school: School, cohort: int, serial: int) -> str:
    """A number of one's own with a sound check digit; empty where none exists. Shown from age 14 on."""
    number = _FIRST_ULN + (school.number * 24 + cohort % 24) * 1_000 + serial
    first = f"{number:09d}"
    rest = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), first, strict=True)) % 11
    return f"{first}{10 - rest}" if rest else ""


def _background(rng: Random, facts: Pupil) -> None:
    facts.ethnicity = _ETHNICITY.draw(rng)
    facts.service_child = _SERVICE.draw(rng)
    facts.plaa = _CARE.draw(rng)
    if rng.random() < marginals.ADDITIONAL_LANGUAGE[facts.ethnicity]:
        facts.language = rng.choice(marginals.LANGUAGES.get(facts.ethnicity, marginals.OTHER_LANGUAGES))
    elif rng.random() < _NO_LANGUAGE_SHARE:
        facts.language = _NO_LANGUAGE.draw(rng)


def _support(rng: Random, facts: Pupil, school: School, layout: Layout) -> None:
    plans, support = layout.plan_share, layout.support_share
    if school.kind == "pru":
        plans, support = marginals.REFERRED["E"], marginals.REFERRED["K"]
    draw = rng.random()
    facts.sen = "E" if school.special or draw < plans else "K" if draw < plans + support else "N"
    if facts.sen != "N":
        facts.needs = needs(rng, facts.sen)
    carer = marginals.YOUNG_CARER / (1 if school.first_age >= 11 else 2)
    facts.young_carer = rng.choice("PS") if rng.random() < carer else "N"


def needs(rng: Random, level: str) -> tuple[str, ...]:
    """The kinds of need of a level of support, the main one first."""
    first, second = _NEEDS[level].draw(rng), _NEEDS[level].draw(rng)
    return (first, second) if second != first and rng.random() < 0.25 else (first,)


def _meals(rng: Random, facts: Pupil, school: School) -> None:
    """Free meal periods over a lifetime; each term shows those that touch its own period."""
    start = date(max(facts.born.year + 4, 2016), 1, 8) + timedelta(days=int(rng.random() * 200))
    draw = rng.random()
    if facts.service_child == "Y":
        return  # rule PT-034 would ask about it
    if draw < school.free_meals:
        facts.meals = ((start, None),)
    elif rng.random() < marginals.ENDED_MEALS:
        facts.meals = ((start, start + timedelta(days=60 + int(rng.random() * 340))),)


def has_number(facts: Pupil) -> bool:
    """Whether a child at an early years setting has a UPN already, which few do."""
    return int(facts.upn[-2:]) < 3
