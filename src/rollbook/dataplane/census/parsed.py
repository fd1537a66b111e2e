"""What reading a return yields: values only, no behaviour. The reader makes these; rules, store and pages use them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import pyarrow as pa


class Form(StrEnum):
    """The form a file is written in, found from its content. The value is what a report calls it."""

    SCHOOL_XML = "School Census XML"
    FLAT_TABLES = "collection system tables (CSV in a zip)"
    EARLY_XML = "Early Years Census XML"
    EARLY_CSV = "Early Years Census CSV"
    CTF = "Common Transfer File XML"
    ONEROSTER_1_1 = "OneRoster 1.1 CSV (zip)"
    ONEROSTER_1_2 = "OneRoster 1.2 CSV (zip)"


@dataclass(frozen=True, slots=True)
class Header:
    """The header as sent. Dates are None when missing or unreadable; `lines` gives the line of each element found."""

    collection: str | None = None
    term: str | None = None
    year: str | None = None
    reference_date: date | None = None
    source_level: str | None = None
    lea: str | None = None
    estab: str | None = None
    urn: str | None = None
    software_code: str | None = None
    release: str | None = None
    version: str | None = None
    serial_no: str | None = None
    date_time: datetime | None = None
    line: int = 1
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def collection_code(self) -> str:
        """The collection as Rollbook names it: `sc-spr-2025`. Parts that are missing read as `none`."""
        return f"{self.collection or 'none'}-{self.term or 'none'}-{self.year or 'none'}".lower()

    @property
    def laestab(self) -> str:
        """Authority and school number together, seven digits when both are right."""
        return f"{self.lea or ''}{self.estab or ''}"


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """What the return says about the school, as sent."""

    name: str | None = None
    phase: str | None = None
    school_type: str | None = None
    highest_year: str | None = None
    lowest_year: str | None = None
    intake: str | None = None
    governance: str | None = None
    accommodation: str | None = None
    email: str | None = None
    phone: str | None = None
    line: int = 1
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Discard:
    """Something dropped at the edge: where and how often, never its value. `rule` says why; `line` is the first one."""

    rule: str
    path: str
    line: int
    count: int

    @property
    def element(self) -> str:
        """The name of the element that was dropped."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that could not be taken as it stands. The rule named turns it into an issue. It holds no value."""

    rule: str
    line: int
    pupil_no: int | None
    field: str


Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Records:
    """What the tables hold, as the reader met it: pupils, and rows of child tables by name. Absent values may be left
    out of a pupil, not of a row.
    """

    pupils: Sequence[Record]
    rows: Mapping[str, Sequence[Record]]


@dataclass(frozen=True, slots=True)
class ParsedReturn:
    """One return, read and not yet judged.

    `tables` always holds identity, address, pupil, fsm_period, sen_need, exclusion and session; tables of other blocks
    only when the return has rows of them. Every table begins with pupil_no (int32, 1 onwards in file order) and line
    (int32). Values are text as sent, but for dates (date32), counts (int32) and hours (double). `records` are the same
    values for rules that go row by row; without them the tables are read.

    A file of several members (a zip) numbers its lines through: `members` has the number before the first line of each
    member and its name, in order, and `place` turns a line back into the member and the line inside it.
    """

    name: str
    sha256: str
    size: int
    header: Header
    school: SchoolFacts
    tables: Mapping[str, pa.Table]
    discards: tuple[Discard, ...]
    faults: tuple[Fault, ...]
    form: Form = Form.SCHOOL_XML
    members: tuple[tuple[int, str], ...] = ()
    records: Records | None = field(default=None, compare=False, repr=False)

    def place(self, line: int) -> tuple[str, int]:
        """The member a line stands in and its number there; an empty name when the file is its only member."""
        return place(self.members, line)

    @property
    def pupils(self) -> int:
        """How many pupils the return holds, leavers included."""
        return int(self.tables["pupil"].num_rows)


def place(members: Sequence[tuple[int, str]], line: int) -> tuple[str, int]:
    """As `ParsedReturn.place`, given its members."""
    found = [(name, line - before) for before, name in members if before < line]
    return found[-1] if found else ("", line)
