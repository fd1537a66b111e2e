"""The invented schools, people and returns, before they are written. Values only."""

from dataclasses import dataclass, field, fields
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Final

PRIVATE: Final = "private"  # a private or voluntary early years setting: its authority sends a return for it


@dataclass(frozen=True, slots=True)
class School:
    """An invented school or early years setting. Ages are those at 31 August of its youngest and oldest year group.

    `number` counts all schools of the nation from 0; `area` is the place of its authority in the nation.
    """

    kind: str
    lea: str
    estab: str
    urn: str
    name: str
    phase: str
    school_type: str
    governance: str
    first_age: int
    last_age: int
    size: int
    issuing_estab: str
    free_meals: float
    number: int = 0
    area: int = 0
    postcode: str = ""

    @property
    def special(self) -> bool:
        """Whether the school does not follow year groups."""
        return self.kind == "special"

    @property
    def private(self) -> bool:
        """Whether it is an early years setting and sends no return of its own."""
        return self.kind == PRIVATE

    @property
    def laestab(self) -> str:
        """Authority and school number."""
        return self.lea + self.estab

    @property
    def quotas(self) -> dict[int, int]:
        """Places in each year group, by age at 31 August. They add up to `size`."""
        return _quotas(self.kind, self.first_age, self.last_age, self.size)

    @property
    def largest(self) -> int:
        """Places in the largest year group."""
        return max(self.quotas.values())


@lru_cache(maxsize=65_536)
def _quotas(kind: str, first: int, last: int, size: int) -> dict[int, int]:
    """Nursery classes and sixth forms are smaller than the year groups between them (DOMAIN)."""
    ages = range(first, last + 1)
    weights = [0.6 if age < 4 and kind == "primary" else 0.45 if age > 15 and first < 16 else 1.0 for age in ages]
    exact = [size * weight / sum(weights) for weight in weights]
    whole = [int(value) for value in exact]
    order = sorted(range(len(whole)), key=lambda n: whole[n] - exact[n])
    for n in order[: size - sum(whole)]:
        whole[n] += 1
    return dict(zip(ages, whole, strict=True))


@dataclass(frozen=True, slots=True)
class Address:
    """A made-up home."""

    house: str
    street: str
    town: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One exclusion; `sessions` None when permanent."""

    category: str
    reason: str
    start: date
    sessions: int | None
    sen: str


Sessions = tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Pupil:
    """What is true of a pupil, and what one return says of them. `key` is the person, the same in every return.

    `yssa`, `hours_at_setting` and `eligibility_code` are drawn for everybody and told only at the ages they belong to.
    """

    key: str
    upn: str
    surname: str
    forename: str
    sex: str
    born: date
    address: Address
    entry: date
    age: int = 0
    middle_names: str = ""
    former_upn: str = ""
    former_surname: str = ""
    uln: str = ""
    ethnicity: str = "WBRI"
    language: str = "ENG"
    service_child: str = "N"
    plaa: str = "N"
    young_carer: str = "N"
    yssa: str = ""
    sen: str = "N"
    needs: tuple[str, ...] = ()
    meals: tuple[tuple[date, date | None], ...] = ()
    hours_at_setting: float = 15.0
    eligibility_code: str = ""
    funding_basis: str = "ECO"
    absence: float = 0.0
    twin: bool = False
    enrol: str = "C"
    leaving: date | None = None
    exclusions: tuple[Exclusion, ...] = ()
    sessions_possible: int | None = None
    sessions: Sessions = ()
    second_half_possible: int | None = None
    second_half_sessions: Sessions = ()
    planted: str = ""
    marks: tuple[str, ...] = ()
    illegal: tuple[tuple[str, str], ...] = ()

    def copy(self) -> "Pupil":
        """The same person, to be changed apart."""
        return Pupil(*_every_field(self))


_every_field: Final = attrgetter(*(one.name for one in fields(Pupil)))


@dataclass(slots=True)
class Return:
    """One school's return in the making, or the children of one early years setting."""

    school: School
    on_roll: list[Pupil] = field(default_factory=list)
    leavers: list[Pupil] = field(default_factory=list)
