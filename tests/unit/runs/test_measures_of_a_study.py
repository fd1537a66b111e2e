"""What a study may ask for, what its numbers may look like, and that each figure is what its name says."""

import math
import random
import statistics
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rollbook.dataplane.runs.gather import BAND, each_person_once, gather
from rollbook.dataplane.runs.hostile import read_person_table
from rollbook.dataplane.runs.study import Study
from rollbook.dataplane.runs.tabulate import behind, tabulate
from rollbook.kernel.refusals import InputRefused
from rollbook.sdc.measured import MeasuredTable, judge, shown, table_from
from rollbook.sdc.measures import NEEDS, Measure
from rollbook.sdc.rules import SdcParameters


def study(measure: str) -> Study:
    form = 'title = "T"\npurpose = "P"\nitems = ["sex"]\n[[steps]]\nsql = "01.sql"\n[table]\nname = "people"\n'
    form += f'dimensions = ["side"]\nmeasure = {measure}\n'
    return Study.from_files({"study.toml": form.encode(), "01.sql": b"SELECT 1"})


@pytest.mark.parametrize(
    ("measure", "code"),
    [
        ('"maximum"\nvalue = "v"', "study-extreme"),
        ('"minimum"\nvalue = "v"', "study-extreme"),
        ('"mean"', "study-column"),
        ('"mean"\nvalue = "v"\nweight = "w"', "study-column"),
        ('"mean"\nvalue = "side"', "study-twice"),
        ('"mean"\nvalue = "ppid"', "study-column"),
        ('"mean"\nvalue = "V"', "study-column"),
        ('"mean"\nvalue = "v"\nround = 5', "study-round"),
        ('"mean"\nvalue = "v"\nquantile = 0.5', "study-quantile"),
        ('"quantile"\nvalue = "v"', "study-quantile"),
        ('"quantile"\nvalue = "v"\nquantile = 1.0', "study-quantile"),
        ('"histogram"\nvalue = "v"', "study-edges"),
        ('"histogram"\nvalue = "v"\nedges = [2, 1]', "study-edges"),
        ('"histogram"\nvalue = "v"\nedges = [1, nan]', "study-edges"),
        ('"count"\nround = 1', "study-round"),
        ('"count"\nweight = "w"\nround = 5', "study-round"),
        ('["count"]', "study-measure"),
    ],
)
def test_a_measure_that_cannot_be_is_refused_by_name(measure: str, code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        study(measure)
    assert {reason.code for reason in refused.value.reasons} == {code}
    assert all(reason.mend for reason in refused.value.reasons)


@pytest.mark.parametrize("number", ["nan", "inf", "-Infinity", "1e13", "0x10", "1,5", " 1", "1e999", "one"])
def test_what_is_no_plain_number_is_refused_without_being_quoted(number: str) -> None:
    stream = f"ppid\tside\tv\n{'0' * 32}\tleft\t{number}\n".encode()
    with pytest.raises(InputRefused) as refused:
        read_person_table(stream, study('"mean"\nvalue = "v"'), {"0" * 32})
    [reason] = refused.value.reasons
    assert (reason.code, reason.where) == ("table-number", "v")
    assert number.strip() not in reason.message


def test_a_weight_is_not_negative_and_an_empty_value_is_missing() -> None:
    weighted = study('"count"\nweight = "w"')
    with pytest.raises(InputRefused):
        read_person_table(f"ppid\tside\tw\n{'0' * 32}\tleft\t-1\n".encode(), weighted, {"0" * 32})
    read = read_person_table(f"ppid\tside\tw\n{'0' * 32}\tleft\t\n".encode(), weighted, {"0" * 32})
    assert read["w"].to_pylist() == [None]
    assert tabulate(read, weighted.table).evidence.contributors.tolist() == [0]  # type: ignore[union-attr]


def test_a_number_with_all_its_digits_is_read() -> None:
    stream = f"ppid\tside\tv\n{'0' * 32}\tleft\t-0.0006842885696700662\n".encode()
    read = read_person_table(stream, study('"mean"\nvalue = "v"'), {"0" * 32})
    assert read["v"].to_pylist() == [-0.0006842885696700662]


VALUES = [random.Random(3).gauss(50, 12) for _ in range(101)]
WEIGHTS = [1 + number % 3 for number in range(101)]
EXPECTED = {
    "sum": math.fsum(VALUES),
    "mean": statistics.fmean(VALUES),
    "weighted mean": statistics.fmean(VALUES, WEIGHTS),
    "ratio": math.fsum(VALUES) / sum(WEIGHTS),
    "standard deviation": statistics.stdev(VALUES),
    # The middle one of 101 and the five people next to it on either side.
    "quantile": statistics.fmean(sorted(VALUES)[45:56]),
    "maximum": max(VALUES),
    "minimum": min(VALUES),
}
ROWS = {
    "ppid": [f"{number:032x}" for number in range(101)],
    "side": ["left"] * 101,
    "v": VALUES,
    "w": WEIGHTS,
    "d": WEIGHTS,
    "school": [f"s{number % 7}" for number in range(101)],
}


@pytest.mark.parametrize("kind", sorted(EXPECTED))
@pytest.mark.parametrize("shuffled", [False, True], ids=["in order", "out of order"])
def test_each_figure_is_what_the_standard_library_says(kind: str, shuffled: bool, tmp_path: Path) -> None:
    rows = pa.table(ROWS)
    rows = rows.take(list(reversed(range(101)))) if shuffled else rows
    columns = {"value": "v", "weight": "w", "denominator": "d"}
    measure = Measure(kind, **{name: columns[name] for name in NEEDS[kind]}, unit="school")
    found = gather(rows, ("side",), measure)
    assert each_person_once(rows) is not shuffled
    assert found.figure.tolist() == pytest.approx([EXPECTED[kind]])
    assert (found.people, found.persons.tolist(), found.contributors.tolist()) == (101, [101], [101])
    assert found.units is not None
    assert found.units.tolist() == [7]
    pq.write_table(rows, tmp_path / "rows.parquet")
    assert gather(tmp_path / "rows.parquet", ("side",), measure).figure.tolist() == pytest.approx(found.figure.tolist())


def test_a_persons_rows_are_one_contribution_and_units_are_told_apart() -> None:
    rows = pa.table(
        {"ppid": ["1", "1", "2", "3"], "side": ["x"] * 4, "v": [4.0, 5.0, 8.0, -3.0], "u": ["a", "a", "a", "b"]}
    )
    found = gather(rows, ("side",), Measure("sum", "v", unit="u"))
    [amounts] = found.amounts
    assert (found.rows.tolist(), found.persons.tolist(), found.people) == ([4], [3], 3)
    assert (amounts.total.tolist(), amounts.absolute.tolist()) == ([14], [20])
    assert (amounts.first.tolist(), amounts.second.tolist()) == ([9], [8])
    assert amounts.unit_first is not None
    assert amounts.unit_second is not None
    assert (amounts.unit_first.tolist(), amounts.unit_second.tolist()) == ([17], [3])


def test_a_histogram_counts_people_in_bands_and_refuses_a_thin_one() -> None:
    declared = study('"histogram"\nvalue = "v"\nedges = [0, 10, 20]').table
    values = [5.0] * 12 + [15.0] * 11 + [20.0] * 3 + [None] * 10
    rows = pa.table({"ppid": [f"{n:02}" for n in range(36)], "side": ["x"] * 36, "v": pa.array(values, pa.float64())})
    table = tabulate(rows, declared)
    assert table.dimensions == ("side", BAND)
    assert [(cell.labels[1], cell.persons) for cell in table.cells] == [
        ("0 to below 10", 12),
        ("10 to below 20", 11),
        ("20 and over", 3),
        ("not recorded", 10),
    ]
    assert next(f.message for f in judge(table, SdcParameters()).failures) == (
        "SDC-THRESHOLD: side = x, value band = 20 and over: below 10"
    )
    assert dict(shown(table, SdcParameters()))["x", "20 and over"] == "below 10"


def test_weights_decide_the_figure_and_people_the_verdict() -> None:
    rows = pa.table({"ppid": [f"{n:02}" for n in range(23)], "side": ["x"] * 14 + ["y"] * 9, "w": [100.25] * 23})
    table = tabulate(rows, study('"count"\nweight = "w"').table)
    assert dict(shown(table, SdcParameters())) == {("x",): "1,404", ("y",): "below 10"}
    assert [failure.rule for failure in judge(table, SdcParameters()).failures] == ["SDC-THRESHOLD"]


def test_a_second_unit_stops_what_people_alone_would_pass() -> None:
    rows = pa.table({"ppid": [f"{n:02}" for n in range(40)], "side": ["x"] * 40, "u": ["one", "two"] * 20})
    table = tabulate(rows, study('"count"\nunit = "u"').table)
    assert [failure.message for failure in judge(table, SdcParameters()).failures] == [
        "SDC-UNIT: side = x: fewer than 3 units"
    ]


def test_a_table_comes_back_from_its_record() -> None:
    measure = Measure("ratio", "v", "d", unit="school")
    table = MeasuredTable(measure, gather(pa.table(ROWS), ("side",), measure))
    again = table_from(table.as_data())
    assert isinstance(again, MeasuredTable)
    assert again.as_data() == table.as_data()
    empty = MeasuredTable(measure, gather(pa.table(ROWS).slice(0, 0), ("side",), measure))
    assert [failure.rule for failure in judge(empty, SdcParameters()).failures] == ["SDC-EMPTY"]
    assert judge(table_from(empty.as_data()), SdcParameters()) == judge(empty, SdcParameters())


def test_who_is_compared_with_other_tables_are_those_in_the_figures() -> None:
    rows = pa.table(
        {"ppid": ["1", "2", "3", "4"], "side": ["x"] * 4, "v": pa.array([-1.0, 10.0, 20.0, None], pa.float64())}
    )

    def behind_it(measure: str) -> pa.Table:
        declared = study(measure).table
        return behind(rows, declared, tabulate(rows, declared), SdcParameters())

    assert behind_it('"mean"\nvalue = "v"')["ppid"].to_pylist() == ["1", "2", "3"]
    assert behind_it('"count"') == rows
    histogram = '"histogram"\nvalue = "v"\nedges = [0, 10, 20]'
    bands = behind_it(histogram)[BAND].to_pylist()
    assert bands == ["below 0", "10 to below 20", "20 and over", "not recorded"]
    assert sorted(bands) == sorted(cell.labels[1] for cell in tabulate(rows, study(histogram).table).cells)  # type: ignore[union-attr]


def median_of(values: list[float]) -> tuple[float, set[str]]:
    measure = Measure("quantile", "v")
    ids = [f"{number:032x}" for number in range(len(values))]
    table = MeasuredTable(
        measure, gather(pa.table({"ppid": ids, "side": ["x"] * len(ids), "v": values}), ("side",), measure)
    )
    [figure] = table.figures(SdcParameters())
    return float(figure), {failure.rule for failure in judge(table, SdcParameters()).failures}


def test_a_quantile_is_nobodys_own_value_unless_enough_people_have_it() -> None:
    """As with registers of Denmark, where a percentile rests on several people; here on ten next to it or more."""
    values = [float(number**2) for number in range(1, 42)]
    figure, stopped_by = median_of(values)
    assert (figure, stopped_by) == (451.0, set())  # the mean of 16 to 26, squared; the median itself is 441
    assert figure not in values
    # Twelve people have exactly the middle value, so it is no single person's.
    assert median_of([1.0] * 15 + [5.0] * 12 + [9.0, 11.0, 14.0] * 5) == (5.0, set())
    # Nine are not enough: then it is the mean of those next to it, as for anybody.
    assert median_of([1.0 + at for at in range(16)] + [50.0] * 9 + [99.0 + at for at in range(16)])[0] != 50.0


def test_a_quantile_from_which_one_persons_value_could_be_reckoned_is_stopped() -> None:
    near_nothing = [number / 1e6 for number in range(20)]
    _, stopped_by = median_of([*near_nothing, 5e5, *(1e9 + number for number in range(15))])
    assert stopped_by == {"SDC-NK", "SDC-P"}


def test_a_median_is_called_a_median() -> None:
    assert study('"median"\nvalue = "v"').table.measure.heading == "median"
    assert study('"quantile"\nvalue = "v"\nquantile = 0.9').table.measure.heading == "quantile 0.9"
