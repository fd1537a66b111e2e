"""The ages at which authority over a child's record is looked at again, and ends."""

from collections.abc import Sequence
from datetime import date

from rollbook.rights.dated import Dated, in_force

_START = date(2018, 5, 25)
_OWN = "Rollbook's own choice; no age settles understanding by itself"

# From this age a child is presumed able to decide about their own record; a recorded assessment overrides it.
PRESUME_ABLE: Sequence[Dated[int]] = (
    Dated(12, "ICO subject access checklist: 12 is a fair guide in England, not a rule", _START),
)
# At these birthdays a person looks again at whether an adult's authority still stands.
REVIEWS: Sequence[Dated[tuple[int, ...]]] = (Dated((13, 16, 18), _OWN, _START),)


def birthday(born: date, age: int) -> date:
    """The day on which somebody born on `born` reaches `age`; 29 February counts on 1 March in other years."""
    year = born.year + age
    if (born.month, born.day) == (2, 29) and not _leap(year):
        return date(year, 3, 1)
    return born.replace(year=year)


def age_on(born: date, day: date) -> int:
    """Whole years of age on `day`."""
    years = day.year - born.year
    return years if birthday(born, years) <= day else years - 1


def next_review(born: date, day: date) -> date | None:
    """The next birthday after `day` at which authority is reviewed; None when all have passed."""
    ahead = [birthday(born, age) for age in in_force("review ages", REVIEWS, day)]
    return min((one for one in ahead if one > day), default=None)


def reviews_due(born: date, checked_on: date, day: date) -> tuple[int, ...]:
    """Review ages reached after `checked_on`, up to `day`: each needs a person to look again."""
    ages = in_force("review ages", REVIEWS, day)
    return tuple(age for age in ages if checked_on < birthday(born, age) <= day)


def presumed_able(born: date | None, day: date) -> bool:
    """Whether a child is presumed to understand; an unknown birth date presumes nothing."""
    return born is not None and age_on(born, day) >= in_force("age of presumed understanding", PRESUME_ABLE, day)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
