"""Whatever the pupils, and whatever lies in what: from the published files alone no hidden figure is found.

The attacker (`tests.outsider`) reads the very CSV and has a solver of another library.
"""

from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.sdc.hiding import MARK, CannotHide, hide
from rollbook.sdc.rules import SdcParameters
from rollbook.sdc.tables import Cell, FrequencyTable
from rollbook.services.releases import csv_of
from tests.outsider import outsider

THRESHOLD = 10
COUNT = st.one_of(st.integers(0, 12), st.integers(10, 60))
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


def published(of: FrequencyTable) -> str | None:
    """The bytes of its release, or nothing where it is stopped."""
    try:
        record = hide(of, SdcParameters()).as_data()
    except CannotHide:
        return None
    facts = {"dimensions": of.dimensions, "measure": "count", "table": of.as_data(), "rules": {"hiding": record}}
    output: Any = SimpleNamespace(**facts)
    return csv_of(output)


@settings(max_examples=12, deadline=None)
@given(schools())
def test_a_hierarchy(counts: dict[tuple[str, ...], int]) -> None:
    text = published(table(COLUMNS, NESTED, counts))
    if text is None:
        return
    shown = [line.rpartition(",")[2] for line in text.splitlines()[1:]]
    assert not any(0 <= int(figure) < THRESHOLD for figure in shown if figure != MARK)
    for cell, (low, high) in outsider(text, NESTED).items():
        assert high - low >= THRESHOLD - 1e-6, f"{sorted(cell)} lies between {low} and {high}"


def test_the_attacker_is_one() -> None:
    """By hand: of 30 in area A the school a2 has 26, so the hidden a1 has 4, whatever the other area hides."""
    text = "area,school,count\nA,a1,[c]\nA,a2,26\nA,Total,30\nB,b1,[c]\nB,b2,[c]\nB,Total,50\nTotal,Total,80\n"
    known = {dict(cell)["school"]: bounds for cell, bounds in outsider(text, [("area", "school")]).items()}
    assert known == {"a1": (4, 4), "b1": (0, 50), "b2": (0, 50)}
