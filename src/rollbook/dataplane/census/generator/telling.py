"""Tells one term: what each school would write about whoever is on its roll, and about those who left it."""

from datetime import date, timedelta
from math import log
from random import Random
from typing import Final

from rollbook.dataplane.census.generator import marginals
from rollbook.dataplane.census.generator.area import Area
from rollbook.dataplane.census.generator.calendar import When, between, weekday
from rollbook.dataplane.census.generator.inventing import Dial, forename
from rollbook.dataplane.census.generator.persons import Person, Place
from rollbook.dataplane.census.generator.records import Exclusion, Pupil, Return, School, Sessions
from rollbook.kernel.terms import Term, Window

# School is in session in these parts of the windows; the rest is holiday.
_EXCLUSION_DAYS: Final = {
    Term.SPRING: ((5, 6), (7, 19)), Term.SUMMER: ((9, 9), (12, 18)), Term.AUTUMN: ((1, 8), (3, 20)),
}  # fmt: skip
_ABSENCE: Final = Dial(marginals.ABSENCE_CODES)
_REASONS: Final = Dial(marginals.EXCLUSION_REASONS)
_SCHOOL_AGE: Final = range(5, 16)
_ENOUGH: Final = 16  # sessions in the period, so that excluded ones can stand among them


class Telling:
    """The facts of one term. One generator of chance for each purpose and school keeps the draws apart."""

    def __init__(self, area: Area, when: When) -> None:
        self.area = area
        self.when = when
        self.windows = when.windows
        self.reported = self.windows.second_half or self.windows.attendance  # the last period looked back at

    def returns(self) -> list[Return]:
        """The return of each school in the order of the authority, then the children of each setting (spring only)."""
        told = [
            self._return(n, school)
            for n, school in enumerate(self.area.schools)
            if not school.private or self.when.term is Term.SPRING
        ]
        self._forget()
        return told

    def _return(self, n: int, school: School) -> Return:
        if school.private:
            return Return(school, [self._record(place, place.person.facts) for place in self.area.rolls[n]])
        self._keep_apart(n, self._chance("apart", school))
        made = Return(school, [self._record(place, place.person.facts) for place in self.area.rolls[n]])
        gone = [place for place in self.area.gone[n] if self._may_be_told(place)]
        leavers = [self._record(place, place.told or place.person.facts) for place in gone]
        _Register(self, school, self._chance("register", school)).write(made.on_roll, leavers, gone)
        made.leavers = [one for one in leavers if one.sessions_possible or one.second_half_possible]
        return made

    def _chance(self, purpose: str, school: School) -> Random:
        return self.area.nation.chance(purpose, self.when, school.number)

    def _record(self, place: Place, facts: Pupil) -> Pupil:
        record = facts.copy()
        record.entry, record.enrol, record.leaving = place.entry, place.enrol, place.leaving
        record.age = self.when.august - place.person.cohort
        record.marks = tuple(sorted(place.person.marks))
        record.meals = self._meals(record)
        return record

    def _meals(self, record: Pupil) -> tuple[tuple[date, date | None], ...]:
        """Free meal periods that touch the time since the last census, as known on census day."""
        day = self.when.day
        known = [
            (start, end if end is not None and end <= day else None) for start, end in record.meals if start <= day
        ]
        return tuple((start, end) for start, end in known if end is None or end >= self.windows.free_meals.first)

    def _may_be_told(self, place: Place) -> bool:
        """Somebody of school age who left within the attendance period or after it."""
        age = self.when.august - place.person.cohort
        first = self.windows.attendance.first
        here = all(at.school != place.school for at in place.person.places)
        return age in _SCHOOL_AGE and here and place.leaving is not None and first < place.leaving < self.when.day

    def _keep_apart(self, n: int, rng: Random) -> None:
        """Two people of one school with one surname, initial, sex and birthday: by chance that is so rare that the
        second gets another first name, marked in the truth file.
        """
        seen: dict[tuple[str, str, str, date], Person] = {}
        for place in [*self.area.rolls[n], *self.area.gone[n]]:
            facts = place.told or place.person.facts
            first = seen.setdefault((facts.surname, facts.forename[0], facts.sex, facts.born), place.person)
            if first is not place.person and not facts.planted:
                facts.forename = forename(rng, avoid=facts.forename[0])
                self.area.mark(place.person, "renamed")

    def _forget(self) -> None:
        """Nobody asks any more about those who left a year ago."""
        for n, gone in enumerate(self.area.gone):
            if gone:
                last_year = self.when.day - timedelta(days=370)
                self.area.gone[n] = [place for place in gone if (place.leaving or last_year) >= last_year]


