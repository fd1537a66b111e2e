"""Plants known defects into clean returns and keeps the truth about each one.

Two sorts. A rule must catch the first (a mistyped UPN, a late leaver). The second is for matching people: the same
person stands in another school's return under an older name, a swapped birthday or an older address, or two people look
like one (twins). The truth names every one of them, so that a check or a matcher can be measured.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from rollbook.dataplane.census.generator.inventing import forename, postcode, street, surname
from rollbook.dataplane.census.generator.records import Pupil, Return
from rollbook.dataplane.census.generator.terms import TermFacts, second_registration, weekday
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.kernel.terms import age_at_previous_31_august, previous_census
from rollbook.kernel.upn import LETTERS, check_letter

MAX_EACH: Final = 100_000


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted defect: whose, where, which rules must catch it (none for matching), what was there before."""

    kind: str
    laestab: str
    upn: str
    rules: tuple[str, ...]
    was: str = ""
    other_laestab: str = ""

    def as_data(self) -> dict[str, object]:
        """As it stands in the truth file."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Soil:
    """What a plant may use: its return, the other returns, the term and chance."""

    made: Return
    returns: list[Return]
    facts: TermFacts
    rng: Random

    def other(self) -> Return | None:
        """Another school of the same kind."""
        alike = [r for r in self.returns if r is not self.made and r.school.kind == self.made.school.kind]
        return self.rng.choice(alike) if alike else None


Plant = Callable[[Pupil, Soil], Planted]


def _planted(kind: str, pupil: Pupil, soil: Soil, *rules: str, was: str = "", other: Return | None = None) -> Planted:
    elsewhere = other.school.laestab if other is not None else ""
    return Planted(kind, soil.made.school.laestab, pupil.upn, rules, was, elsewhere)


def _check_letter(pupil: Pupil, soil: Soil) -> Planted:
    was = pupil.upn
    pupil.upn = soil.rng.choice(LETTERS.replace(was[0], "")) + was[1:]
    return _planted("check-letter", pupil, soil, "PT-015", was=was)


def _transposed(pupil: Pupil, soil: Soil) -> Planted:
    was = pupil.upn
    places = [n for n in range(4, 12) if was[n] != was[n + 1]]  # past the authority, so that one rule alone is broken
    n = soil.rng.choice(places)
    pupil.upn = was[:n] + was[n + 1] + was[n] + was[n + 2 :]
    return _planted("transposed-upn", pupil, soil, "PT-015", was=was)


def _temporary(pupil: Pupil, soil: Soil) -> Planted:
    was = pupil.upn
    body = was[1:12] + soil.rng.choice(LETTERS)
    pupil.upn = check_letter(body) + body
    pupil.entry = min(pupil.entry, previous_census(soil.facts.term, soil.facts.year))
    return _planted("temporary-upn", pupil, soil, "PT-022", was=was)


def _reused(pupil: Pupil, soil: Soil) -> Planted:
    was = pupil.upn
    pupil.upn = _plain(soil.made, soil.rng, pupil).upn
    return _planted("reused-upn", pupil, soil, "PT-016", was=was)


def _reused_elsewhere(pupil: Pupil, soil: Soil) -> Planted:
    was, other = pupil.upn, soil.other()
    if other is None:
        raise _too_few("reused-upn-elsewhere")
    pupil.upn = _plain(other, soil.rng, pupil).upn
    return _planted("reused-upn-elsewhere", pupil, soil, "PT-016", was=was, other=other)


def _twins(pupil: Pupil, soil: Soil) -> Planted:
    twin = _plain(soil.made, soil.rng, pupil)
    was = twin.upn
    twin.surname, twin.sex, twin.born, twin.age = pupil.surname, pupil.sex, pupil.born, pupil.age
    twin.address, twin.planted = pupil.address, "twins"
    _same_age_facts(twin, pupil)
    initial = pupil.forename[0]
    while twin.forename[0] != initial or twin.forename == pupil.forename:
        twin.forename = forename(soil.rng)
    return _planted("twins", pupil, soil, "PT-028", was=was)


def _same_age_facts(twin: Pupil, pupil: Pupil) -> None:
    """Facts that rules tie to age must fit the twin's new birthday."""
    twin.yssa, twin.entry = pupil.yssa, pupil.entry
    twin.sessions_possible, twin.sessions = pupil.sessions_possible, pupil.sessions
    twin.second_half_possible, twin.second_half_sessions = pupil.second_half_possible, pupil.second_half_sessions
    twin.exclusions = ()


def _surname_change(pupil: Pupil, soil: Soil) -> Planted:
    was = pupil.surname
    earlier = _earlier_record(pupil, soil)
    while pupil.surname == was:
        pupil.surname = surname(soil.rng)
    return _planted("surname-change", pupil, soil, was=was, other=earlier)


def _dob_swap(pupil: Pupil, soil: Soil) -> Planted:
    was = pupil.born
    earlier = _earlier_record(pupil, soil)
    pupil.born = date(was.year, was.day, was.month)
    return _planted("dob-swap", pupil, soil, was=was.isoformat(), other=earlier)


def _postcode_move(pupil: Pupil, soil: Soil) -> Planted:
    was = pupil.address.postcode
    earlier = _earlier_record(pupil, soil)
    while pupil.address.postcode == was:
        pupil.address.postcode, pupil.address.street = postcode(soil.rng), street(soil.rng)
    return _planted("postcode-move", pupil, soil, was=was, other=earlier)


