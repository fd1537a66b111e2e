"""The terms of an order: which are asked for, and from when the nation must live so that they can be told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

from rollbook.dataplane.census.catalogue import known_collection
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.kernel.terms import Term, Windows, census_day, previous_census, windows

_AFTER = {Term.AUTUMN: (Term.SPRING, 1), Term.SPRING: (Term.SUMMER, 0), Term.SUMMER: (Term.AUTUMN, 0)}
_MOST_TERMS = 12
_day, _before, _windows = cache(census_day), cache(previous_census), cache(windows)  # asked for every pupil


@dataclass(frozen=True, slots=True)
class When:
    """One term of one year; `year` is the calendar year of census day."""

    term: Term
    year: int

    @property
    def day(self) -> date:
        """Census day."""
        return _day(self.term, self.year)

    @property
    def before(self) -> date:
        """The census day before."""
        return _before(self.term, self.year)

    @property
    def august(self) -> int:
        """The year of the 31 August that ages are counted at."""
        return self.year if self.term is Term.AUTUMN else self.year - 1

    @property
    def windows(self) -> Windows:
        """What the returns of this term look back at."""
        return _windows(self.term, self.year)

    @property
    def collection(self) -> str:
        """The school census of this term."""
        return f"sc-{self}"

    def next(self) -> "When":
        """The term after."""
        term, years = _AFTER[self.term]
        return When(term, self.year + years)

    def __str__(self) -> str:
        return f"{self.term.value.lower()}-{self.year}"


def read_terms(texts: Iterable[str]) -> tuple[When, ...]:
    """Terms written as `spr-2025`, in order of time. Refuses what is no term, or is held by no profile."""
    asked = sorted({_read(text.strip().lower()) for text in texts}, key=lambda when: when.day)
    if not asked:
        raise _refused("No term is asked for")
    if len(path(asked[0], asked[-1])) > _MOST_TERMS:
        raise _refused(f"The terms lie more than {_MOST_TERMS} apart")
    return tuple(asked)


def _read(text: str) -> When:
    term, _, year = text.partition("-")
    if term.upper() not in list(Term) or not (len(year) == 4 and year.isascii() and year.isdigit()):
        raise _refused("There is no such term")
    if not known_collection(f"sc-{text}"):
        raise _refused("Rollbook holds no profile for this term")
    return When(Term(term.upper()), int(year))


def path(first: When, last: When) -> tuple[When, ...]:
    """All terms from the first to the last."""
    steps = [first]
    while steps[-1].day < last.day:
        steps.append(steps[-1].next())
    return tuple(steps)


def lived(asked: tuple[When, ...]) -> tuple[When, tuple[When, ...]]:
    """The term at which the nation begins, a year before the first return, and the terms it then lives through."""
    begin = When(asked[0].term, asked[0].year - 1)
    return begin, path(begin.next(), asked[-1])


def weekday(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def between(rng: Random, first: date, last: date) -> date:
    """A day of a period, both ends inside; the first when the period is empty."""
    return first + timedelta(days=int(rng.random() * max(1, (last - first).days + 1)))


def _refused(message: str) -> InputRefused:
    mend = "Write terms as aut-2025,spr-2026,sum-2026; `rollbook check` knows the years they may have."
    return InputRefused(Reason("generate", message, "--terms", mend))
