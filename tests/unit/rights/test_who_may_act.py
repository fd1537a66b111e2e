"""An authority without a ground in force, out of its dates, or under a stop allows nothing."""

from datetime import date, timedelta

import pytest

from rollbook.rights.authority import Authority, Standing, allows, standing
from rollbook.rights.bases import BASES, EVIDENCE_WORDS, Basis, Deed, basis_of

BORN = date(2015, 3, 14)
DAY = date(2026, 6, 1)
STARTED = date(2024, 9, 1)


def authority(basis: str = "parental-responsibility", **changes: object) -> Authority:
    facts: dict[str, object] = {"basis": basis, "starts": STARTED, "ends": None, "stopped": False}
    return Authority(**(facts | changes))  # type: ignore[arg-type]


def test_parental_responsibility_allows_seeing_and_choosing() -> None:
    assert all(allows(authority(), deed, BORN, DAY) for deed in Deed)


@pytest.mark.parametrize("deed", list(Deed))
@pytest.mark.parametrize("code", ["UNK", "", "friend", "parental_responsibility"])
def test_an_unknown_ground_grants_nothing(code: str, deed: Deed) -> None:
    assert basis_of(code) is Basis.UNKNOWN
    assert standing(authority(code), deed, BORN, DAY) is Standing.NO_BASIS


@pytest.mark.parametrize(
    ("changes", "born", "day", "expected"),
    [
        ({"stopped": True}, BORN, DAY, Standing.STOPPED),
        ({}, BORN, STARTED - timedelta(days=1), Standing.NOT_YET),
        ({}, BORN, STARTED, Standing.ACTIVE),
        ({"ends": DAY}, BORN, DAY, Standing.ACTIVE),
        ({"ends": DAY}, BORN, DAY + timedelta(days=1), Standing.ENDED),
        ({}, BORN, date(2033, 3, 13), Standing.ACTIVE),
        ({}, BORN, date(2033, 3, 14), Standing.CHILD_TOO_OLD),
        ({}, None, DAY, Standing.AGE_UNKNOWN),
        ({"basis": "consent"}, BORN, date(2027, 3, 14), Standing.NO_END),
        ({"basis": "consent", "ends": date(2030, 1, 1)}, BORN, date(2027, 3, 13), Standing.CHILD_TOO_YOUNG),
        ({"basis": "consent", "ends": date(2030, 1, 1)}, BORN, date(2027, 3, 14), Standing.ACTIVE),
        ({"basis": "best-interest", "ends": date(2030, 1, 1)}, None, DAY, Standing.ACTIVE),
        ({"basis": "best-interest"}, BORN, DAY, Standing.NO_END),
        ({"basis": "court-appointed-personal-welfare-deputy"}, BORN, DAY, Standing.CHILD_TOO_YOUNG),
        ({"starts": date(1990, 1, 1)}, date(1980, 1, 1), date(1991, 10, 13), Standing.NO_BASIS),
    ],
)
def test_each_limit_bites_on_its_own_day(
    changes: dict[str, object], born: date | None, day: date, expected: Standing
) -> None:
    assert standing(authority(**changes), Deed.SEE, born, day) is expected


def test_care_without_responsibility_may_see_but_not_choose() -> None:
    carer = authority("education-law-parent")
    assert standing(carer, Deed.SEE, BORN, DAY) is Standing.ACTIVE
    assert standing(carer, Deed.CHOOSE, BORN, DAY) is Standing.NOT_GRANTED


def test_a_stop_comes_before_every_other_answer() -> None:
    assert standing(authority("UNK", stopped=True, ends=STARTED), Deed.SEE, None, DAY) is Standing.STOPPED


def test_every_ground_has_a_rule_and_every_granting_ground_its_evidence_in_words() -> None:
    assert set(BASES) == set(Basis)
    for basis, rule in BASES.items():
        assert bool(rule.grants) == (basis is not Basis.UNKNOWN)
        assert bool(rule.evidence) == bool(rule.grants)
        assert set(rule.evidence) <= set(EVIDENCE_WORDS)
        assert rule.words
        assert rule.law
