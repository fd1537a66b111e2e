"""What a made-up return says, item by item, before it takes a form: the same whichever form it is written in.

Which items stand in a return, and under which names, is the catalogue's to say. Values are given for every item there
is something to tell about; the form leaves out what its collection does not ask for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from rollbook.dataplane.census.catalogue import places_of
from rollbook.dataplane.census.generator.calendar import When
from rollbook.dataplane.census.generator.records import Pupil, Return, School
from rollbook.kernel.terms import Term

Pairs = list[tuple[str, object]]
_YEAR_NAMES: Final = {2: "N1", 3: "N2", 4: "R"}
_LUNCH_AGES: Final = range(4, 7)  # free for all in reception and years 1 and 2
_AIM: Final = "60145023"  # the form of a qualification number, of no qualification


@dataclass(frozen=True, slots=True)
class Written:
    """A file, and the line at which each pupil begins, in the order of their numbers."""

    data: bytes
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Elements and flat fields of the items that stand in a return of one term, for pupils of one roll."""

    tags: dict[str, str]
    fields: dict[str, str]

    def named(self, pairs: Pairs) -> Iterator[tuple[str, object]]:
        """The pairs that stand in the return and have a value, by element."""
        for item, value in pairs:
            if value is not None and value != "" and item in self.tags:
                yield self.tags[item], value


@cache
def shape(collection: str, *, on_roll: bool) -> Shape:
    """The shape of a collection."""
    rolls = "bn" if on_roll else "bl"
    places = {item: place for item, place in places_of(collection).items() if place.roll in rolls}
    tags = {item: place.element.rpartition("/")[2] for item, place in places.items()}
    return Shape(tags, {item: place.field for item, place in places.items()})


def year_name(age: int) -> str:
    """The year group of an age at 31 August: reception at 4, year 1 at 5."""
    return _YEAR_NAMES.get(age, str(age - 4))


def header(school: School, when: When) -> Pairs:
    """The header's values by element."""
    return [
        ("Collection", "SC"), ("Term", when.term.value), ("Year", when.year), ("ReferenceDate", when.day),
        ("SourceLevel", "S"), ("LEA", school.lea), ("Estab", school.estab), ("URN", school.urn),
        ("SoftwareCode", "ROLLBOOK"), ("Release", "1"), ("Xversion", "1.0"), ("SerialNo", "001"),
        ("DateTime", f"{when.day}T10:36:42"),
    ]  # fmt: skip


def school_facts(school: School, when: When) -> Pairs:
    """The school's own values by element."""
    pairs: Pairs = [
        ("SchoolName", school.name), ("Phase", school.phase), ("SchoolType", school.school_type),
        ("HighestNCyear", "X" if school.special else year_name(school.last_age)),
        ("LowestNCyear", "X" if school.special else year_name(school.first_age)),
        ("Intake", "SPEC" if school.special else "COMP"), ("Governance", school.governance),
        ("Email", f"office@school{school.laestab}.example"),
    ]  # fmt: skip
    if school.special and when.term is Term.SPRING:
        pairs.append(("Accommodation", "D"))
    return pairs


def identifiers(pupil: Pupil) -> Pairs:
    """Numbers and names."""
    return [
        ("upn", pupil.upn), ("former-upn", pupil.former_upn), ("uln", pupil.uln if pupil.age >= 14 else ""),
        ("surname", pupil.surname), ("forename", pupil.forename), ("middle-names", pupil.middle_names),
        ("preferred-surname", pupil.surname), ("former-surname", pupil.former_surname), ("sex", pupil.sex),
        ("date-of-birth", pupil.born),
    ]  # fmt: skip


def meals(pupil: Pupil) -> list[Pairs]:
    """Free meal periods."""
    return [[("fsm-start-date", start), ("fsm-end-date", end), ("uk-country", "ENG")] for start, end in pupil.meals]


