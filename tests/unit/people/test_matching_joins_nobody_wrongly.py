"""Matching by identifier: who is known, who is new, and the cases where joining would be wrong."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.dataplane.people.identifiers import changes
from rollbook.dataplane.people.matching import (
    REFUSING,
    WORDS,
    Claimant,
    Doubt,
    Known,
    Match,
    Route,
    Standing,
    match,
    same_birth,
)
from tests.census_ground import upn

BORN, SWAPPED, OTHER = date(2015, 3, 4), date(2015, 4, 3), date(2012, 3, 4)
X, Y, Z = upn(1), upn(2), upn(3)
CURRENT, FORMER, CLAIMED = Standing.CURRENT, Standing.FORMER, Standing.CLAIMED


def pupil(own: str | None, former: str | None = None, born: date | None = BORN, no: int = 1) -> Claimant:
    return Claimant(no, own, former, born)


def one(claimant: Claimant, known: dict[str, Known]) -> tuple[int | None, Route, tuple[Doubt, ...]]:
    (found,) = match([claimant], known)
    return found.person, found.route, found.doubts


def test_nobody_known_is_somebody_new() -> None:
    assert one(pupil(X), {}) == (None, Route.NEW, ())
    assert one(pupil(None), {}) == (None, Route.NEW, ())


def test_own_upn_finds_its_person_whatever_the_birth_date_says() -> None:
    assert one(pupil(X, born=OTHER), {X: Known(7, CURRENT, BORN)}) == (7, Route.OWN, ())


def test_an_older_file_still_finds_the_person_by_the_former_number() -> None:
    assert one(pupil(X), {X: Known(7, FORMER, BORN)}) == (7, Route.OWN, ())


def test_a_number_used_again_for_somebody_born_on_another_day_refuses() -> None:
    assert one(pupil(X, born=OTHER), {X: Known(7, FORMER, BORN)}) == (None, Route.NEW, (Doubt.UPN_OF_ANOTHER,))


def test_former_upn_links_a_new_number_to_its_person() -> None:
    assert one(pupil(Y, X), {X: Known(7, CURRENT, BORN)}) == (7, Route.FORMER, ())
    assert one(pupil(Y, X, SWAPPED), {X: Known(7, CURRENT, BORN)}) == (7, Route.FORMER, ())
    assert one(pupil(Y, X, None), {X: Known(7, CURRENT, BORN)}) == (7, Route.FORMER, ())


def test_former_upn_of_somebody_born_on_another_day_does_not_link() -> None:
    assert one(pupil(Y, X, OTHER), {X: Known(7, CURRENT, BORN)}) == (None, Route.NEW, (Doubt.FORMER_NOT_LINKED,))


def test_a_claim_is_believed_only_while_birth_dates_agree() -> None:
    assert one(pupil(X), {X: Known(7, CLAIMED, BORN)}) == (7, Route.OWN, ())
    assert one(pupil(X, born=OTHER), {X: Known(7, CLAIMED, BORN)}) == (None, Route.NEW, ())


def test_two_numbers_of_two_known_people_are_not_joined() -> None:
    known = {Y: Known(8, CURRENT, BORN), X: Known(7, CURRENT, BORN)}
    assert one(pupil(Y, X), known) == (8, Route.OWN, (Doubt.TWO_RECORDS,))


def test_twins_stay_two() -> None:
    found = match([pupil(X, no=1), pupil(Y, no=2)], {})
    assert [(each.person, each.route) for each in found] == [(None, Route.NEW)] * 2


def test_a_twin_whose_former_upn_is_the_other_twins_own_is_not_merged() -> None:
    known = {X: Known(7, CURRENT, BORN)}
    first, second = match([pupil(X, no=1), pupil(Y, X, no=2)], known)
    assert (first.person, second.person, second.doubts) == (7, None, (Doubt.FORMER_NOT_LINKED,))


def test_a_number_that_is_another_pupils_own_in_the_file_links_nobody_even_to_who_claimed_it_before() -> None:
    first, second = match([pupil(X, None, OTHER, no=1), pupil(Y, X, no=2)], {X: Known(7, CLAIMED, BORN)})
    assert (first.person, second.person, second.doubts) == (None, None, (Doubt.FORMER_NOT_LINKED,))


def test_two_pupils_who_claim_one_former_upn_do_not_become_one() -> None:
    found = match([pupil(Y, X, no=1), pupil(Z, X, no=2)], {X: Known(7, CURRENT, BORN)})
    assert [each.person for each in found] == [7, None]


def test_one_person_twice_in_a_file_refuses() -> None:
    known = {X: Known(7, FORMER, BORN), Y: Known(7, CURRENT, BORN)}
    found = match([pupil(X, no=1), pupil(Y, no=2)], known)
    assert [each.doubts for each in found] == [(Doubt.ONE_PERSON_TWICE,)] * 2


def test_swapped_day_and_month_is_one_birth_date() -> None:
    assert same_birth(BORN, SWAPPED)
    assert not same_birth(BORN, date(2014, 4, 3))


def test_every_doubt_has_words_and_a_mend() -> None:
    assert set(WORDS) == set(Doubt) >= REFUSING
    assert all(mend.endswith(".") for _, mend in WORDS.values())


NUMBERS = st.one_of(st.none(), st.sampled_from([upn(n) for n in range(6)]))
KNOWN = st.dictionaries(
    st.sampled_from([upn(n) for n in range(6)]),
    st.builds(Known, st.integers(1, 3), st.sampled_from(Standing), st.sampled_from([None, BORN, OTHER])),
)


@given(
    st.lists(
        st.tuples(NUMBERS, NUMBERS, st.sampled_from([None, BORN, OTHER])), max_size=5, unique_by=lambda one: one[0]
    ),
    KNOWN,
)
def test_two_pupils_of_one_accepted_file_are_never_one_person(
    pupils: list[tuple[str | None, str | None, date | None]], known: dict[str, Known]
) -> None:
    found = match([Claimant(no, *each) for no, each in enumerate(pupils)], known)
    assert [each.claimant.pupil_no for each in found] == list(range(len(pupils)))
    if not any(set(each.doubts) & REFUSING for each in found):
        people = [each.person for each in found if each.person is not None]
        assert len(set(people)) == len(people)


def changed(claimants: Sequence[Claimant], known: dict[str, Known], new: int = 90) -> tuple[object, object, object]:
    pairs: list[tuple[Match, int]] = []
    for found in match(claimants, known):
        pairs.append((found, found.person if found.person is not None else new + found.claimant.pupil_no))
    made = changes(pairs, known)
    return made.add, made.restate, made.retire


def test_a_new_person_gets_a_current_number_and_a_claim_on_the_former() -> None:
    assert changed([pupil(Y, X)], {}) == ({Y: (91, CURRENT), X: (91, CLAIMED)}, {}, set())


def test_a_badly_formed_former_number_is_not_kept_as_an_identifier() -> None:
    assert changed([pupil(Y, "A123456789123")], {}) == ({Y: (91, CURRENT)}, {}, set())


def test_a_linked_person_changes_number_and_keeps_the_old_one() -> None:
    assert changed([pupil(Y, X)], {X: Known(7, CURRENT, BORN)}) == ({Y: (7, CURRENT)}, {}, {7})


def test_a_claimed_number_seen_at_last_stands_as_former() -> None:
    assert changed([pupil(X)], {X: Known(7, CLAIMED, BORN)}) == ({}, {X: (7, FORMER)}, set())


def test_a_wrongly_claimed_number_goes_to_whoever_gives_it_as_their_own() -> None:
    assert changed([pupil(X, born=OTHER)], {X: Known(7, CLAIMED, BORN)}) == ({}, {X: (91, CURRENT)}, set())


def test_a_known_pupil_changes_nothing() -> None:
    assert changed([pupil(X)], {X: Known(7, CURRENT, BORN)}) == ({}, {}, set())


def test_a_twins_number_is_not_claimed() -> None:
    add, _, _ = changed([pupil(X, no=1), pupil(Y, X, no=2)], {})
    assert add == {X: (91, CURRENT), Y: (92, CURRENT)}


@pytest.mark.parametrize("standing", [CURRENT, FORMER])
def test_no_number_moves_from_one_person_to_another_once_seen(standing: Standing) -> None:
    _, restate, _ = changed([pupil(Y, X, OTHER)], {X: Known(7, standing, BORN)})
    assert restate == {}


def test_a_record_never_to_be_linked_is_reached_by_its_own_current_number_alone() -> None:
    def kept(standing: Standing) -> dict[str, Known]:
        return {X: Known(7, standing, BORN, sealed=True)}

    assert one(pupil(X), kept(CURRENT)) == (7, Route.OWN, ())
    assert one(pupil(X), kept(FORMER))[0] is None
    assert one(pupil(X), kept(CLAIMED)) == (None, Route.NEW, ())
    assert one(pupil(Y, X), kept(CURRENT))[:2] == (None, Route.NEW)


def test_the_school_cannot_tell_a_record_never_to_be_linked_from_another_that_did_not_fit() -> None:
    sealed = one(pupil(Y, X), {X: Known(7, CURRENT, BORN, sealed=True)})
    assert sealed == one(pupil(Y, X), {X: Known(7, CURRENT, OTHER)})


def test_nobody_is_asked_to_join_a_pair_that_is_kept_apart() -> None:
    known = {X: Known(7, CURRENT, BORN), Y: Known(8, CURRENT, BORN, closed=frozenset({7}))}
    assert one(pupil(Y, X), known) == (8, Route.OWN, ())
    assert one(pupil(Y, X), {X: known[X], Y: Known(8, CURRENT, BORN)}) == (8, Route.OWN, (Doubt.TWO_RECORDS,))


def test_two_keys_of_one_person_are_one_person_in_a_file_too() -> None:
    known = {X: Known(7, CURRENT, BORN), Y: Known(8, CURRENT, BORN, one=7)}
    assert one(pupil(Y, X), known) == (8, Route.OWN, ())
    both = match([pupil(X, no=1), pupil(Y, no=2)], known)
    assert {found.doubts for found in both} == {(Doubt.ONE_PERSON_TWICE,)}
