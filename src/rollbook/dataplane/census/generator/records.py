"""The invented people and schools, before they are written as XML. Values only."""

from dataclasses import dataclass, field, replace
from datetime import date


@dataclass(frozen=True, slots=True)
class School:
    """An invented school. `first_age` and `last_age` are ages at 31 August of its youngest and oldest year group."""

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

    @property
    def special(self) -> bool:
        """Whether the school does not follow year groups."""
        return self.kind == "special"

    @property
    def laestab(self) -> str:
        """Authority and school number."""
        return self.lea + self.estab


@dataclass(slots=True)
class Address:
    """A made-up home."""

    house: str
    street: str
    town: str
    postcode: str


@dataclass(slots=True)
class Exclusion:
    """One exclusion; `sessions` None when permanent."""

    category: str
    reason: str
    start: date
    sessions: int | None
    sen: str


@dataclass(slots=True)
class Pupil:
    """One pupil record of one return. Changed in place while a return is being made up, never afterwards."""

    upn: str
    surname: str
    forename: str
    sex: str
    born: date
    age: int
    address: Address
    entry: date
    middle_names: str = ""
    former_upn: str = ""
    former_surname: str = ""
    ethnicity: str = "WBRI"
    language: str = "ENG"
    service_child: str = "N"
    plaa: str = "N"
    young_carer: str = "N"
    yssa: str = ""
    sen: str = "N"
    needs: tuple[str, ...] = ()
    meals: tuple[tuple[date, date | None], ...] = ()
    funded_hours: float | None = None
    hours_at_setting: float | None = None
    extended_hours: float | None = None
    eligibility_code: str = ""
    enrol: str = "C"
    leaving: date | None = None
    exclusions: tuple[Exclusion, ...] = ()
    sessions_possible: int | None = None
    sessions: tuple[tuple[str, int], ...] = ()
    second_half_possible: int | None = None
    second_half_sessions: tuple[tuple[str, int], ...] = ()
    twin: bool = False
    planted: str = ""
    illegal: tuple[tuple[str, str], ...] = ()

    def copy(self) -> "Pupil":
        """The same person in another school's return."""
        return replace(self, address=replace(self.address))


@dataclass(slots=True)
class Return:
    """One school's return in the making."""

    school: School
    on_roll: list[Pupil] = field(default_factory=list)
    leavers: list[Pupil] = field(default_factory=list)
    joined: dict[int, int] = field(default_factory=dict)  # newcomers of each cohort so far