def characteristics(pupil: Pupil, school: School) -> Pairs:
    """Characteristics of which there is one each."""
    nursery = pupil.age <= 3
    extended = pupil.age == 3 and pupil.hours_at_setting == 30.0
    asked = pupil.age >= 12 and school.kind != "primary"
    return [
        ("language", pupil.language), ("yssa", pupil.yssa if asked else ""), ("service-child", pupil.service_child),
        ("funded-hours", 15.0 if nursery else None), ("extended-hours", 15.0 if extended else None),
        ("eligibility-code", pupil.eligibility_code if extended else ""),
        ("hours-at-setting", pupil.hours_at_setting if nursery else None),
        ("top-up-funding", int(pupil.sen == "E")), ("plaa", pupil.plaa), ("young-carer", pupil.young_carer),
        ("school-lunch-taken", int(pupil.absence < 0.1) if pupil.age in _LUNCH_AGES else None),
    ]  # fmt: skip


def status(pupil: Pupil, school: School) -> Pairs:
    """How and since when they are at the school."""
    year = "X" if school.special else year_name(pupil.age)
    nursery = pupil.age <= 3
    last_year = (
        pupil.leaving is not None and 3 < pupil.leaving.month < 9
    )  # asked in autumn, of the school year before too
    leaving_year = "X" if school.special else year_name(pupil.age - last_year)
    return [
        ("enrol-status", pupil.enrol), ("class-type", "N" if nursery else "O"), ("entry-date", pupil.entry),
        ("leaving-date", pupil.leaving), ("part-time", int(nursery and pupil.hours_at_setting == 15.0)),
        ("boarder", "N"), ("nc-year", year), ("nc-year-leaving", leaving_year),
    ]  # fmt: skip


def provision(pupil: Pupil) -> Pairs:
    """The level of support, and indicators."""
    return [("sen-provision", pupil.sen), ("sen-unit", 0), ("resourced-provision", 0)]


def needs(pupil: Pupil) -> list[Pairs]:
    """Kinds of need in their order."""
    return [[("sen-type-rank", rank), ("sen-type", need)] for rank, need in enumerate(pupil.needs, start=1)]


def exclusions(pupil: Pupil) -> list[Pairs]:
    """Exclusions of the period."""
    return [
        [
            ("exclusion-category", one.category), ("exclusion-reason-1", one.reason),
            ("exclusion-start-date", one.start), ("exclusion-sessions", one.sessions),
            ("exclusion-sen-provision", one.sen),
        ]
        for one in pupil.exclusions
    ]  # fmt: skip


def address(pupil: Pupil) -> Pairs:
    """The home; lines of an address have no item each, and are named as elements."""
    home = pupil.address
    return [("PAON", home.house), ("Street", home.street), ("Town", home.town), ("postcode", home.postcode)]


def sessions(pupil: Pupil) -> list[Pairs]:
    """Half days of the attendance period by code."""
    return [[("attendance-reason", code), ("attendance-sessions", count)] for code, count in pupil.sessions]


def second_half(pupil: Pupil) -> list[Pairs]:
    """Half days of the second half of the summer term by code (autumn)."""
    return [[("second-half-reason", code), ("second-half-sessions", n)] for code, n in pupil.second_half_sessions]


def aims(pupil: Pupil, when: When) -> list[Pairs]:
    """What a pupil in the sixth form learns: one aim, which is the core one (autumn)."""
    if pupil.age < 16:
        return []
    began = when.august - (pupil.age - 16)
    return [
        [
            ("aim-qn", _AIM), ("aim-start-date", date(began, 9, 10)), ("aim-planned-end-date", date(began + 2, 7, 5)),
            ("aim-status", 1), ("aim-core", 1),
        ]
    ]  # fmt: skip


def everybody(made: Return) -> Iterator[tuple[Pupil, bool]]:
    """All pupils in the order of their numbers, with whether they are on roll."""
    yield from ((pupil, True) for pupil in made.on_roll)
    yield from ((pupil, False) for pupil in made.leavers)
