"""The powers and purposes the gate knows, as the public reads them and as a request may choose them."""

from dataclasses import dataclass
from datetime import date

from rollbook.policy.powers import POWERS, powers_in_force
from rollbook.policy.purposes import PURPOSES, PurposeKind, purposes_of
from rollbook.services.platform import clock
from rollbook.services.platform.words import purpose_name


@dataclass(frozen=True, slots=True)
class PowerLine:
    """One legal power. `in_force` is as of today; `overrides` names the law that an objection does not stop."""

    code: str
    law: str
    who: str
    what_for: str
    conditions: str
    purposes: tuple[str, ...]
    starts: date | None
    in_force: bool
    identifying: bool
    overrides: str


@dataclass(frozen=True, slots=True)
class PurposeLine:
    """One purpose."""

    code: str
    name: str
    explanation: str
    kind: str
    starts: date
    ends: date | None


def power_lines() -> tuple[PowerLine, ...]:
    """Every power of the table."""
    today = clock.today()
    return tuple(
        PowerLine(
            code=power.code,
            law=power.law,
            who=power.who,
            what_for=power.what_for,
            conditions=power.conditions,
            purposes=tuple(purpose_name(code) for code in sorted(power.purposes)),
            starts=power.starts,
            in_force=power.in_force(today),
            identifying=bool(power.identifiability & {1, 2}),
            overrides=power.overrides_choices,
        )
        for power in POWERS.values()
    )


def purpose_lines() -> tuple[PurposeLine, ...]:
    """Every purpose of the table."""
    return tuple(
        PurposeLine(one.code, one.name, one.explanation, one.kind, one.starts, one.ends) for one in PURPOSES.values()
    )


def research_purposes() -> tuple[tuple[str, str, str], ...]:
    """(code, name, explanation) of each purpose a request may have."""
    return tuple((one.code, one.name, one.explanation) for one in purposes_of(PurposeKind.RESEARCH))


def research_powers() -> tuple[tuple[str, str], ...]:
    """(code, law) of each power in force under which research may be asked for."""
    research = {one.code for one in purposes_of(PurposeKind.RESEARCH)}
    return tuple((one.code, one.law) for one in powers_in_force(clock.today()) if research & one.purposes)
