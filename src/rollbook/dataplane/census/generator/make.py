"""Makes up the returns of a nation for the terms of a year or more. The same order gives the same returns.

Each authority is made by itself, whichever process does it: all they share is the order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from rollbook.dataplane.census.generator.area import Area, Nation, begin
from rollbook.dataplane.census.generator.calendar import When, lived, read_terms
from rollbook.dataplane.census.generator.defects import Planted, Soil, Wanted, plant_people, plant_records, share_of
from rollbook.dataplane.census.generator.events import live
from rollbook.dataplane.census.generator.forms import school_xml
from rollbook.dataplane.census.generator.records import Return, School
from rollbook.dataplane.census.generator.schools import default_schools, lay_out
from rollbook.dataplane.census.generator.september import start_year
from rollbook.dataplane.census.generator.telling import Telling
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.kernel.terms import Term

DEFAULT_LEA: Final = "201"
DEFAULT_TERMS: Final = ("spr-2025",)


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. `pupils` are on a roll at the start; `schools` None means the national mean size.

    `terms` are written as `spr-2025`; `lea` is the first authority, others follow by number as the nation grows.
    """

    pupils: int
    schools: int | None = None
    terms: tuple[str, ...] = DEFAULT_TERMS
    lea: str = DEFAULT_LEA
    authorities: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        """An order that cannot be met is refused at birth."""
        schools = self.schools if self.schools is not None else default_schools(max(self.pupils, 1))
        if schools < 1 or self.pupils < 10 * schools:
            message, mend = "There must be at least 10 pupils for each school", "Ask for more pupils."
            raise InputRefused(Reason("generate", message, "--pupils", mend))
        read_terms(self.terms)


@dataclass(frozen=True, slots=True)
class Told:
    """The returns of one authority in one term, and the truth about what was planted in them."""

    when: When
    schools: tuple[Return, ...]
    settings: tuple[Return, ...]
    truth: tuple[Planted, ...]


@dataclass(frozen=True, slots=True)
class MadeUp:
    """All returns of one term before writing: for small nations, which fit into memory."""

    order: Order
    when: When
    returns: tuple[Return, ...]
    settings: tuple[Return, ...]
    truth: tuple[Planted, ...]

    def xml(self, made: Return) -> bytes:
        """One of the returns as the bytes of its file."""
        return school_xml.write(made, self.when).data

    def file_name(self, school: School) -> str:
        """The name of a school's file: its number and the term."""
        return f"{school.laestab}-{self.when}.xml"


def plan(order: Order) -> Nation:
    """The nation of an order: schools, and the terms that people live through."""
    asked = read_terms(order.terms)
    start, steps = lived(asked)
    days = tuple(when.day for when in asked)
    schools = order.schools or default_schools(order.pupils)
    layout = lay_out(order.pupils, schools, order.lea, order.seed, days, order.authorities)
    return Nation(layout, order.seed, start, steps)


def tell(nation: Nation, asked: tuple[When, ...], number: int, wanted: Wanted) -> Iterator[Told]:
    """Let one authority live, and give its returns of each term asked for."""
    area, here = begin(nation, number), _here(nation, number, wanted)
    for step, when in enumerate(nation.steps):
        live(area, when, step)
        if when.term is Term.AUTUMN:
            start_year(area, when.year)
        if when in asked:
            yield _told(area, when, here)


def _here(nation: Nation, number: int, wanted: Wanted) -> Mapping[str, int]:
    """How many of each defect fall to this authority."""
    pupils = [sum(school.size for school in inside if not school.private) for inside in nation.layout.areas]
    return share_of(wanted, sum(pupils[:number]), pupils[number], sum(pupils))


def _told(area: Area, when: When, wanted: Mapping[str, int]) -> Told:
    soil = Soil(area, when, area.nation.chance("defects", area.number, when))
    plant_people(wanted, soil)
    returns = Telling(area, when).returns()
    truth = plant_records(wanted, returns, soil)
    for made in returns:  # school systems export in no order that means anything
        area.nation.chance("order", when, made.school.number).shuffle(made.on_roll)
    settings = tuple(made for made in returns if made.school.private)
    return Told(when, tuple(made for made in returns if not made.school.private), settings, tuple(truth))


def make_year(order: Order, defects: Wanted | None = None) -> tuple[MadeUp, ...]:
    """Invent every term of an order in memory. Clean returns break no rule; planted defects are named."""
    nation, asked = plan(order), read_terms(order.terms)
    told = [list(tell(nation, asked, number, defects or {})) for number in range(len(nation.layout.areas))]
    return tuple(
        MadeUp(
            order, when, tuple(made for one in told for made in one[n].schools),
            tuple(made for one in told for made in one[n].settings),
            tuple(planted for one in told for planted in one[n].truth),
        )
        for n, when in enumerate(asked)
    )  # fmt: skip


def make_up(order: Order, defects: Wanted | None = None) -> MadeUp:
    """Invent the last term of an order in memory."""
    return make_year(order, defects)[-1]
