"""What a format calls an item, tied to the catalogue: the same columns whichever format a value came in."""

from typing import Final

import pyarrow as pa

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.profile import Leaf

# Tables that only some formats fill. Their columns are not catalogue items: they are read and judged and can be
# landed by no collection until the catalogue holds them.
EXTRA: Final[dict[str, tuple[str, ...]]] = {
    "setting": ("setting_urn", "setting_estab", "setting_name", "setting_postcode"),
    "stage_assessment": (
        "stage", "locale", "year", "subject", "method", "component", "result_status", "result_qualifier", "result",
    ),
    "class_enrolment": ("class_ref", "class_begin_date", "class_end_date"),
}  # fmt: skip


def leaf(item: str) -> Leaf:
    """The place of a catalogue item."""
    found = ITEMS[item]
    return Leaf(found.column, found.kind, found.id)


def table_of(item: str) -> str:
    """The table of a catalogue item."""
    return ITEMS[item].table


def own(column: str, kind: str = "text") -> Leaf:
    """The place of a column of `EXTRA`."""
    return Leaf(column, kind, column.replace("_", "-"))


def with_extra(schemas: dict[str, pa.Schema]) -> dict[str, pa.Schema]:
    """The tables of a collection and those of `EXTRA`."""
    keys = [pa.field("pupil_no", pa.int32(), nullable=False), pa.field("line", pa.int32(), nullable=False)]
    extra = {name: pa.schema([*keys, *map(_field, columns)]) for name, columns in EXTRA.items()}
    return {**extra, **schemas}


def _field(column: str) -> "pa.Field[pa.DataType]":
    return pa.field(column, pa.date32() if column.endswith("_date") else pa.string())
