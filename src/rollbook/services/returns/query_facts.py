"""What a query is about, in plain values: whom it speaks of, and the values behind it.

`services.returns.query_marks` turns them into marks. Plain values stay in memory, on their way from the process that
read the file to the one that makes the marks. Needs no Django.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.parsed import SchoolFacts
from rollbook.dataplane.census.rules import RULES
from rollbook.dataplane.people.matching import Doubt

Who = tuple[object, ...]
_SINGLE: Final = frozenset({"identity", "pupil", "address"})


def _places() -> dict[str, frozenset[tuple[str, str]]]:
    """Elements and ids of items as (table, column); an element may stand in several. Of a row, every column counts."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for item in ITEMS.values():
        for name in (item.id, item.element.rpartition("/")[2]):
            found[name].add((item.table, item.column if item.table in _SINGLE else ""))
    return {name: frozenset(places) for name, places in found.items()}


_PLACES: Final[Mapping[str, frozenset[tuple[str, str]]]] = MappingProxyType(_places())
# Values of the school block that rules look at, by element.
OF_SCHOOL: Final = {"SchoolType": "school_type", "Phase": "phase", "Intake": "intake", "Governance": "governance"}
_POSITION: Final = frozenset({"pupil_no", "line"})
# The fields of doubts of matching, which no rule of the rulebook names.
DOUBTS: Final = {doubt.value: ("UPN", "FormerUPN", "DOB") for doubt in Doubt}
_TWINS: Final = "PT-028"


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as the rules or the receipt give it."""

    rule: str
    message: str
    pupil_no: int | None
    field: str


@dataclass(frozen=True, slots=True)
class Question:
    """A query with what it is about. `who` names its pupil, by every UPN the return gives, the first first; `facts` are
    the values as text."""

    asked: Asked
    who: tuple[Who, ...] = field(repr=False)
    facts: bytes = field(repr=False)


class Questioner:
    """Finds out what the queries of one return are about."""

    def __init__(self, tables: Mapping[str, pa.Table], school: SchoolFacts | None = None) -> None:
        self._tables, self._school = tables, school

    def questions(self, queries: Iterable[Asked]) -> list[Question]:
        """Each query with what it is about, in order."""
        return [Question(one, self._who(one.pupil_no), as_text(self._facts(one))) for one in queries]

    def everybody(self) -> list[tuple[Who, ...]]:
        """Every pupil of the return, as `Question.who` names them."""
        return [self._who(number) for number in self._rows("identity")]

    def _who(self, pupil_no: int | None) -> tuple[Who, ...]:
        """Whom a query speaks of: a UPN, one without a UPN by name and birth date, or the whole return."""
        if pupil_no is None:
            return (("return",),)
        row = self._rows("identity").get(pupil_no, [{}])[0]
        numbers = [one for one in (row.get("upn"), row.get("former_upn")) if one]
        if not numbers:
            return (("named", row.get("surname"), row.get("forename"), row.get("dob")),)
        return tuple(("upn", one) for one in dict.fromkeys(numbers))

    def _facts(self, asked: Asked) -> list[object]:
        """The values the rule looks at, of this pupil or of the return; the whole pupil where that is not known."""
        fields = RULES[asked.rule].fields if asked.rule in RULES else DOUBTS.get(asked.rule, ())
        of_school = sorted(OF_SCHOOL[one] for one in fields if one in OF_SCHOOL)
        known = [one for one in fields if one in _PLACES or one in OF_SCHOOL]
        places = {place for one in known for place in _PLACES.get(one, ())}
        if not fields or len(known) < len(fields):
            places = {(table, "") for table in self._tables}
        said = [[table, column, self._values(asked.pupil_no, table, column)] for table, column in sorted(places)]
        school = [(name, getattr(self._school, name)) for name in of_school]
        return [school, [one for one in said if one[2]], self._companions(asked)]

    def _values(self, pupil_no: int | None, table: str, column: str) -> list[str]:
        """The values of a column, or of whole rows. Sorted: the order of rows or of pupils is no fact about them."""
        rows = self._of(table, pupil_no)
        found = (row.get(column) if column else _plain(row) for row in rows)
        return sorted(as_text(one).decode() for one in found)

    def _of(self, table: str, pupil_no: int | None) -> Iterable[Mapping[str, Any]]:
        rows = self._rows(table)
        return rows.get(pupil_no, []) if pupil_no is not None else (row for some in rows.values() for row in some)

    def _rows(self, table: str) -> Mapping[int, list[Mapping[str, Any]]]:
        if table not in self._by_pupil:
            found: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
            for row in self._tables[table].to_pylist() if table in self._tables else ():
                found[row["pupil_no"]].append(row)
            self._by_pupil[table] = found
        return self._by_pupil[table]

    @cached_property
    def _by_pupil(self) -> dict[str, Mapping[int, list[Mapping[str, Any]]]]:
        return {}

    def _companions(self, asked: Asked) -> list[str]:
        """Who else a possible duplicate may be: another one makes it another question."""
        if asked.rule != _TWINS or asked.pupil_no is None:
            return []
        mine = _likeness(self._rows("identity").get(asked.pupil_no, [{}])[0])
        return sorted(self._alike[mine])

    @cached_property
    def _alike(self) -> Mapping[tuple[object, ...], list[str]]:
        found: dict[tuple[object, ...], list[str]] = defaultdict(list)
        for (row,) in self._rows("identity").values():
            found[_likeness(row)].append(row.get("upn") or "")
        return found


def _likeness(row: Mapping[str, Any]) -> tuple[object, ...]:
    surname, forename = (row.get("surname") or "").casefold(), (row.get("forename") or "").casefold()
    return (surname, forename[:1], row.get("sex"), row.get("dob"))


def _plain(row: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, row[name]) for name in sorted(row) if name not in _POSITION and row[name] is not None]


def as_text(value: object) -> bytes:
    """A value as the bytes that are marked."""
    return json.dumps(value, default=str, separators=(",", ":")).encode()
