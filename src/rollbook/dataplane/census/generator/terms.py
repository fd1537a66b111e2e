"""Invents what happened in a term: who moved, who is on two rolls, exclusions and attendance."""

from datetime import date, timedelta
from random import Random
from typing import Final

from rollbook.dataplane.census.generator import marginals
from rollbook.dataplane.census.generator.inventing import weighted
from rollbook.dataplane.census.generator.people import cohort_of, newcomer
from rollbook.dataplane.census.generator.records import Exclusion, Pupil, Return, School
from rollbook.kernel.terms import Term, Window, census_day, windows

# School is in session in these parts of the windows; the rest is holiday.
_EXCLUSION_DAYS: Final = {
    Term.SPRING: ((4, 15), (7, 19)), Term.SUMMER: ((9, 9), (12, 18)), Term.AUTUMN: ((1, 8), (3, 28)),
}  # fmt: skip


class TermFacts:
    """Draws the facts of one term. One generator of chance for each purpose and school keeps the draws apart."""

    def __init__(self, term: Term, year: int, seed: int, plan_share: float) -> None:
        self.term = term
        self.year = year
        self.seed = seed
        self.plan_share = plan_share
        self.day = census_day(term, year)
        self.windows = windows(term, year)

    def rng(self, purpose: str, school: School) -> Random:
        """The chance of one school and purpose in this term."""
        return Random(f"{self.seed}/{self.term}/{self.year}/{purpose}/{school.laestab}")  # noqa: S311

    def move_pupils(self, returns: list[Return]) -> None:
        """Leavers: half left the authority and somebody took the place, half are on roll at a school of the kind."""
        for made in returns:
            rng = self.rng("leavers", made.school)
            others = [other for other in returns if other is not made and other.school.kind == made.school.kind]
            for _ in range(sum(rng.random() < marginals.LEAVERS for _ in made.on_roll)):
                into = rng.choice(others) if others and rng.random() < 0.5 else None
                self._leaver(rng, made, into)

    def _leaver(self, rng: Random, made: Return, into: Return | None) -> None:
        source = into if into is not None else made
        pupil = _someone(rng, source.on_roll, self.window().first)
        if pupil is None:
            return
        left = weekday(self._between(rng, self.window().first + timedelta(days=35), self.day - timedelta(days=3)))
        leaver = pupil.copy()
        leaver.leaving = left
        leaver.planted = "left"
        made.leavers.append(leaver)
        if into is None:
            source.on_roll[source.on_roll.index(pupil)] = self._newcomer(made, pupil, left)
        else:
            pupil.entry = self._soon_after(left)
            pupil.planted = "moved"

    def _newcomer(self, made: Return, instead_of: Pupil, left: date) -> Pupil:
        cohort = cohort_of(instead_of)
        nth = made.joined[cohort] = made.joined.get(cohort, 0) + 1
        entry = self._soon_after(left)
        return newcomer(made.school, cohort, nth, instead_of.age, self.seed, self.plan_share, entry)

    def _soon_after(self, left: date) -> date:
        return min(weekday(left + timedelta(days=3)), self.day)

    def window(self) -> Window:
        """The attendance period; in autumn, its last part."""
        return self.windows.second_half or self.windows.attendance

    def register_twice(self, returns: list[Return]) -> None:
        """Dual registration: M at the main school, S at another of the same kind."""
        for made in returns:
            rng = self.rng("dual", made.school)
            others = [other for other in returns if other is not made and other.school.kind == made.school.kind]
            for _ in range(sum(rng.random() < marginals.DUAL for _ in made.on_roll) if others else 0):
                pupil = _someone(rng, made.on_roll, self.window().first)
                if pupil is not None:
                    second_registration(pupil, rng.choice(others))

    def exclude(self, made: Return) -> None:
        """Suspensions, with excluded sessions in the register so that the two agree."""
        rng = self.rng("exclusions", made.school)
        first, last = self._school_days()
        share = marginals.SUSPENDED[made.school.kind]
        for pupil in [*made.on_roll, *made.leavers]:
            if 5 <= pupil.age <= 15 and rng.random() < share and pupil.entry <= first:
                start = weekday(self._between(rng, first, last))
                reason = weighted(rng, marginals.EXCLUSION_REASONS)
                length = min(10, 1 + int(rng.expovariate(0.35)))
                pupil.exclusions = (Exclusion("SUSP", reason, start, length, pupil.sen),)

    def close_meals(self, made: Return) -> None:
        """Free meal periods as known on census day: later ones are left out, those that end later are open."""
        for pupil in made.on_roll:
            known = [(start, end) for start, end in pupil.meals if start <= self.day]
            pupil.meals = tuple((start, end if end is not None and end <= self.day else None) for start, end in known)

    def attend(self, made: Return) -> None:
        """Attendance of pupils aged 5 to 15 at 31 August. Younger and older pupils have none in the return."""
        rng = self.rng("attendance", made.school)
        full = rng.randint(*marginals.SESSIONS_POSSIBLE[self.term]) // 2 * 2
        late_full = rng.randint(*marginals.SECOND_HALF_POSSIBLE) // 2 * 2
        for pupil in [*made.on_roll, *made.leavers]:
            if not 5 <= pupil.age <= 15:
                continue
            rate = rng.betavariate(*marginals.ABSENCE_BETA)
            pupil.sessions_possible = _possible(pupil, self.windows.attendance, full)
            pupil.sessions = _sessions(rng, pupil, pupil.sessions_possible, rate)
            if self.windows.second_half is not None:
                pupil.second_half_possible = _possible(pupil, self.windows.second_half, late_full)
                pupil.second_half_sessions = _sessions(rng, pupil, pupil.second_half_possible, rate)

    def _school_days(self) -> tuple[date, date]:
        (month, day), (last_month, last_day) = _EXCLUSION_DAYS[self.term]
        year = self.windows.exclusions.first.year
        return date(year, month, day), date(year, last_month, last_day)

    @staticmethod
    def _between(rng: Random, first: date, last: date) -> date:
        return first + timedelta(days=rng.randrange((last - first).days + 1))


def _someone(rng: Random, roll: list[Pupil], before: date) -> Pupil | None:
    """A pupil of school age, on roll since before the period, to whom nothing has happened yet."""
    able = [
        p for p in roll if 5 <= p.age <= 15 and not p.planted and not p.twin and p.enrol == "C" and p.entry < before
    ]
    return rng.choice(able) if able else None


def second_registration(pupil: Pupil, other: Return) -> Pupil:
    """Put the pupil on a second roll."""
    pupil.enrol, pupil.planted = "M", "dual"
    second = pupil.copy()
    second.enrol = "S"
    other.on_roll.append(second)
    return second


def weekday(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def _possible(pupil: Pupil, window: Window, full: int) -> int:
    first = max(pupil.entry, window.first)
    last = min(pupil.leaving or window.last, window.last)
    share = max(0, (last - first).days + 1) / ((window.last - window.first).days + 1)
    return int(full * share) // 2 * 2


def _sessions(rng: Random, pupil: Pupil, possible: int, rate: float) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    excluded = min(possible // 4, 4) if pupil.exclusions else 0
    if excluded:
        counts["E"] = excluded
    for _ in range(min(round(possible * rate / 2), (possible - excluded) // 4)):
        code = weighted(rng, marginals.ABSENCE_CODES)
        counts[code] = counts.get(code, 0) + 2  # whole days
    late = min(int(rng.expovariate(1) * possible * marginals.LATE), (possible - sum(counts.values())) // 2)
    if late > 0:
        counts["L"] = late
    return tuple(sorted(counts.items()))
