"""What a project sees, and that two projects cannot put their views together."""

import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from pyroaring import BitMap

from rollbook.dataplane.store.extract import Extract, extract
from rollbook.dataplane.store.pseudonyms import cmac_batch
from rollbook.dataplane.store.tables import files_of
from rollbook.kernel.refusals import UseRefused
from tests.unit.store.rows import put, return_id

PUPILS = 400
EVERYONE = [(2010 + n % 6 << 21) + n for n in range(PUPILS)]
ITEMS = ("sex", "language", "sen-type", "sen-type-rank")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    people = random.Random(3).sample(EVERYONE, PUPILS)
    put(folder, 1, people[: PUPILS // 2])
    put(folder, 2, people[PUPILS // 2 :])
    return folder


def make(
    root: Path, name: str, *, key: bytes = b"a" * 32, people: Sequence[int] = EVERYONE, items: Sequence[str] = ITEMS
) -> Extract:
    out = root.parent / name
    out.mkdir()
    return extract(
        root, items=items, return_ids=[return_id(1), return_id(2)], people=BitMap(people),
        pseudonyms=partial(cmac_batch, key), out=out,
    )  # fmt: skip


def rows(root: Path, name: str, table: str = "pupil") -> list[dict[str, object]]:
    return pq.read_table(root.parent / name / f"{table}.parquet").to_pylist()


def test_only_the_items_asked_under_the_projects_pseudonym(root: Path) -> None:
    made = make(root, "out", items=("language",))
    found = rows(root, "out")
    assert list(made.tables) == ["pupil"]
    assert [list(row) for row in found] == [["ppid", "language"]] * PUPILS
    assert {row["ppid"] for row in found} == {tag.hex() for tag in cmac_batch(b"a" * 32, EVERYONE)}


def test_every_table_is_sorted_by_the_pseudonym(root: Path) -> None:
    made = make(root, "out")
    assert dict(made.tables) == {"pupil": PUPILS, "sen_need": len(rows(root, "out", "sen_need"))}
    for table in made.tables:
        ppids = [str(row["ppid"]) for row in rows(root, "out", table)]
        assert ppids == sorted(ppids)


def test_values_belong_to_their_person(root: Path) -> None:
    make(root, "one")
    make(root, "other", key=b"b" * 32)
    tags = {
        tag.hex(): other.hex()
        for tag, other in zip(cmac_batch(b"a" * 32, EVERYONE), cmac_batch(b"b" * 32, EVERYONE), strict=True)
    }
    first = {tags[str(row["ppid"])]: (row["sex"], row["language"]) for row in rows(root, "one")}
    second = {str(row["ppid"]): (row["sex"], row["language"]) for row in rows(root, "other")}
    assert first == second


def test_who_is_not_in_the_population_is_in_no_table(root: Path) -> None:
    left_out = EVERYONE[::5]
    made = make(root, "out", people=[key for key in EVERYONE if key not in left_out])
    gone = {tag.hex() for tag in cmac_batch(b"a" * 32, left_out)}
    assert not made.people & BitMap(left_out)
    for table in made.tables:
        assert not gone & {str(row["ppid"]) for row in rows(root, "out", table)}


def test_the_population_told_is_who_is_there_and_nobody_else(root: Path) -> None:
    made = make(root, "out", people=[*EVERYONE, 2020 << 21])
    assert made.people == BitMap(EVERYONE)
    assert len(rows(root, "out")) == len(made.people)


def test_other_returns_do_not_exist(root: Path) -> None:
    put(root, 3, [2019 << 21])
    assert 2019 << 21 not in make(root, "out", people=[*EVERYONE, 2019 << 21]).people


def rank_correlation(left: Sequence[str], right: Sequence[str]) -> float:
    place = {name: n for n, name in enumerate(right)}
    n = len(left)
    return 1 - 6 * sum((here - place[name]) ** 2 for here, name in enumerate(left)) / (n * (n * n - 1))


def test_the_orders_of_two_projects_have_nothing_to_do_with_each_other_or_with_the_keys(root: Path) -> None:
    orders = []
    for letter in (b"a", b"b"):
        make(root, letter.decode(), key=letter * 32)
        owner = {tag.hex(): str(key) for key, tag in zip(EVERYONE, cmac_batch(letter * 32, EVERYONE), strict=True)}
        orders.append([owner[str(row["ppid"])] for row in rows(root, letter.decode())])
    # Three standard errors of a rank correlation of 400 unrelated orders.
    assert abs(rank_correlation(*orders)) < 3 / PUPILS**0.5
    for order in orders:
        assert abs(rank_correlation(order, [str(key) for key in sorted(EVERYONE)])) < 3 / PUPILS**0.5


def test_two_projects_share_no_value_but_what_the_items_say(root: Path) -> None:
    make(root, "one")
    make(root, "other", key=b"b" * 32)
    for table, items in (("pupil", {"sex", "language"}), ("sen_need", {"sen_type", "sen_type_rank"})):
        one, other = rows(root, "one", table), rows(root, "other", table)
        assert set(one[0]) == set(other[0]) == {"ppid", *items}
        assert not {row["ppid"] for row in one} & {row["ppid"] for row in other}


def test_the_files_say_nothing_beside_their_rows(root: Path) -> None:
    make(root, "out")
    folder = root.parent / "out"
    assert sorted(path.name for path in folder.iterdir()) == ["pupil.parquet", "sen_need.parquet"]
    for path in folder.iterdir():
        told = pq.ParquetFile(path).metadata
        assert told.metadata is None
        assert all(
            told.row_group(group).column(column).statistics is None
            for group in range(told.num_row_groups)
            for column in range(told.num_columns)
        )
        data = path.read_bytes()
        assert return_id(1).encode() not in data
        assert b"person_key" not in data


def test_rows_of_one_person_do_not_keep_the_order_of_the_file(root: Path) -> None:
    make(root, "out", items=("sen-type",))
    found = rows(root, "out", "sen_need")
    kinds = [row["sen_type"] for row in found]
    assert kinds == ["ASD", "SLCN"] * (len(found) // 2)  # every file has SLCN first


def test_a_superseded_return_in_the_same_file_does_not_exist_either(root: Path) -> None:
    make(root, "before")
    put(root, 3, EVERYONE)
    for table in ("pupil", "sen_need"):
        DeltaTable(root / table).optimize.compact()
        assert all(file.first_return != file.last_return for file in files_of(root, table))
    assert make(root, "after").people == BitMap(EVERYONE)
    for table in ("pupil", "sen_need"):
        assert rows(root, "after", table) == rows(root, "before", table)


@pytest.mark.parametrize("item", ["upn", "surname", "postcode", "nationality", "no-such-item", "on-roll"])
def test_items_no_project_may_have_are_refused_before_anything_is_written(root: Path, item: str) -> None:
    with pytest.raises(UseRefused, match=item):
        make(root, "out", items=("language", item))
    assert not list((root.parent / "out").iterdir())


def test_a_table_with_no_rows_is_there_and_empty(root: Path) -> None:
    made = make(root, "out", items=("exclusion-category",))
    assert dict(made.tables) == {"pupil": PUPILS, "exclusion": 0}
    assert rows(root, "out", "exclusion") == []


def test_nothing_is_left_beside_the_extract(root: Path) -> None:
    make(root, "out")
    assert sorted(path.name for path in root.parent.iterdir()) == ["out", "study"]
