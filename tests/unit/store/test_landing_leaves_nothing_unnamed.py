"""Rows come back as they went in; rows that nothing names are gone, file and all."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from rollbook.dataplane.store import landing
from rollbook.dataplane.store.landing import forget_unnamed, shaped
from rollbook.dataplane.store.reading import people_in, rows_of
from rollbook.dataplane.store.tables import TABLES, bucket_of, files_of
from rollbook.kernel.refusals import StateBroken
from tests.unit.store.rows import COLLECTION, put, return_id

ANNA, BEN, CARA = 2015 << 21, (2015 << 21) + 1, 2008 << 21


def test_a_person_reads_back_from_the_returns_named_and_no_other(tmp_path: Path) -> None:
    put(tmp_path, 1, [ANNA, BEN, CARA])
    put(tmp_path, 2, [ANNA])
    facts = rows_of(tmp_path, CARA, [return_id(1)])
    needs = [(fact.item, fact.value) for fact in facts if fact.table == "sen_need"]
    assert needs == [("sen-type-rank", 1), ("sen-type", "SLCN"), ("sen-type-rank", 2), ("sen-type", "ASD")]
    assert {fact.row for fact in facts if fact.table == "pupil"} == {30}
    assert rows_of(tmp_path, CARA, [return_id(2)]) == []
    assert {fact.return_id for fact in rows_of(tmp_path, ANNA, [return_id(2)])} == {return_id(2)}


def test_people_of_returns(tmp_path: Path) -> None:
    put(tmp_path, 1, [ANNA, BEN])
    put(tmp_path, 2, [CARA])
    assert list(people_in(tmp_path, [return_id(2), return_id(1)])) == sorted([ANNA, BEN, CARA])
    assert list(people_in(tmp_path, [return_id(2), return_id(9)])) == [CARA]
    assert not people_in(tmp_path, [])
    assert not people_in(tmp_path / "nothing", [return_id(1)])


def test_rows_are_parted_by_collection_and_bucket_and_tagged_with_their_return(tmp_path: Path) -> None:
    put(tmp_path, 1, [ANNA, CARA])
    folders = {str(file.path.parent.relative_to(tmp_path / "pupil")) for file in files_of(tmp_path, "pupil")}
    assert folders == {f"collection={COLLECTION}/bucket={bucket_of(key)}" for key in (ANNA, CARA)}
    assert DeltaTable(tmp_path / "pupil").history(1)[0]["return_id"] == return_id(1)


def test_one_commit_for_each_table_that_has_rows(tmp_path: Path) -> None:
    assert put(tmp_path, 1, [ANNA]) == {"pupil": 0}
    assert put(tmp_path, 2, [ANNA, BEN, CARA]) == {"pupil": 1, "sen_need": 0}


def test_unnamed_rows_go_and_named_ones_stay(tmp_path: Path) -> None:
    put(tmp_path, 1, [ANNA, BEN, CARA])
    put(tmp_path, 2, [ANNA, BEN, CARA])
    before = rows_of(tmp_path, CARA, [return_id(1)])
    assert forget_unnamed(tmp_path, {return_id(1)}) == {"pupil": 3, "sen_need": 2}
    assert forget_unnamed(tmp_path, {return_id(1)}) == {"pupil": 0, "sen_need": 0}
    assert not people_in(tmp_path, [return_id(2)])
    assert rows_of(tmp_path, CARA, [return_id(1)]) == before


def test_the_bytes_of_unnamed_rows_are_gone_from_the_disk(tmp_path: Path) -> None:
    put(tmp_path, 1, [ANNA])
    put(tmp_path, 2, [BEN])
    forget_unnamed(tmp_path, {return_id(1)})
    left = [pq.read_table(file, partitioning=None)["return_id"].to_pylist() for file in tmp_path.rglob("*.parquet")]
    assert left == [[return_id(1)]]


def test_a_file_written_but_never_committed_is_removed(tmp_path: Path) -> None:
    put(tmp_path, 1, [ANNA])
    (kept,) = [file.path for file in files_of(tmp_path, "pupil")]
    stray = kept.with_name("part-00000-stray.parquet")
    stray.write_bytes(kept.read_bytes())
    forget_unnamed(tmp_path, {return_id(1)})
    assert kept.exists()
    assert not stray.exists()


def test_a_table_killed_before_its_first_commit_is_removed(tmp_path: Path) -> None:
    stray = tmp_path / "pupil" / f"collection={COLLECTION}" / "part.parquet"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"half a file")
    assert forget_unnamed(tmp_path, set()) == {"pupil": 0}
    assert not stray.exists()
    put(tmp_path, 1, [ANNA])
    assert list(people_in(tmp_path, [return_id(1)])) == [ANNA]


def test_rows_of_a_file_that_holds_several_returns_are_told_apart(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        put(tmp_path, number, [ANNA + number])
    DeltaTable(tmp_path / "pupil").optimize.compact()
    assert len(list(files_of(tmp_path, "pupil"))) == 1
    assert forget_unnamed(tmp_path, {return_id(1), return_id(3)})["pupil"] == 1
    assert list(people_in(tmp_path, [return_id(n) for n in (1, 2, 3)])) == [ANNA + 1, ANNA + 3]
    assert {fact.return_id for fact in rows_of(tmp_path, ANNA + 1, [return_id(1)])} == {return_id(1)}
    assert rows_of(tmp_path, ANNA + 1, [return_id(3)]) == []
    assert list(people_in(tmp_path, [return_id(3)])) == [ANNA + 3]


def test_a_column_of_the_identity_zone_is_refused() -> None:
    table = pa.table({"pupil_no": [1], "line": pa.array([1], pa.int32()), "surname": ["Sample"]})
    with pytest.raises(StateBroken, match="surname"):
        shaped({"pupil": table})


def test_no_study_table_has_a_column_for_who_somebody_is() -> None:
    columns = {name for table in TABLES for name in landing.schema_of(table).names}
    assert not columns & {
        "upn",
        "former_upn",
        "uln",
        "surname",
        "forename",
        "address_line",
        "postcode",
        "uprn",
        "pupil_no",
    }


def test_the_tables_are_for_their_owner_alone_but_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    put(tmp_path / "new", 1, [ANNA])
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    (tmp_path / "old").mkdir(mode=0o755)
    before = (tmp_path / "old").stat().st_mode
    put(tmp_path / "old", 1, [ANNA])
    assert (tmp_path / "old").stat().st_mode == before
