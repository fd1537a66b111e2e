"""A study says that schools lie in authorities; the platform counts whether they do."""

import pyarrow as pa
import pytest

from rollbook.dataplane.runs.hostile import read_person_table
from rollbook.dataplane.runs.nesting_form import require_nested
from rollbook.dataplane.runs.study import Study
from rollbook.dataplane.runs.tabulate import tabulate
from rollbook.kernel.refusals import InputRefused
from rollbook.sdc.tables import FrequencyTable

TOML = """\
title = "Pupils by school"
purpose = "To count."
items = ["sex"]
[[steps]]
sql = "people.sql"
[table]
name = "people"
dimensions = ["school", "sex"]
measure = "count"
suppress = true
"""
WITHIN = '[table.within]\nschool = ["authority", "region"]\n'


def study(more: str = WITHIN, toml: str = TOML) -> Study:
    return Study.from_files({"study.toml": (toml + more).encode(), "people.sql": b"SELECT 1"})


def codes(more: str, toml: str = TOML) -> list[str]:
    with pytest.raises(InputRefused) as refused:
        study(more, toml)
    return [reason.code for reason in refused.value.reasons]


def people(*rows: tuple[str, ...]) -> tuple[bytes, set[str]]:
    ids = [f"{number:032x}" for number in range(len(rows))]
    lines = [
        "ppid\tregion\tauthority\tschool\tsex",
        *("\t".join((one, *row)) for one, row in zip(ids, rows, strict=True)),
    ]
    return ("\n".join(lines) + "\n").encode(), set(ids)


def test_the_columns_stand_from_wide_to_narrow() -> None:
    table = study().table
    assert table.dimensions == ("region", "authority", "school", "sex")
    assert table.nested == (("region", "authority", "school"), ("sex",))
    stream, ids = people(("N", "A", "a1", "f"), ("N", "A", "a2", "m"))
    counted = tabulate(read_person_table(stream, study(), ids), table)
    assert isinstance(counted, FrequencyTable)
    assert (counted.nested, counted.empty) == (table.nested, 2)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("within = 3\n", "study-within"),
        ('[table.within]\narea = ["region"]\n', "study-within"),
        ("[table.within]\nschool = []\n", "study-within"),
        ('[table.within]\nschool = "authority"\n', "study-within"),
        ('[table.within]\nschool = ["ppid"]\n', "study-within"),
        ('[table.within]\nschool = ["Area!"]\n', "study-within"),
        ('[table.within]\nschool = ["sex"]\n', "study-twice"),
        ('[table.within]\nschool = ["area", "area"]\n', "study-twice"),
        ('[table.within]\nschool = ["a", "b", "c", "d"]\n', "study-levels"),
        ('[table.within]\nschool = ["a", "b", "c"]\nsex = ["d", "e", "f"]\n', None),
    ],
)  # fmt: skip
def test_what_a_study_may_say(more: str, code: str | None) -> None:
    if code:
        assert codes(more) == [code]
    else:
        assert len(study(more).table.dimensions) == 8
        wide = TOML.replace('"sex"]\nmeasure', '"sex", "year"]\nmeasure')
        assert codes(more, wide) == ["study-levels"]


def test_subtotals_are_for_tables_with_totals() -> None:
    assert codes(WITHIN, TOML.replace("suppress = true\n", "")) == ["study-within"]


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        ([("N", "A", "a1", "f"), ("N", "B", "a1", "f")], "school"),
        ([("N", "A", "a1", "f"), ("S", "A", "a2", "f")], "authority"),
        # The lie hides behind an authority that is not recorded.
        ([("N", "", "a1", "f"), ("S", "", "a1", "f")], "school"),
    ],
)
def test_a_school_given_two_authorities_is_refused_without_its_name(rows: list[tuple[str, ...]], column: str) -> None:
    stream, ids = people(*rows)
    with pytest.raises(InputRefused) as refused:
        read_person_table(stream, study(), ids)
    (reason,) = refused.value.reasons
    assert (reason.code, reason.where) == ("table-nesting", column)
    assert "a1" not in reason.sentence()


def test_what_is_not_recorded_may_lie_anywhere() -> None:
    stream, ids = people(("N", "A", "", "f"), ("N", "B", "", "f"), ("S", "", "", "f"))
    assert read_person_table(stream, study(), ids).num_rows == 3


def test_a_table_of_nothing_holds() -> None:
    none = pa.table({"a": pa.array([], pa.string()), "b": pa.array([], pa.string())})
    require_nested(none, [("a", "b")])
