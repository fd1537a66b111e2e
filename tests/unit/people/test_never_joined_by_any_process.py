"""The do-not-link list, process by process: one row for each way in which two records could become one."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from rollbook.dataplane.people.apart import KeptApart
from rollbook.dataplane.people.identifiers import changes
from rollbook.dataplane.people.linkage.layout import PUPILS
from rollbook.dataplane.people.linkage.link import link
from rollbook.dataplane.people.matching import Claimant, Known, Standing, match
from rollbook.services.bench.match_files import made
from tests.census_ground import upn

X, Y = upn(1), upn(2)
PERSON, OTHER = 7, 8
SEALED = KeptApart(frozenset({PERSON}))
PAIR = KeptApart(pairs=frozenset({frozenset({PERSON, OTHER})}))


def by_former_number() -> bool:
    """A return names the sealed record's number as the former one."""
    (found,) = match([Claimant(1, Y, X, None)], {X: Known(PERSON, Standing.CURRENT, None, sealed=True)})
    return found.person == PERSON


def by_an_older_number_as_own() -> bool:
    """A return gives, as a pupil's own, a number that the sealed record had before."""
    (found,) = match([Claimant(1, X, None, None)], {X: Known(PERSON, Standing.FORMER, None, sealed=True)})
    return found.person == PERSON


def by_a_claim() -> bool:
    """A return gives a sealed record's pupil an older number, which would lead to it later."""
    known = {X: Known(PERSON, Standing.CURRENT, None, sealed=True)}
    return Y in changes([(match([Claimant(1, X, Y, None)], known)[0], PERSON)], known).add


def by_a_question_to_the_school() -> bool:
    """A return names both numbers: the question it would get says that somebody thinks them one."""
    known = {
        X: Known(PERSON, Standing.CURRENT, None, closed=PAIR.pairs_of(PERSON)),
        Y: Known(OTHER, Standing.CURRENT, None),
    }
    return bool(match([Claimant(1, X, Y, None)], known)[0].doubts)


def _linked(apart: KeptApart, rows: int) -> bool:
    files = made(600)
    both = [{row["id"]: row for row in side.to_pylist()} for side in (files.left, files.right)]
    person = next(one for one, row in both[0].items() if both[1].get(one) == row and all(row.values()))
    left, right = _as(files.left, person, PERSON), _as(files.right, person, OTHER)
    if rows:
        left = left.filter(pa.array([one == str(PERSON) for one in left["id"].to_pylist()]))
    found = {(one.left, one.right) for one in link(left, right, PUPILS, apart=apart).linked}
    return (str(PERSON), str(OTHER)) in found


def _as(records: Any, person: str, key: int) -> Any:
    names = [str(key) if one == person else f"1000{one}" for one in records["id"].to_pylist()]
    return records.set_column(0, "id", pa.array(names))


def by_linking_a_sealed_record() -> bool:
    """Two files without numbers, one record sealed."""
    return _linked(SEALED, 0)


def by_linking_a_pair() -> bool:
    """Two files without numbers, the pair on the list."""
    return (_linked(KeptApart(), 0), _linked(PAIR, 0)) != (True, False)


def by_linking_few() -> bool:
    """A file too small to learn from."""
    return (_linked(KeptApart(), 1), _linked(PAIR, 1)) != (True, False)


@pytest.mark.parametrize(
    "process",
    [
        by_former_number, by_an_older_number_as_own, by_a_claim, by_a_question_to_the_school,
        by_linking_a_sealed_record, by_linking_a_pair, by_linking_few,
    ],
    ids=lambda one: one.__name__,
)  # fmt: skip
def test_none_joins_what_is_kept_apart(process: Callable[[], bool]) -> None:
    assert not process()


def test_the_same_without_the_list_does_join() -> None:
    """So that no row above passes because nothing would have joined anyhow."""
    assert match([Claimant(1, Y, X, None)], {X: Known(PERSON, Standing.CURRENT, None)})[0].person == PERSON
    assert match([Claimant(1, X, None, None)], {X: Known(PERSON, Standing.FORMER, None)})[0].person == PERSON
    assert _linked(KeptApart(), 0)


def test_the_words_to_a_school_are_those_for_any_other_number_that_does_not_fit() -> None:
    sealed = match([Claimant(1, Y, X, None)], {X: Known(PERSON, Standing.CURRENT, None, sealed=True)})[0]
    taken = match([Claimant(1, Y, X, None), Claimant(2, X, None, None)], {X: Known(PERSON, Standing.CURRENT, None)})[0]
    assert sealed.doubts == taken.doubts
