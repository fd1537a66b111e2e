"""Ages and periods are dated settings, and birthdays fall on the right day."""

from datetime import date

import pytest

from rollbook.kernel.refusals import UseRefused
from rollbook.rights.ages import age_on, birthday, next_review, presumed_able, reviews_due
from rollbook.rights.dated import Dated, in_force

LEAP = date(2012, 2, 29)


@pytest.mark.parametrize(
    ("born", "age", "expected"),
    [
        (date(2010, 5, 1), 13, date(2023, 5, 1)),
        (LEAP, 13, date(2025, 3, 1)),
        (LEAP, 16, date(2028, 2, 29)),
        (date(2004, 2, 29), 96, date(2100, 3, 1)),
    ],
)
def test_birthday(born: date, age: int, expected: date) -> None:
    assert birthday(born, age) == expected
    assert age_on(born, expected) == age


def test_the_day_before_a_birthday_is_still_the_younger_age() -> None:
    assert age_on(LEAP, date(2025, 2, 28)) == 12
    assert age_on(date(2010, 5, 1), date(2023, 4, 30)) == 12


def test_reviews_fall_on_the_13th_16th_and_18th_birthday_and_then_end() -> None:
    born = date(2010, 5, 1)
    assert next_review(born, date(2023, 4, 30)) == date(2023, 5, 1)
    assert next_review(born, date(2023, 5, 1)) == date(2026, 5, 1)
    assert next_review(born, date(2028, 5, 1)) is None
    assert reviews_due(born, date(2022, 1, 1), date(2026, 5, 1)) == (13, 16)
    assert reviews_due(born, date(2026, 5, 1), date(2026, 6, 1)) == ()


def test_twelve_is_presumed_able_and_an_unknown_birth_date_is_not() -> None:
    assert presumed_able(date(2010, 5, 1), date(2022, 5, 1))
    assert not presumed_able(date(2010, 5, 1), date(2022, 4, 30))
    assert not presumed_able(None, date(2022, 5, 1))


def test_a_setting_holds_between_its_days_only() -> None:
    rows = (
        Dated(13, "old law", date(2018, 5, 25), date(2026, 12, 31)),
        Dated(16, "new law", date(2027, 1, 1)),
    )
    assert in_force("age", rows, date(2026, 12, 31)) == 13
    assert in_force("age", rows, date(2027, 1, 1)) == 16


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ((), "no-setting"),
        ((Dated(1, "a", date(2027, 1, 1)),), "no-setting"),
        ((Dated(1, "a", date(2020, 1, 1)), Dated(2, "b", date(2021, 1, 1))), "two-settings"),
    ],
)
def test_a_day_with_no_value_or_with_two_is_refused(rows: tuple[Dated[int], ...], code: str) -> None:
    with pytest.raises(UseRefused) as refused:
        in_force("age", rows, date(2026, 1, 1))
    assert refused.value.reasons[0].code == code


def test_a_setting_that_ends_before_it_starts_cannot_exist() -> None:
    with pytest.raises(ValueError, match="ends before"):
        Dated(1, "a", date(2026, 1, 2), date(2026, 1, 1))
