"""Dummy data has the columns and types of a real extract, is dirty on purpose, repeatable, and marked as invented."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.codes import codes_of
from rollbook.dataplane.runs.dummy import NAME_MARK, make_dummy
from rollbook.dataplane.store.tables import schema_of
from rollbook.kernel.refusals import InputRefused

STUDY_ITEMS = [item.id for item in ITEMS.values() if not item.identity and item.status == "current"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every table a project can have, for three thousand pupils."""
    out = tmp_path_factory.mktemp("dummy")
    return {table.name: table.file for table in make_dummy(STUDY_ITEMS, out, pupils=3000, seed=5)}


def test_every_table_has_the_columns_and_types_of_the_store(made: dict[str, Path]) -> None:
    assert set(made) == {ITEMS[item].table for item in STUDY_ITEMS}
    for name, file in made.items():
        found, real = pq.read_schema(file), schema_of(name)
        assert found.names[0] == "ppid"
        for field in list(found)[1:]:
            assert field.type == real.field(field.name).type, (name, field.name)


def test_every_file_says_that_it_is_invented(made: dict[str, Path]) -> None:
    for file in made.values():
        assert file.name.endswith(f"{NAME_MARK}.parquet")
        assert b"About nobody" in pq.read_schema(file).metadata[b"synthetic"]


def test_codes_are_those_of_the_published_lists(made: dict[str, Path]) -> None:
    pupils = pq.read_table(made["pupil"])
    for item in ("sex", "sen-provision", "ethnicity", "nc-year"):
        found = set(pupils[ITEMS[item].column].drop_null().unique().to_pylist())
        assert found <= set(codes_of(item))
        assert len(found) > 1


def test_the_dirt_is_there(made: dict[str, Path]) -> None:
    pupils = pq.read_table(made["pupil"])
    assert len(pupils) > pc.count_distinct(pupils["ppid"]).as_py() == 3000
    assert pupils["sex"].null_count > 0
    assert pc.min(pupils["date_of_birth"]).as_py().year == 1900


def test_rows_are_sorted_by_the_pseudonym_and_keys_are_whole(made: dict[str, Path]) -> None:
    people = set(pq.read_table(made["pupil"])["ppid"].to_pylist())
    for file in made.values():
        ppids = pq.read_table(file, columns=["ppid"])["ppid"].to_pylist()
        assert ppids == sorted(ppids)
        assert set(ppids) <= people
        assert all(len(ppid) == 32 for ppid in ppids)


def test_the_same_seed_gives_the_same_rows_and_another_gives_others(tmp_path: Path) -> None:
    def rows(name: str, seed: int) -> pa.Table:
        [table] = make_dummy(["sex"], tmp_path / name, pupils=200, seed=seed)
        return pq.read_table(table.file)

    assert rows("a", 1).equals(rows("b", 1))
    assert not rows("c", 2)["ppid"].equals(rows("d", 1)["ppid"])


@pytest.mark.parametrize("item", ["surname", "upn", "postcode", "nationality", "no-such-item", "x'; DROP TABLE people"])
def test_items_no_project_can_have_are_refused(tmp_path: Path, item: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        list(make_dummy(["sex", item], tmp_path, pupils=10, seed=1))
    assert refusal.value.reasons[0].code == "item-not-for-study"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pupils", [0, -1, 5_000_001])
def test_numbers_of_pupils_out_of_range_are_refused(tmp_path: Path, pupils: int) -> None:
    with pytest.raises(InputRefused) as refusal:
        list(make_dummy(["sex"], tmp_path, pupils=pupils, seed=1))
    assert refusal.value.reasons[0].code == "dummy-pupils"
