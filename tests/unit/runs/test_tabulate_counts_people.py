"""The released table is counted by Rollbook, over the declared dimensions, with the people of each cell as evidence."""

import random

import pyarrow as pa
import pytest

from rollbook.dataplane.runs.hostile import read_person_table
from rollbook.dataplane.runs.table_form import PersonTable
from rollbook.dataplane.runs.tabulate import tabulate
from rollbook.kernel.refusals import InputRefused
from rollbook.sdc.frequency import check
from rollbook.sdc.rules import THRESHOLD, SdcParameters
from rollbook.sdc.tables import Cell
from tests.unit.runs.cages import CALLERS, PEOPLE, attack, make_study


def test_cells_are_sorted_and_empty_ones_are_not_listed() -> None:
    rows = pa.table({"ppid": ["1", "2", "3"], "a": ["y", "x", "y"], "b": ["p", "q", "p"]})
    found = tabulate(rows, PersonTable("people", ("a", "b")))
    assert found.cells == (Cell(("x", "q"), 1, 1), Cell(("y", "p"), 2, 2))
    assert found.people == 3


def test_evidence_is_distinct_people_even_if_rows_repeat() -> None:
    rows = pa.table({"ppid": ["1"] * 12 + ["2"], "a": ["x"] * 13})
    found = tabulate(rows, PersonTable("people", ("a",)))
    assert found.cells == (Cell(("x",), 13, 2),)
    assert found.people == 2


def test_counts_equal_a_plain_count() -> None:
    chance = random.Random(7)
    rows = [(str(n), chance.choice("abc"), chance.choice("xyz")) for n in range(2000)]
    names = ("ppid", "one", "two")
    found = tabulate(pa.table({k: [r[i] for r in rows] for i, k in enumerate(names)}), PersonTable("t", ("one", "two")))
    plain: dict[tuple[str, ...], int] = {}
    for _, *labels in rows:
        plain[tuple(labels)] = plain.get(tuple(labels), 0) + 1
    assert {cell.labels: cell.count for cell in found.cells} == plain
    assert sum(cell.persons for cell in found.cells) == found.people == 2000


@pytest.mark.parametrize("caller", CALLERS)
def test_from_the_sandbox_to_a_verdict_that_names_the_lonely_cell(caller: str) -> None:
    sql = "CREATE TABLE people AS SELECT ppid, CASE WHEN ppid = repeat('0', 32) THEN 'X' ELSE sex END AS sex FROM pupil"
    study = make_study(sql)
    table = tabulate(read_person_table(attack(caller, study=study), study, set(PEOPLE)), study.table)
    verdict = check(table, SdcParameters())
    assert [(f.rule, f.labels, f.shown) for f in verdict.failures] == [(THRESHOLD, (("sex", "X"),), "below 10")]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ("md5(ppid) AS ppid, sex", "table-strangers"),
        ("ppid, sex, 'more' AS more", "table-columns"),
        ("sex", "table-columns"),
        ("ppid, ppid AS sex", "table-labels"),
        ("ppid, sex || chr(9) || sex AS sex", "table-form"),
        ("ppid, sex || chr(10) || ppid AS sex", "table-too-long"),
        ("ppid, repeat('long ', 100) AS sex", "table-label-long"),
        ("first(ppid) OVER () AS ppid, sex", "table-twice"),
    ],
)
def test_from_the_sandbox_to_a_refusal(columns: str, code: str) -> None:
    study = make_study(f"CREATE TABLE people AS SELECT {columns} FROM pupil")
    stream = attack(CALLERS[0], study=study)
    with pytest.raises(InputRefused) as refusal:
        read_person_table(stream, study, set(PEOPLE))
    assert refusal.value.reasons[0].code == code
