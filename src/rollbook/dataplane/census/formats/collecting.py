"""Collects one file's pupils into the tables every format shares, and what was dropped, as counts without values.

The counterpart of `gathering` for formats that are not a school census tree: it is told lines and texts, not elements.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa

from rollbook.dataplane.census.formats.refusing import refusal
from rollbook.dataplane.census.gathering import CONTACT_RULE, TWICE_RULE, UNKNOWN_RULE, UNREADABLE_RULE, WITHDRAWN_RULE
from rollbook.dataplane.census.parsed import Discard, Fault
from rollbook.dataplane.census.profile import ALWAYS, IDENTITY_COPIES, Leaf, is_withdrawn, profile_of
from rollbook.dataplane.census.untrusted import Limits
from rollbook.dataplane.census.values import MAX_TEXT, Value, read_value

_NAME: Final = re.compile(r"[A-Za-z@][A-Za-z0-9_.]{0,59}")
_MAX_KINDS: Final = 200
# A contact of a setting is named in early years returns only.
_CONTACTS: Final = {"contactsurname": CONTACT_RULE, "contactforename": CONTACT_RULE}
Values = dict[str, Value | bool | None]


class Collecting:
    """Columns, faults and discards while a file is being read."""

    def __init__(self, collection: str, name: str, limits: Limits) -> None:
        self.collection = collection
        self.schemas: Mapping[str, pa.Schema] = profile_of(collection).schemas
        self._name = name
        self._limits = limits
        self._dropped_by = _CONTACTS if collection.startswith("eyc-") else {}
        self._faults: list[Fault] = []
        self._drops: dict[tuple[str, str], list[int]] = {}
        self._columns: dict[str, dict[str, list[Any]]] = {
            table: {field.name: [] for field in schema} for table, schema in self.schemas.items()
        }
        self._pupils: list[Values] = []

    def begin_pupil(self, line: int, *, on_roll: bool = True) -> int:
        """Start the next pupil and give their number."""
        if len(self._pupils) >= self._limits.max_pupils:
            message = f"The file names more than {self._limits.max_pupils:,} pupils"
            raise refusal("too-many-pupils", message, self._name, "Send one school a file.", line=line)
        self._pupils.append({"pupil_no": len(self._pupils) + 1, "line": line, "on_roll": on_roll})
        return len(self._pupils)

    def take(self, no: int, leaf: Leaf, text: str | None, line: int) -> None:
        """Take one value of a pupil, or drop it when the collection has no such item."""
        if self.holds("pupil", leaf.column) or self.holds("identity", leaf.column):
            self._take(self._pupils[no - 1], no, leaf, text, line)
        elif text and text.strip():
            self.drop("pupil", leaf.field, line)

    def add_row(self, no: int, table: str, line: int, cells: Iterable[tuple[Leaf, str | None, int]]) -> None:
        """Add a row of a child table of a pupil. A row without any value is passed over.

        What the collection has no place for is dropped.
        """
        row: Values = {}
        for leaf, text, at in cells:
            if self.holds(table, leaf.column):
                self._take(row, no, leaf, text, at)
            elif text and text.strip():
                self.drop(table, leaf.field, at)
        if row:
            keyed: Values = {"pupil_no": no, "line": line, **row}
            for column, values in self._columns[table].items():
                values.append(keyed.get(column))

    def _take(self, row: Values, no: int, leaf: Leaf, text: str | None, line: int) -> None:
        text = text.strip() if text else ""
        if not text:
            return
        try:
            value = read_value(text, "text" if leaf.kind == "line" else leaf.kind)
        except ValueError:
            self.fault(UNREADABLE_RULE, line, no, leaf.field)
            return
        if row.get(leaf.column) is None:
            row[leaf.column] = value
        elif leaf.kind == "line":
            row[leaf.column] = f"{row[leaf.column]}, {value}"
        else:
            self.fault(TWICE_RULE, line, no, leaf.field)

    def holds(self, table: str, column: str) -> bool:
        """Whether this collection has such a column."""
        return table in self.schemas and column in self.schemas[table].names

    def fault(self, rule: str, line: int, no: int | None, field: str) -> None:
        """Remember that a value could not be taken, and where."""
        self._faults.append(Fault(rule, line, no, field))

    def short(self, text: str | None, line: int, field: str) -> str | None:
        """A header or school value, left out with a fault when it is too long."""
        text = text.strip() if text else ""
        if len(text) > MAX_TEXT:
            self.fault(UNREADABLE_RULE, line, None, field)
            return None
        return text or None

    def drop(self, parent: str, name: str, line: int, count: int = 1) -> None:
        """Drop something the file carries, keeping only where it stood and how often."""
        rule = WITHDRAWN_RULE if is_withdrawn(name) else self._dropped_by.get(name.lower(), UNKNOWN_RULE)
        key = (rule, f"{parent}/{name if _NAME.fullmatch(name) else '(other)'}")
        if key not in self._drops and len(self._drops) >= _MAX_KINDS:
            key = (rule, "(other)")
        self._drops.setdefault(key, [line, 0])[1] += count

    def discards(self) -> tuple[Discard, ...]:
        """What was dropped, in the order first met."""
        return tuple(Discard(rule, path, line, count) for (rule, path), (line, count) in self._drops.items())

    def faults(self) -> tuple[Fault, ...]:
        """The values that could not be taken."""
        return tuple(self._faults)

    def tables(self) -> dict[str, pa.Table]:
        """The tables: those that every return has, and others that hold rows."""
        for table in ("pupil", "identity"):
            self._columns[table] = self._of_pupils(table)
        return {
            name: pa.table(columns, schema=self.schemas[name])
            for name, columns in self._columns.items()
            if name in ALWAYS or columns["pupil_no"]
        }

    def _of_pupils(self, table: str) -> dict[str, list[Any]]:
        sources = dict(IDENTITY_COPIES) if table == "identity" else {}
        columns = {column: sources.get(column, column) for column in self._columns[table]}
        return {column: [pupil.get(source) for pupil in self._pupils] for column, source in columns.items()}
