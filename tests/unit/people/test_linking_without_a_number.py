"""Linking two files without a number: what is found, what is left to people, what is never joined."""

from typing import Any

import duckdb
import pyarrow as pa
import pytest

from rollbook.dataplane.people.apart import KeptApart
from rollbook.dataplane.people.linkage.engine import Room
from rollbook.dataplane.people.linkage.layout import PUPILS
from rollbook.dataplane.people.linkage.link import Linkage, link
from rollbook.dataplane.people.linkage.priors import sure_share
from rollbook.policy.uses import MatchOutcome
from rollbook.services.bench.match_files import made

SIZE = 1500
PUPILS_COLUMNS = ["forename", "surname", "born", "postcode"]


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
    born = [dict(zip(*(one[name].to_pylist() for name in ("id", "born")), strict=True)) for one in files_of(files)]
    assert any(born[0][left][:4] != born[1][right][:4] for left, right in parts)


def files_of(files: Any) -> tuple[pa.Table, pa.Table]:
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


@pytest.mark.parametrize("rows", [0, 19])
def test_files_too_small_to_learn_from_are_left_to_people(files: Any, rows: int) -> None:
    few = files.left.slice(0, rows)
    found = link(few, files.right, PUPILS).linked
    assert MatchOutcome.MATCH not in {one.outcome for one in found}
    both = {*few["id"].to_pylist()} & {*files.right["id"].to_pylist()}
    assert len([one for one in found if one.left == one.right]) >= len(both) * 0.7


def test_pairs_kept_apart_are_out_before_anything_is_weighed(files: Any) -> None:
    """As if the other were not there: neither linked, nor in the way of anybody else's match."""
    numbered = [
        one.set_column(0, "id", pa.array([str(1 + int(i)) for i in one["id"].to_pylist()])) for one in files_of(files)
    ]
    before = link(*numbered, PUPILS)
    pair, sealed = (int(sure(before)[place].left) for place in (0, 1))
    apart = KeptApart(frozenset({sealed}), frozenset({frozenset({pair, 10**9})}))
    away = numbered[1].set_column(
        0, "id", pa.array(["1000000000" if one == str(pair) else one for one in numbered[1]["id"].to_pylist()])
    )
    assert (str(pair), "1000000000") in {(one.left, one.right) for one in link(numbered[0], away, PUPILS).linked}
    after = {(one.left, one.right) for one in link(numbered[0], away, PUPILS, apart=apart).linked}
    assert (str(pair), "1000000000") not in after
    assert not {one for one in after if str(sealed) in one}
    assert len(after) >= len(before.linked) - 10


def test_the_share_of_a_sure_rule_is_estimated_without_an_answer(files: Any) -> None:
    with duckdb.connect() as connection:
        estimated = sure_share(connection, files.left, files.right, PUPILS.sure)
    columns = [
        dict(zip(one["id"].to_pylist(), one.select(PUPILS_COLUMNS).to_pylist(), strict=True)) for one in files_of(files)
    ]
    both = columns[0].keys() & columns[1].keys()
    true = sum(
        any(all(columns[0][i][c] == columns[1][i][c] is not None for c in rule) for rule in PUPILS.sure) for i in both
    )
    assert estimated == pytest.approx(true / len(both), abs=0.03)
