"""A mapping: which column of a table of attainment or reference data is which item, who its rows are about, and what
its own documentation says it holds.

The items that a mapping defines belong to its collection and are read, gated, published and extracted like those of the
census catalogue; one that the catalogue has already is named, never defined anew. `mapping_form` reads the file.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from rollbook.dataplane.census.catalogue import ITEMS, Item


class PupilBy(StrEnum):
    """What tells the pupils of a collection apart. Only a UPN leads to somebody known."""

    UPN = "upn"
    OPAQUE = "opaque"
    NONE = "none"


class SchoolBy(StrEnum):
    """What tells its schools apart. An opaque number stays an item of the collection."""

    LAESTAB = "laestab"
    OPAQUE = "opaque"
    NONE = "none"


class Measure(StrEnum):
    """What a published total is: the number of rows, of different values, of one value, or a sum or mean."""

    ROWS = "rows"
    DISTINCT = "distinct"
    COUNT = "count"
    SUM = "sum"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the source and its item. `labels` are the codes with their meaning, `translate` leads from a text
    of the source to a code."""

    column: str
    item: Item
    required: bool
    labels: Mapping[str, str]
    translate: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Total:
    """A total that the source's documentation gives, `within` either side of it. `found` is what the data really give
    where that is known to be something else, and `why` says how that is known."""

    measure: Measure
    of: tuple[str, ...]
    equals: str
    value: float
    within: float
    source: str
    found: float | None
    why: str

    @property
    def name(self) -> str:
        """The total in words: `distinct school, student`."""
        equals = f" = {self.equals}" if self.measure is Measure.COUNT else ""
        return f"{self.measure} {', '.join(self.of)}{equals}".strip()


@dataclass(frozen=True, slots=True)
class Repeated:
    """A key that is known to stand on several rows."""

    key: tuple[str, ...]
    rows: int
    why: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data come from, in public words."""

    name: str
    licence: str
    url: str


@dataclass(frozen=True, slots=True)
class CollectionMapping:
    """A mapping whose form has been checked. `text` is the file it was read from.

    `key` are the columns that should name a row once. `apart`: rows of one key are different pupils all the same.
    """

    code: str
    title: str
    table: str
    day: date
    source: Source
    missing: frozenset[str]
    drop: tuple[str, ...]
    key: tuple[str, ...]
    pupil_by: PupilBy
    pupil_columns: tuple[str, ...]
    apart: bool
    school_by: SchoolBy
    school_column: str
    fields: tuple[Field, ...]
    totals: tuple[Total, ...]
    repeated: tuple[Repeated, ...]
    text: str = field(repr=False)

    @property
    def sha256(self) -> str:
        """The digest that names this version of the mapping."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def items(self) -> tuple[str, ...]:
        """The items the collection holds, in the order of the file."""
        return tuple(one.item.id for one in self.fields)

    @property
    def own(self) -> Mapping[str, Item]:
        """The items that this mapping defines."""
        return MappingProxyType({one.item.id: one.item for one in self.fields if one.item.id not in ITEMS})

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the mapping speaks of: only these may stand in a file."""
        named = [one.column for one in self.fields]
        ids = [*self.pupil_columns, *([self.school_column] if self.school_column else [])]
        return tuple(dict.fromkeys([*named, *ids, *self.key, *self.drop]))

    @property
    def named_pupils(self) -> bool:
        """Whether its pupils can be found in the register, and so can ask what was done with their record."""
        return self.pupil_by is PupilBy.UPN

    def same_items(self, other: "CollectionMapping") -> bool:
        """Whether families were told of the same: the same items, meaning the same, about the same people."""
        return _promised(self) == _promised(other)


def _promised(mapping: CollectionMapping) -> Sequence[object]:
    items = [(one.item, dict(one.labels)) for one in mapping.fields]
    return [mapping.code, mapping.table, mapping.pupil_by, mapping.school_by, items]
