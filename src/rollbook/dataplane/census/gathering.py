"""Collects what the reader takes, pupil by pupil, into columns; and what it drops, as counts without values."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyarrow as pa
from lxml import etree

from rollbook.dataplane.census.parsed import Discard, Fault, Record, Records
from rollbook.dataplane.census.profile import ALWAYS, IDENTITY_COPIES, Leaf, Profile, is_withdrawn
from rollbook.dataplane.census.untrusted import Limits, line_of, refuse_deep
from rollbook.dataplane.census.values import MAX_TEXT, read_value

WITHDRAWN_RULE: Final = "PT-041"
UNREADABLE_RULE: Final = "PT-060"
TWICE_RULE: Final = "PT-061"
UNKNOWN_RULE: Final = "PT-062"
CONTACT_RULE: Final = "EY-010"
_NAME: Final = re.compile(r"[A-Za-z@][A-Za-z0-9_]{0,59}")
_MAX_KINDS: Final = 200


class Gathering:
    """One return's columns, faults and discards while it is being read. `before` hands on what the header gave."""

    def __init__(self, profile: Profile, name: str, limits: Limits, before: "Gathering | None" = None) -> None:
        self.profile, self.name, self.limits = profile, name, limits
        self.faults: list[Fault] = before.faults if before else []
        self._drops: dict[tuple[str, str], list[int]] = before._drops if before else {}
        self._blank: dict[str, dict[str, Any]] = {
            name: dict.fromkeys(schema.names) for name, schema in profile.schemas.items()
        }
        self.pupils: list[Record] = []
        self.rows: dict[str, list[Record]] = {}
        self._pupil: Record = {}
        self._no = 0

    def begin_pupil(self, element: etree._Element, *, on_roll: bool) -> Record:
        """Start the next pupil; gives the record to fill."""
        self._no += 1
        self._pupil = {"pupil_no": self._no, "line": line_of(element), "on_roll": on_roll}
        return self._pupil

    def end_pupil(self) -> None:
        """Keep the pupil, with identity's own copies of what matching needs."""
        pupil = self._pupil
        for column, source in IDENTITY_COPIES:
            if source in pupil:
                pupil.setdefault(column, pupil[source])
        self.pupils.append(pupil)

    def take(self, element: etree._Element, leaf: Leaf, path: str, row: Record) -> None:
        """Take one value into a record. A value that cannot be read becomes a fault and is left out."""
        if len(element) or element.attrib:
            self._drop_inside(element, path)
        text = element.text
        text = text.strip() if text else ""
        if not text:
            return
        try:
            value = read_value(text, "text" if leaf.kind == "line" else leaf.kind)
        except ValueError:
            self.fault(UNREADABLE_RULE, element, self._no, leaf.field)
            return
        if row.get(leaf.column) is None:
            row[leaf.column] = value
        elif leaf.kind == "line":
            row[leaf.column] = f"{row[leaf.column]}, {value}"
        else:
            self.fault(TWICE_RULE, element, self._no, leaf.field)

    def new_row(self, table: str, element: etree._Element) -> Record:
        """A new row of a child table of the present pupil; gives the record to fill."""
        row = {**self._blank[table], "pupil_no": self._no, "line": line_of(element)}
        self.rows.setdefault(table, []).append(row)
        return row

    def fault(self, rule: str, element: etree._Element, pupil_no: int | None, field: str) -> None:
        """Remember that a value could not be taken, and where."""
        self.faults.append(Fault(rule, line_of(element), pupil_no, field))

    def short(self, element: etree._Element, text: str | None, field: str) -> str | None:
        """A header or school value, left out with a fault when it is too long."""
        if text is not None and len(text) > MAX_TEXT:
            self.fault(UNREADABLE_RULE, element, None, field)
            return None
        return text

    def drop(self, element: etree._Element, path: str) -> None:
        """Drop an element and all inside it, keeping only where it stood."""
        refuse_deep(element, self.name, self.limits)
        parent, _, name = path.rpartition("/")
        rule = WITHDRAWN_RULE if is_withdrawn(name) else UNKNOWN_RULE
        self._count(rule, f"{parent}/{name if _NAME.fullmatch(name) else '(other)'}", line_of(element))

    def drop_others(self, block: etree._Element, known: Iterable[str], path: str) -> None:
        """Drop every child of a block that is not known."""
        for child in block:
            if child.tag not in known:
                self.drop(child, f"{path}/{child.tag}")

    def _drop_inside(self, element: etree._Element, path: str) -> None:
        for child in element:
            self.drop(child, f"{path}/{child.tag}")
        for attribute in element.attrib:
            self.drop(element, f"{path}/@{attribute!s}")

    def _count(self, rule: str, path: str, line: int) -> None:
        key = (rule, path)
        if key not in self._drops and len(self._drops) >= _MAX_KINDS:
            key = (rule, "(other)")
        self._drops.setdefault(key, [line, 0])[1] += 1

    def discards(self) -> tuple[Discard, ...]:
        """What was dropped, in the order first met."""
        return tuple(Discard(rule, path, line, count) for (rule, path), (line, count) in self._drops.items())

    def tables(self) -> dict[str, pa.Table]:
        """The tables: those that every return has, and others that hold rows."""
        rows = {**self.rows, "pupil": self.pupils, "identity": self.pupils}
        return {
            name: _table(rows.get(name, ()), schema)
            for name, schema in self.profile.schemas.items()
            if name in ALWAYS or name in rows
        }

    def records(self) -> Records:
        """The same, as they were met."""
        return Records(self.pupils, self.rows)


def _table(records: Sequence[Record], schema: pa.Schema) -> pa.Table:
    given = set().union(*records)
    columns = [
        pa.array([one.get(field.name) for one in records], field.type)
        if field.name in given
        else pa.nulls(len(records), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
