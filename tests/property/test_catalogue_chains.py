"""Chains of changes: what is added was not there, what is removed was, and no element means two things at once."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.dataplane.census import catalogue_chains as chains
from rollbook.dataplane.census.catalogue import ITEMS, Item, collections, places_of
from rollbook.dataplane.census.catalogue_chains import ChainBroken, Change
from rollbook.dataplane.census.codes import codes_of
from rollbook.dataplane.census.profile import profile_of

RETURNS = sorted(chains.states())


@pytest.mark.parametrize("collection", RETURNS)
def test_no_two_items_of_a_return_share_an_element_or_a_column(collection: str) -> None:
    places = places_of(collection).values()
    for key in (lambda place: (home(place.item), place.element), lambda place: (home(place.item), place.field)):
        assert [one for one, times in Counter(map(key, places)).items() if times > 1] == []


def home(item: Item) -> str:
    """Identity and the pupil's single values come from one row."""
    return "pupil" if item.table == "identity" else item.table


@given(st.sampled_from(RETURNS), st.sampled_from(sorted(ITEMS)), st.sampled_from(("add", "remove", "rename", "codes")))
def test_a_change_that_does_not_fit_is_refused_and_one_that_fits_is_made(collection: str, item: str, kind: str) -> None:
    state = dict(chains.states()[collection])
    there = item in state
    change = Change(collection, kind, item, "b" if kind == "add" else "", "X" if kind == "rename" else "")
    if there is (kind == "add"):
        with pytest.raises(ChainBroken):
            chains.apply(change, state)
        assert state == chains.states()[collection]
    else:
        chains.apply(change, state)
        assert (item in state) is (kind != "remove")


def test_every_change_names_an_item_that_is_explained_and_every_item_is_in_some_return() -> None:
    assert {change.item for change in chains.changes()} == set(ITEMS)


@pytest.mark.parametrize("chain", ["sc-aut", "sc-spr", "sc-sum"])
def test_a_list_changes_exactly_where_the_changes_say(chain: str) -> None:
    """For the returns that can be opened: the table of changes and the table of lists cannot drift apart."""
    for code in (one for one in collections() if one.startswith(chain)):
        before = f"{chain}-{int(code[-4:]) - 1}"
        both = set(places_of(code)) & set(places_of(before))
        moved = {item for item in both if codes_of(item, code) != codes_of(item, before)}
        said = {change.item for change in chains.changes() if (change.collection, change.kind) == (code, "codes")}
        assert moved == said, code


@pytest.mark.parametrize("collection", collections())
def test_every_place_of_a_return_has_a_column_to_land_in(collection: str) -> None:
    schemas = profile_of(collection).schemas
    assert all(place.item.column in schemas[place.item.table].names for place in places_of(collection).values())


@given(st.text(max_size=20))
def test_any_text_is_a_return_or_is_none(text: str) -> None:
    assert places_of(text) == {} or chains.chain_of(text)[0] in chains.CHAINS
