"""The shape of a pupil in a return of one collection, made from the catalogue: which element goes where.

Whatever this shape does not name is dropped by the reader. A shape is three kinds of node: a leaf (one value), a group
(elements inside an element) and a row (a repeated element that becomes a row of a child table).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pyarrow as pa

from rollbook.dataplane.census.catalogue import CHILD_TABLES, ITEMS, WITHDRAWN, Item, Place, places_read

ADDRESS_PATH: Final = ("HomeInformation", "Address")
ADDRESS_LINES: Final = (
    "SAON", "PAON", "Street", "Locality", "Town", "AdministrativeArea", "PostTown",
    "AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4", "AddressLine5",
)  # fmt: skip
# Spellings of withdrawn items seen in returns of 2016-18 and in other formats; compared without case.
_WITHDRAWN_NAMES: Final = frozenset(
    {item.element.rpartition("/")[2].lower() for item in WITHDRAWN}
    | {"nationalities", "pupilnationality", "countryofbirthcode", "birthcountry", "countryofbirths"}
)
ARROW: Final[dict[str, pa.DataType]] = {"date": pa.date32(), "count": pa.int32(), "hours": pa.float64()}
# Identity keeps its own copy of sex and date of birth: matching needs them beside the names.
IDENTITY_COPIES: Final = (("sex", "sex"), ("dob", "date_of_birth"))
_OTHER_FORMS: Final = frozenset({"setting", "stage_assessment", "class_enrolment"})
ALWAYS: Final = ("identity", "address", "pupil", "fsm_period", "sen_need", "exclusion", "session")


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element with a value. `kind` is the catalogue's, or `line` for a part of an address."""

    column: str
    kind: str
    field: str


@dataclass(frozen=True, slots=True)
class Row:
    """A repeated element: each becomes a row of `table`."""

    table: str
    leaves: Mapping[str, Leaf]


@dataclass(frozen=True, slots=True)
class Group:
    """An element that only holds others."""

    children: "Mapping[str, Leaf | Row | Group]"


Node = Leaf | Row | Group


@dataclass(frozen=True, slots=True)
class Profile:
    """The shapes of a pupil on roll and no longer on roll, and the columns of each table."""

    on_roll: Group
    off_roll: Group
    schemas: Mapping[str, pa.Schema]


def is_withdrawn(element: str) -> bool:
    """Whether an element carries nationality or country of birth, whatever the wrapper around it."""
    return element.lower() in _WITHDRAWN_NAMES


@cache
def profile_of(collection: str) -> Profile:
    """The profile of a collection. An unknown one is read by the widest, so that rules can name what is wrong."""
    places = tuple(places_read(collection).values())
    return Profile(_shape(places, "bn"), _shape(places, "bl"), _schemas(places))


def _shape(places: tuple[Place, ...], rolls: str) -> Group:
    """The tree of a school census. The other forms have shapes of their own in `formats`."""
    tree: dict[str, object] = {}
    rows = {table.name: tuple(table.path.split("/")) for table in CHILD_TABLES} | {"address": ADDRESS_PATH}
    leaves: dict[str, dict[str, Leaf]] = {}
    for place in places:
        item = place.item
        if place.roll not in rolls or item.table in _OTHER_FORMS:
            continue
        if item.table in rows:
            leaves.setdefault(item.table, {}).update(_row_leaves(place))
        else:
            _plant(tree, tuple(place.element.split("/")), Leaf(item.column, item.kind, item.id))
    for table, inside in leaves.items():
        _plant(tree, rows[table], Row(table, inside))
    return _group(tree)


def _row_leaves(place: Place) -> dict[str, Leaf]:
    item = place.item
    if item.id == "address-line":
        return {element: Leaf(item.column, "line", item.id) for element in ADDRESS_LINES}
    return {place.element: Leaf(item.column, item.kind, item.id)}


def _plant(tree: dict[str, object], path: tuple[str, ...], node: Leaf | Row) -> None:
    for part in path[:-1]:
        branch = tree.setdefault(part, {})
        if not isinstance(branch, dict):
            raise TypeError(f"{part} is both a value and a block")
        tree = branch
    tree[path[-1]] = node


def _group(tree: dict[str, object]) -> Group:
    children: dict[str, Node] = {}
    for name, node in tree.items():
        if isinstance(node, Leaf | Row):
            children[name] = node
        elif isinstance(node, dict):
            children[name] = _group(node)
    return Group(children)


def _schemas(places: tuple[Place, ...]) -> dict[str, pa.Schema]:
    fields: dict[str, list[pa.Field[Any]]] = {name: _keys() for name in ALWAYS}
    fields["pupil"].append(pa.field("on_roll", pa.bool_()))
    asked = {place.item.id for place in places}
    for item in ITEMS.values():
        if item.id in asked or _counted_on(item):
            column = pa.field(item.column, ARROW.get(item.kind, pa.string()))
            fields.setdefault(item.table, _keys()).append(column)
    fields["identity"] += [pa.field("sex", pa.string()), pa.field("dob", pa.date32())]
    return {name: pa.schema(columns) for name, columns in fields.items()}


def _counted_on(item: Item) -> bool:
    """Whether matching and the check for two rolls read its column from every return, empty where not asked for."""
    return item.identity or item.id == "enrol-status"


def _keys() -> "list[pa.Field[Any]]":
    return [pa.field("pupil_no", pa.int32(), nullable=False), pa.field("line", pa.int32(), nullable=False)]
