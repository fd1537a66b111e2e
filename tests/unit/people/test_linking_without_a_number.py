"""Linking two files without a number: what is found, what is left to people, what is never joined."""

from typing import Any

import pyarrow as pa
import pytest

from rollbook.dataplane.people.linkage.engine import Room
from rollbook.dataplane.people.linkage.layout import PUPILS
from rollbook.dataplane.people.linkage.link import Linkage, link
from rollbook.policy.uses import MatchOutcome
from rollbook.services.bench.match_files import made

SIZE = 1500


@pytest.fixture(scope="module")
def files() -> Any:
    return made(SIZE)


@pytest.fixture(scope="module")
def linked(files: Any) -> Linkage:
    return link(files.left, files.right, PUPILS)


def sure(linkage: Linkage) -> list[Any]:
    return [one for one in linkage.linked if one.outcome is MatchOutcome.MATCH]


def test_the_files_are_the_same_each_time(files: Any) -> None:
    again = made(SIZE)
    assert (again.left, again.right) == (files.left, files.right)
    assert files.left.num_rows == files.right.num_rows == SIZE


def test_most_true_pairs_are_found_and_hardly_any_other(files: Any, linked: Linkage) -> None:
    found = sure(linked)
    right = sum(one.left == one.right for one in found)
    assert right / len(found) >= 0.999
    assert right / files.shared >= 0.97


def test_nobody_is_in_two_pairs(linked: Linkage) -> None:
    for side in ("left", "right"):
        records = [getattr(one, side) for one in linked.linked]
        assert len(records) == len(set(records))


def test_evidence_is_codes_and_holds_no_value(linked: Linkage) -> None:
    columns = {field.column for field in PUPILS.fields}
    for one in linked.linked:
        for code in one.evidence:
            column, _, agreement = code.rpartition("-")
            assert column in columns
            assert agreement in {"same", "close", "near", "differs"}


def test_parts_by_birth_year_find_the_same_people_even_with_a_wrong_year(files: Any, linked: Linkage) -> None:
    whole = {(one.left, one.right) for one in sure(linked)}
    parts = {(one.left, one.right) for one in sure(link(files.left, files.right, PUPILS, part=500, room=Room(512)))}
    assert len(whole ^ parts) <= SIZE / 100
    born = [dict(zip(*(one[name].to_pylist() for name in ("id", "born")), strict=True)) for one in vars_of(files)]
    assert any(born[0][left][:4] != born[1][right][:4] for left, right in parts)


def vars_of(files: Any) -> tuple[pa.Table, pa.Table]:
    return files.left, files.right


def test_a_twin_is_never_a_sure_match(files: Any) -> None:
    """Everybody of the first file again, with another first name at the same home: nobody is sure to be anybody."""
    twins = files.left.set_column(1, "forename", pa.array([f"{n:06}" for n in range(SIZE)], pa.string()))
    both = pa.concat_tables([files.right, renamed(twins)])
    found = [one for one in link(files.left, both, PUPILS).linked if one.right.startswith("twin-")]
    assert found
    assert {one.outcome for one in found} <= {MatchOutcome.POTENTIAL, MatchOutcome.LOW_CONFIDENCE, MatchOutcome.MANY}


def renamed(records: pa.Table) -> pa.Table:
    names = pa.array([f"twin-{one}" for one in records["id"].to_pylist()], pa.string())
    return records.set_column(0, "id", names)


def test_two_who_fit_alike_are_many(files: Any) -> None:
    """The second file has everybody twice: who is meant is never sure."""
    both = pa.concat_tables([files.left, renamed(files.left)])
    outcomes = {one.outcome for one in link(files.left, both, PUPILS).linked}
    assert MatchOutcome.MATCH not in outcomes
    assert MatchOutcome.MANY in outcomes


def test_a_record_with_too_little_in_it_is_an_error(files: Any) -> None:
    nobody = pa.table(
        {name: ["empty" if name == "id" else None] for name in files.left.column_names}, files.left.schema
    )
    found = link(pa.concat_tables([files.left, nobody]), files.right, PUPILS)
    assert found.errors == ["empty"]


@pytest.mark.parametrize("rows", [0, 3])
def test_files_too_small_to_learn_from_link_nobody(files: Any, rows: int) -> None:
    assert link(files.left.slice(0, rows), files.right, PUPILS).linked == []
