"""Dummy data has the columns and types of a real extract, is dirty on purpose, repeatable, and marked as invented."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.codes import codes_of
from rollbook.dataplane.runs.dummy import NAME_MARK, TRUTH_FILE, Plan, make_dummy
from rollbook.dataplane.store.tables import schema_of
from rollbook.kernel.refusals import InputRefused

STUDY_ITEMS = [item.id for item in ITEMS.values() if not item.identity and item.status == "current"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every table a project can have, for three thousand pupils."""
    out = tmp_path_factory.mktemp("dummy")
    plan = Plan(out, 3000, seed=5, truth=out / "truth")
    return {table.name: table.file for table in make_dummy(STUDY_ITEMS, plan)}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same people with nothing spoilt."""
    out = tmp_path_factory.mktemp("clean")
    assert all(table.file.parent == out for table in make_dummy(STUDY_ITEMS, Plan(out, 3000, seed=5)))
    return out


def found(folder: Path, query: str) -> list[tuple[object, ...]]:
    """Rows of `query`, in which {name} is a table of `folder`."""
    names = {file.name.removesuffix(f"{NAME_MARK}.parquet"): f"'{file}'" for file in folder.glob("*.parquet")}
    return duckdb.sql(query.format(**names)).fetchall()


def tables(made: dict[str, Path]) -> dict[str, Path]:
    """Without the truth file."""
    return {name: file for name, file in made.items() if file.name != TRUTH_FILE}


def test_every_table_has_the_columns_and_types_of_the_store(made: dict[str, Path]) -> None:
    assert set(made) == {ITEMS[item].table for item in STUDY_ITEMS} | {"planned dirt"}
    for name, file in tables(made).items():
        found, real = pq.read_schema(file), schema_of(name)
        assert found.names[0] == "ppid"
        for field in list(found)[1:]:
            assert field.type == real.field(field.name).type, (name, field.name)


def test_every_file_says_that_it_is_invented(made: dict[str, Path]) -> None:
    for file in made.values():
        assert file.name.endswith("-SYNTHETIC.parquet")
        assert pq.read_schema(file).metadata[b"synthetic"].startswith(b"SYNTHETIC")
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
    for file in tables(made).values():
        ppids = pq.read_table(file, columns=["ppid"])["ppid"].to_pylist()
        assert ppids == sorted(ppids)
        assert set(ppids) <= people
        assert all(len(ppid) == 32 for ppid in ppids)


def test_the_same_seed_gives_the_same_rows_and_another_gives_others(tmp_path: Path) -> None:
    def rows(name: str, seed: int) -> pa.Table:
        [table] = make_dummy(["sex"], Plan(tmp_path / name, 200, seed))
        return pq.read_table(table.file)

    assert rows("a", 1).equals(rows("b", 1))
    assert not rows("c", 2)["ppid"].equals(rows("d", 1)["ppid"])


@pytest.mark.parametrize("item", ["surname", "upn", "postcode", "nationality", "no-such-item", "x'; DROP TABLE people"])
def test_items_no_project_can_have_are_refused(tmp_path: Path, item: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        list(make_dummy(["sex", item], Plan(tmp_path, 10, seed=1)))
    assert refusal.value.reasons[0].code == "item-not-for-study"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("people", [0, -1, 5_000_001])
def test_numbers_of_people_out_of_range_are_refused(tmp_path: Path, people: int) -> None:
    with pytest.raises(InputRefused) as refusal:
        list(make_dummy(["sex"], Plan(tmp_path, people, seed=1)))
    assert refusal.value.reasons[0].code == "dummy-people"


# What no clean table may hold, whoever the pupils are: dates out of order, needs of pupils without support, facts of
# one pupil that differ between two rolls, more sessions than there were.
@pytest.mark.parametrize(
    "query",
    [
        "FROM {pupil} WHERE leaving_date < entry_date OR entry_date <= date_of_birth",
        "FROM {pupil} WHERE date_of_birth NOT BETWEEN DATE '2007-09-01' AND DATE '2022-08-31'",
        "FROM {fsm_period} WHERE fsm_end_date < fsm_start_date",
        "FROM {fsm_period} a JOIN {fsm_period} b USING (ppid) WHERE a.fsm_start_date < b.fsm_start_date"
        " AND b.fsm_start_date < a.fsm_end_date",
        "FROM {learning_aim} WHERE aim_planned_end_date < aim_start_date OR aim_actual_end_date < aim_start_date",
        "FROM {sen_need} SEMI JOIN (FROM {pupil} WHERE sen_provision = 'N') USING (ppid)",
        "FROM {pupil} WHERE funded_hours IS NOT NULL AND nc_year NOT IN ('N1', 'N2', 'R')",
        "FROM {learning_aim} SEMI JOIN (FROM {pupil} WHERE nc_year NOT IN ('12', '13')) USING (ppid)",
        "FROM (SELECT ppid FROM {pupil} GROUP BY ppid HAVING count(DISTINCT (sex, date_of_birth, ethnicity)) > 1)",
        "FROM (SELECT ppid, sum(attendance_sessions) AS s FROM {session} GROUP BY ppid)"
        " JOIN {pupil} USING (ppid) WHERE s > sessions_possible",
        "FROM (SELECT ppid FROM {session} GROUP BY ppid, attendance_reason HAVING count(*) > 1)",
        "FROM (SELECT ppid FROM {sen_need} GROUP BY ppid, sen_type_rank HAVING count(*) > 1)",
    ],
)
def test_facts_of_a_clean_pupil_agree(clean: Path, query: str) -> None:
    assert found(clean, query) == []


def test_school_years_follow_from_birth(clean: Path) -> None:
    # Department for Education: a child starts reception in the September after turning four; so year 6 is age ten.
    rows = found(clean, "SELECT DISTINCT nc_year, date_of_birth FROM {pupil} WHERE nc_year IN ('R', '6', '13')")
    september = {"R": 2020, "6": 2014, "13": 2007}
    assert {year for year, _ in rows} == set(september)
    for year, born in rows:
        start = september[str(year)]
        assert f"{start}-09-01" <= str(born) <= f"{start + 1}-08-31"


def test_the_truth_file_undoes_the_dirt(made: dict[str, Path], clean: Path) -> None:
    truth = made["planned dirt"]
    faults = {str(fault) for (fault,) in duckdb.sql(f"SELECT DISTINCT fault FROM '{truth}'").fetchall()}
    assert faults == {"missing", "impossible date", "late leaver", "row repeated", "two rolls at odds"}
    for column in ("date_of_birth", "leaving_date", "nc_year"):
        spoilt = f"(SELECT DISTINCT ppid FROM '{truth}' WHERE in_table = 'pupil' AND in_column = '{column}')"
        one = f"SELECT DISTINCT ppid, {column} AS v FROM "
        dirty, true = f"{one} '{made['pupil']}'", f"{one} '{clean}/pupil{NAME_MARK}.parquet'"
        differing = {p for p, _ in duckdb.sql(f"({dirty} EXCEPT {true})").fetchall()}
        assert differing
        assert differing == {
            p for (p,) in duckdb.sql(f"FROM {spoilt} WHERE ppid IN ({_singles(clean)})").fetchall()
        } | (differing & _doubles(clean))
        was = duckdb.sql(
            f"SELECT count(*) FROM '{truth}' t JOIN ({true}) c USING (ppid) WHERE in_table = 'pupil' "
            f"AND in_column = '{column}' AND was IS DISTINCT FROM CAST(v AS VARCHAR) AND ppid IN ({_singles(clean)})"
        ).fetchall()
        assert was == [(0,)]


def _singles(clean: Path) -> str:
    return f"SELECT ppid FROM '{clean}/pupil{NAME_MARK}.parquet' GROUP BY ppid HAVING count(*) = 1"


def _doubles(clean: Path) -> set[object]:
    rows = duckdb.sql(
        f"SELECT ppid FROM '{clean}/pupil{NAME_MARK}.parquet' GROUP BY ppid HAVING count(*) > 1"
    ).fetchall()
    return {ppid for (ppid,) in rows}


def test_clean_data_has_no_row_twice(clean: Path) -> None:
    assert found(clean, "FROM (SELECT *, count(*) AS times FROM {pupil} GROUP BY ALL) WHERE times > 1") == []
    assert not list(clean.rglob(TRUTH_FILE))
