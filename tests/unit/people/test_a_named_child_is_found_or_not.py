"""Who a named child is: only when everything fits one person is it a match; any doubt is a no."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.dataplane.people.search import Asked, Candidate, evidence, plain, search
from rollbook.policy.uses import MatchOutcome

BORN = date(2014, 3, 5)
ASKED = Asked("Thrennet", "Ivo", BORN)
IVO = Candidate(1, ("Thrennet", "", ""), "Ivo", "Kell Wray", BORN, "ZZ1 1ZZ")


@pytest.mark.parametrize(
    ("asked", "candidates", "outcome"),
    [
        (ASKED, [IVO], MatchOutcome.MATCH),
        (replace(ASKED, postcode="zz11zz"), [IVO], MatchOutcome.MATCH),
        (Asked("THRÉNNET", "ivo", BORN), [IVO], MatchOutcome.MATCH),
        (ASKED, [replace(IVO, surnames=("Quell", "", "Thrennet"))], MatchOutcome.MATCH),
        # One person seen by two schools is one person.
        (ASKED, [IVO, replace(IVO, postcode="ZZ9 9ZZ")], MatchOutcome.MATCH),
        (ASKED, [IVO, replace(IVO, person=2)], MatchOutcome.MANY),
        (replace(ASKED, postcode="ZZ9 9ZZ"), [IVO], MatchOutcome.POTENTIAL),
        (replace(ASKED, forename="Ian"), [IVO], MatchOutcome.POTENTIAL),
        (replace(ASKED, forename="Kell"), [IVO], MatchOutcome.POTENTIAL),
        (replace(ASKED, forename="Ian"), [IVO, replace(IVO, person=2, forename="Iris")], MatchOutcome.MANY),
        (replace(ASKED, surname="Other"), [IVO], MatchOutcome.LOW_CONFIDENCE),
        (replace(ASKED, born=date(2014, 5, 3)), [IVO], MatchOutcome.LOW_CONFIDENCE),
        (replace(ASKED, forename="Zoe"), [IVO], MatchOutcome.LOW_CONFIDENCE),
        (ASKED, [replace(IVO, born=None)], MatchOutcome.LOW_CONFIDENCE),
        (replace(ASKED, surname="Other", forename="Zoe"), [IVO], MatchOutcome.NONE),
        (ASKED, [], MatchOutcome.NONE),
        # A dash in place of a name is not a name that two people share.
        (replace(ASKED, surname="-"), [replace(IVO, surnames=("Quell", "", "."))], MatchOutcome.LOW_CONFIDENCE),
        (replace(ASKED, surname="-"), [replace(IVO, surnames=("-", "", ""))], MatchOutcome.LOW_CONFIDENCE),
        (replace(ASKED, forename="-"), [replace(IVO, forename="-")], MatchOutcome.LOW_CONFIDENCE),
        (replace(ASKED, forename="-"), [replace(IVO, forename="")], MatchOutcome.LOW_CONFIDENCE),
    ],
)
def test_outcomes(asked: Asked, candidates: list[Candidate], outcome: MatchOutcome) -> None:
    found = search(asked, candidates)
    assert found.outcome is outcome
    assert found.person == (1 if outcome is MatchOutcome.MATCH else None)


def test_a_twin_of_another_first_name_does_not_hide_the_match() -> None:
    twin = replace(IVO, person=2, forename="Ida")
    assert search(ASKED, [twin, IVO]) == search(ASKED, [IVO, twin])
    assert search(ASKED, [IVO, twin]).person == 1


def test_evidence_is_codes_and_holds_no_value() -> None:
    codes = evidence(replace(ASKED, postcode="ZZ9 9ZZ"), IVO)
    assert codes == ("surname-same", "forename-same", "birth-same", "postcode-differs")
    assert evidence(Asked("Quell", "Ines", date(2014, 5, 3)), IVO) == ("forename-initial", "birth-swapped")


_names = st.sampled_from(["Thrennet", "Quell", "Osquith", ""])
_candidates = st.builds(
    Candidate,
    person=st.integers(1, 3),
    surnames=st.tuples(_names, _names, _names),
    forename=st.sampled_from(["Ivo", "Ian", "Zoe"]),
    middle_names=st.sampled_from(["", "Ivo"]),
    born=st.sampled_from([BORN, date(2014, 5, 3), date(2015, 1, 1), None]),
    postcode=st.sampled_from(["", "ZZ1 1ZZ", "ZZ9 9ZZ"]),
)


@given(st.lists(_candidates, max_size=6))
def test_a_match_is_one_person_whom_everything_fits(candidates: list[Candidate]) -> None:
    found = search(replace(ASKED, postcode="ZZ1 1ZZ"), candidates)

    def fits(one: Candidate) -> bool:
        names = {plain(name) for name in one.surnames if name}
        return plain("Thrennet") in names and one.forename == "Ivo" and one.born == BORN and one.postcode != "ZZ9 9ZZ"

    people = {one.person for one in candidates if fits(one)}
    assert (found.outcome is MatchOutcome.MATCH) == (len(people) == 1)
    if found.person is not None:
        assert {found.person} == people
