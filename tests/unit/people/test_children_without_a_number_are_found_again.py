"""A sender's own children without a number are found again one-to-one, or somebody is asked: rows of cases."""

from datetime import date
from typing import Any

import pytest

from rollbook.dataplane.people.again import Seen, again
from rollbook.dataplane.people.matching import Claimant, Known, Match, Route, Standing, match

BORN, SWAPPED, OTHER = date(2022, 5, 2), date(2022, 2, 5), date(2021, 11, 23)
MANY, POTENTIAL = "many-match", "potential-match"


def child(
    no: int = 1, forename: str = "Tavo", surname: str = "Bendle", born: date | None = BORN, **more: Any
) -> Claimant:
    return Claimant(no, more.get("upn"), more.get("former"), born, forename, surname)


def seen(person: int = 7, forename: str = "tavo", surname: str = "bendle", born: date = BORN, **more: Any) -> Seen:
    return Seen(person, more.pop("one", person), forename, surname, born, **{"here": True, **more})


def found(children: list[Claimant], before: list[Seen], known: dict[str, Known] | None = None) -> list[Any]:
    known = known or {}
    answers = again(match(children, known), before, known)
    return [
        one.person if one.person is not None else {(each.person, each.outcome) for each in one.maybe} for one in answers
    ]


ROWS = {
    "the same child": ([child()], [seen()], [7]),
    "written otherwise": ([child(forename="TAVÖ ", surname="Ben-dle")], [seen()], [7]),
    "nobody before": ([child()], [], [set()]),
    "somebody else before": ([child(forename="Miro", surname="Kask", born=OTHER)], [seen()], [set()]),
    "twins by their first names": ([child(1), child(2, "Tova")], [seen(7), seen(8, "tova")], [7, 8]),
    "twins, one of them left": ([child(2, "Tova")], [seen(7), seen(8, "tova")], [8]),
    "twins, one first name corrected": (
        [child(1), child(2, "Tovah")], [seen(7), seen(8, "tova")], [7, {(8, POTENTIAL)}],
    ),
    "two of one name and birth date": (
        [child(1), child(2)], [seen(7), seen(8)], [{(7, MANY), (8, MANY)}, {(7, MANY), (8, MANY)}],
    ),
    "two where one was before": ([child(1), child(2)], [seen(7)], [{(7, MANY)}, {(7, MANY)}]),
    "one where two were before": ([child()], [seen(7), seen(8)], [{(7, MANY), (8, MANY)}]),
    "one where two were, since joined": ([child()], [seen(8, one=7), seen(7)], [7]),
    "joined with a numbered record: under its own key": ([child()], [seen(8, one=3)], [8]),
    "a number leads to that very key": ([child()], [seen(numbered=True)], [{(7, POTENTIAL)}]),
    "joined with none": ([child()], [seen(sealed=True)], [set()]),
    "has a UPN now": ([child(upn="X")], [seen()], [{(7, POTENTIAL)}]),
    "one with a UPN and one without, of one name": (
        [child(1), child(2, upn="X")], [seen()], [{(7, MANY)}, {(7, MANY)}],
    ),
    "no birth date": ([child(born=None)], [seen()], [set()]),
    "no surname": ([child(surname="")], [seen(surname="")], [set()]),
    "birth date corrected": ([child(born=SWAPPED)], [seen()], [{(7, POTENTIAL)}]),
    "surname corrected": ([child(surname="Bendal")], [seen()], [{(7, POTENTIAL)}]),
    "surname corrected, seen in another collection": ([child(surname="Bendal")], [seen(here=False)], [set()]),
    "the same child, in another collection": ([child()], [seen(here=False)], [7]),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_found_one_to_one_or_asked(name: str) -> None:
    children, before, expected = ROWS[name]
    assert found(children, before) == expected


def test_who_is_found_by_number_is_not_found_twice() -> None:
    known = {"X": Known(3, Standing.CURRENT, BORN)}
    assert found([child(1, upn="X"), child(2)], [seen(8, one=3)], {"X": Known(3, Standing.CURRENT, BORN)}) != [3, 8]
    assert found([child(1, "Other", upn="X"), child(2)], [seen(8, one=3)], known) == [3, set()]


def test_a_former_number_that_leads_elsewhere_is_a_doubt_and_not_a_way_round() -> None:
    known = {"X": Known(3, Standing.CURRENT, OTHER)}
    assert found([child(former="X")], [seen()], known) == [{(7, POTENTIAL)}]


def test_no_two_children_become_one_whatever_was_seen() -> None:
    children = [child(no, "Tavo" if no % 2 else "Tova", born=BORN if no < 4 else OTHER) for no in range(1, 6)]
    before = [seen(no, "tavo" if no % 3 else "tova", born=BORN if no < 13 else OTHER) for no in range(10, 16)]
    answers = again(match(children, {}), before, {})
    persons = [one.person for one in answers if one.person is not None]
    assert len(persons) == len({*persons})
    assert all(isinstance(one, Match) and (one.route is Route.AGAIN) == (one.person is not None) for one in answers)