def _dual(pupil: Pupil, soil: Soil) -> Planted:
    other = soil.other()
    if other is None:
        raise _too_few("dual-registration")
    second_registration(pupil, other)
    return _planted("dual-registration", pupil, soil, other=other)


def _late_leaver(pupil: Pupil, soil: Soil) -> Planted:
    soil.made.on_roll.remove(pupil)
    pupil.leaving = soil.facts.day + timedelta(days=soil.rng.randrange(5))
    pupil.sessions_possible, pupil.sessions, pupil.exclusions = None, (), ()
    pupil.second_half_possible, pupil.second_half_sessions = None, ()
    soil.made.leavers.append(pupil)
    return _planted("late-leaver", pupil, soil, "PT-043", "PT-044")


def _illegal(kind: str, element: str, value: str) -> Plant:
    def plant(pupil: Pupil, soil: Soil) -> Planted:
        pupil.illegal = ((element, value),)
        return _planted(kind, pupil, soil, "PT-041")

    return plant


DEFECTS: Final[Mapping[str, Plant]] = {
    "check-letter": _check_letter,
    "transposed-upn": _transposed,
    "temporary-upn": _temporary,
    "reused-upn": _reused,
    "reused-upn-elsewhere": _reused_elsewhere,
    "twins": _twins,
    "surname-change": _surname_change,
    "dob-swap": _dob_swap,
    "dual-registration": _dual,
    "postcode-move": _postcode_move,
    "late-leaver": _late_leaver,
    "nationality": _illegal("nationality", "Nationality", "XXK"),
    "country-of-birth": _illegal("country-of-birth", "CountryOfBirth", "XXK"),
}
_NEEDS_OTHER: Final = frozenset({"dual-registration", "reused-upn-elsewhere"})


def plant(wanted: Mapping[str, int], returns: list[Return], facts: TermFacts, seed: int) -> tuple[Planted, ...]:
    """Plant each kind as often as wanted, each in a pupil of its own. The truth comes back in the order planted."""
    rng = Random(f"{seed}/defects")  # noqa: S311  nothing secret is drawn
    truth: list[Planted] = []
    for kind, count in wanted.items():
        for _ in range(count):
            soil, pupil = _choose(kind, returns, facts, rng)
            pupil.planted = kind
            truth.append(DEFECTS[kind](pupil, soil))
    return tuple(truth)


def _choose(kind: str, returns: list[Return], facts: TermFacts, rng: Random) -> tuple[Soil, Pupil]:
    order = rng.sample(returns, len(returns))
    for made in order:
        soil = Soil(made, returns, facts, rng)
        able = [pupil for pupil in made.on_roll if _able(kind, pupil, facts)]
        if len(able) >= 2 and not (kind in _NEEDS_OTHER and soil.other() is None):
            return soil, rng.choice(able)
    raise _too_few(kind)


def _able(kind: str, pupil: Pupil, facts: TermFacts) -> bool:
    untouched = not pupil.planted and not pupil.twin and pupil.enrol == "C" and 5 <= pupil.age <= 15
    if kind == "dob-swap" and untouched:
        swappable = pupil.born.day <= 12 and pupil.born.day != pupil.born.month
        return swappable and _age_after_swap(pupil, facts) == pupil.age
    return untouched and pupil.entry < facts.window().first


def _age_after_swap(pupil: Pupil, facts: TermFacts) -> int:
    return age_at_previous_31_august(date(pupil.born.year, pupil.born.day, pupil.born.month), facts.day)


def _plain(made: Return, rng: Random, apart: Pupil) -> Pupil:
    """Another pupil of this roll to whom nothing has been done, marked as used."""
    able = [p for p in made.on_roll if p is not apart and not p.planted and not p.twin and 5 <= p.age <= 15]
    if not able:
        raise _too_few("a second pupil")
    chosen = rng.choice(able)
    chosen.planted = "used"
    return chosen


def _earlier_record(pupil: Pupil, soil: Soil) -> Return | None:
    """The same person as a leaver of another school, as they stood before; None when there is no other school."""
    other = soil.other()
    if other is not None:
        before = pupil.copy()
        window = soil.facts.window()
        before.leaving = weekday(window.first + timedelta(days=soil.rng.randrange(40, 60)))
        before.exclusions = ()
        other.leavers.append(before)
        pupil.entry = min(before.leaving + timedelta(days=3), soil.facts.day)
    return other


def _too_few(kind: str) -> InputRefused:
    return InputRefused(
        Reason("generate", f"There are too few pupils or schools to plant {kind}", "--defects", "Ask for more of them.")
    )


def read_wanted(wanted: object) -> dict[str, int]:
    """Check a mapping of defect to count, as read from JSON or TOML."""
    if not isinstance(wanted, dict):
        raise _bad("The file must hold a table of defects with a count for each")
    for kind, count in wanted.items():
        if kind not in DEFECTS:
            raise _bad("There is no such defect", str(kind))
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MAX_EACH:
            raise _bad(f"The count must be a whole number from 0 to {MAX_EACH}", str(kind))
    return {str(kind): count for kind, count in wanted.items()}


def _bad(message: str, where: str = "") -> InputRefused:
    known = ", ".join(DEFECTS)
    return InputRefused(Reason("defects", message, where or "--defects", f"Known defects: {known}."))
