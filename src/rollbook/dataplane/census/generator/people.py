"""Invents the pupils of a school, cohort by cohort.

Each pupil is drawn from the seed, the school, the year of birth and a serial alone, so the same pupil comes back with
the same UPN, name and home in the next term's returns, and moves up a year in autumn.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from rollbook.dataplane.census.generator import marginals
from rollbook.dataplane.census.generator.inventing import forename, place, postcode, street, surname, weighted
from rollbook.dataplane.census.generator.records import Address, Pupil, School
from rollbook.kernel.upn import check_letter


def make_upn(lea: str, estab: str, year: int, serial: int) -> str:
    """A permanent UPN."""
    body = f"{lea}{estab}{year % 100:02d}{serial:03d}"
    return check_letter(body) + body


def pupils_of(school: School, august: int, seed: int, plan_share: float) -> Iterator[Pupil]:
    """The roll of a school in the school year that begins after 31 August of the year `august`."""
    for age in range(school.first_age, school.last_age + 1):
        yield from _cohort(school, august - age, age, seed, plan_share)


def cohort_of(pupil: Pupil) -> int:
    """The year in whose 31 August the pupil's year of birth ends."""
    return pupil.born.year + (pupil.born.month >= 9)


def cohort_size(school: School, cohort: int) -> int:
    """How many pupils of a cohort begin. As many cohorts as the school has year groups add up to its size."""
    groups = school.last_age - school.first_age + 1
    share, rest = divmod(school.size, groups)
    return share + (cohort % groups < rest)


def newcomer(school: School, cohort: int, nth: int, age: int, seed: int, plan_share: float, entry: date) -> Pupil:
    """The nth pupil to join a cohort after it began."""
    serial = cohort_size(school, cohort) + nth
    pupil = _pupil(school, cohort, serial, age, seed, plan_share)
    pupil.entry = entry
    return pupil


def _cohort(school: School, cohort: int, age: int, seed: int, plan_share: float) -> Iterator[Pupil]:
    before: Pupil | None = None
    for serial in range(1, cohort_size(school, cohort) + 1):
        pupil = _pupil(school, cohort, serial, age, seed, plan_share)
        rng = Random(f"{seed}/twin/{pupil.upn}")  # noqa: S311  nothing secret is drawn
        if before is not None and not before.twin and rng.random() < marginals.TWIN_BIRTH:
            pupil.surname, pupil.born, pupil.address, pupil.twin = before.surname, before.born, before.address, True
            pupil.ethnicity, pupil.language = before.ethnicity, before.language
            pupil.forename = forename(rng, avoid=before.forename[0])
        before = pupil
        yield pupil


def _pupil(school: School, cohort: int, serial: int, age: int, seed: int, plan_share: float) -> Pupil:
    """Draws that hang on the pupil's age come last, so that the person stays the same from year to year."""
    rng = Random(f"{seed}/{school.laestab}/{cohort}/{serial}")  # noqa: S311  nothing secret is drawn
    begins = cohort + school.first_age  # September of the first year group
    issued = begins if school.kind != "secondary" else cohort + 4
    born = date(cohort - 1, 9, 1) + timedelta(days=rng.randrange(365))
    town = Random(f"{school.laestab}").choice((school.name.split()[0], place(rng)))  # noqa: S311
    pupil = Pupil(
        upn=make_upn(school.lea, school.issuing_estab, issued, serial),
        surname=surname(rng), forename=forename(rng), sex=rng.choice("FM"), born=born, age=age,
        address=Address(str(rng.randrange(1, 200)), street(rng), town, postcode(rng)), entry=date(begins, 9, 3),
        middle_names=forename(rng) if rng.random() < 0.4 else "",
    )  # fmt: skip
    _background(rng, pupil)
    _meals(rng, pupil, school)
    _support(rng, pupil, school, plan_share)
    _of_age(rng, pupil, school)
    pupil.entry = _entry(rng, begins, cohort + age)
    return pupil


def _entry(rng: Random, begins: int, present: int) -> date:
    """Most joined with their year group; some in a later September. Never in the year that is running."""
    year = begins if rng.random() < 0.85 or present <= begins else rng.randrange(begins, present + 1)
    return date(year, 9, rng.randrange(2, 6))


def _background(rng: Random, pupil: Pupil) -> None:
    pupil.ethnicity = weighted(rng, marginals.ETHNICITY)
    pupil.service_child = weighted(rng, marginals.SERVICE_CHILD)
    pupil.plaa = weighted(rng, marginals.LEFT_CARE)
    if rng.random() < marginals.ADDITIONAL_LANGUAGE[pupil.ethnicity]:
        pupil.language = rng.choice(marginals.LANGUAGES.get(pupil.ethnicity, marginals.OTHER_LANGUAGES))
    elif rng.random() < sum(marginals.LANGUAGE_UNKNOWN.values()):
        pupil.language = weighted(rng, marginals.LANGUAGE_UNKNOWN)


def _support(rng: Random, pupil: Pupil, school: School, plan_share: float) -> None:
    if school.special:
        pupil.sen = "E"
    else:
        draw = rng.random()
        pupil.sen = "E" if draw < plan_share else "K" if draw < plan_share + marginals.SEN_SUPPORT else "N"
    if pupil.sen != "N":
        first = weighted(rng, marginals.NEEDS[pupil.sen])
        second = weighted(rng, marginals.NEEDS[pupil.sen])
        pupil.needs = (first, second) if second != first and rng.random() < 0.25 else (first,)
    carer = marginals.YOUNG_CARER / (1 if school.kind == "secondary" else 2)
    pupil.young_carer = rng.choice("PS") if rng.random() < carer else "N"


def _of_age(rng: Random, pupil: Pupil, school: School) -> None:
    if school.kind in ("secondary", "special") and pupil.age >= 12:
        pupil.yssa = weighted(rng, marginals.YOUTH_SUPPORT)
    if pupil.age <= 3:
        _nursery(rng, pupil)


def _nursery(rng: Random, pupil: Pupil) -> None:
    pupil.funded_hours = 15.0
    pupil.hours_at_setting = rng.choice((15.0, 15.0, 22.5, 30.0))
    if pupil.age == 3 and pupil.hours_at_setting == 30.0:
        pupil.extended_hours = 15.0
        pupil.eligibility_code = f"500{rng.randrange(10**8):08d}"


def _meals(rng: Random, pupil: Pupil, school: School) -> None:
    """Free meal periods over a lifetime; each term shows those that have begun by its census day."""
    start = date(max(pupil.born.year + 3, 2016), 9, 1) + timedelta(days=rng.randrange(250))
    draw = rng.random()
    if pupil.service_child == "Y":
        return  # rule PT-034 would ask about it
    if draw < school.free_meals:
        pupil.meals = ((start, None),)
    elif rng.random() < marginals.ENDED_MEALS:
        pupil.meals = ((start, start + timedelta(days=rng.randrange(60, 400))),)
