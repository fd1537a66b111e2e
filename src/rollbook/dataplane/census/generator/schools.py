"""Invents the schools: how many of each kind, how large, under which numbers."""

from collections.abc import Iterator
from random import Random
from typing import Final

from rollbook.dataplane.census.generator import marginals
from rollbook.dataplane.census.generator.inventing import place
from rollbook.dataplane.census.generator.records import School
from rollbook.kernel.authorities import RETURN_AUTHORITIES
from rollbook.kernel.refusals import InputRefused, Reason

# First school number of each kind and how many an authority can hold without leaving the range of its phase.
_NUMBERS: Final = {"primary": (3000, 1000), "secondary": (4000, 900), "special": (7000, 900), "nursery": (1000, 100)}
_PHASE: Final = {"primary": "PS", "secondary": "SS", "special": "SP", "nursery": "NS"}
_TITLE: Final = {
    "primary": "Primary School", "secondary": "High School", "special": "Special School", "nursery": "Nursery School",
}  # fmt: skip
_MAX_COHORT: Final = 999  # a UPN has a serial of three digits for each school and year


def invent_schools(pupils: int, schools: int, lea: str, seed: int) -> tuple[School, ...]:
    """`schools` schools holding `pupils` pupils together. The same arguments give the same schools."""
    kinds = list(_kinds(schools))
    rng = Random(f"{seed}/schools")  # noqa: S311  nothing secret is drawn
    sizes = _sizes(rng, kinds, pupils)
    made = tuple(_school(rng, kind, kinds[:n].count(kind), n, size, lea) for n, (kind, size) in enumerate(sizes))
    for school in made:
        if school.size > _MAX_COHORT * (school.last_age - school.first_age + 1):
            raise InputRefused(
                Reason(
                    "generate", "So many pupils do not fit into so few schools", "--schools", "Ask for more schools."
                )
            )
    return made


def default_schools(pupils: int) -> int:
    """How many schools so many pupils have on average."""
    return max(1, round(pupils / marginals.STATE_PUPILS_A_SCHOOL))


def _kinds(schools: int) -> Iterator[str]:
    """Kinds by national shares, largest remainders first; primaries come first."""
    total = sum(marginals.SCHOOLS.values())
    exact = {kind: schools * count / total for kind, count in marginals.SCHOOLS.items()}
    whole = {kind: int(value) for kind, value in exact.items()}
    left = schools - sum(whole.values())
    for kind in sorted(exact, key=lambda kind: whole[kind] - exact[kind])[:left]:
        whole[kind] += 1
    for kind, count in whole.items():
        yield from [kind] * count


def _sizes(rng: Random, kinds: list[str], pupils: int) -> list[tuple[str, int]]:
    shape = marginals.SIZE_SHAPE
    drawn = [max(0.2, rng.gammavariate(shape, 1 / shape)) * marginals.MEAN_SIZE[kind] for kind in kinds]
    scale = pupils / sum(drawn)
    sizes = [int(size * scale) for size in drawn]
    for n in range(pupils - sum(sizes)):
        sizes[n % len(sizes)] += 1
    return list(zip(kinds, sizes, strict=True))


def _school(rng: Random, kind: str, nth: int, n: int, size: int, lea: str) -> School:
    first, capacity = _NUMBERS[kind]
    school_type, governance, first_age, last_age = _character(rng, kind)
    number = first + nth % capacity
    return School(
        kind=kind, lea=_authority(lea, nth // capacity), estab=f"{number:04d}", urn=f"{900_000 + n:06d}",
        name=f"{place(rng)} {_TITLE[kind]}", phase=_PHASE[kind], school_type=school_type, governance=governance,
        first_age=first_age, last_age=last_age, size=size,
        issuing_estab=f"{2000 + nth % capacity:04d}" if kind == "secondary" else f"{number:04d}",
        free_meals=min(0.8, rng.gammavariate(3, marginals.FREE_MEALS / 3)),
    )  # fmt: skip


def _character(rng: Random, kind: str) -> tuple[str, str, int, int]:
    """School type, governance, first and last age at 31 August."""
    if kind == "special":
        return "52", "CO", 4, 15
    if kind == "nursery":
        return "51", "CO", 2, 3
    maintained = rng.choice(("CO", "CO", "VA", "VC", "FO"))
    if kind == "primary":
        academy = rng.random() < marginals.ACADEMY_SHARE
        first = 3 if rng.random() < marginals.NURSERY_CLASS_SHARE else 4
        return ("49", "CA", first, 10) if academy else ("03", maintained, first, 10)
    academy = rng.random() < marginals.ACADEMY_SHARE_SECONDARY
    last = 17 if rng.random() < marginals.SIXTH_FORM_SHARE else 15
    if academy:
        return "49", "CA", 11, last
    return ("22" if last == 17 else "21"), maintained, 11, last


def _authority(lea: str, step: int) -> str:
    """The authority asked for, then those that follow it when its numbers are used up."""
    order = sorted(RETURN_AUTHORITIES)
    return order[(order.index(lea) + step) % len(order)]