class _Register:
    """Attendance and exclusions of one school."""

    def __init__(self, telling: Telling, school: School, rng: Random) -> None:
        self.rng = rng
        self.windows = telling.windows
        self.exclusions = _school_days(telling.when.term, telling.windows.exclusions)
        self.share = marginals.SUSPENDED.get(school.kind, 0.0)
        self.full = rng.randint(*marginals.SESSIONS_POSSIBLE[telling.when.term.value]) // 2 * 2
        self.second_full = rng.randint(*marginals.SECOND_HALF_POSSIBLE) // 2 * 2

    def write(self, on_roll: list[Pupil], leavers: list[Pupil], gone: list[Place]) -> None:
        """Pupils aged 5 to 15 at 31 August. Younger and older pupils have no attendance in the return."""
        for record in on_roll:
            if record.age in _SCHOOL_AGE:
                self._attend(record, expelled=False)
        for record, place in zip(leavers, gone, strict=True):
            self._attend(record, expelled=place.expelled)
        _never_all_there([*on_roll, *leavers])

    def _attend(self, record: Pupil, *, expelled: bool) -> None:
        possible = _possible(record, self.windows.attendance, self.full)
        if possible:
            if possible >= _ENOUGH and record.entry <= self.exclusions.first:
                self._exclude(record, expelled=expelled)
            record.sessions_possible, record.sessions = possible, self._sessions(record, possible)
        second = self.windows.second_half
        possible = _possible(record, second, self.second_full) if second is not None else 0
        if possible:
            record.second_half_possible, record.second_half_sessions = possible, self._sessions(record, possible)

    def _exclude(self, record: Pupil, *, expelled: bool) -> None:
        """Exclusions, with excluded sessions in the register so that the two agree."""
        rng, (first, last) = self.rng, (self.exclusions.first, self.exclusions.last)
        if expelled:
            start = weekday(between(rng, last - timedelta(days=18), last))
            record.exclusions = (Exclusion("PERM", _REASONS.draw(rng), start, None, record.sen),)
        elif rng.random() < self.share:
            length = min(10, 1 + int(rng.expovariate(0.35)))
            start = weekday(between(rng, first + timedelta(days=4), last))
            record.exclusions = (Exclusion("SUSP", _REASONS.draw(rng), start, length, record.sen),)

    def _sessions(self, record: Pupil, possible: int) -> Sessions:
        counts: dict[str, int] = {}
        excluded = min(possible // 4, 4) if record.exclusions else 0
        if excluded:
            counts["E"] = excluded
        pick = self.rng.random
        rate = record.absence * (0.6 + 0.8 * pick())
        for _ in range(min(int(possible * rate / 2 + 0.5), (possible - excluded) // 4)):
            code = _ABSENCE.draw(self.rng)
            counts[code] = counts.get(code, 0) + 2  # whole days
        late = min(int(-_LOGS[int(pick() * 256)] * possible * marginals.LATE), (possible - sum(counts.values())) // 2)
        if late > 0:
            counts["L"] = late
        return tuple(sorted(counts.items()))


def _possible(record: Pupil, window: Window, full: int) -> int:
    if record.entry <= window.first and (record.leaving is None or record.leaving >= window.last):
        return full
    first, last = max(record.entry, window.first), min(record.leaving or window.last, window.last)
    share = max(0, (last - first).days + 1) / ((window.last - window.first).days + 1)
    return int(full * share) // 2 * 2


def _school_days(term: Term, window: Window) -> Window:
    first, last = _EXCLUSION_DAYS[term]
    year = window.first.year
    return Window(date(year, *first), date(year, *last))


def _never_all_there(records: list[Pupil]) -> None:
    """A small school without any absence would be asked about (PT-052c): somebody was ill for a day."""
    told = [record for record in records if record.sessions_possible]
    if told and not any(code != "L" for record in told for code, _ in record.sessions):
        first = max(told, key=lambda record: record.sessions_possible or 0)
        first.sessions = (("I", 2),)


def _exponentials() -> tuple[float, ...]:
    """Logarithms of an even spread: an exponential draw without a logarithm each time."""
    return tuple(log((n + 0.5) / 256) for n in range(256))


_LOGS: Final = _exponentials()
