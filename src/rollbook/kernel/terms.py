"""School census terms: census days, the periods each return looks back at, and the age that nearly every rule uses.

Rules of the dates: census day is the first Thursday of October, the third of January and the third of May. Attendance
lags a term behind census day, exclusions two terms, free school meals not at all. Days are calendar days in England.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

_THURSDAY: Final = 3
_MONDAY: Final = 0


class Term(StrEnum):
    """A term of the school census, by the code that returns carry."""

    AUTUMN = "AUT"
    SPRING = "SPR"
    SUMMER = "SUM"


_CENSUS_WEEK: Final = {Term.AUTUMN: (10, 1), Term.SPRING: (1, 3), Term.SUMMER: (5, 3)}


@dataclass(frozen=True, slots=True)
class Window:
    """A period with both ends inside it."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Windows:
    """What one return looks back at. `second_half` is the second half of the summer term, in autumn returns only."""

    attendance: Window
    exclusions: Window
    free_meals: Window
    second_half: Window | None = None


def census_day(term: Term, year: int) -> date:
    """Census day of a term; `year` is the calendar year it falls in."""
    month, nth = _CENSUS_WEEK[term]
    return _nth_weekday(year, month, _THURSDAY, nth)


def previous_census(term: Term, year: int) -> date:
    """The census day before that of this term."""
    before = {
        Term.SPRING: (Term.AUTUMN, year - 1),
        Term.SUMMER: (Term.SPRING, year),
        Term.AUTUMN: (Term.SUMMER, year),
    }
    return census_day(*before[term])


def age_at_previous_31_august(born: date, day: date) -> int:
    """Whole years of age on the last 31 August on or before `day`: the age that a school year is counted by.

    Negative for a child born after that 31 August. Somebody born on 29 February has a birthday on 1 March in common
    years, which cannot matter on 31 August.
    """
    august = date(day.year, 8, 31)
    return age_on(born, august if august <= day else date(day.year - 1, 8, 31))


def age_on(born: date, day: date) -> int:
    """Whole years of age on a day; negative before birth."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (the algorithm printed in Nature in 1876)."""
    golden, century, rest = year % 19, year // 100, year % 100
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - century // 4 - correction + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def windows(term: Term, year: int) -> Windows:
    """The periods a return of this term looks back at."""
    meals = Window(previous_census(term, year) + timedelta(days=1), census_day(term, year))
    if term is Term.SPRING:
        last = year - 1
        exclusions = Window(easter(last) + timedelta(days=1), date(last, 8, 31))
        return Windows(Window(date(last, 8, 1), date(last, 12, 31)), exclusions, meals)
    to_easter = Window(date(year, 1, 1), easter(year))
    if term is Term.SUMMER:
        return Windows(to_easter, Window(date(year - 1, 9, 1), date(year - 1, 12, 31)), meals)
    # Half-term is the week of the spring bank holiday, the last Monday of May. Only the start of the first half is
    # confirmed by a source; its end is our reading.
    half_term = _last_monday_of_may(year)
    first_half = Window(easter(year) + timedelta(days=1), half_term - timedelta(days=1))
    second_half = Window(half_term, date(year, 7, 31))
    return Windows(first_half, to_easter, meals, second_half)


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=(last.weekday() - _MONDAY) % 7)
