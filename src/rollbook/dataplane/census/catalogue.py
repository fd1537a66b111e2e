"""Every census item Rollbook knows: where it stands in a return, what it means, how risky it is, how long it is kept.

This is the one list that the reader, the store, the gate, the public dictionary and the portal all ask. An item that
is not here does not exist for Rollbook: the reader drops it at the edge (promise P10). Nationality and country of birth
are here as withdrawn, so that the drop can be explained, and belong to no collection.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rollbook.dataplane.census.catalogue_rows import ADDRESS_ROWS, CHILD_ROWS, IDENTITY_ROWS, PUPIL_ROWS
from rollbook.kernel.refusals import InputRefused, Reason

POWER: Final = "PWR-01"
UNCLASSED: Final = "1A"
_TERM_LETTER: Final = {"aut": "A", "spr": "P", "sum": "U"}
_YEARS: Final = frozenset({2025})
_REFUSABLE: Final = {"ethnicity": ("REFU", "NOBT"), "language": ("REF", "NOT"), "service-child": ("R", "U")}
_YEARS_KEPT: Final = {"identity": 10, "address": 3, "pupil": 10}


@dataclass(frozen=True, slots=True)
class Item:
    """One field of a return. `element` is its path inside a pupil (inside a row, for child tables).

    `kind` is text, code, flag, date, count or hours; `terms` has A, P, U for autumn, spring, summer; `roll` is b
    (both), n (on roll) or l (no longer on roll). `values` names a code list of `codes`, empty where any text may stand.
    `identity` items live in the identity zone only.
    """

    id: str
    table: str
    column: str
    element: str
    kind: str
    terms: str
    roll: str
    name: str
    description: str
    risk: str
    values: str
    retention_years: int
    identity: bool = False
    status: str = "current"
    power: str = POWER

    @property
    def refusable(self) -> bool:
        """Whether a family may refuse to answer. There is no opt-out of the census itself."""
        return self.id in _REFUSABLE

    @property
    def refusal_code(self) -> str | None:
        """The code that stands for "refused": a value, kept like any other."""
        return _REFUSABLE[self.id][0] if self.refusable else None

    @property
    def not_obtained_code(self) -> str | None:
        """The code that stands for "not yet obtained"."""
        return _REFUSABLE[self.id][1] if self.refusable else None

    @property
    def retention_rule(self) -> str:
        """The retention rule in plain words."""
        if self.status == "withdrawn":
            return "Never kept: dropped before anything is stored."
        return f"Deleted {self.retention_years} years after the last return that named the pupil."


@dataclass(frozen=True, slots=True)
class ChildTable:
    """A table with any number of rows for a pupil; `path` leads from the pupil to one row."""

    name: str
    path: str


def _fields(line: str) -> list[str]:
    return [field.strip() for field in line.split("|")]


def _item(line: str, table: str, years: int, *, identity: bool = False) -> Item:
    code, element, kind, terms, roll, risk, values, name, description = _fields(line)
    return Item(
        id=code, table=table, column=code.replace("-", "_"), element=element, kind=kind, terms=terms, roll=roll,
        name=name, description=description, risk=risk or UNCLASSED, values=values, retention_years=years,
        identity=identity,
    )  # fmt: skip


def _single(rows: str, table: str, *, identity: bool) -> Iterator[Item]:
    for line in rows.strip().splitlines():
        yield _item(line, table, _YEARS_KEPT[table], identity=identity)


def _children() -> tuple[tuple[ChildTable, ...], tuple[Item, ...]]:
    tables: list[ChildTable] = []
    items: list[Item] = []
    years = 0
    for line in CHILD_ROWS.strip().splitlines():
        if line.startswith("= "):
            name, path, kept = _fields(line[2:])
            tables.append(ChildTable(name, path))
            years = int(kept)
        else:
            items.append(_item(line, tables[-1].name, years))
    return tuple(tables), tuple(items)


def _withdrawn(code: str, element: str, name: str) -> Item:
    return Item(
        id=code, table="", column="", element=element, kind="code", terms="", roll="b", name=name,
        description="Asked from 2016 to 2018. No longer asked, never accepted and never kept.",
        risk=UNCLASSED, values="", retention_years=0, status="withdrawn", power="",
    )  # fmt: skip


CHILD_TABLES, _child_items = _children()
WITHDRAWN: Final = (
    _withdrawn("nationality", "Nationality", "Nationality"),
    _withdrawn("country-of-birth", "CountryOfBirth", "Country of birth"),
)
ITEMS: Final[Mapping[str, Item]] = MappingProxyType(
    {
        item.id: item
        for item in (
            *_single(IDENTITY_ROWS, "identity", identity=True),
            *_single(ADDRESS_ROWS, "address", identity=True),
            *_single(PUPIL_ROWS, "pupil", identity=False),
            *_child_items,
            *WITHDRAWN,
        )
    }
)


def known_collection(code: str) -> bool:
    """Whether Rollbook holds a profile for this collection (`sc-spr-2025`)."""
    parts = code.split("-")
    return (
        len(parts) == 3 and parts[0] == "sc" and parts[1] in _TERM_LETTER and parts[2] in {str(year) for year in _YEARS}
    )


def items_of(collection: str) -> tuple[Item, ...]:
    """The items a return of this collection may carry, in the order of the catalogue. Refuses an unknown collection."""
    if not known_collection(collection):
        raise InputRefused(
            Reason(
                "collection-unknown",
                "Rollbook holds no profile for this collection",
                "collection",
                "Profiles exist for the spring, summer and autumn school census of 2025 (sc-spr-2025 and so on).",
            )
        )
    letter = _TERM_LETTER[collection.split("-")[1]]
    return tuple(item for item in ITEMS.values() if letter in item.terms)
