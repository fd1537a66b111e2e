"""Every item Rollbook knows: what it means, in which returns it stands and where, how risky it is, how long it is kept.

This is the one list that the readers, the rules, the store, the gate, the public dictionary and the portal all ask. An
item that is not here does not exist for Rollbook: the reader drops it at the edge (promise P10). Nationality and birth
country are here as withdrawn, so that the drop can be explained, and belong to no collection.

`catalogue_rows` says what an item is, `catalogue_changes` which returns ask for it, `codes` which codes it may have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from rollbook.dataplane.census import catalogue_chains as chains
from rollbook.dataplane.census.catalogue_chains import Change, Spot
from rollbook.dataplane.census.catalogue_rows import ROWS
from rollbook.kernel.refusals import InputRefused, Reason

POWER: Final = "PWR-01"
UNCLASSED: Final = "1A"
_IDENTITY: Final = frozenset({"identity", "address"})
_REFUSABLE: Final = {"ethnicity": ("REFU", "NOBT"), "language": ("REF", "NOT"), "service-child": ("R", "U")}
_CHAIN_NAMES: Final = {
    "sc-aut": "autumn school census", "sc-spr": "spring school census", "sc-sum": "summer school census",
    "eyc-spr": "early years census", "ctf": "common transfer file", "or": "OneRoster set",
}  # fmt: skip
# Attendance totals of several periods share an element; the flat tables tell them apart by the period.
_PERIODS: Final = {
    "TermlyAttendance": "termly", "SummerHalfTerm2Attendance": "summerhalfterm2", "AnnualAttendance": "annual",
}  # fmt: skip
PROFILES: Final = (
    "Profiles exist for the school census of autumn 2023 to 2026 (sc-aut-2023 and so on) and of spring and summer 2024 "
    "to 2027, and for the early years census of spring 2024 to 2027 (eyc-spr-2024)."
)


@dataclass(frozen=True, slots=True)
class Item:
    """One field of a return.

    `element` is its path inside a pupil (inside a row, for child tables) in the latest return that has it; other
    returns may have another, see `element_of`. `kind` is text, code, flag, date, count or hours. `description` is for
    anybody of 12 years, `detail` for who works with the data. `values` names a code list of `codes`, empty where any
    text may stand. `cbds` are the numbers of the common basic data set that a source gives. `identity` items live in
    the identity zone only. `status` is current (some collection asks for it), ended (none does any more), withdrawn
    (never accepted) or transfer (read from files between schools; no collection asks for it). `held` says that a
    collection Rollbook can open asks or asked for it, so the store has a column for it.
    """

    id: str
    table: str
    column: str
    element: str
    kind: str
    name: str
    description: str
    detail: str
    risk: str
    values: str
    cbds: tuple[str, ...]
    retention_years: int
    identity: bool
    status: str
    held: bool
    power: str

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
        if self.status == "transfer":
            return "Never kept: read to check the file, and landed by no collection."
        if not self.held:
            return "Never kept: no collection that Rollbook can open asks for it."
        return f"Deleted {self.retention_years} years after the last return that named the pupil."


@dataclass(frozen=True, slots=True)
class ChildTable:
    """A table with any number of rows for a pupil; `path` leads from the pupil to one row."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands in one return: `element` as of `Item`, `field` the column of the flat tables, `roll` b
    (both), n (on roll) or l (no longer on roll)."""

    item: Item
    element: str
    field: str
    roll: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """The returns of one chain, without a gap, that ask for an item; `last` is None while the chain still does.

    `from_base` says that the first return recorded already had it, so that it may be older.
    """

    chain: str
    first: str
    last: str | None
    from_base: bool


@cache
def stretches_of(item: str) -> tuple[Stretch, ...]:
    """In which returns an item stands, chain by chain."""
    found: list[Stretch] = []
    for change in history_of(item):
        chain = chains.chain_of(change.collection)[0]
        if change.kind in ("base", "add"):
            found.append(Stretch(chain, change.collection, None, change.kind == "base"))
        elif change.kind == "remove":
            place = next(n for n in reversed(range(len(found))) if found[n].chain == chain)
            open_one = found[place]
            found[place] = Stretch(chain, open_one.first, _before(change.collection), open_one.from_base)
    return tuple(found)


def _before(collection: str) -> str:
    chain, year = chains.chain_of(collection)
    return f"{chain}-{year - 1}"


@cache
def _histories() -> Mapping[str, tuple[Change, ...]]:
    order = {chain: place for place, chain in enumerate(chains.CHAINS)}
    found: dict[str, list[Change]] = {}
    for change in chains.changes():
        found.setdefault(change.item, []).append(change)
    return {
        item: tuple(sorted(some, key=lambda one: (order[chains.chain_of(one.collection)[0]], one.collection)))
        for item, some in found.items()
    }


def history_of(item: str) -> tuple[Change, ...]:
    """Every change ever made to an item, chain by chain, oldest first."""
    return _histories().get(item, ())


def _status(item: str, table: str) -> tuple[str, bool]:
    if table == "withdrawn":
        return "withdrawn", False
    asked = [one for one in stretches_of(item) if one.chain not in chains.TRANSFERS]
    held = any(one.last is None or chains.chain_of(one.last)[1] >= chains.FIRST_YEAR[one.chain] for one in asked)
    if any(one.last is None for one in asked):
        return "current", held
    return ("ended" if asked else "transfer"), held


def _fields(line: str) -> list[str]:
    return [field.strip() for field in line.split("|")]


def _item(line: str, table: str, years: int) -> Item:
    code, element, kind, risk, values, cbds, name, description, detail = _fields(line)
    status, held = _status(code, table)
    return Item(
        id=code, table=table, column=code.replace("-", "_"), element=element, kind=kind, name=name,
        description=description, detail=detail, risk=risk or UNCLASSED, values=values,
        cbds=tuple(cbds.split(", ")) if cbds else (), retention_years=years, identity=table in _IDENTITY,
        status=status, held=held, power=_power(code, status),
    )  # fmt: skip


def _power(item: str, status: str) -> str:
    """The law of the school census. The sources name none for items of the early years census alone."""
    asked = {one.chain for one in stretches_of(item)}
    return POWER if status in ("current", "ended") and asked & {"sc-aut", "sc-spr", "sc-sum"} else ""


def _read() -> tuple[tuple[ChildTable, ...], Mapping[str, Item]]:
    tables: list[ChildTable] = []
    items: dict[str, Item] = {}
    table, years = "", 0
    for line in ROWS.strip().splitlines():
        if line.startswith("= "):
            table, path, kept = _fields(line[2:])
            years = int(kept)
            if path and table not in _IDENTITY:
                tables.append(ChildTable(table, path))
        else:
            item = _item(line, table, years)
            items[item.id] = item
    return tuple(tables), MappingProxyType(items)


CHILD_TABLES, ITEMS = _read()
WITHDRAWN: Final = tuple(item for item in ITEMS.values() if item.status == "withdrawn")


def known_collection(code: str) -> bool:
    """Whether Rollbook holds a profile for this collection (`sc-spr-2025`), so that it can be opened."""
    chain, year = chains.chain_of(code)
    return chain in chains.FIRST_YEAR and chains.FIRST_YEAR[chain] <= year <= chains.LAST_YEAR[chain]


@cache
def collections() -> tuple[str, ...]:
    """Every collection that can be opened, chain by chain, oldest first."""
    years = {chain: range(first, chains.LAST_YEAR[chain] + 1) for chain, first in chains.FIRST_YEAR.items()}
    return tuple(f"{chain}-{year}" for chain in years for year in years[chain])


def collection_name(collection: str) -> str:
    """A collection, or a whole chain of them, in words: `spring school census 2025`."""
    chain, year = chains.chain_of(collection)
    return f"{_CHAIN_NAMES[chain]} {year}" if year else _CHAIN_NAMES.get(collection, collection)


def carried_from(collection: str) -> str | None:
    """The return whose table this one carries because its own changes are not known; None where they are."""
    return chains.table_of_return(collection) if chains.is_carried(collection) else None


@cache
def items_of(collection: str) -> tuple[Item, ...]:
    """The items a return of this collection may carry, in the order of the catalogue. Refuses an unknown collection."""
    if not known_collection(collection):
        mend = PROFILES
        raise InputRefused(
            Reason("collection-unknown", "Rollbook holds no profile for this collection", "collection", mend)
        )
    return tuple(place.item for place in places_of(collection).values())


@cache
def places_of(collection: str) -> Mapping[str, Place]:
    """Where each item stands in a return, by item, in the order of the catalogue; empty where nothing is recorded.

    Returns back to autumn 2015 are recorded, so that history can be told; only those of `collections` are taken in.
    """
    return _placed(chains.state_of(collection))


@cache
def places_read(collection: str) -> Mapping[str, Place]:
    """What a reader takes from a return: its own places if it is of a known collection or a transfer file.

    Of any other, every item that any return ever had, at its latest place: a rule can then say what is wrong.
    """
    if known_collection(collection) or chains.chain_of(collection)[0] in chains.TRANSFERS:
        return places_of(collection)
    return _widest()


def _placed(state: Mapping[str, Spot]) -> Mapping[str, Place]:
    found = ((item, state[item.id]) for item in ITEMS.values() if item.id in state and item.status != "withdrawn")
    return MappingProxyType({item.id: _place(item, spot) for item, spot in found})


@cache
def _widest() -> Mapping[str, Place]:
    spots: dict[str, Spot] = {}
    for chain in (*chains.TRANSFERS, "eyc-spr", "sc-spr", "sc-sum", "sc-aut"):
        for collection in chains.dated_returns()[chain]:
            for item, spot in chains.states()[collection].items():
                one_roll = item not in spots or spots[item].roll == spot.roll
                spots[item] = spot if one_roll else Spot("b", spot.element)
    return _placed(spots)


def _place(item: Item, spot: Spot) -> Place:
    element = item.element
    if "/" in spot.element:
        element = spot.element
    elif spot.element:
        element = "/".join([*item.element.split("/")[:-1], spot.element])
    *_, parent, last = ["", *element.split("/")]
    return Place(item, element, _PERIODS.get(parent, "") + last.lower(), spot.roll)


def element_of(item: str, collection: str) -> str | None:
    """The path of an item's element in this return, as of `Item`; None where the return does not have the item."""
    place = places_of(collection).get(item)
    return place.element if place else None


def field_of(item: str, collection: str) -> str | None:
    """The column of an item in the flat tables of this return; None where the return does not have the item."""
    place = places_of(collection).get(item)
    return place.field if place else None
