"""One entry of the published log as pages, counts and monitors read it. Needs no Django."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollbook.kernel import canonical


@dataclass(frozen=True, slots=True)
class PublishedEntry:
    """One entry of the published log. Everything in it is public."""

    index: int
    id: str
    type: str
    at: datetime
    fields: Mapping[str, Any]


def read(index: int, raw: bytes) -> PublishedEntry:
    """The entry in its bytes, which passed the rules L1 and L2."""
    return of(index, canonical.loads(raw))


def of(index: int, fields: Mapping[str, Any]) -> PublishedEntry:
    """The entry with these fields, which passed the rules L1 and L2."""
    return PublishedEntry(index, fields["id"], fields["type"], datetime.fromisoformat(fields["at"]), fields)
