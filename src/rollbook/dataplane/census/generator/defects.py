"""Plants known defects into clean returns and keeps the truth about each one.

Two sorts. A rule must catch the first (a mistyped UPN, a late leaver): they are slips in one return and right again in
the next. The second is for matching people: somebody comes under another name, birthday or address than the last school
knew, or two people look like one (twins). The truth names every one of them, so that checks and matchers can be
measured.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from rollbook.dataplane.census.generator.area import Area
from rollbook.dataplane.census.generator.calendar import When
from rollbook.dataplane.census.generator.events import (
    Season,
    move,
    new_home,
    new_surname,
    register_twice,
    temporary_upn,
)
from rollbook.dataplane.census.generator.inventing import forename, respelled
from rollbook.dataplane.census.generator.persons import Person, Place
from rollbook.dataplane.census.generator.records import Pupil, Return
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.kernel.terms import age_at_previous_31_august
from rollbook.kernel.upn import LETTERS

MAX_EACH: Final = 100_000
Wanted = Mapping[str, float]


@dataclass(slots=True)
class Planted:
    """One planted defect: whose, where, which rules must catch it (none for matching), what was there before.

    `record` stands in the return of `laestab`. A rule about two records names the later one in the file (`pair`), or
    both when they stand in two files (`apart`).
    """

    kind: str
    laestab: str
    rules: tuple[str, ...]
    record: Pupil
    was: str = ""
    other_laestab: str = ""
    pair: Pupil | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Soil:
    """What is planted in: an authority in one term, with chance; `planted` and `notes` take what came of it."""

    area: Area
    when: When
    rng: Random
    notes: list[tuple[str, Person, str, int | None]] = field(default_factory=list)

    @property
    def season(self) -> Season:
        """The time before census day."""
        return Season(self.when, self.rng)


# What is done to people before the returns are told: what stood there before, and the other school.
_Deed = Callable[[Place, Soil], tuple[str, int | None]]


def _surname_change(place: Place, soil: Soil) -> tuple[str, int | None]:
    was, left = place.person.facts.surname, move(soil.area, place, soil.season)
    new_surname(soil.area, place.person, soil.rng)
    return was, left


def _dob_swap(place: Place, soil: Soil) -> tuple[str, int | None]:
    facts = place.person.facts
    was, left = facts.born, move(soil.area, place, soil.season)
    facts.born = date(was.year, was.day, was.month)
    return was.isoformat(), left


def _postcode_move(place: Place, soil: Soil) -> tuple[str, int | None]:
    was, left = place.person.facts.address.postcode, move(soil.area, place, soil.season)
    new_home(soil.area, place.person, soil.rng)
    return was, left


def _dual(place: Place, soil: Soil) -> tuple[str, int | None]:
    age = soil.when.august - place.person.cohort
    return "", register_twice(soil.area, place, soil.area.alike(place.school, age), soil.season)


def _twins(place: Place, soil: Soil) -> tuple[str, int | None]:
    return _second_of_pair(place, soil, same_name=False)


def _same_name_twins(place: Place, soil: Soil) -> tuple[str, int | None]:
    return _second_of_pair(place, soil, same_name=True)


def _second_of_pair(place: Place, soil: Soil, *, same_name: bool) -> tuple[str, int | None]:
    """A twin joins the school: one surname, sex, birthday and home, one initial or even one first name."""
    first = place.person
    twin = soil.area.newcomer(place.school, first.cohort, soil.season.soon_after(soil.season.day()))
    mine, theirs = twin.facts, first.facts
    mine.surname, mine.sex, mine.born, mine.address = theirs.surname, theirs.sex, theirs.born, theirs.address
    mine.planted = "same-name-twins" if same_name else "twins"
    mine.forename = theirs.forename
    while not same_name and (mine.forename[0] != theirs.forename[0] or mine.forename == theirs.forename):
        mine.forename = forename(soil.rng)
    mine.middle_names = forename(soil.rng, avoid=theirs.middle_names[:1])
    soil.area.mark(twin, "twin-arrived")
    return "", None


_DEEDS: Final[Mapping[str, _Deed]] = {
    "twins": _twins, "same-name-twins": _same_name_twins, "surname-change": _surname_change, "dob-swap": _dob_swap,
    "dual-registration": _dual, "postcode-move": _postcode_move,
}  # fmt: skip


# What is done to the records of one return.
_Slip = Callable[[Pupil, Return, list[Return], Soil], Planted]


def _check_letter(pupil: Pupil, made: Return, returns: list[Return], soil: Soil) -> Planted:
    was = pupil.upn
    pupil.upn = soil.rng.choice(LETTERS.replace(was[0], "")) + was[1:]
    return Planted("check-letter", made.school.laestab, ("PT-015",), pupil, was)


def _transposed(pupil: Pupil, made: Return, returns: list[Return], soil: Soil) -> Planted:
    was = pupil.upn
    places = [n for n in range(4, 12) if was[n] != was[n + 1]]  # past the authority, so that one rule alone is broken
    n = soil.rng.choice(places)
    pupil.upn = was[:n] + was[n + 1] + was[n] + was[n + 2 :]
    return Planted("transposed-upn", made.school.laestab, ("PT-015",), pupil, was)


def _temporary(pupil: Pupil, made: Return, returns: list[Return], soil: Soil) -> Planted:
    was = pupil.upn
    pupil.upn = temporary_upn(was, 10)
    pupil.entry = min(pupil.entry, soil.when.before)
    return Planted("temporary-upn", made.school.laestab, ("PT-022",), pupil, was)


def _reused(pupil: Pupil, made: Return, returns: list[Return], soil: Soil) -> Planted:
    was, other = pupil.upn, _plain(made, soil, pupil)
    pupil.upn = other.upn
    return Planted("reused-upn", made.school.laestab, ("PT-016",), pupil, was, pair=other)


def _reused_elsewhere(pupil: Pupil, made: Return, returns: list[Return], soil: Soil) -> Planted:
    was, elsewhere = pupil.upn, soil.rng.choice(_others(made, returns))
    other = _plain(elsewhere, soil, pupil)
    pupil.upn = other.upn
    return Planted(
        "reused-upn-elsewhere",
        made.school.laestab,
        ("PT-016",),
        pupil,
        was,
        elsewhere.school.laestab,
        other,
        apart=True,
    )


def _late_leaver(pupil: Pupil, made: Return, returns: list[Return], soil: Soil) -> Planted:
    made.on_roll[:] = [one for one in made.on_roll if one is not pupil]
    pupil.leaving = soil.when.day + timedelta(days=soil.rng.randrange(5))
    pupil.sessions_possible, pupil.sessions, pupil.exclusions = None, (), ()
    pupil.second_half_possible, pupil.second_half_sessions = None, ()
    made.leavers.append(pupil)
    return Planted("late-leaver", made.school.laestab, ("PT-043", "PT-044"), pupil)


def _name_typo(pupil: Pupil, made: Return, returns: list[Return], soil: Soil) -> Planted:
    was, pupil.forename = pupil.forename, respelled(soil.rng, pupil.forename)
    return Planted("name-typo", made.school.laestab, (), pupil, was)


def _illegal(kind: str, element: str, value: str) -> _Slip:
    def slip(pupil: Pupil, made: Return, returns: list[Return], soil: Soil) -> Planted:
        pupil.illegal = ((element, value),)
        return Planted(kind, made.school.laestab, ("PT-041",), pupil)

    return slip


_SLIPS: Final[Mapping[str, _Slip]] = {
    "check-letter": _check_letter, "transposed-upn": _transposed, "temporary-upn": _temporary, "reused-upn": _reused,
    "reused-upn-elsewhere": _reused_elsewhere, "late-leaver": _late_leaver, "name-typo": _name_typo,
    "nationality": _illegal("nationality", "Nationality", "XXK"),
    "country-of-birth": _illegal("country-of-birth", "CountryOfBirth", "XXK"),
}  # fmt: skip
DEFECTS: Final = (*_DEEDS, *_SLIPS)
ALIKE: Final = frozenset({"twins", "same-name-twins"})


def plant_people(wanted: Mapping[str, int], soil: Soil) -> None:
    """Do to people what is asked for, each to one of their own, before the term is told."""
    for kind, count in wanted.items():
        carried = sum(place.person.facts.planted == kind for roll in soil.area.rolls for place in roll if kind in ALIKE)
        for _ in range(count - carried if kind in _DEEDS else 0):
            place = _place(kind, soil)
            place.person.facts.planted = kind
            was, other = _DEEDS[kind](place, soil)
            if kind in ALIKE:
                place.person.facts.planted = "pair"
            soil.notes.append((kind, place.person, was, other))


def _place(kind: str, soil: Soil) -> Place:
    rolls = [roll for n, roll in enumerate(soil.area.rolls) if not soil.area.schools[n].private]
    for roll in soil.rng.sample(rolls, len(rolls)):
        able = [place for place in roll if _able(kind, place, soil)]
        if len(able) >= 2:
            return soil.rng.choice(able)
    raise _too_few(kind)


def _able(kind: str, place: Place, soil: Soil) -> bool:
    facts, age = place.person.facts, soil.when.august - place.person.cohort
    untouched = not (facts.planted or facts.twin or place.person.kept or place.person.next_upn or place.person.marks)
    settled = place.enrol == "C" and 5 <= age <= 15 and place.entry < soil.when.windows.attendance.first
    if not (untouched and settled):
        return False
    if kind == "dual-registration":
        return bool(soil.area.alike(place.school, age))
    if kind == "dob-swap":
        born = facts.born
        swapped = date(born.year, born.day, born.month) if born.day <= 12 and born.day != born.month else born
        return swapped != born and age_at_previous_31_august(swapped, soil.when.day) == age
    return True


def plant_records(wanted: Mapping[str, int], returns: list[Return], soil: Soil) -> list[Planted]:
    """Make the slips that are asked for; gives them together with what was done to people before."""
    returns = [made for made in returns if not made.school.private]
    truth = _noted(returns, soil)
    for kind, count in wanted.items():
        for _ in range(count if kind in _SLIPS else 0):
            made, pupil = _choose(kind, returns, soil)
            pupil.planted = kind
            truth.append(_SLIPS[kind](pupil, made, returns, soil))
    return truth


def _noted(returns: list[Return], soil: Soil) -> list[Planted]:
    """What was done to people, tied to their records; twins of earlier terms are still to be asked about."""
    area = soil.area
    records = {(made.school.laestab, one.key): one for made in returns for one in made.on_roll}
    truth = []
    for kind, person, was, other in soil.notes:
        if kind in ALIKE:
            continue
        now = area.schools[person.places[0].school].laestab
        elsewhere = area.schools[other].laestab if other is not None else ""
        truth.append(Planted(kind, now, (), records[now, person.facts.key], was, elsewhere))
    for made in returns:
        truth += _pairs(made)
    return truth


def _pairs(made: Return) -> list[Planted]:
    pairs: list[Planted] = []
    everybody = [*made.on_roll, *made.leavers]
    first = {(one.surname, one.forename[0], one.sex, one.born): one for one in everybody if one.planted not in ALIKE}
    for one in everybody:
        other = first.get((one.surname, one.forename[0], one.sex, one.born))
        if one.planted in ALIKE and other is not None:
            pairs.append(Planted(one.planted, made.school.laestab, ("PT-028",), one, pair=other))
    return pairs


def _choose(kind: str, returns: list[Return], soil: Soil) -> tuple[Return, Pupil]:
    for made in soil.rng.sample(returns, len(returns)):
        able = [pupil for pupil in made.on_roll if _plain_one(pupil, soil)]
        if len(able) >= 2 and (kind != "reused-upn-elsewhere" or _others(made, returns)):
            return made, soil.rng.choice(able)
    raise _too_few(kind)


def _plain_one(pupil: Pupil, soil: Soil) -> bool:
    untouched = not (pupil.planted or pupil.twin or pupil.marks) and pupil.enrol == "C" and 5 <= pupil.age <= 15
    return untouched and pupil.upn[-1].isdigit() and pupil.entry < soil.when.windows.attendance.first


def _plain(made: Return, soil: Soil, apart: Pupil) -> Pupil:
    """Another pupil of this roll to whom nothing has been done, marked as used."""
    able = [pupil for pupil in made.on_roll if pupil is not apart and _plain_one(pupil, soil)]
    if not able:
        raise _too_few("a second pupil")
    chosen = soil.rng.choice(able)
    chosen.planted = "used"
    return chosen


def _others(made: Return, returns: list[Return]) -> list[Return]:
    return [one for one in returns if one is not made and one.school.kind == made.school.kind]


def _too_few(kind: str) -> InputRefused:
    return InputRefused(
        Reason("generate", f"There are too few pupils or schools to plant {kind}", "--defects", "Ask for more of them.")
    )


def share_of(wanted: Wanted, before: int, here: int, everybody: int) -> dict[str, int]:
    """How many of each defect fall to an authority: its part of a count, or a rate of its pupils.

    `before` pupils stand in the authorities before it, `here` in this one, `everybody` in all.
    """

    def part(value: float) -> int:
        rate = value if isinstance(value, float) else value / max(1, everybody)
        return int(rate * (before + here) + 1e-6) - int(rate * before + 1e-6)

    return {kind: count for kind, value in wanted.items() if (count := part(value))}


def read_wanted(wanted: object) -> dict[str, float]:
    """Check a mapping of defect to count or rate, as read from JSON or TOML."""
    if not isinstance(wanted, dict):
        raise _bad("The file must hold a table of defects with a count or a rate for each")
    for kind, count in wanted.items():
        if kind not in DEFECTS:
            raise _bad("There is no such defect", str(kind))
        if isinstance(count, bool) or not _sensible(count):
            raise _bad(f"Give a whole number from 0 to {MAX_EACH}, or a share of pupils below 0.1", str(kind))
    return {str(kind): count for kind, count in wanted.items()}


def _sensible(count: object) -> bool:
    whole = isinstance(count, int) and 0 <= count <= MAX_EACH
    return whole or (isinstance(count, float) and 0 <= count < 0.1)


def _bad(message: str, where: str = "") -> InputRefused:
    known = ", ".join(DEFECTS)
    return InputRefused(Reason("defects", message, where or "--defects", f"Known defects: {known}."))
