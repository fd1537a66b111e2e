"""The two forms of a rule have one meaning: over made-up returns with any faults, both find exactly the same."""

from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.codes import codes_of
from rollbook.dataplane.census.parsed import Header, ParsedReturn, SchoolFacts
from rollbook.dataplane.census.profile import ALWAYS, profile_of
from tests.landed import as_checked, as_landed

_COLUMNS = {item.column: item for item in ITEMS.values() if item.table}
_DAYS = [
    None, date(2025, 1, 16), date(2025, 1, 17), date(2025, 5, 15), date(2025, 10, 2), date(2025, 10, 3),
    date(2024, 4, 1), date(2024, 6, 20), date(2024, 8, 31), date(2024, 9, 1), date(2024, 12, 31), date(2020, 2, 29),
]  # fmt: skip
_BORN = [date(2024 - age, month, 15) for age in range(1, 20) for month in (8, 9)]
_VALUES: dict[str, list[Any]] = {
    "date": _DAYS,
    "hours": [None, 0.0, 0.5, 12.25, 14.5, 15.0, 15.5, 70.0, 71.0],
    "count": [None, 0, 1, 2, 3, 90, 91],
}
_FORMED = [None, "123456", "12345", "10000001", "20000001", "SC123456", "50012345678", "5001234567"]

_NUMBERS = [
    None, "B801200005001", "M80120000500A", "B801200005002", "A823432108001", "P123456789123", "B8012000O5001", "",
    "M80120000500S", "L80120000501Z", "B80120000500", "B8012000050011", "b801200005001", "ß801200005001",
    "\n801200005001", "B80120000500\n", "B8012\u06610005001", "T380209306001", "X840200005001",
]  # fmt: skip
_NAMES = [None, "Sample", "--", "", "O'Sample", "Ж", "\u0301", "3", "ʰ", "王", "a\u0301", "\U0001f4a9"]
_IDENTITY = {
    "upn": _NUMBERS, "former_upn": _NUMBERS, "surname": _NAMES, "forename": _NAMES,
    "uln": [None, "1000000019", "9999999999", "1000000018", "0000000000", "100000001", "10000000190", "1000000O19"],
}  # fmt: skip


def values_of(column: str, collection: str) -> list[Any]:
    """Right and wrong values of a column, and none; the same few again and again, so that rows meet."""
    item = _COLUMNS[column]
    if column == "date_of_birth":
        return [*_BORN, None]
    if item.values or item.kind in ("code", "flag"):
        return [None, *list(codes_of(item.id, collection))[:4], *"01NYEK?"]
    return _VALUES.get(item.kind, _FORMED)


def made_up(dice: Random, collection: str) -> ParsedReturn:
    """A return of some pupils whose values are drawn column by column; every row has its own line."""
    schemas, pupils, line = profile_of(collection).schemas, dice.randint(1, 12), 0
    tables = {}
    for name, schema in schemas.items():
        alone = name in ("pupil", "identity", "address")
        if not schema.names[2:]:  # the collection asks nothing of it
            tables[name] = schema.empty_table()
            continue
        numbers = [no for no in range(1, pupils + 1) for _ in range(1 if alone else dice.choice((0, 0, 1, 2, 3)))]
        columns: dict[str, list[Any]] = {"pupil_no": numbers, "line": list(range(line + 1, line + 1 + len(numbers)))}
        line += len(numbers)
        if name == "identity":
            columns["line"] = columns["pupil_no"]
        for column in schema.names[2:]:
            drawn = [True, True, False] if column == "on_roll" else [None]
            if column in _COLUMNS and name not in ("identity", "address"):
                drawn = values_of(column, collection)
            if name == "identity":
                drawn = _IDENTITY.get(column, [None])
            columns[column] = [dice.choice(drawn) for _ in numbers]
        if numbers or name in ALWAYS:
            tables[name] = pa.table(columns, schema=schema)
    _, term, year = collection.upper().split("-")
    return ParsedReturn(
        name="made-up.xml", sha256="0" * 64, size=1, tables=tables, discards=(), faults=(),
        header=Header(collection="SC", term=term, year=year),
        school=SchoolFacts(phase=dice.choice([None, "NS", "PS", "SS", "SP"])),
    )  # fmt: skip


@pytest.mark.parametrize("collection", ["sc-spr-2025", "sc-aut-2025", "sc-sum-2025"])
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_both_forms_find_the_same(tmp_path_factory: pytest.TempPathFactory, collection: str, seed: int) -> None:
    dice = Random(seed)
    returns = [made_up(dice, collection) for _ in range(dice.randint(2, 5))]
    spill: Path = tmp_path_factory.getbasetemp()
    assert as_landed(returns, spill) == as_checked(returns)
