"""Lays out the invented nation: which schools each authority has, how large, under which numbers."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Final

from rollbook.dataplane.census.generator import marginals
from rollbook.dataplane.census.generator.inventing import place, postcode
from rollbook.dataplane.census.generator.records import PRIVATE, School
from rollbook.kernel.authorities import RETURN_AUTHORITIES, in_force
from rollbook.kernel.refusals import InputRefused, Reason

# First school number of each kind, the number its UPNs are issued under by schools long closed, and how many an
# authority can hold without leaving the range of its phase.
_NUMBERS: Final = {
    "primary": (3000, 3000, 1000), "secondary": (4000, 2000, 850), "special": (7000, 7000, 900),
    "nursery": (1000, 1000, 100), "pru": (1100, 2900, 50), "all-through": (4850, 4850, 50), "post-16": (4900, 2850, 50),
    PRIVATE: (9000, 9000, 1000),
}  # fmt: skip
_PHASE: Final = {
    "primary": "PS", "secondary": "SS", "special": "SP", "nursery": "NS", "pru": "PR", "all-through": "AT",
    "post-16": "SS", PRIVATE: "EY",
}  # fmt: skip
_TITLE: Final = {
    "primary": "Primary School", "secondary": "High School", "special": "Special School", "nursery": "Nursery School",
    "pru": "Pupil Referral Unit", "all-through": "All-through School", "post-16": "Sixth Form", PRIVATE: "Playgroup",
}  # fmt: skip
_AGES: Final = {"special": (4, 15), "nursery": (2, 3), "pru": (12, 15), "post-16": (16, 17), PRIVATE: (2, 3)}
_MOST_IN_A_YEAR: Final = 800  # a UPN has a serial of three digits for each school and year; newcomers need some too


@dataclass(frozen=True, slots=True)
class Layout:
    """The schools of each authority, and the shares of special needs in ordinary schools that give national shares."""

    areas: tuple[tuple[School, ...], ...]
    plan_share: float
    support_share: float


def default_schools(pupils: int) -> int:
    """How many schools so many pupils have on average."""
    return max(1, round(pupils / marginals.STATE_PUPILS_A_SCHOOL))


def lay_out(
    pupils: int, schools: int, lea: str, seed: int, days: tuple[date, ...], authorities: int | None = None
) -> Layout:
    """`schools` schools holding `pupils` pupils together, in authorities from `lea` onwards in force on all `days`.

    The same arguments give the same schools.
    """
    kinds = _kinds(schools)
    leas = _authorities(authorities or _usual(pupils), schools, lea, days)
    sizes = _sizes(Random(f"{seed}/sizes"), kinds, pupils)  # noqa: S311  nothing secret is drawn
    areas: list[list[School]] = [[] for _ in leas]
    number = 0
    for kind, count in kinds.items():
        for nth in range(count):
            area = int((nth + 0.5) * len(leas) / count)
            rng = Random(f"{seed}/school/{number}")  # noqa: S311
            areas[area].append(_school(rng, kind, sizes[kind][nth], area, number))
            number += 1
    for area, inside in enumerate(areas):
        inside += _settings(inside, area, seed, number)
        number += len(inside)
    numbered = tuple(_numbered(inside, lea) for inside, lea in zip(areas, leas, strict=True))
    return _with_shares(_with_meals(numbered))


def _kinds(schools: int) -> dict[str, int]:
    """Kinds by national shares, largest remainders first."""
    total = sum(marginals.SCHOOLS.values())
    exact = {kind: schools * count / total for kind, count in marginals.SCHOOLS.items()}
    whole = {kind: int(value) for kind, value in exact.items()}
    left = schools - sum(whole.values())
    for kind in sorted(exact, key=lambda kind: whole[kind] - exact[kind])[:left]:
        whole[kind] += 1
    return {kind: count for kind, count in whole.items() if count}


def _usual(pupils: int) -> int:
    return round(pupils / marginals.PUPILS_AN_AUTHORITY)


def _authorities(asked: int, schools: int, lea: str, days: tuple[date, ...]) -> list[str]:
    order = sorted(number for number in RETURN_AUTHORITIES if all(in_force(number, day) for day in days))
    if lea not in order:
        raise _refused("This authority did not exist on census day", "--lea", "Give another number, such as 201.")
    wanted = max(asked, -(-schools // marginals.SCHOOLS_AN_AUTHORITY), 1)
    start = order.index(lea)
    return (order[start:] + order[:start])[: min(wanted, schools)]


def _sizes(rng: Random, kinds: Mapping[str, int], pupils: int) -> dict[str, list[int]]:
    """A size for each school of each kind: the kinds of a group share what the group has of the nation."""
    weight = {kind: marginals.SIZE_WEIGHT.get(kind, 1.0) for kind in kinds}
    group = {kind: marginals.GROUP.get(kind, kind) for kind in kinds}
    schools: defaultdict[str, float] = defaultdict(float)
    for kind, count in kinds.items():
        schools[group[kind]] += count * weight[kind]
    present = sum(marginals.PUPILS[name] for name in schools)
    shape = marginals.SIZE_SHAPE
    drawn: dict[str, list[float]] = {}
    for kind, count in kinds.items():
        draws = [max(0.2, rng.gammavariate(shape, 1 / shape)) for _ in range(count)]
        share = marginals.PUPILS[group[kind]] / present * count * weight[kind] / schools[group[kind]]
        drawn[kind] = [pupils * share * draw / sum(draws) for draw in draws]
    sizes = {kind: [max(3, int(size)) for size in values] for kind, values in drawn.items()}
    _balance(sizes, pupils)
    return sizes


def _balance(sizes: dict[str, list[int]], pupils: int) -> None:
    """Give or take single pupils at the larger schools until the total is right."""
    places = [(kind, n) for kind, values in sizes.items() for n in range(len(values))]
    places.sort(key=lambda at: -sizes[at[0]][at[1]])
    missing = pupils - sum(map(sum, sizes.values()))
    turn = 0
    while missing:
        kind, n = places[turn % len(places)]
        step = 1 if missing > 0 else -1 if sizes[kind][n] > 3 else 0
        sizes[kind][n] += step
        missing -= step
        turn += 1


def _settings(schools: list[School], area: int, seed: int, first: int) -> list[School]:
    """Early years settings of an authority, by its pupils."""
    children = round(sum(school.size for school in schools) * marginals.PRIVATE_CHILDREN)
    count = -(-children // marginals.PRIVATE_SIZE)
    share, rest = divmod(children, count) if count else (0, 0)
    return [
        _school(Random(f"{seed}/setting/{area}/{n}"), PRIVATE, share + (n < rest), area, first + n)  # noqa: S311
        for n in range(count)
    ]


def _school(rng: Random, kind: str, size: int, area: int, number: int) -> School:
    school_type, governance, first_age, last_age = _character(rng, kind)
    made = School(
        kind=kind, lea="", estab="", urn=f"{900_000 + number % 100_000:06d}", name=f"{place(rng)} {_TITLE[kind]}",
        phase=_PHASE[kind], school_type=school_type, governance=governance, first_age=first_age, last_age=last_age,
        size=size, issuing_estab="", free_meals=rng.gammavariate(3, 1 / 3), number=number, area=area,
        postcode=postcode(rng, area),
    )  # fmt: skip
    if made.largest > _MOST_IN_A_YEAR:
        raise _refused("So many pupils do not fit into so few schools", "--schools", "Ask for more schools.")
    return made


def _character(rng: Random, kind: str) -> tuple[str, str, int, int]:
    """School type, governance, first and last age at 31 August."""
    if kind in _AGES:
        first, last = _AGES[kind]
        school_type = {"special": "52", "nursery": "51", "pru": "54", "post-16": "49"}.get(kind, "")
        return school_type, "CA" if kind == "post-16" else "CO", first, last
    maintained = rng.choice(("CO", "CO", "VA", "VC", "FO"))
    if kind == "primary":
        academy = rng.random() < marginals.ACADEMY_SHARE
        first = 3 if rng.random() < marginals.NURSERY_CLASS_SHARE else 4
        return ("49", "CA", first, 10) if academy else ("03", maintained, first, 10)
    last = 17 if rng.random() < marginals.SIXTH_FORM_SHARE else 15
    if kind == "all-through":
        return "49", "CA", 4, last
    if rng.random() < marginals.ACADEMY_SHARE_SECONDARY:
        return "49", "CA", 11, last
    return ("22" if last == 17 else "21"), maintained, 11, last


def _numbered(schools: list[School], lea: str) -> tuple[School, ...]:
    counts: Counter[str] = Counter()
    made = []
    for school in schools:
        first, issuing, capacity = _NUMBERS[school.kind]
        nth = counts[school.kind]
        counts[school.kind] += 1
        if nth >= capacity:
            raise _refused("So many schools do not fit into the authorities there are", "--schools", "Ask for fewer.")
        made.append(replace(school, lea=lea, estab=f"{first + nth:04d}", issuing_estab=f"{issuing + nth:04d}"))
    return tuple(made)


def _with_meals(areas: tuple[tuple[School, ...], ...]) -> tuple[tuple[School, ...], ...]:
    """Scale the schools' draws, so that all pupils together come to the national share of free meals."""
    factor = marginals.FREE_MEALS / (1 - marginals.SERVICE_CHILD["Y"])
    for _ in range(4):  # the cap takes some away, which the others make up for
        schools = [school for inside in areas for school in inside if not school.private]
        expected = sum(school.size * min(0.85, school.free_meals * factor) for school in schools)
        factor *= marginals.FREE_MEALS * sum(school.size for school in schools) / expected
    return tuple(
        tuple(replace(school, free_meals=min(0.85, school.free_meals * factor)) for school in inside)
        for inside in areas
    )


def _with_shares(areas: tuple[tuple[School, ...], ...]) -> Layout:
    pupils: Counter[str] = Counter()
    for inside in areas:
        for school in inside:
            if not school.private:
                pupils[school.kind if school.kind in ("special", "pru") else "other"] += school.size
    total, others = sum(pupils.values()), max(1, pupils["other"])
    referred = marginals.REFERRED
    plans = marginals.PLAN * total - pupils["special"] - referred["E"] * pupils["pru"]
    support = marginals.SEN_SUPPORT * total - referred["K"] * pupils["pru"]
    return Layout(areas, max(0.01, plans / others), max(0.01, support / others))


def _refused(message: str, where: str, mend: str) -> InputRefused:
    return InputRefused(Reason("generate", message, where, mend))
