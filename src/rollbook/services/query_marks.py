"""What an explanation is tied to: whom a query speaks of, the values behind it, and the rule's words. Never the values.

Each is a keyed mark (`Keys.marks`), so that nobody who reads the records can try out what a pupil's values are. Marks
of one school and collection say nothing about another's. Only the job process makes them.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.rules import RULES
from rollbook.dataplane.people.matching import WORDS, Doubt
from rollbook.services.keys import Keys

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
_OF_SCHOOL: Final = {"SchoolType": "school_type", "Phase": "phase", "Intake": "intake", "Governance": "governance"}
_POSITION: Final = frozenset({"pupil_no", "line"})
# The fields of doubts of matching, which no rule of the rulebook names.
_DOUBTS: Final = {doubt.value: ("UPN", "FormerUPN", "DOB") for doubt in Doubt}
_TWINS: Final = "PT-028"


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as the rules or the receipt give it."""

    rule: str
    message: str
    pupil_no: int | None
    field: str


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one query. `others` are those of the same pupil under other numbers."""

    subject: str
    facts: str
    rule: str
    others: tuple[str, ...] = ()


class MarkMaker:
    """Makes the marks for the queries of one return. `same` gives the other UPNs of the person with a UPN."""

    def __init__(
        self, parsed: ParsedReturn, scope: tuple[str, str], keys: Keys, same: Mapping[str, Sequence[str]]
    ) -> None:
        self._parsed, self._scope, self._keys, self._same = parsed, scope, keys, same

    def marks(self, queries: Sequence[Asked]) -> list[Marks]:
        """The marks of each query, in order."""
        who = [self._subjects(one.pupil_no) for one in queries]
        plain: list[tuple[object, ...]] = []
        for one, names in zip(queries, who, strict=True):
            plain += [("facts", *self._facts(one)), ("rule", *_words(one)), *(("pupil", *name) for name in names)]
        marks = iter(self._keys.marks([_text((*self._scope, *one)) for one in plain]))
        made = []
        for names in who:
            facts, rule, subject, *others = [next(marks) for _ in range(2 + len(names))]
            made.append(Marks(subject, facts, rule, tuple(others)))
        return made

    def subjects(self) -> frozenset[str]:
        """The marks of every pupil of the return, under every number known for them."""
        names = [("pupil", *name) for number in self._rows("identity") for name in self._subjects(number)]
        return frozenset(self._keys.marks([_text((*self._scope, *one)) for one in names]))

    def _subjects(self, pupil_no: int | None) -> list[tuple[object, ...]]:
        """Whom a query speaks of: a UPN, one without a UPN by name and birth date, or the whole return."""
        if pupil_no is None:
            return [("return",)]
        row = self._rows("identity").get(pupil_no, [{}])[0]
        own, former = row.get("upn"), row.get("former_upn")
        numbers = [one for one in (own, former) if one]
        if not numbers:
            return [("named", row.get("surname"), row.get("forename"), row.get("dob"))]
        also = [other for one in numbers for other in self._same.get(one, ())]
        return [("upn", one) for one in dict.fromkeys([*numbers, *also])]

    def _facts(self, asked: Asked) -> list[object]:
        """The values the rule looks at, of this pupil or of the return; the whole pupil where that is not known."""
        fields = RULES[asked.rule].fields if asked.rule in RULES else _DOUBTS.get(asked.rule, ())
        of_school = sorted(_OF_SCHOOL[one] for one in fields if one in _OF_SCHOOL)
        known = [one for one in fields if one in _PLACES or one in _OF_SCHOOL]
        places = {place for one in known for place in _PLACES.get(one, ())}
        if not fields or len(known) < len(fields):
            places = {(table, "") for table in self._parsed.tables}
        said = [[table, column, self._values(asked.pupil_no, table, column)] for table, column in sorted(places)]
        school = [(name, getattr(self._parsed.school, name)) for name in of_school]
        return [school, [one for one in said if one[2]], self._companions(asked)]

    def _values(self, pupil_no: int | None, table: str, column: str) -> list[str]:
        """The values of a column, or of whole rows. Sorted: the order of rows or of pupils is no fact about them."""
        rows = self._of(table, pupil_no)
        found = (row.get(column) if column else _plain(row) for row in rows)
        return sorted(_text(one).decode() for one in found)

    def _of(self, table: str, pupil_no: int | None) -> Iterable[Mapping[str, Any]]:
        rows = self._rows(table)
        return rows.get(pupil_no, []) if pupil_no is not None else (row for some in rows.values() for row in some)

    def _rows(self, table: str) -> Mapping[int, list[Mapping[str, Any]]]:
        if table not in self._by_pupil:
            found: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
            for row in self._parsed.tables[table].to_pylist() if table in self._parsed.tables else ():
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


def upn_ends(parsed: ParsedReturn) -> dict[int, str]:
    """The last four characters of each pupil's UPN, by pupil number: enough to find a pupil in the school's system."""
    identity = parsed.tables["identity"]
    pairs = zip(identity["pupil_no"].to_pylist(), identity["upn"].to_pylist(), strict=True)
    return {int(number or 0): (upn or "")[-4:] for number, upn in pairs}


def _likeness(row: Mapping[str, Any]) -> tuple[object, ...]:
    surname, forename = (row.get("surname") or "").casefold(), (row.get("forename") or "").casefold()
    return (surname, forename[:1], row.get("sex"), row.get("dob"))


def _words(asked: Asked) -> tuple[str, ...]:
    """What the rule asks: other words are another question."""
    if asked.rule in RULES:
        return (asked.rule, asked.message, RULES[asked.rule].mend)
    return (asked.rule, *(WORDS[Doubt(asked.rule)] if asked.rule in _DOUBTS else (asked.message,)))


def _plain(row: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, row[name]) for name in sorted(row) if name not in _POSITION and row[name] is not None]


def _text(value: object) -> bytes:
    return json.dumps(value, default=str, separators=(",", ":")).encode()
