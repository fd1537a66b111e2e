"""Collects what the reader takes, pupil by pupil, into columns; and what it drops, as counts without values."""

import re
from collections.abc import Iterable
from typing import Any, Final

import pyarrow as pa
from lxml import etree

from rollbook.dataplane.census.parsed import Discard, Fault
from rollbook.dataplane.census.profile import ALWAYS, IDENTITY_COPIES, Leaf, Profile, is_withdrawn
from rollbook.dataplane.census.untrusted import line_of
from rollbook.dataplane.census.values import MAX_TEXT, Value, read_value

WITHDRAWN_RULE: Final = "PT-041"
UNREADABLE_RULE: Final = "PT-060"
TWICE_RULE: Final = "PT-061"
UNKNOWN_RULE: Final = "PT-062"
_NAME: Final = re.compile(r"[A-Za-z@][A-Za-z0-9_]{0,39}")
_MAX_KINDS: Final = 200


class Gathering:
    """One return's columns, faults and discards while it is being read. `before` hands on what the header gave."""

    def __init__(self, profile: Profile, before: "Gathering | None" = None) -> None:
        self.profile = profile
        self.faults: list[Fault] = before.faults if before else []
        self._drops: dict[tuple[str, str], list[int]] = before._drops if before else {}
        self._columns: dict[str, dict[str, list[Any]]] = {
            name: {field.name: [] for field in schema} for name, schema in profile.schemas.items()
        }
        self._pupil: dict[str, Value | bool | None] = {}
        self._no = 0

    def begin_pupil(self, element: etree._Element, *, on_roll: bool) -> None:
        """Start the next pupil."""
        self._no += 1
        self._pupil = {"pupil_no": self._no, "line": line_of(element), "on_roll": on_roll}

    def end_pupil(self) -> None:
        """Write the pupil's single values to the tables pupil and identity."""
        pupil = self._pupil
        for column, source in IDENTITY_COPIES:
            pupil.setdefault(column, pupil.get(source))
        for table in ("pupil", "identity"):
            for name, column_values in self._columns[table].items():
                column_values.append(pupil.get(name))

    def take(self, element: etree._Element, leaf: Leaf, path: str, into: dict[str, Value] | None = None) -> None:
        """Take one value, into the pupil or into a row. A value that cannot be read becomes a fault and is left out."""
        row = self._pupil if into is None else into
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
        if leaf.column not in row:
            row[leaf.column] = value
        elif leaf.kind == "line":
            row[leaf.column] = f"{row[leaf.column]}, {value}"
        else:
            self.fault(TWICE_RULE, element, self._no, leaf.field)

    def add_row(self, table: str, element: etree._Element, row: dict[str, Value]) -> None:
        """Add a row to a child table of the present pupil."""
        keyed: dict[str, Value] = {"pupil_no": self._no, "line": line_of(element), **row}
        for name, values in self._columns[table].items():
            values.append(keyed.get(name))

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
        return {
            name: pa.table(columns, schema=self.profile.schemas[name])
            for name, columns in self._columns.items()
            if name in ALWAYS or columns["pupil_no"]
        }
