"""Census days, look-back periods and the age at 31 August: wrong ones would refuse or take the wrong returns."""

from datetime import date

import pytest

from rollbook.kernel.terms import (
    Term,
    Window,
    age_at_previous_31_august,
    census_day,
    easter,
    previous_census,
    windows,
)


@pytest.mark.parametrize(
    ("term", "year", "day"),
    [
        (Term.AUTUMN, 2024, date(2024, 10, 3)),
        (Term.SPRING, 2025, date(2025, 1, 16)),
        (Term.SUMMER, 2025, date(2025, 5, 15)),
        (Term.AUTUMN, 2026, date(2026, 10, 1)),  # the month begins on a Thursday
        (Term.SPRING, 2026, date(2026, 1, 15)),
    ],
)
def test_census_day(term: Term, year: int, day: date) -> None:
    assert census_day(term, year) == day


@pytest.mark.parametrize(
    ("year", "day"),
    [(2024, date(2024, 3, 31)), (2025, date(2025, 4, 20)), (2008, date(2008, 3, 23)), (2038, date(2038, 4, 25))],
)
def test_easter(year: int, day: date) -> None:
    assert easter(year) == day


def test_spring_looks_back() -> None:
    looked = windows(Term.SPRING, 2025)
    assert looked.attendance == Window(date(2024, 8, 1), date(2024, 12, 31))
    assert looked.exclusions == Window(date(2024, 4, 1), date(2024, 8, 31))
    assert looked.free_meals == Window(date(2024, 10, 4), date(2025, 1, 16))
    assert looked.second_half is None


def test_summer_looks_back() -> None:
    looked = windows(Term.SUMMER, 2025)
    assert looked.attendance == Window(date(2025, 1, 1), date(2025, 4, 20))
    assert looked.exclusions == Window(date(2024, 9, 1), date(2024, 12, 31))
    assert looked.free_meals == Window(date(2025, 1, 17), date(2025, 5, 15))


def test_autumn_looks_back() -> None:
    looked = windows(Term.AUTUMN, 2025)
    assert looked.attendance.first == date(2025, 4, 21)
    assert looked.exclusions == Window(date(2025, 1, 1), date(2025, 4, 20))
    assert looked.free_meals == Window(date(2025, 5, 16), census_day(Term.AUTUMN, 2025))
    assert looked.second_half is not None
    assert looked.second_half.first > looked.attendance.last


def test_both_ends_of_a_window_are_inside() -> None:
    window = windows(Term.SPRING, 2025).exclusions
    assert window.first in window
    assert window.last in window
    assert date(2024, 9, 1) not in window


@pytest.mark.parametrize(
    ("term", "year", "before"),
    [
        (Term.SPRING, 2025, date(2024, 10, 3)),
        (Term.SUMMER, 2025, date(2025, 1, 16)),
        (Term.AUTUMN, 2025, date(2025, 5, 15)),
    ],
)
def test_census_before(term: Term, year: int, before: date) -> None:
    assert previous_census(term, year) == before


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2014, 8, 31), date(2025, 1, 16), 10),
        (date(2014, 9, 1), date(2025, 1, 16), 9),
        (date(2014, 9, 1), date(2025, 8, 31), 10),  # 31 August itself is the previous one
        (date(2014, 9, 1), date(2025, 8, 30), 9),
        (date(2020, 2, 29), date(2025, 1, 16), 4),
        (date(2024, 12, 1), date(2025, 1, 16), -1),
    ],
)
def test_age_at_previous_31_august(born: date, day: date, age: int) -> None:
    assert age_at_previous_31_august(born, day) == age
