"""Whatever the pupils, and whatever lies in what: from the published files alone no hidden figure is found.

The attacker (`tests.outsider`) reads the very CSV and has a solver of another library.
"""

from collections import Counter
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.sdc.hiding import MARK, CannotHide, hide_together
from rollbook.sdc.rules import SdcParameters
from rollbook.sdc.tables import Cell, FrequencyTable
from rollbook.services.outputs.releases import csv_of
from tests.outsider import outsider

THRESHOLD = 10
COUNT = st.one_of(st.integers(0, 12), st.integers(10, 60))
SCHOOL = st.sampled_from(["Aa", "Ab", "Bc", "Bd"])
NESTED = (("region", "authority", "school"), ("sex",))
COLUMNS = tuple(name for axis in NESTED for name in axis)


@st.composite
def schools(draw: st.DrawFn) -> dict[tuple[str, ...], int]:
    """Up to two regions of up to two authorities of up to three schools: one of one of one among them."""
    counts = {}
    for region in "NS"[: draw(st.integers(1, 2))]:
        for authority in "AB"[: draw(st.integers(1, 2))]:
            for school in "123"[: draw(st.integers(1, 3))]:
                place = (region, region + authority, region + authority + school)
                counts |= {(*place, sex): draw(COUNT) for sex in "fm"}
    return counts


def table(columns: tuple[str, ...], nested: Any, counts: dict[tuple[str, ...], int]) -> FrequencyTable:
    cells = tuple(Cell(labels, count, count) for labels, count in sorted(counts.items()) if count)
    return FrequencyTable(columns, cells, sum(counts.values()), nested)


def published(*tables: FrequencyTable) -> list[str]:
    """The bytes of their release, or nothing where they are stopped."""
    try:
        records = [one.as_data() for one in hide_together(tables, SdcParameters())]
    except CannotHide:
        return []
    facts = [
        {"dimensions": of.dimensions, "measure": "count", "table": of.as_data(), "rules": {"hiding": record}}
        for of, record in zip(tables, records, strict=True)
    ]
    outputs: list[Any] = [SimpleNamespace(**one) for one in facts]
    return [csv_of(output) for output in outputs]


@settings(max_examples=12, deadline=None)
@given(schools())
def test_a_hierarchy(counts: dict[tuple[str, ...], int]) -> None:
    texts = published(table(COLUMNS, NESTED, counts))
    assert not small(texts)
    for cell, (low, high) in (outsider(texts[0], NESTED) if texts else {}).items():
        assert high - low >= THRESHOLD - 1e-6, f"{sorted(cell)} lies between {low} and {high}"


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(SCHOOL, st.sampled_from("fm"), st.sampled_from("78"), COUNT), min_size=4, max_size=16))
def test_two_tables_of_the_same_pupils(groups: list[tuple[str, str, str, int]]) -> None:
    """Schools in areas by sex, and areas by year."""
    first: Counter[tuple[str, ...]] = Counter()
    second: Counter[tuple[str, ...]] = Counter()
    for school, sex, year, count in groups:
        first[school[0], school, sex] += count
        second[school[0], year] += count
    axes = (("area", "school"), ("sex",))
    texts = published(table(("area", "school", "sex"), axes, first), table(("area", "year"), (), second))
    assert not small(texts)
    for cell, (low, high) in (outsider(texts[0], axes, texts[1]) if texts else {}).items():
        assert high - low >= THRESHOLD - 1e-6, f"{sorted(cell)} lies between {low} and {high}"


def small(texts: list[str]) -> list[str]:
    """The figures shown that are small or nought."""
    shown = [line.rpartition(",")[2] for text in texts for line in text.splitlines()[1:]]
    return [figure for figure in shown if figure != MARK and int(figure) < THRESHOLD]


def test_the_attacker_is_one() -> None:
    """By hand: of 30 in area A the school a2 has 26, so the hidden a1 has 4, whatever the other area hides."""
    text = "area,school,count\nA,a1,[c]\nA,a2,26\nA,Total,30\nB,b1,[c]\nB,b2,[c]\nB,Total,50\nTotal,Total,80\n"
    known = {dict(cell)["school"]: bounds for cell, bounds in outsider(text, [("area", "school")]).items()}
    assert known == {"a1": (4, 4), "b1": (0, 50), "b2": (0, 50)}
