"""Makes up the returns of a local authority for one collection. The same arguments give the same bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from rollbook.dataplane.census.generator import marginals
from rollbook.dataplane.census.generator.defects import Planted, plant
from rollbook.dataplane.census.generator.people import pupils_of
from rollbook.dataplane.census.generator.records import Return, School
from rollbook.dataplane.census.generator.schools import default_schools, invent_schools
from rollbook.dataplane.census.generator.terms import TermFacts
from rollbook.dataplane.census.generator.writing import xml_of
from rollbook.kernel.authorities import in_force
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.kernel.terms import Term, census_day

DEFAULT_LEA: Final = "201"
_ORDER: Final = (Term.AUTUMN, Term.SPRING, Term.SUMMER)


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. `pupils` are on a roll on census day; `schools` None means the national mean size."""

    pupils: int
    schools: int | None = None
    term: Term = Term.SPRING
    year: int = 2025
    lea: str = DEFAULT_LEA
    seed: int = 1

    def __post_init__(self) -> None:
        """An order that cannot be met is refused at birth."""
        schools = self.schools if self.schools is not None else default_schools(max(self.pupils, 1))
        if schools < 1 or self.pupils < 10 * schools:
            raise _refused("There must be at least 10 pupils for each school", "--pupils", "Ask for more pupils.")
        if not in_force(self.lea, census_day(self.term, self.year)):
            raise _refused("This authority did not exist on census day", "--lea", "Give another number, such as 201.")


@dataclass(frozen=True, slots=True)
class MadeUp:
    """Returns before writing, with the truth about planted defects."""

    order: Order
    returns: tuple[Return, ...]
    truth: tuple[Planted, ...]

    def xml(self, made: Return) -> bytes:
        """One of the returns as the bytes of its file."""
        return xml_of(made, self.order.term, self.order.year).encode()

    def file_name(self, school: School) -> str:
        """The name of a school's file: its number, term and year."""
        return f"{school.laestab}-{self.order.term.value.lower()}-{self.order.year}.xml"


def make_up(order: Order, defects: Mapping[str, int] | None = None) -> MadeUp:
    """Invent the returns of one collection. Clean returns break no rule as an error; planted defects are named."""
    schools = invent_schools(order.pupils, order.schools or default_schools(order.pupils), order.lea, order.seed)
    august = order.year if order.term is Term.AUTUMN else order.year - 1
    plan_share = _plan_share(schools)
    returns = [Return(school, list(pupils_of(school, august, order.seed, plan_share))) for school in schools]
    _replay_earlier_terms(returns, order, august, plan_share)
    facts = TermFacts(order.term, order.year, order.seed, plan_share)
    facts.move_pupils(returns)
    facts.register_twice(returns)
    for made in returns:
        facts.exclude(made)
        facts.attend(made)
        facts.close_meals(made)
    truth = plant(defects or {}, returns, facts, order.seed)
    _shuffle(returns, order)
    return MadeUp(order, tuple(returns), truth)


def _replay_earlier_terms(returns: list[Return], order: Order, august: int, plan_share: float) -> None:
    """Whoever left in an earlier term of the school year stays away, and whoever moved stays at the new school."""
    for term in _ORDER[: _ORDER.index(order.term)]:
        year = august if term is Term.AUTUMN else august + 1
        TermFacts(term, year, order.seed, plan_share).move_pupils(returns)
        for made in returns:
            made.leavers.clear()
            for pupil in made.on_roll:
                pupil.planted = ""


def _plan_share(schools: tuple[School, ...]) -> float:
    """Plans in ordinary schools, so that special schools and ordinary ones together come to the national share."""
    special = sum(school.size for school in schools if school.special)
    others = sum(school.size for school in schools) - special
    return max(0.01, (marginals.PLAN * (special + others) - special) / others) if others else 0.0


def _shuffle(returns: list[Return], order: Order) -> None:
    """School systems export in no order that means anything."""
    for made in returns:
        Random(f"{order.seed}/order/{made.school.laestab}").shuffle(made.on_roll)  # noqa: S311


def _refused(message: str, where: str, mend: str) -> InputRefused:
    return InputRefused(Reason("generate", message, where, mend))
