"""A chart shows the published figures, all of them and nothing else, and what it is described by can stand alone."""

import json
import re
from xml.etree import ElementTree

import pytest

from rollbook.services.outputs.chart_drawing import svg
from rollbook.services.outputs.charts import BARS, RANGES, STEPS, Chart, chart_of, vega_lite

HISTOGRAM = [
    ("low", "below 10", "12"),
    ("low", "10 and over", "30"),
    ("top", "below 10", "[c]"),
    ("top", "10 and over", "41"),
]
MODEL = [
    ("intercept", "estimate", "0.5"),
    ("intercept", "standard error", "0.1"),
    ("sex = M", "estimate", "-0.25"),
    ("sex = M", "standard error", "0.02"),
    ("model", "people", "400"),
]
CURVES = [
    ("a", "up to 6", "at risk", "40"),
    ("a", "up to 6", "events", "10"),
    ("a", "up to 6", "survival", "0.75"),
    ("a", "up to 12", "survival", "0.5"),
    ("b", "up to 6", "survival", "0.9"),
    ("all curves", "all times", "log-rank chi-squared", "4.2"),
]


def drawn(dimensions: tuple[str, ...], measure: str, rows: list[tuple[str, ...]]) -> Chart:
    chart = chart_of("A <title>", dimensions, measure, rows)
    assert chart is not None
    return chart


@pytest.fixture(params=["histogram", "ols", "survival"])
def chart(request: pytest.FixtureRequest) -> Chart:
    return {
        "histogram": lambda: drawn(("band", "value band"), "histogram", HISTOGRAM),
        "ols": lambda: drawn(("term", "statistic"), "ols", MODEL),
        "survival": lambda: drawn(("side", "time", "statistic"), "survival", CURVES),
    }[request.param]()


def test_a_histogram_leaves_a_hidden_figure_out() -> None:
    chart = drawn(("band", "value band"), "histogram", HISTOGRAM)
    assert (chart.kind, chart.across, chart.series) == (BARS, "value band", ("low", "top"))
    assert [(mark.series, mark.place, mark.figure) for mark in chart.marks] == [
        ("low", "below 10", 12), ("low", "10 and over", 30), ("top", "10 and over", 41),
    ]  # fmt: skip
    assert svg(chart).count("<rect") == 3 + len(chart.series)


def test_a_models_estimates_stand_with_their_intervals() -> None:
    chart = drawn(("term", "statistic"), "ols", MODEL)
    assert chart.kind == RANGES
    assert [(mark.place, mark.low, mark.high) for mark in chart.marks] == [
        ("intercept", 0.304, 0.696), ("sex = M", -0.2892, -0.2108),
    ]  # fmt: skip


def test_a_curve_begins_with_everybody_and_goes_down_in_steps() -> None:
    chart = drawn(("side", "time", "statistic"), "survival", CURVES)
    assert (chart.kind, chart.places) == (STEPS, ("start", "up to 6", "up to 12"))
    assert [mark.figure for mark in chart.marks if mark.series == "a"] == [1, 0.75, 0.5]


def test_the_description_holds_its_figures_and_names_no_address_but_its_schema(chart: Chart) -> None:
    described = json.loads(vega_lite(chart))
    assert len(described["data"]["values"]) == len(chart.marks)
    assert set(described["data"]) == {"values"}
    assert re.findall(r"https?://[^\"]+", vega_lite(chart)) == ["https://vega.github.io/schema/vega-lite/v5.json"]


def test_the_picture_is_plain_svg_that_fetches_nothing(chart: Chart) -> None:
    text = svg(chart)
    assert "A <title>" not in text
    whole = ElementTree.fromstring(text)
    assert {one.tag.partition("}")[2] for one in whole.iter()} <= {"svg", "title", "text", "line", "rect", "circle"}
    assert not {name for one in whole.iter() for name in one.attrib if "href" in name or name.startswith("on")}
    assert "table has every figure" in whole.attrib["aria-label"]


def test_a_table_too_large_to_read_as_a_picture_has_none() -> None:
    assert chart_of("T", ("school",), "count", [(f"s{number}", "20") for number in range(61)]) is None
    assert chart_of("T", ("school",), "count", [("s", "20")]) is None


def test_where_all_others_are_hidden_the_one_that_is_shown_is_named() -> None:
    rows = [("north", "7", "[c]"), ("north", "8", "[c]"), ("south", "7", "41"), ("south", "8", "57")]
    alone = drawn(("area", "year"), "count", rows)
    assert "south" in "".join(ElementTree.fromstring(svg(alone)).itertext())
    assert json.loads(vega_lite(alone))["encoding"]["color"]["field"] == "series"
    whole = drawn(("year",), "count", [("7", "41"), ("8", "57")])
    assert "color" not in json.loads(vega_lite(whole))["encoding"]
